"""What follows from an event: every rule of the loop, in one place and pure.

`decide` is given a referral and what happens to it, and returns all that is to be written, or raises the refusal. It
knows no database and no clock. The rules stand in modules by the time of a referral's life they are about: `sending`,
`answering`, `serving`, `ending`, `reopening`, `undoing`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from referral_hub.api.manifest import Service
from referral_hub.codes.states import REFERRAL_OPEN
from referral_hub.workflow import answering, ending, events, reopening, sending, serving, undoing, waiting
from referral_hub.workflow.deadlines import WorkCalendar
from referral_hub.workflow.effects import Effects
from referral_hub.workflow.errors import AccessClosed
from referral_hub.workflow.plan import Plan
from referral_hub.workflow.state import ReferralState
from referral_hub.workflow.table import Party

_UNREAD = (events.Receive, events.Decline)
"""What a recipient may do about a referral that it may not read."""

_BUILT_ON = (events.GivePlace, events.RecordContact, events.FillForm, events.CancelDelivered)
"""What is built on the last act, which then can be taken back no more."""

_RULES: dict[type[events.Event], Callable[[Plan, Any], None]] = {
    events.Send: sending.send,
    events.DraftExpired: sending.expire_draft,
    events.Receive: answering.receive,
    events.Accept: answering.accept,
    events.Waitlist: answering.waitlist,
    events.OfferPlace: waiting.offer_place,
    events.TakeOffer: waiting.take_offer,
    events.PassOffer: waiting.pass_offer,
    events.OfferLapsed: waiting.lapse_offer,
    events.Decline: answering.decline,
    events.GivePlace: answering.give_place,
    events.NameOwner: answering.name_owner,
    events.ModuleAnswered: answering.take_receipt,
    events.ReplyRefused: answering.leave_to_people,
    events.Escalate: answering.escalate,
    events.RequestReassignment: answering.request_reassignment,
    events.RecordContact: serving.record_contact,
    events.CancelDelivered: serving.cancel_delivered,
    events.Hold: serving.hold,
    events.Resume: serving.resume,
    events.FillForm: serving.fill_form,
    events.FormReturned: serving.return_form,
    events.ModuleChanged: serving.take_changes,
    events.PlannedEndPassed: serving.note_planned_end,
    events.RecordClientConfirmation: serving.record_client_confirmation,
    events.RecordClientSatisfaction: serving.record_client_satisfaction,
    events.Withdraw: ending.withdraw,
    events.MarkError: ending.mark_error,
    events.EndUnserved: ending.end_unserved,
    events.EndWithClient: ending.end_with_client,
    events.ConsentWithdrawn: ending.stop_without_consent,
    events.ConsentExpired: ending.expire_or_renew,
    events.ReviewAccess: ending.review_access,
    events.ModuleErased: ending.note_erased,
    events.Reopen: reopening.reopen,
    events.Undo: undoing.undo,
}
"""Which rule is asked about which event."""


def decide(
    state: ReferralState,
    event: events.Event,
    *,
    service: Service | None,
    parties: Collection[Party],
    calendar: WorkCalendar,
    now: datetime,
    by_id: UUID | None = None,
) -> Effects:
    """All that follows when `event` happens to a referral in `state`, brought about by these parties.

    `service` is what its module declares, None where the module is gone; `by_id` the account that acts, where one does.
    Raises a `HubError` where it is refused; then nothing follows.
    """
    plan = Plan(state, service=service, parties=parties, calendar=calendar, now=now, by_id=by_id)
    _RULES[type(event)](plan, event)
    if isinstance(event, _BUILT_ON) and plan.state.state in REFERRAL_OPEN:
        plan.set(earlier=None)
    if _acts_unread(state, event, plan.parties):
        raise AccessClosed
    return plan.effects()


def _acts_unread(state: ReferralState, event: events.Event, parties: Collection[Party]) -> bool:
    """Whether a recipient goes on with someone whose data it may not read any more."""
    return (
        parties == {"recipient"}
        and state.state in REFERRAL_OPEN
        and not state.readable
        and not isinstance(event, _UNREAD)
    )
