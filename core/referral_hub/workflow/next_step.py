"""Every open referral has one next step with a date, its recipient's or (`SENDER_STEPS`) its sender's: a function of
the state alone, so that no rule can forget it. What has no date of its own is looked at again after the review time.
"""

from __future__ import annotations

from datetime import datetime

from referral_hub.calendar.clock import end_of
from referral_hub.codes.states import REFERRAL_UNANSWERED
from referral_hub.workflow.deadlines import REVIEW_DAYS, WorkCalendar
from referral_hub.workflow.effects import NewTask
from referral_hub.workflow.escalation import next_due
from referral_hub.workflow.state import ReferralState


def next_step(before: ReferralState, after: ReferralState, *, calendar: WorkCalendar, now: datetime) -> NewTask | None:
    """The next step where it differs from the one before the event; None where it is still the same, or none is due."""
    step = _step(after)
    if step is None or step == _step(before):
        return None
    kind, due_at = step
    if kind == "next_answer" and due_at is not None:
        first = next_due(None, answer_due_at=due_at, now=now, calendar=calendar)
        return NewTask(kind, due_at, first.at if first else None)
    return NewTask(kind, due_at or calendar.after(now, REVIEW_DAYS))


def step_done(before: ReferralState, after: ReferralState) -> bool:
    """Whether the event did the step that was next before it, or made it void."""
    step = _step(before)
    return step is not None and step != _step(after)


def _step(state: ReferralState) -> tuple[str, datetime | None] | None:
    if state.state in REFERRAL_UNANSWERED:
        return "next_answer", state.answer_due_at
    if state.state == "waitlisted":
        expected = end_of(state.expected_on) if state.expected_on else None
        return ("next_confirm", state.offer_until) if state.offer_until else ("next_place", expected)
    if state.state == "accepted":
        return ("next_contact", state.first_contact_due_at) if state.first_contact_at is None else ("next_start", None)
    if state.state == "in_service":
        report, result = state.progress_due_at, state.outcome_due_at
        return ("next_result", result) if result and (report is None or result <= report) else ("next_report", report)
    if state.state == "on_hold":
        return ("next_result", state.outcome_due_at) if state.outcome_due_at else ("next_resume", None)
    return None
