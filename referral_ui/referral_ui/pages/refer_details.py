"""The request details of a referral: what the sender writes, and the questions of the service, drawn from its
manifest.
"""

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
from referral_hub.text_limits import MAX_REQUEST_DETAILS
from referral_hub.views.worker.referral_drafts import Draft, draft_for_page
from referral_hub.workflow.errors import ModuleUnknown
from referral_ui.forms import Form, Input, as_field, as_input, choices
from referral_ui.guards import requires
from referral_ui.pages.refer_steps import step_path, step_to_take
from referral_ui.pages.shown import WORDS, worker_page
from referral_ui.rendering import redirect
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

_DETAILS = Label(zh="写给对方", en="To the recipient")
_QUESTIONS = Label(zh="这项服务要了解的", en="Asked by this service")
DETAILS: tuple[Input, ...] = (
    Input(
        "how_urgent", "choice", Label(zh="缓急", en="Urgency"), required=True, choices=choices(URGENCY), group=_DETAILS
    ),
    Input(
        "need_summary",
        "long",
        Label(zh="需要什么帮助", en="Help needed"),
        help=Label(zh="写现在的需要，不写过去的经历。", en="Write what is needed now, not past history."),
        required=True,
        max=MAX_REQUEST_DETAILS["need_summary"],
        group=_DETAILS,
    ),
    Input("goals", "long", Label(zh="希望达到的目标", en="Goals"), max=MAX_REQUEST_DETAILS["goals"], group=_DETAILS),
    Input(
        "wish",
        "text",
        Label(zh="本人意愿", en="The client's own wish"),
        max=MAX_REQUEST_DETAILS["wish"],
        group=_DETAILS,
    ),
    Input(
        "constraints",
        "text",
        Label(zh="时间、交通等限制", en="Limits such as time or transport"),
        max=MAX_REQUEST_DETAILS["constraints"],
        group=_DETAILS,
    ),
    Input(
        "tried",
        "text",
        Label(zh="已经尝试过的办法", en="What has been tried"),
        max=MAX_REQUEST_DETAILS["tried"],
        group=_DETAILS,
    ),
)
_TEMPLATE = "worker/refer_details.html"


@get(
    "/cases/{case_id:uuid}/refer/{referral_id:uuid}/details",
    guards=[requires("worker", "supervisor")],
    sync_to_thread=True,
)
def show_details(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, case_id: FromPath[UUID], referral_id: FromPath[UUID]
) -> Response[Any]:
    with hub.transaction(actor) as session:
        draft = draft_for_page(session, referral_id)
    if draft.state != "draft":
        return redirect(request, f"/referrals/{referral_id}")
    form = Form(_fields(draft), _typed_before(draft))
    return worker_page(request, _TEMPLATE, draft=draft, form=form, focus=_first_unanswered(form))


@post(
    "/cases/{case_id:uuid}/refer/{referral_id:uuid}/details",
    guards=[requires("worker", "supervisor")],
    sync_to_thread=True,
)
def save_request_details(
    request: HubRequest,
    hub: CurrentHub,
    actor: CurrentActor,
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
    with typed.shown_again(_TEMPLATE, words=WORDS, draft=draft, focus=None), hub.transaction(actor) as session:
        values, problems = read_form([as_field(as_input(field)) for field in fields], form.texts)
        change_draft(
            session,
            referral_id=draft.id,
            details=_details(values),
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
    """Whether the request details still lack an answer that the service must have."""
    return _first_unanswered(Form(_fields(draft), _typed_before(draft))) is not None


def _fields(draft: Draft) -> list[Input]:
    """The request details' own questions and those of the service, less what the request details ask already."""
    if draft.service is None:
        raise ModuleUnknown
    own = {field.key for field in DETAILS}
    return [*DETAILS, *(_question(field) for field in draft.service.intake if field.key not in own)]


def _question(field: Field) -> Input:
    return msgspec.structs.replace(as_input(field), group=_QUESTIONS, sensitive=field.category in SENSITIVE_CATEGORIES)


def _typed_before(draft: Draft) -> dict[str, Any]:
    """What the request details hold, as a person would have typed it: money in yuan."""
    money = {field.key for field in draft.service.intake if field.type == "money"} if draft.service else set()
    answers = {
        name: f"{value / 100:.2f}" if name in money else value
        for name, value in draft.details.get("intake", {}).items()
    }
    details = {name: value for name, value in draft.details.items() if name != "intake"}
    return {"need_summary": draft.need_words, **details, **answers, "how_urgent": draft.urgency}


def _details(values: dict[str, Any]) -> dict[str, object]:
    own = {field.key for field in DETAILS}
    details: dict[str, object] = {name: values[name] for name in values if name in own and name != "how_urgent"}
    details["intake"] = {name: values[name] for name in values if name not in own}
    return details


def _first_unanswered(form: Form) -> str | None:
    """Where the cursor begins: the first question that must be answered and is not, or None for the button."""
    return next((field.key for field in form.inputs if field.required and not form.text(field.key)), None)
