"""A send needs a consent in force, someone there to receive it, and no more is released than both allow."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from referral_hub.api.manifest import Service
from referral_hub.calendar.clock import local_date
from referral_hub.codes import NEED_STATES
from referral_hub.codes.states import NEED_OPEN
from referral_hub.i18n import Label
from referral_hub.workflow.deadlines import answer_due_at
from referral_hub.workflow.effects import NeedChange, Reservation
from referral_hub.workflow.eligibility import check_eligible
from referral_hub.workflow.errors import (
    AlreadyReferred,
    ConsentMissing,
    ModuleUnknown,
    NeedEnded,
    OfferingClosed,
    RecipientNotReady,
    RequiredNotAgreed,
)
from referral_hub.workflow.events import Agreement, Choice, ClosedReason, Destination, DraftExpired, Send
from referral_hub.workflow.neutral import check_neutral
from referral_hub.workflow.plan import Plan
from referral_hub.workflow.release import Released, release, wanted_fields
from referral_hub.workflow.resting import check_asked_again, resting
from referral_hub.workflow.table import impossible

NOT_READY: dict[ClosedReason, Label] = {
    "organisation": Label(zh="该机构已暂停接收。", en="the organisation is suspended."),
    "contract": Label(zh="委托合同不在有效期内。", en="no contract with it is in force."),
}
"""Why a recipient may be given nothing."""


def send(plan: Plan, event: Send) -> None:
    """Release, state, answer date, outbox; the need is being met; a place is held if one is free."""
    service = plan.declared
    if plan.state.state != "draft":
        raise impossible("send", plan.state.state)
    agreement = _in_force(plan, event)
    check_choice(event.choice, now=plan.now)
    released = check_release(service, categories=agreement.categories, fields=agreement.fields, known=event.known)
    due = answer_due_at(
        service,
        plan.calendar,
        plan.now,
        urgent=plan.state.urgency == "urgent",
        answer_days=event.choice.destination.answer_days,
    )
    plan.move(
        "send",
        met=["consent"],
        details={"fields": list(released.fields), "consent": agreement.number, "service": service.key},
        sent_at=plan.now,
        answer_due_at=due,
        readable=True,
    )
    plan.write(disclosure="open", released=released, messages=("receive",))
    if event.choice.need_state == "open":
        plan.write(need=NeedChange(state="being_met", before=frozenset({"open"})))
    if event.hold and service.capacity == "places":
        plan.write(reservation=Reservation(action="hold", until=due))


def check_choice(choice: Choice, *, now: datetime) -> None:
    """All that can be known once a place is chosen, before the client is asked: asked then, and again at the send.

    Raises `ModuleUnknown`, `OfferingClosed`, `RecipientNotReady`, `NeedEnded`, `AlreadyReferred`, `DeclinedRecently`,
    `NotEligible`.
    """
    _check_destination(choice.destination)
    if choice.need_state not in NEED_OPEN:
        raise NeedEnded(state=NEED_STATES[choice.need_state])
    if choice.twin is not None:
        raise AlreadyReferred(number=choice.twin)
    rest = resting(choice.refusals, now=now)
    check_asked_again(rest, choice.asked_again, recipient=choice.destination.recipient)
    check_eligible(choice.fit, choice.excepted, recipient=choice.destination.recipient)


def check_release(
    service: Service, *, categories: Collection[str], fields: Collection[str], known: Mapping[str, object]
) -> Released:
    """What goes out under a consent to these. Asked before the client signs, and again at the send.

    Raises `RequiredNotAgreed`, `WordsNotNeutral`.
    """
    released = release(service, categories=categories, fields=fields, known=known)
    missing = released.missing(wanted_fields(service))
    if missing:
        names = Label(zh="、".join(one.label.zh for one in missing), en=", ".join(one.label.en for one in missing))
        raise RequiredNotAgreed(field="categories", fields=names, missing=[one.name for one in missing])
    check_neutral(service, released.fields)
    return released


def expire_draft(plan: Plan, event: DraftExpired) -> None:
    """A draft that nobody touched for weeks is no attempt any more."""
    plan.move("expire")


def in_force(agreement: Agreement | None, on: date) -> bool:
    """Whether something may be sent under it on that day."""
    return agreement is not None and agreement.valid_from <= on <= agreement.valid_until


def _in_force(plan: Plan, event: Send) -> Agreement:
    agreement = event.agreement
    if agreement is None or not in_force(agreement, local_date(plan.now)):
        raise ConsentMissing(recipient=event.choice.destination.recipient)
    return agreement


def _check_destination(destination: Destination) -> None:
    if destination.closed in ("module", "draining"):
        raise ModuleUnknown
    if destination.closed == "paused":
        raise OfferingClosed(offering=destination.offering)
    if destination.closed is not None:
        raise RecipientNotReady(recipient=destination.recipient, reason=NOT_READY[destination.closed])
