"""A referral that ended wrongly goes on where it stood: its state, its stage with the forms, its place (R32)."""

from __future__ import annotations

from typing import Any

import msgspec

from referral_hub.api.manifest import Service
from referral_hub.calendar.clock import local_date
from referral_hub.codes.states import NEED_REOPENABLE, REFERRAL_CONCLUDED, REFERRAL_UNANSWERED
from referral_hub.workflow.deadlines import answer_due_at, times_of
from referral_hub.workflow.effects import NeedChange, NewTask, Reservation
from referral_hub.workflow.errors import AlreadyReferred, CaseOver, ConsentMissing, ErasureRequested, RecipientNotReady
from referral_hub.workflow.events import GoesOn, Reopen
from referral_hub.workflow.place_step import has_place
from referral_hub.workflow.plan import Plan
from referral_hub.workflow.sending import NOT_READY, in_force
from referral_hub.workflow.state import Standing
from referral_hub.workflow.tasks import ERASURE_KINDS, TASK_KINDS

_ASKED_BY_THE_END = ERASURE_KINDS | {"find_next"}
"""Tasks that the end of a referral opened."""


def reopen(plan: Plan, event: Reopen) -> None:
    """Open an ended referral again, with a reason, within 30 days and under a consent in force.

    A module may still be about to hear that it must erase. If it has not heard, it need not. If it has, a service has
    nothing left to go on with; what was not served is asked of the module from the beginning.
    """
    check_goes_on(plan, event)
    if event.erased and plan.state.state in REFERRAL_CONCLUDED:
        raise ErasureRequested
    earlier = plan.state.earlier
    was = earlier.standing if earlier is not None else Standing(state="in_service", stage=plan.state.stage)
    from_the_beginning = event.erased or was.state in REFERRAL_UNANSWERED
    served = plan.state.state in REFERRAL_CONCLUDED
    plan.move(
        "reopen",
        reason=event.reason,
        met=["consent", "sent"] if plan.state.sent_at else ["consent"],
        back_to=None if from_the_beginning and not served else was.state,
        readable=True,
        overdue_since=None,
        earlier=None,
    )
    _set_dates(plan, was)
    plan.write(messages=("receive",) if event.erased else ())
    back_from_end(plan, how="重新打开")
    give_place_back(plan)


def back_from_end(plan: Plan, *, how: str) -> None:
    """What followed from the end is undone: the recipient reads again, the module need not erase, the outcome stands
    no more, nobody is asked to delete, to find another place or to ask the client again.
    """
    plan.write(
        disclosure="reopen",
        dropped=frozenset({"withdraw"}),
        need=NeedChange(state="being_met", before=NEED_REOPENABLE),
        outcome_voided=True,
        follow_ups_off=True,
    )
    plan.complete_tasks(_ASKED_BY_THE_END, how=how)


def check_goes_on(plan: Plan, event: GoesOn) -> None:
    """Raises what stands against going on with a referral that has ended."""
    if event.case_closed:
        raise CaseOver
    if event.twin is not None:
        raise AlreadyReferred(number=event.twin)
    if event.barred is not None:
        raise RecipientNotReady(recipient=event.recipient, reason=NOT_READY[event.barred])
    if not in_force(event.agreement, local_date(plan.now)):
        raise ConsentMissing(recipient=event.recipient)


def _set_dates(plan: Plan, was: Standing) -> None:
    """Dates run from now; a day that is past is none."""
    state = plan.state
    values: dict[str, Any] = {"expected_on": None, "outcome_due_at": None}
    if state.state in REFERRAL_UNANSWERED:
        urgent = state.urgency == "urgent"
        values |= {"answer_due_at": answer_due_at(plan.declared, plan.calendar, plan.now, urgent=urgent)}
        values |= {"answered_at": None, "stage": None, "owner_id": None, "received_at": state.received_at or plan.now}
    elif state.state == "waitlisted":
        expected = was.expected_on
        values |= {"expected_on": expected if expected and expected >= local_date(plan.now) else None}
    else:
        values |= {"stage": _stage(plan.service, state.state, was.stage)}
        if state.state == "accepted" and state.first_contact_at is None:
            values |= {"first_contact_due_at": plan.calendar.after(plan.now, times_of(plan.service).contact_days)}
    plan.set(**values)


def _stage(service: Service | None, state: str, was: str | None) -> str | None:
    """The stage it was in; where the module has none of that name any more, the first that it has for this state."""
    if service is None or (was is not None and service.stage(was) is not None):
        return was
    return next((stage.key for stage in service.stages if stage.state == state), None)


def give_place_back(plan: Plan) -> None:
    """The place it had, or another that fits; where none is free the provider is asked to find one."""
    state = plan.state
    if plan.service is None or plan.service.capacity != "places":
        return
    if state.state in REFERRAL_UNANSWERED and state.answer_due_at is not None:
        plan.write(reservation=Reservation(action="hold", until=state.answer_due_at))
    elif has_place(state, plan.service):
        without = msgspec.structs.replace(plan.effects(), reservation=None)
        due = plan.calendar.after(plan.now, TASK_KINDS["find_place"].working_days)
        plan.write(
            reservation=Reservation(action="retake"),
            if_full=msgspec.structs.replace(without, tasks=(*without.tasks, NewTask("find_place", due))),
        )
