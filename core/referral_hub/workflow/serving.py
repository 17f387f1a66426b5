"""While a service runs: first contact, forms, what the module says follows from them, hold and resume (R25, R28)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from referral_hub.api import Changes, Outcome
from referral_hub.api.manifest import Stage
from referral_hub.calendar.clock import local_date
from referral_hub.calendar.periods import check_happened
from referral_hub.codes import CLIENT_CONFIRMATIONS, CLIENT_SATISFACTION
from referral_hub.codes.states import REFERRAL_ACCEPTED, REFERRAL_CONCLUDED, REFERRAL_SERVED
from referral_hub.errors import Invalid
from referral_hub.i18n import Label
from referral_hub.workflow.deadlines import outcome_due_at
from referral_hub.workflow.effects import FollowUps, GivenOutcome, ProposedAid
from referral_hub.workflow.errors import EventNeeded, FormNotHere, OutcomeRests
from referral_hub.workflow.events import (
    CancelDelivered,
    FillForm,
    FormReturned,
    Hold,
    ModuleChanged,
    PlannedEndPassed,
    RecordClientConfirmation,
    RecordClientSatisfaction,
    RecordContact,
    Resume,
)
from referral_hub.workflow.plan import Plan
from referral_hub.workflow.table import PATHS, Demand

MET_CODE = "goal_met"
"""The outcome that meets the need."""


def record_contact(plan: Plan, event: RecordContact) -> None:
    """The recipient has reached the client. Said once; later it changes nothing."""
    _check_day(plan, event.on)
    if plan.state.state in REFERRAL_ACCEPTED:
        _note_contact(plan, event.on)


def hold(plan: Plan, event: Hold) -> None:
    plan.move("hold")
    plan.remember()


def resume(plan: Plan, event: Resume) -> None:
    plan.move("resume")
    plan.remember()


def fill_form(plan: Plan, event: FillForm) -> None:
    """A form of the present stage goes to the module, which says what follows."""
    stage = plan.state.stage
    if plan.state.state not in REFERRAL_ACCEPTED:
        raise FormNotHere
    form = plan.declared.form(event.form)
    if form is None or stage is None or stage not in form.stages:
        raise FormNotHere
    _check_day(plan, event.on)
    plan.write(messages=("apply",))
    plan.audit("form.fill", details={"form": event.form, "stage": stage})


def return_form(plan: Plan, event: FormReturned) -> None:
    """The module has problems with a form. That is between it and the recipient; the office reads nothing of it."""
    plan.set(waiting_since=None)
    plan.audit("form.return", details={"form": event.form}, shown_to_office=False)


def take_changes(plan: Plan, event: ModuleChanged) -> None:
    """What follows from a stage form, or from an update of the partner's system: events, assistance, outcome, stage
    and state, flags, documents. It is a report of the provider, so the next is due from now.
    """
    changes = event.changes
    if not event.polled:
        plan.set(waiting_since=None)
    plan.write(events=tuple(changes.events), aid=_aid(changes), documents=tuple(changes.documents))
    plan.set(delivered=plan.state.delivered + sum((one.quantity for one in changes.events), Decimal()))
    if changes.events:
        _note_contact(plan, min(one.on for one in changes.events))
    if changes.outcome is not None:
        _give_outcome(plan, changes.outcome, event)
    stage = plan.declared.stage(changes.stage) if changes.stage else None
    if stage is not None:
        _move_to(plan, stage, changes.outcome)
    plan.note_progress()
    fresh = set(changes.flags) - set(plan.state.flags)
    if fresh:
        # What a flag means is the module's to say; that someone must look at it soon is the hub's.
        plan.set(flags=tuple(sorted({*plan.state.flags, *changes.flags})))
        plan.open_task("call_client")
    plan.remember("" if plan.moved else "stage", by_form=not event.polled, flagged=bool(fresh))


def cancel_delivered(plan: Plan, event: CancelDelivered) -> None:
    """A second entry takes the first back. What an outcome rests on is taken back with the outcome only (R25)."""
    left = plan.state.delivered - event.quantity
    if plan.state.state in REFERRAL_CONCLUDED and left <= 0:
        raise OutcomeRests
    plan.set(delivered=left)


def note_planned_end(plan: Plan, event: PlannedEndPassed) -> None:
    """The planned end is over: the outcome is due. A place given for longer meanwhile takes that back."""
    if plan.state.state not in REFERRAL_SERVED:
        return
    if event.last_day is None:
        plan.set(outcome_due_at=None)
    elif plan.state.outcome_due_at is None:
        plan.set(outcome_due_at=outcome_due_at(plan.service, plan.calendar, event.last_day))


def record_client_confirmation(plan: Plan, event: RecordClientConfirmation) -> None:
    """What the client says is kept beside the organisation's own record, never instead of it (R28)."""
    if event.answer not in CLIENT_CONFIRMATIONS:
        raise Invalid(
            field="confirmation",
            message=Label(zh="请选择「收到」或「未收到」。", en="Choose received or not received."),
        )
    if plan.state.sent_at is None:
        raise FormNotHere
    plan.set(client_confirmation=event.answer)
    plan.audit("referral.confirm", details={"confirmation": event.answer})


