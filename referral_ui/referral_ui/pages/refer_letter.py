"""The letter of a referral: what the sender writes, and the questions of the service, drawn from its manifest."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from referral_hub.api import Field
from referral_hub.api.manifest import SENSITIVE_CATEGORIES
from referral_hub.codes import URGENCY
from referral_hub.errors import Conflict
from referral_hub.i18n import Label
from referral_hub.referrals.actions import change_draft
from referral_hub.registry.forms import read_form
from referral_hub.text_limits import MAX_LETTER
from referral_hub.views.worker.referral_drafts import Draft, draft_for_page
from referral_hub.workflow.errors import ModuleUnknown
from referral_ui.forms import Form, Input, as_field, as_input, choices
from referral_ui.guards import requires
from referral_ui.pages.refer_steps import step_path, step_to_take
from referral_ui.pages.shown import worker_page
from referral_ui.rendering import redirect
from referral_ui.requests import HubRequest, TheActor, TheForm, TheHub

_LETTER = Label(zh="写给对方", en="To the recipient")
_QUESTIONS = Label(zh="这项服务要了解的", en="What this service asks")
LETTER: tuple[Input, ...] = (
    Input(
        "how_urgent", "choice", Label(zh="缓急", en="Urgency"), required=True, choices=choices(URGENCY), group=_LETTER
    ),
    Input(
        "need_summary",
        "long",
        Label(zh="需要什么帮助", en="Help needed"),
        help=Label(zh="写现在的需要，不写过去的经历。", en="Write what is needed now, nothing about the past."),
        required=True,
        max=MAX_LETTER["need_summary"],
        group=_LETTER,
    ),
    Input("goals", "long", Label(zh="希望达到的目标", en="Goals"), max=MAX_LETTER["goals"], group=_LETTER),
    Input("wish", "text", Label(zh="本人意愿", en="The client's own wish"), max=MAX_LETTER["wish"], group=_LETTER),
    Input(
        "constraints",
        "text",
        Label(zh="时间、交通等限制", en="Limits of time, transport and so on"),
        max=MAX_LETTER["constraints"],
        group=_LETTER,
    ),
    Input(
        "tried",
        "text",
        Label(zh="已经尝试过的办法", en="What was tried before"),
        max=MAX_LETTER["tried"],
        group=_LETTER,
    ),
)
_TEMPLATE = "worker/refer_letter.html"


@get(
    "/cases/{case_id:uuid}/refer/{referral_id:uuid}/letter",
    guards=[requires("worker", "supervisor")],
    sync_to_thread=True,
)
def show_letter(
    request: HubRequest, hub: TheHub, actor: TheActor, case_id: FromPath[UUID], referral_id: FromPath[UUID]
) -> Response[Any]:
    with hub.transaction(actor) as session:
        draft = draft_for_page(session, referral_id)
    if draft.state != "draft":
        return redirect(request, f"/referrals/{referral_id}")
    form = Form(_fields(draft), _typed_before(draft))
    return worker_page(request, _TEMPLATE, draft=draft, form=form, focus=_first_unanswered(form))


@post(
    "/cases/{case_id:uuid}/refer/{referral_id:uuid}/letter",
    guards=[requires("worker", "supervisor")],
    sync_to_thread=True,
)
def save_letter(
    request: HubRequest,
    hub: TheHub,
    actor: TheActor,
    form: TheForm,
    case_id: FromPath[UUID],
    referral_id: FromPath[UUID],
) -> Response[Any]:
    """Keep what was typed whichever way the reader goes on: back keeps it too, even where something is missing."""
    with hub.transaction(actor) as session:
        draft = draft_for_page(session, referral_id)
    if draft.state != "draft":
        raise Conflict
    fields = _fields(draft)
    typed = Form(fields, form)
    values, problems = read_form([as_field(as_input(field)) for field in fields], form.texts)
    with hub.transaction(actor) as session:
        change_draft(
            session,
            referral_id=draft.id,
            letter=_letter(values),
            urgency=str(values.get("how_urgent", draft.urgency)),
            by=actor,
            at=request.now,
        )
        to = step_path(draft, "place") if form.text("go") == "back" else ""
        if not to and not problems:
            to = step_path(draft, step_to_take(session, draft, at=request.now))
    if to:
        return redirect(request, to)
    typed.problems = problems
    return worker_page(request, _TEMPLATE, status=422, draft=draft, form=typed, focus=None)


def unanswered(draft: Draft) -> bool:
    """Whether the letter still lacks an answer that the service must have."""
    return _first_unanswered(Form(_fields(draft), _typed_before(draft))) is not None


def _fields(draft: Draft) -> list[Input]:
    """The letter's own questions and those of the service, less what the letter asks already."""
    if draft.service is None:
        raise ModuleUnknown
    own = {field.key for field in LETTER}
    return [*LETTER, *(_question(field) for field in draft.service.intake if field.key not in own)]


def _question(field: Field) -> Input:
    return msgspec.structs.replace(as_input(field), group=_QUESTIONS, sensitive=field.category in SENSITIVE_CATEGORIES)


def _typed_before(draft: Draft) -> dict[str, Any]:
    """What the letter holds, as a person would have typed it: money in yuan."""
    money = {field.key for field in draft.service.intake if field.type == "money"} if draft.service else set()
    answers = {
        name: f"{value / 100:.2f}" if name in money else value for name, value in draft.letter.get("intake", {}).items()
    }
    letter = {name: value for name, value in draft.letter.items() if name != "intake"}
    return {"need_summary": draft.need_words, **letter, **answers, "how_urgent": draft.urgency}


def _letter(values: dict[str, Any]) -> dict[str, object]:
    own = {field.key for field in LETTER}
    letter: dict[str, object] = {name: values[name] for name in values if name in own and name != "how_urgent"}
    letter["intake"] = {name: values[name] for name in values if name not in own}
    return letter


def _first_unanswered(form: Form) -> str | None:
    """Where the cursor begins: the first question that must be answered and is not, or None for the button."""
    return next((field.key for field in form.inputs if field.required and not form.text(field.key)), None)
