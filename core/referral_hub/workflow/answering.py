"""Every sent referral gets an answer (R26, R27): accepted, wait-listed, declined, or an escalation ends it."""

from __future__ import annotations

from collections.abc import Collection

from referral_hub.calendar.clock import local_date
from referral_hub.calendar.periods import check_to_come
from referral_hub.codes import DECLINE_NEXT_STEPS, DECLINE_REASONS
from referral_hub.codes.states import REFERRAL_NOT_ACCEPTED, REFERRAL_OPEN, REFERRAL_UNANSWERED
from referral_hub.errors import Invalid
from referral_hub.i18n import Label
from referral_hub.workflow.effects import Escalated, Reservation
from referral_hub.workflow.errors import PlaceNotHere, PlaceOfOtherSex
from referral_hub.workflow.escalation import TASK_OF_STEP, next_due, step_to_take
from referral_hub.workflow.events import (
    Accept,
    Decline,
    Escalate,
    GivePlace,
    ModuleAnswered,
    NameOwner,
    Receive,
    ReplyRefused,
    RequestReassignment,
    Waitlist,
)
from referral_hub.workflow.place_step import has_place
from referral_hub.workflow.plan import Plan
from referral_hub.workflow.table import Demand
from referral_hub.workflow.tasks import REASSIGNMENT_KINDS, REASSIGNMENT_REQUESTS, TASK_OF_REQUEST


def receive(plan: Plan, event: Receive) -> None:
    """Sign for it. Does nothing when it was signed for already."""
    plan.receive()


def accept(plan: Plan, event: Accept) -> None:
    """Accept, taking a place; the first contact is due from now. Without a place to give it is refused, and so is a
    place for the other sex (R42).
    """
    if not event.sex_fits:
        raise PlaceOfOtherSex(field="sex")
    plan.receive()
    accept_with(plan, event)


def waitlist(plan: Plan, event: Waitlist) -> None:
    """Put on the waiting list, with the day a place is expected, if that can be said."""
    if event.expected_on is not None:
        check_to_come(event.expected_on, "expected_on", today=local_date(plan.now))
    plan.receive()
    plan.move(
        "waitlist",
        answered_at=plan.now,
        expected_on=event.expected_on,
        overdue_since=None,
        queued_at=plan.now,
        offers_missed=0,
    )
    plan.open_task("tell_waitlisted")
    plan.say(event.note)
    plan.write(reservation=Reservation(action="release"))
    plan.remember()


def decline(plan: Plan, event: Decline) -> None:
    """Decline with a reason code (R27). The need stays open; the sender is asked to find the next place."""
    plan.receive()
    if event.reason not in DECLINE_REASONS:
        raise Invalid(
            field="reason_code",
            message=Label(zh="请从列表中选择不受理的原因。", en="Choose the reason for declining from the list."),
        )
    plan.move("decline", reason=event.reason, answered_at=plan.state.answered_at or plan.now, overdue_since=None)
    plan.say(event.note)
    plan.end_attempt()
    plan.open_task("find_next")
    _ask_recipient(plan, event.reason)


def give_place(plan: Plan, event: GivePlace) -> None:
    """Give whom it has accepted the place that is missing, as after a reopening. One that is there stays."""
    if not has_place(plan.state, plan.declared):
        raise PlaceNotHere
    if not event.sex_fits:
        raise PlaceOfOtherSex(field="sex")
    plan.write(
        reservation=Reservation(
            action="confirm", group_label=event.group_label, sex=event.sex, starts_on=event.starts_on
        )
    )
    plan.audit("referral.place", with_place=True)
    plan.complete_tasks(frozenset({"find_place"}), how="已安排名额")


def name_owner(plan: Plan, event: NameOwner) -> None:
    """Name the person in charge of the referral at the recipient."""
    plan.set(owner_id=event.owner_id)
    plan.audit("referral.own")


