"""Taking a referral elsewhere while its module or its provider is away, and ending one whose provider is gone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec.structs import asdict

from referral_hub.directory.rules import SORTED_BY
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.referrals.actions import end_unserved, redirect_referral
from referral_hub.views.worker.referral import OfficeReferral, referral_for_office
from referral_hub.views.worker.referral_drafts import draft_for_page
from referral_hub.workflow.errors import StillServed
from referral_ui.actions import run_action, run_asked
from referral_ui.bodies.base import inputs_of
from referral_ui.bodies.referrals import Elsewhere, EndUnserved
from referral_ui.forms import Form
from referral_ui.guards import requires
from referral_ui.pages.refer_details import unanswered
from referral_ui.pages.refer_search import places_for_need
from referral_ui.pages.refer_steps import step_path, step_to_take
from referral_ui.pages.shown import worker_page
from referral_ui.pages.values import uuid_in
from referral_ui.rendering import redirect
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm


def may_be_redirected(referral: OfficeReferral) -> bool:
    """While it can be taken back, or ended because nobody is there."""
    return referral.attempt.is_open and bool({"withdraw", "end_unserved"} & {line.action for line in referral.actions})


@get("/referrals/{referral_id:uuid}/redirect", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def choose_other_place(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, referral_id: FromPath[UUID]
) -> Response[Any]:
    """Other places for the same need. Nothing happens to the referral before one is chosen."""
    with hub.transaction(actor) as session:
        referral = referral_for_office(session, referral_id)
        if not may_be_redirected(referral):
            told = StillServed().label if referral.attempt.is_open else None
            return redirect(request, f"/referrals/{referral_id}", done=told, tone="note")
        one = referral.attempt
        places = places_for_need(
            session,
            request,
            case_id=one.case_id,
            need_id=one.need_id,
            need_kind=referral.need_kind,
            leave_out=one.offering_id,
        )
    return worker_page(
        request,
        "worker/redirect.html",
        referral=referral,
        one=one,
        places=places,
        chosen=places.first_choice(None),
        reason=_likely_reason(referral),
        asked_again="",
        may_except=actor.role == "supervisor",
        sorted_by=SORTED_BY,
    )


@post("/referrals/{referral_id:uuid}/redirect", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def take_elsewhere(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, referral_id: FromPath[UUID]
) -> Response[Any]:
    """End this attempt, begin the next; on to the consent, or first to what the other service asks besides."""
    here = f"/referrals/{referral_id}/redirect"
    typed = Form(inputs_of(Elsewhere, "reason_code", "asked_again", "exception"), form)
    offering_id = uuid_in(form.text("offering"))
    if offering_id is None:
        return redirect(request, here, done=Label(zh="请先选择一家。", en="Choose a service first."), tone="note")

    def begin_anew(session: Transaction) -> tuple[str, str]:
        drafted = redirect_referral(
            session,
            referral_id=referral_id,
            **asdict(typed.read(Elsewhere, offering_id=offering_id)),
            by=actor,
            at=request.now,
            key=form.text("_once") or None,
        )
        draft = draft_for_page(session, drafted.id)
        step = "details" if unanswered(draft) else step_to_take(session, draft, at=request.now)
        return drafted.number, step_path(draft, step)

    return run_action(
        request,
        hub,
        actor,
        begin_anew,
        to=lambda begun: begun[1],
        done=lambda begun: Label(
            zh=f"原来的转介已结束，新的一张（{begun[0]}）开始了，征得同意后再发出。",
            en=f"The former referral has ended. A new one ({begun[0]}) has been started; send it once there is "
            "consent.",
        ),
        refused_to=here,
    )


@post("/referrals/{referral_id:uuid}/end", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def end(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, referral_id: FromPath[UUID]
) -> Response[Any]:
    """End what is in service because nobody is there to do it; the outcome stays unknown."""
    typed = Form(inputs_of(EndUnserved), form)
    return run_asked(
        request,
        hub,
        actor,
        typed,
        lambda session: end_unserved(
            session, referral_id=referral_id, **asdict(typed.read(EndUnserved)), by=actor, at=request.now
        ),
        title=Label(zh="由本单位结束", en="End it from here"),
        back=f"/referrals/{referral_id}",
        to=f"/referrals/{referral_id}",
        done=Label(
            zh="已结束，结果记为不明；需求仍然保留。", en="Ended with the outcome “unknown”. The need remains open."
        ),
    )


def _likely_reason(referral: OfficeReferral) -> str | None:
    """What the hub knows of why one would: the form opens with it, and it can be changed."""
    if referral.provider_status.reason_code:
        return referral.provider_status.reason_code
    return "unreachable_system" if referral.attempt.waiting_since else None


handlers = [choose_other_place, take_elsewhere, end]