def record_client_satisfaction(plan: Plan, event: RecordClientSatisfaction) -> None:
    """Asked by the office, of a client who was served, and counted only: the provider is not told who said what."""
    if event.answer not in CLIENT_SATISFACTION:
        raise Invalid(
            field="satisfaction",
            message=Label(zh="请选择满意、一般或不满意。", en="Choose satisfied, neither or dissatisfied."),
        )
    if plan.state.state not in REFERRAL_SERVED | REFERRAL_CONCLUDED:
        raise FormNotHere
    plan.set(client_satisfaction=event.answer, satisfaction_on=local_date(plan.now))
    plan.audit("referral.satisfaction", shown_to_recipient=False)


def _aid(changes: Changes) -> ProposedAid | None:
    if changes.application is None and not changes.decisions and not changes.assistance:
        return None
    return ProposedAid(
        application=changes.application,
        decisions=tuple(changes.decisions),
        assistance=tuple(changes.assistance),
    )


def _note_contact(plan: Plan, on: date) -> None:
    if plan.state.first_contact_at is None:
        plan.set(first_contact_at=plan.now)
        plan.audit("referral.contact", details={"on": on.isoformat()})
        plan.complete_tasks(frozenset({"tell_accepted"}), how="首次联系")


def _give_outcome(plan: Plan, outcome: Outcome, event: ModuleChanged) -> None:
    """An outcome rests on something delivered, or on a reason why nothing was (R25). How it is evidenced is said by
    the person who filled in the form; a module cannot see that answer.
    """
    if event.no_event_reason is None and plan.state.delivered <= 0:
        raise EventNeeded(field="no_event_reason")
    plan.write(
        outcome=GivenOutcome(
            code=outcome.code,
            evidence=event.evidence or outcome.evidence,
            measures=outcome.measures,
            no_event_reason=event.no_event_reason,
        )
    )


def _move_to(plan: Plan, stage: Stage, outcome: Outcome | None) -> None:
    """Into a stage and, step by step, into the stage's state."""
    met: tuple[Demand, ...] = ("outcome",) if outcome is not None else ()
    for action in PATHS.get((plan.state.state, stage.state), ()):
        if action == "start":
            begun = plan.state.first_contact_at or plan.now
            plan.move(action, stage=stage.key, started_at=plan.now, first_contact_at=begun)
        elif action in ("complete", "discontinue"):
            plan.move(action, stage=stage.key, met=met, reason=outcome.code if outcome else None)
            _close(plan, outcome)
        else:
            plan.move(action, stage=stage.key)
    if plan.state.stage != stage.key:
        plan.set(stage=stage.key)
        plan.audit("referral.stage", details={"stage": stage.key})


def _close(plan: Plan, outcome: Outcome | None) -> None:
    """After the end: the place is free, follow-ups are due, the need is met where the outcome says so."""
    completed = plan.state.state == "completed"
    met = completed and outcome is not None and outcome.code == MET_CODE
    plan.end_attempt("met" if met else "open", still_read=True)
    months = plan.declared.followup_months
    if completed and months:
        plan.write(follow_ups=FollowUps(tuple(months), local_date(plan.now)))


def _check_day(plan: Plan, on: date) -> None:
    check_happened(on, "on", today=local_date(plan.now))
    sent_at = plan.state.sent_at
    if sent_at is not None and on < local_date(sent_at):
        raise Invalid(
            field="on",
            message=Label(zh="日期不能早于转介发出的日期。", en="The date cannot be before the referral was sent."),
        )
