"""Working on a case: needs, the plan, quick notes of contacts. Each form comes back to the case."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec.structs import asdict

from referral_hub.actor import Actor
from referral_hub.api import Choice
from referral_hub.calendar.clock import local_date
from referral_hub.cases.actions import add_need, add_note, add_plan_item, change_need, finish_plan_item, set_need_state
from referral_hub.codes import NEED_KINDS, NEED_STATES, NOTE_KINDS
from referral_hub.errors import NotFound
from referral_hub.hub import Hub
from referral_hub.i18n import Label, untranslated
from referral_hub.text_limits import MAX_CASE_NOTE, MAX_GOAL
from referral_hub.views.colleagues import Colleague, colleagues
from referral_hub.views.worker.case_head import CaseHead, NeedLine, case_head, needs_of_case
from referral_ui.actions import run_action
from referral_ui.bodies.base import inputs_of
from referral_ui.bodies.cases import NewNeed
from referral_ui.forms import Form, Input, choices
from referral_ui.guards import requires
from referral_ui.pages.case_fields import as_days
from referral_ui.pages.shown import WORDS, worker_page
from referral_ui.rendering import redirect, safe_path
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

NEED = inputs_of(NewNeed)
NOTE: tuple[Input, ...] = (
    Input("kind", "choice", Label(zh="方式", en="How"), required=True, choices=choices(NOTE_KINDS)),
    Input(
        "words",
        "long",
        Label(zh="内容", en="Note"),
        help=Label(zh="不写检测结果和用药情况。", en="Do not write test results or medication."),
        required=True,
        max=MAX_CASE_NOTE,
    ),
    Input("happened_on", "date", Label(zh="日期", en="Date"), required=True),
)


@get("/cases/{case_id:uuid}/needs/new", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def show_new_need(request: HubRequest, hub: CurrentHub, actor: CurrentActor, case_id: FromPath[UUID]) -> Response[str]:
    head = _head(hub, actor, case_id)
    return worker_page(request, "worker/need.html", head=head, need=None, form=Form(NEED, {"priority": "2"}))


@post("/cases/{case_id:uuid}/needs/new", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def save_new_need(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, case_id: FromPath[UUID]
) -> Response[Any]:
    """Record a need; the second button goes straight on to finding a place for it."""
    head = _head(hub, actor, case_id)
    typed = Form(NEED, form)
    with typed.shown_again("worker/need.html", words=WORDS, head=head, need=None):
        told = typed.read(NewNeed)
        with hub.transaction(actor) as session:
            need_id = add_need(session, case_id=case_id, **asdict(told), by=actor, at=request.now)
    if form.text("next") == "refer":
        return redirect(request, f"/cases/{case_id}/refer/place?need={need_id}")
    return redirect(request, f"/cases/{case_id}#needs", done=Label(zh="需求已登记。", en="The need has been recorded."))


@get("/cases/{case_id:uuid}/needs/{need_id:uuid}", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def show_need(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, case_id: FromPath[UUID], need_id: FromPath[UUID]
) -> Response[str]:
    head, need = _need(hub, actor, case_id, need_id)
    values = {"kind": need.kind, "words": need.words, "priority": str(need.priority)}
    return worker_page(request, "worker/need.html", head=head, need=need, form=Form(NEED, values))


@post("/cases/{case_id:uuid}/needs/{need_id:uuid}", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def save_need(
    request: HubRequest,
    hub: CurrentHub,
    actor: CurrentActor,
    form: TheForm,
    case_id: FromPath[UUID],
    need_id: FromPath[UUID],
) -> Response[Any]:
    head, need = _need(hub, actor, case_id, need_id)
    typed = Form(NEED, form)
    with typed.shown_again("worker/need.html", words=WORDS, head=head, need=need):
        told = typed.read(NewNeed)
        with hub.transaction(actor) as session:
            change_need(session, need_id=need_id, **asdict(told), by=actor, at=request.now)
    return redirect(request, f"/cases/{case_id}#needs", done=Label(zh="需求已更新。", en="The need has been updated."))


@post(
    "/cases/{case_id:uuid}/needs/{need_id:uuid}/state", guards=[requires("worker", "supervisor")], sync_to_thread=True
)
def move_need(
    request: HubRequest,
    hub: CurrentHub,
    actor: CurrentActor,
    form: TheForm,
    case_id: FromPath[UUID],
    need_id: FromPath[UUID],
) -> Response[Any]:
    """Say what became of a need, or open it again: this can be taken back as long as the case is open."""
    state = form.text("state") if form.text("state") != "being_met" else ""
    return run_action(
        request,
        hub,
        actor,
        lambda session: set_need_state(session, need_id=need_id, state=state, by=actor, at=request.now),
        to=f"/cases/{case_id}#needs",
        done=Label(zh=f"需求改为「{_word(state).zh}」。", en=f"The need is now “{_word(state).en}”."),
    )


@get("/cases/{case_id:uuid}/plan/new", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def show_new_plan(request: HubRequest, hub: CurrentHub, actor: CurrentActor, case_id: FromPath[UUID]) -> Response[str]:
    head, fields = _plan_fields(hub, actor, case_id)
    form = Form(fields, {"owner_id": head.responsible_id, "need_id": request.query_params.get("need", "")})
    return worker_page(request, "worker/plan.html", head=head, form=form)


@post("/cases/{case_id:uuid}/plan/new", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def save_new_plan(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, case_id: FromPath[UUID]
) -> Response[Any]:
    head, fields = _plan_fields(hub, actor, case_id)
    typed = Form(fields, form)
    with typed.shown_again("worker/plan.html", words=WORDS, head=head):
        values = as_days(typed.clean())
        with hub.transaction(actor) as session:
            add_plan_item(
                session,
                case_id=case_id,
                goal=values["goal"],
                due_on=values["due_on"],
                owner_id=UUID(values["owner_id"]),
                need_id=UUID(values["need_id"]) if values.get("need_id") else None,
                by=actor,
                at=request.now,
            )
    return redirect(request, f"/cases/{case_id}#plan", done=Label(zh="已列入计划。", en="Added to the plan."))


@post("/plan/{item_id:uuid}/done", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def finish_plan(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, item_id: FromPath[UUID]
) -> Response[Any]:
    return run_action(
        request,
        hub,
        actor,
        lambda session: finish_plan_item(session, item_id=item_id, by=actor, at=request.now),
        to=safe_path(form.text("back"), "/today"),
        done=Label(zh="这一项已完成。", en="This item has been completed."),
    )


@post("/cases/{case_id:uuid}/notes", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def save_note(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, case_id: FromPath[UUID]
) -> Response[Any]:
    """A quick note: kind, words, date; what is wrong is shown on a page of its own with what was typed."""
    head = _head(hub, actor, case_id)
    typed = Form(NOTE, form)
    with typed.shown_again("worker/note.html", words=WORDS, head=head):
        values = as_days(typed.clean())
        with hub.transaction(actor) as session:
            add_note(
                session,
                case_id=case_id,
                words=values["words"],
                kind=values["kind"],
                happened_on=values["happened_on"],
                by=actor,
                at=request.now,
            )
    return redirect(request, f"/cases/{case_id}#notes", done=Label(zh="已保存。", en="Saved."))


@get("/cases/{case_id:uuid}/notes/new", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def show_new_note(request: HubRequest, hub: CurrentHub, actor: CurrentActor, case_id: FromPath[UUID]) -> Response[str]:
    """The note alone on a page: under a minute on a telephone."""
    head = _head(hub, actor, case_id)
    form = Form(NOTE, {"happened_on": local_date(request.now), "kind": "phone"})
    return worker_page(request, "worker/note.html", head=head, form=form)


def _head(hub: Hub, actor: Actor, case_id: UUID) -> CaseHead:
    with hub.transaction(actor) as session:
        return case_head(session, case_id)


def _need(hub: Hub, actor: Actor, case_id: UUID, need_id: UUID) -> tuple[CaseHead, NeedLine]:
    with hub.transaction(actor) as session:
        head = case_head(session, case_id)
        need = next((need for need in needs_of_case(session, case_id) if need.id == need_id), None)
    if need is None:
        raise NotFound
    return head, need


def _plan_fields(hub: Hub, actor: Actor, case_id: UUID) -> tuple[CaseHead, tuple[Input, ...]]:
    with hub.transaction(actor) as session:
        head = case_head(session, case_id)
        people = colleagues(session)
        needs = needs_of_case(session, case_id, ended=False)
    return head, (
        Input("goal", "text", Label(zh="目标", en="Goal"), required=True, max=MAX_GOAL),
        Input("due_on", "date", Label(zh="完成期限", en="Due on"), required=True),
        Input(
            "owner_id", "choice", Label(zh="谁负责", en="Person responsible"), required=True, choices=_people(people)
        ),
        Input("need_id", "choice", Label(zh="对应的需求", en="For which need"), choices=_needs(needs)),
    )


def _people(people: list[Colleague]) -> list[Choice]:
    return [Choice(code=str(person.id), label=untranslated(person.name)) for person in people]


def _needs(needs: list[NeedLine]) -> list[Choice]:
    return [
        Choice(
            code=str(need.id),
            label=Label(
                zh=f"{NEED_KINDS[need.kind].zh}：{need.words[:30]}", en=f"{NEED_KINDS[need.kind].en}: {need.words[:30]}"
            ),
        )
        for need in needs
    ]


def _word(state: str) -> Label:
    return NEED_STATES.get(state, untranslated(state))


HANDLERS = (
    show_new_need,
    save_new_need,
    show_need,
    save_need,
    move_need,
    show_new_plan,
    save_new_plan,
    finish_plan,
    save_note,
    show_new_note,
)