def take_receipt(plan: Plan, event: ModuleAnswered) -> None:
    """Take a module's answer. An answer that a person gave meanwhile stands; its documents are kept all the same.

    A partner that put someone on its waiting list may well accept later, by an update from its own system.
    """
    receipt = event.receipt
    plan.receive()
    plan.write(documents=tuple(receipt.documents))
    if not event.polled:
        plan.set(waiting_since=None)
    may_answer = REFERRAL_NOT_ACCEPTED if event.polled and receipt.decision != "waitlisted" else REFERRAL_UNANSWERED
    if plan.state.state not in may_answer:
        return
    if receipt.decision == "accepted":
        # The module may not know that the last place went; then a person of the organisation decides.
        plan.write(if_full=plan.effects())
        accept_with(plan, Accept(note=receipt.note, contact_days=event.contact_days), stage=receipt.stage)
    elif receipt.decision == "waitlisted":
        waitlist(plan, Waitlist(note=receipt.note, expected_on=receipt.expected_on))
    elif receipt.decision == "declined":
        decline(plan, Decline(reason=receipt.reason or "other", note=receipt.note))


def leave_to_people(plan: Plan, event: ReplyRefused) -> None:
    """The module has the referral and its answer cannot be taken: someone of the organisation answers."""
    plan.receive()
    plan.set(waiting_since=None)


def escalate(plan: Plan, event: Escalate) -> None:
    """Take the step that is due: remind the recipient, tell the sender, tell the supervisor, let it expire.

    Does nothing before the step is due, at night, on days off, and where an answer came meanwhile.
    """
    state, now, calendar = plan.state, plan.now, plan.calendar
    step = step_to_take(event.taken, event.due_at, now=now, calendar=calendar)
    if state.state not in REFERRAL_UNANSWERED or state.answer_due_at is None or step is None:
        return
    following = next_due(step, answer_due_at=state.answer_due_at, now=now, calendar=calendar)
    plan.write(escalated=Escalated(step=step, next_at=following.at if following else None))
    if step == "remind":
        plan.audit("referral.remind")
    elif step == "overdue":
        plan.set(overdue_since=state.answer_due_at)
        plan.audit("referral.overdue")
    elif step == "escalate":
        # Whom the office turns to within itself is no business of the recipient.
        plan.audit("referral.escalate", shown_to_recipient=False)
    else:
        plan.move("expire", reason="unanswered")
        plan.end_attempt()
    plan.open_task(TASK_OF_STEP[step], due_at=max(state.answer_due_at, now) if step == "remind" else None)


def request_reassignment(plan: Plan, event: RequestReassignment) -> None:
    """The module goes out of use: ask the sender to take the referral elsewhere, to end it, or no more (`wait`).

    What was asked before is replaced; the same asked twice stays as it was.
    """
    wanted = TASK_OF_REQUEST.get(event.request)
    if plan.state.state not in REFERRAL_OPEN or event.asked == wanted:
        return
    plan.complete_tasks(REASSIGNMENT_KINDS, how=REASSIGNMENT_REQUESTS[event.request].zh)
    if wanted is None:
        return
    if event.out_of_use and plan.state.waiting_since is None:
        plan.set(waiting_since=plan.now)
    plan.open_task(wanted)


def _ask_recipient(plan: Plan, reason: str) -> None:
    """What the recipient must see to after a decline for this reason, so that the next sender is not misled."""
    task = DECLINE_NEXT_STEPS[reason].recipient_task
    if task == "confirm_capacity" and (plan.service is None or plan.service.capacity != "places"):
        # What is not counted in places has no figure to put right.
        return
    if task is not None:
        plan.open_task(task)


def accept_with(
    plan: Plan, event: Accept, *, stage: str | None = None, action: str = "accept", met: Collection[Demand] = ()
) -> None:
    """What follows from every acceptance, by whichever line of the table."""
    service = plan.declared
    first = next((one.key for one in service.stages if one.state == "accepted"), None)
    places = service.capacity == "places"
    plan.move(
        action,
        met=met,
        with_place=places,
        answered_at=plan.state.answered_at or plan.now,
        first_contact_due_at=plan.calendar.after(plan.now, event.contact_days or service.times.contact_days),
        owner_id=event.owner_id,
        stage=stage or first,
        overdue_since=None,
        expected_on=None,
    )
    plan.open_task("tell_accepted")
    plan.remember()
    plan.say(event.note)
    if places:
        plan.write(
            reservation=Reservation(
                action="confirm", group_label=event.group_label, sex=event.sex, starts_on=event.starts_on
            )
        )
