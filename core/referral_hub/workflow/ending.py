"""How a referral ends before or beside its outcome, and what is taken back from the recipient then (R9)."""

from __future__ import annotations

from referral_hub.calendar.clock import local_date
from referral_hub.codes import GONE_REASONS, WITHDRAW_REASONS
from referral_hub.codes.leaving import LEAVINGS
from referral_hub.codes.states import (
    REFERRAL_ACCEPTED,
    REFERRAL_ENDED,
    REFERRAL_NOT_ACCEPTED,
    REFERRAL_OPEN,
    REFERRAL_SERVED,
)
from referral_hub.errors import Invalid
from referral_hub.i18n import Label
from referral_hub.text_limits import read_text
from referral_hub.workflow.effects import GivenOutcome
from referral_hub.workflow.erasure import lost_ground
from referral_hub.workflow.errors import StillServed
from referral_hub.workflow.events import (
    ConsentExpired,
    ConsentWithdrawn,
    EndUnserved,
    EndWithClient,
    MarkError,
    ModuleErased,
    ReviewAccess,
    Withdraw,
)
from referral_hub.workflow.plan import Plan
from referral_hub.workflow.table import Demand

MAX_KNOWN = 1000
"""Characters of what the sender knows of a referral that nobody else can tell of any more."""


def withdraw(plan: Plan, event: Withdraw) -> None:
    """The sender takes it back before service starts; the recipient is asked to delete what it was given."""
    plan.move("withdraw", reason=event.reason if event.reason in WITHDRAW_REASONS else None)
    plan.end_attempt()


def mark_error(plan: Plan, event: MarkError) -> None:
    """A referral that should never have been: kept, crossed out, and taken back from whoever received it."""
    plan.move("mark_error", reason=event.reason)
    plan.end_attempt()


def end_unserved(plan: Plan, event: EndUnserved) -> None:
    """Nobody is left who could say what came of it: that is written down as unknown, without evidence (R25).

    While anyone is there the end is theirs to tell. Before service the sender withdraws it instead.
    """
    if event.reason not in GONE_REASONS:
        raise Invalid(
            field="reason_code",
            message=Label(
                zh="请选择结束原因：模块已停用，或机构已停办。",
                en="Choose whether the module is disabled or the organisation has closed.",
            ),
        )
    if plan.state.state in REFERRAL_SERVED and not event.provider_gone:
        raise StillServed
    met: tuple[Demand, ...] = ("gone",) if event.provider_gone else ()
    plan.move("end_unserved", reason=event.reason, met=met, waiting_since=None)
    known = read_text(event.note, "note", maximum=MAX_KNOWN)
    plan.write(outcome=GivenOutcome(code="unknown", evidence="none", note=known))
    plan.end_attempt()


def end_with_client(plan: Plan, event: EndWithClient) -> None:
    """The client died, is in custody, has moved away or is discharged: what is open ends, what was given is taken back,
    and nobody is asked to call. Recipients read no more than that the client takes no further part.
    """
    leaving = LEAVINGS[event.reason]
    state = plan.state.state
    if state in REFERRAL_ENDED:
        plan.recall()
    else:
        plan.move("end_with_client", reason=leaving.told, met=["case"], waiting_since=None)
        if state in REFERRAL_SERVED:
            nothing = None if plan.state.delivered > 0 else "other"
            outcome = GivenOutcome(code=leaving.outcome, evidence="provider", no_event_reason=nothing)
            plan.write(outcome=outcome)
        plan.end_attempt()
    plan.write(follow_ups_off=not leaving.reachable)


def stop_without_consent(plan: Plan, event: ConsentWithdrawn) -> None:
    """The client took consent back: an open referral stops, and what went out is taken back, open or ended (R9)."""
    if plan.state.state in REFERRAL_OPEN:
        plan.move("consent_withdraw")
        plan.end_attempt()
    else:
        plan.recall()


def expire_or_renew(plan: Plan, event: ConsentExpired) -> None:
    """Past the last day of its consent, who waits for an answer or a place waits no more; who is in care stays in
    care, and the sender is asked to renew the consent (decision 0011).
    """
    if plan.state.state in REFERRAL_NOT_ACCEPTED:
        plan.move("expire", reason="consent_expired")
        plan.end_attempt()
    elif plan.state.state in REFERRAL_ACCEPTED:
        plan.open_task("renew_consent")


def review_access(plan: Plan, event: ReviewAccess) -> None:
    """Take back what was given once nothing allows the recipient to have it; what the referral came to stays.

    What nobody has answered is left to the end of its consent, which also lets it expire. Of what is still open
    the sender is notified, because nobody there can serve the client without knowing who it is.
    """
    state = plan.state
    ended_on = local_date(state.ended_at) if state.ended_at else None
    ground = lost_ground(state.state, event.grounds, ended_on=ended_on, today=local_date(plan.now))
    if ground is None or (ground == "retention_ended" and state.state not in REFERRAL_ENDED):
        return
    if not plan.recall(ground):
        return
    plan.audit("referral.end_access", details={"ground": ground, "kept_until": event.grounds.kept_until.isoformat()})
    if state.state in REFERRAL_OPEN:
        plan.open_task("recipient_gone")


def note_erased(plan: Plan, event: ModuleErased) -> None:
    """The module has stopped and erased: its documents about the referral go, whatever it says of its own side."""
    plan.set(waiting_since=None)
    plan.write(documents_erased=True)
    plan.audit("module.erase", details={"deleted": event.deleted, "module": event.module_key})
