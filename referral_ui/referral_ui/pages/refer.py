"""A new referral in one flow: need, place, details, notice and consent, preview, sent.

Each step is a plain page with one form; a step whose question is answered already is skipped.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath
from msgspec.structs import asdict

from referral_hub.actor import Actor
from referral_hub.cases.actions import add_need
from referral_hub.directory.rules import SORTED_BY
from referral_hub.errors import Invalid, NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.referrals.actions import change_draft, draft_referral
from referral_hub.referrals.next_details import details_after
from referral_hub.views.worker.case_head import case_head, open_needs
from referral_hub.views.worker.referral_drafts import Draft, draft_for_need, draft_for_page
from referral_ui.actions import refusal_shown
from referral_ui.bodies.base import inputs_of
from referral_ui.bodies.cases import NewNeed
from referral_ui.forms import Form, Input
from referral_ui.guards import requires
from referral_ui.pages import refer_consent, refer_details, refer_send
from referral_ui.pages.refer_search import places_for_need
from referral_ui.pages.refer_steps import place_path, step_path
from referral_ui.pages.shown import WORDS, worker_page
from referral_ui.pages.values import key_in, uuid_in
from referral_ui.pages.ways_out import refused
from referral_ui.rendering import redirect
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

_EXAMPLE = Label(zh="例如：想学一门手艺，尽快有收入。", en="For example: wants to learn a trade and earn soon.")
NEED = (
    Input("need", "text", Label(zh="需求", en="Need")),
    *inputs_of(NewNeed, "kind", "words", words={"type": "text", "help": _EXAMPLE}),
)
_NEED_PAGE = "worker/refer_need.html"


@get("/cases/{case_id:uuid}/refer", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def choose_need(request: HubRequest, hub: CurrentHub, actor: CurrentActor, case_id: FromPath[UUID]) -> Response[Any]:
    """With one open need there is nothing to choose, unless the reader came back to choose."""
    with hub.transaction(actor) as session:
        case = case_head(session, case_id)
        needs = open_needs(session, case_id)
    if len(needs) == 1 and "choose" not in request.query_params:
        return redirect(request, place_path(case_id, needs[0].id))
    form = Form(NEED, {"need": str(needs[0].id) if needs else "new"})
    return worker_page(request, _NEED_PAGE, case=case, needs=needs, form=form)


@post("/cases/{case_id:uuid}/refer", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def save_need(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, case_id: FromPath[UUID]
) -> Response[Any]:
    with hub.transaction(actor) as session:
        case = case_head(session, case_id)
        needs = open_needs(session, case_id)
    typed = Form(NEED, form)
    with typed.shown_again(_NEED_PAGE, words=WORDS, case=case, needs=needs):
        if form.text("need") != "new":
            chosen = next((need for need in needs if str(need.id) == form.text("need")), None)
            if chosen is None:
                raise Invalid(field="need", message=Label(zh="请选择一项需求。", en="Choose a need."))
            return redirect(request, place_path(case_id, chosen.id))
        told = typed.read(NewNeed)
        with hub.transaction(actor) as session:
            need_id = add_need(session, case_id=case_id, **asdict(told), by=actor, at=request.now)
    return redirect(request, place_path(case_id, need_id))


@get("/cases/{case_id:uuid}/refer/place", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def choose_place(request: HubRequest, hub: CurrentHub, actor: CurrentActor, case_id: FromPath[UUID]) -> Response[Any]:
    """Who could help with this need: advice in the order that is stated, for the worker and the client to decide."""
    need_id = key_in(request.query_params.get("need"))
    draft_id = uuid_in(request.query_params.get("draft"))
    wanted, before = (uuid_in(request.query_params.get(name)) for name in ("offering", "chosen"))
    with hub.transaction(actor) as session:
        case = case_head(session, case_id)
        need = next((need for need in open_needs(session, case_id) if need.id == need_id), None)
        if need is None:
            raise NotFound
        draft = draft_for_page(session, draft_id) if draft_id else None
        places = places_for_need(
            session, request, case_id=case_id, need_id=need_id, need_kind=need.kind, wanted=wanted or before
        )
    return worker_page(
        request,
        "worker/refer_place.html",
        case=case,
        need=need,
        places=places,
        chosen=places.first_choice(wanted, chosen=before or (draft.offering_id if draft else None)),
        draft=draft,
        asked_again=request.query_params.get("asked_again", ""),
        may_except=actor.role == "supervisor",
        after=request.query_params.get("after", ""),
        sorted_by=SORTED_BY,
    )


@post("/cases/{case_id:uuid}/refer/place", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def save_place(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, case_id: FromPath[UUID]
) -> Response[Any]:
    """Begin the draft, or take the one begun before to this place; pressing twice begins nothing twice."""
    need_id, offering_id = key_in(form.text("need")), uuid_in(form.text("offering"))
    if offering_id is None:
        to = place_path(case_id, need_id)
        return redirect(request, to, done=Label(zh="请先选择一家。", en="Choose a service first."), tone="note")
    after = uuid_in(form.text("after"))
    here = f"{place_path(case_id, need_id, after=after)}&chosen={offering_id}"

    def draft() -> Response[Any]:
        with hub.transaction(actor) as session:
            begun = _draft_to(
                session,
                case_id=case_id,
                need_id=need_id,
                offering_id=offering_id,
                after=after,
                asked_again=form.text("asked_again") or None,
                exception=form.text("exception") or None,
                by=actor,
                at=request.now,
            )
        return redirect(request, step_path(begun, "details"))

    return refusal_shown(request, draft, at=lambda refusal: refused(request, refusal, to=here, case_id=case_id))


def _draft_to(
    session: Transaction,
    *,
    case_id: UUID,
    need_id: UUID,
    offering_id: UUID,
    after: UUID | None,
    asked_again: str | None,
    exception: str | None,
    by: Actor,
    at: datetime,
) -> Draft:
    """The sender's draft about the need, begun or taken to this place."""
    begun = draft_for_need(session, need_id=need_id, sender_id=by.account_id) if by.account_id else None
    if begun is not None:
        change_draft(
            session,
            referral_id=begun.id,
            offering_id=offering_id,
            asked_again=asked_again,
            exception=exception,
            by=by,
            at=at,
        )
        return draft_for_page(session, begun.id)
    need = next((need for need in open_needs(session, case_id) if need.id == need_id), None)
    if need is None:
        raise NotFound
    drafted = draft_referral(
        session,
        need_id=need_id,
        offering_id=offering_id,
        details={"need_summary": need.words, **(details_after(session, after, offering_id) if after else {})},
        previous_id=after,
        asked_again=asked_again,
        exception=exception,
        by=by,
        at=at,
    )
    return draft_for_page(session, drafted.id)


router = Router(
    "/",
    route_handlers=[
        choose_need,
        save_need,
        choose_place,
        save_place,
        refer_details.show_details,
        refer_details.save_request_details,
        refer_consent.show_consent_step,
        refer_consent.answer_consent,
        refer_consent.use_other_basis,
        refer_send.show_preview,
        refer_send.send,
        refer_send.show_sent,
    ],
    include_in_schema=False,
)
