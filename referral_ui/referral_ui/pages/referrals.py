"""A sent referral as its office sees it: where it stands, who has it, what came of it, and what may be done now."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath
from msgspec.structs import asdict

from referral_hub.i18n import Label
from referral_hub.modules.history import remembered_service
from referral_hub.outcomes.queries import events_for_referral, follow_ups_for_referral, outcome_for_referral
from referral_hub.referrals.actions import (
    mark_error,
    pass_offer,
    record_client_confirmation,
    record_client_satisfaction,
    reopen_referral,
    take_offer,
    undo_last_step,
    withdraw_referral,
)
from referral_hub.referrals.presentation import answer_lines
from referral_hub.referrals.reopening import Reopened
from referral_hub.views.worker.referral import FILTERS, referral_for_office, referrals_for_office
from referral_hub.workflow.table import STATES
from referral_ui.actions import run_action, run_asked
from referral_ui.bodies.base import inputs_of
from referral_ui.bodies.referrals import REOPEN_REASONS, ClientConfirmation, ClientSatisfaction, Reopening, Withdrawal
from referral_ui.forms import Form
from referral_ui.guards import requires
from referral_ui.pages import redirecting
from referral_ui.pages.shown import worker_page
from referral_ui.pages.undone import undone
from referral_ui.rendering import redirect, with_query
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm


@get("/referrals", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def list_referrals(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    """The office's referrals, newest first; the filter is in the address."""
    query = request.query_params
    show = query.get("show", "open")
    number = query.get("number", "")
    mine = query.get("whose", "mine" if actor.role == "worker" else "all") == "mine"
    with hub.transaction(actor) as session:
        found = referrals_for_office(
            session,
            show="" if number or show == "all" else show,
            number=number,
            sender_id=actor.account_id if mine and not number else None,
            at=request.now,
            after=query.get("after"),
        )
    return worker_page(
        request,
        "worker/referrals.html",
        found=found,
        show=show,
        number=number,
        mine=mine,
        following=with_query(request, after=found.next) if found.next else None,
        first=with_query(request, after=None) if "after" in query else None,
        shown_filters=FILTERS,
    )


@get("/referrals/{referral_id:uuid}", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def show_referral(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, referral_id: FromPath[UUID]
) -> Response[Any]:
    with hub.transaction(actor) as session:
        referral = referral_for_office(session, referral_id)
        if referral.attempt.state == "draft":
            return redirect(request, f"/cases/{referral.attempt.case_id}/refer/{referral_id}/details")
        events = events_for_referral(session, referral_id)
        outcome = outcome_for_referral(session, referral_id)
        follow_ups = follow_ups_for_referral(session, referral_id)
        service = remembered_service(session, referral.service_key)
    actions = {line.action for line in referral.actions}
    return worker_page(
        request,
        "worker/referral.html",
        referral=referral,
        one=referral.attempt,
        actions=actions,
        redirectable=redirecting.may_be_redirected(referral),
        following=next((attempt for attempt in referral.others if attempt.previous_id == referral_id), None),
        events=events,
        outcome=outcome,
        follow_ups=follow_ups,
        service=service,
        units={unit.key: unit.title for unit in service.units} if service else {},
        kinds={kind.code: kind.label for kind in service.event_kinds} if service else {},
        measures=answer_lines(service.outcome, outcome.measures) if service and outcome else [],
        reopen_reasons=REOPEN_REASONS,
    )


@post("/referrals/{referral_id:uuid}/take-place", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def take_place(request: HubRequest, hub: CurrentHub, actor: CurrentActor, referral_id: FromPath[UUID]) -> Response[Any]:
    """The client wants the place that is kept for them."""
    return run_action(
        request,
        hub,
        actor,
        lambda session: take_offer(session, referral_id=referral_id, by=actor, at=request.now),
        to=f"/referrals/{referral_id}",
        done=Label(
            zh="名额已确认，对方会联系服务对象。", en="The place is confirmed. The provider will contact the client."
        ),
    )


@post("/referrals/{referral_id:uuid}/pass-place", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def pass_place(request: HubRequest, hub: CurrentHub, actor: CurrentActor, referral_id: FromPath[UUID]) -> Response[Any]:
    """Not this time: the client goes on waiting."""
    return run_action(
        request,
        hub,
        actor,
        lambda session: pass_offer(session, referral_id=referral_id, by=actor, at=request.now),
        to=f"/referrals/{referral_id}",
        done=Label(zh="名额给下一位，服务对象继续轮候。", en="The place goes to the next. The client goes on waiting."),
    )


@post("/referrals/{referral_id:uuid}/withdraw", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def withdraw(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, referral_id: FromPath[UUID]
) -> Response[Any]:
    """Take it back."""
    typed = Form(inputs_of(Withdrawal, "reason_code"), form)
    return run_asked(
        request,
        hub,
        actor,
        typed,
        lambda session: withdraw_referral(
            session,
            referral_id=referral_id,
            reason_code=typed.read(Withdrawal).reason_code,
            by=actor,
            at=request.now,
        ),
        title=Label(zh="撤回", en="Withdraw"),
        back=f"/referrals/{referral_id}",
        to=f"/referrals/{referral_id}",
        done=Label(
            zh="已撤回，对方已不能再看提供的信息，并会被要求删除。",
            en="Withdrawn. The recipient can no longer see the information and will be asked to delete it.",
        ),
    )


@post("/referrals/{referral_id:uuid}/error", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def cross_out(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, referral_id: FromPath[UUID]
) -> Response[Any]:
    typed = Form(inputs_of(Withdrawal, "reason_code"), form)
    return run_asked(
        request,
        hub,
        actor,
        typed,
        lambda session: mark_error(
            session,
            referral_id=referral_id,
            reason_code=typed.read(Withdrawal).reason_code,
            by=actor,
            at=request.now,
        ),
        title=Label(zh="作废", en="Cross out"),
        back=f"/referrals/{referral_id}",
        to=f"/referrals/{referral_id}",
        done=Label(zh="已作废，记录仍保留。", en="Marked as entered in error; the entry is kept."),
    )


@post("/referrals/{referral_id:uuid}/reopen", guards=[requires("supervisor")], sync_to_thread=True)
def reopen(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, referral_id: FromPath[UUID]
) -> Response[Any]:
    typed = Form(inputs_of(Reopening, "reason_code"), form)
    return run_asked(
        request,
        hub,
        actor,
        typed,
        lambda session: reopen_referral(
            session,
            referral_id=referral_id,
            reason_code=typed.read(Reopening).reason_code,
            by=actor,
            at=request.now,
        ),
        title=Label(zh="重新打开", en="Reopen"),
        back=f"/referrals/{referral_id}",
        to=f"/referrals/{referral_id}",
        done=_reopened,
    )


@post("/referrals/{referral_id:uuid}/undo", guards=[requires("supervisor")], sync_to_thread=True)
def take_back(request: HubRequest, hub: CurrentHub, actor: CurrentActor, referral_id: FromPath[UUID]) -> Response[Any]:
    """A supervisor takes the recipient's last step back, where it was a mistake."""
    return run_action(
        request,
        hub,
        actor,
        lambda session: undo_last_step(session, referral_id=referral_id, by=actor, at=request.now),
        to=f"/referrals/{referral_id}",
        done=undone,
    )


@post(
    "/referrals/{referral_id:uuid}/client-confirmation", guards=[requires("worker", "supervisor")], sync_to_thread=True
)
def take_word(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, referral_id: FromPath[UUID]
) -> Response[Any]:
    """What the client says, kept beside the organisation's own record (R28)."""
    typed = Form(inputs_of(ClientConfirmation), form)
    return run_asked(
        request,
        hub,
        actor,
        typed,
        lambda session: record_client_confirmation(
            session, referral_id=referral_id, **asdict(typed.read(ClientConfirmation)), by=actor, at=request.now
        ),
        title=Label(zh="服务对象的话", en="What the client says"),
        back=f"/referrals/{referral_id}",
        to=f"/referrals/{referral_id}",
        done=Label(zh="已登记服务对象的话。", en="The client's statement has been recorded."),
    )


def _reopened(found: Reopened) -> Label:
    state = STATES[found.state]
    done = Label(
        zh=f"已重新打开，回到「{state.zh}」，对方会看到。",
        en=f"Reopened; it is “{state.en}” again, and the recipient will see it.",
    )
    if not found.place_lost:
        return done
    return Label(
        zh=f"{done.zh}原来的名额已给了别人，现在没有空名额，已请对方安排。",
        en=f"{done.en} The place it had is taken and none is free; the recipient has been asked to find one.",
    )


@post(
    "/referrals/{referral_id:uuid}/client-satisfaction", guards=[requires("worker", "supervisor")], sync_to_thread=True
)
def take_satisfaction(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, referral_id: FromPath[UUID]
) -> Response[Any]:
    """How satisfied the client is; counted, and not shown to the provider."""
    typed = Form(inputs_of(ClientSatisfaction), form)
    return run_asked(
        request,
        hub,
        actor,
        typed,
        lambda session: record_client_satisfaction(
            session, referral_id=referral_id, **asdict(typed.read(ClientSatisfaction)), by=actor, at=request.now
        ),
        title=Label(zh="满意度", en="Satisfaction"),
        back=f"/referrals/{referral_id}",
        to=f"/referrals/{referral_id}",
        done=Label(zh="已登记。", en="Recorded."),
    )


router = Router(
    "/",
    route_handlers=[
        list_referrals,
        show_referral,
        withdraw,
        cross_out,
        reopen,
        take_back,
        take_place,
        pass_place,
        take_word,
        take_satisfaction,
        *redirecting.handlers,
    ],
    include_in_schema=False,
)
