"""When nobody answers: whom the hub turns to next, each once and in order, in working hours only (R26).

First the recipient is reminded while there is still time, then the sender is told, then the supervisor; at last the
referral expires. Each step is due by the date of the answer, and none before the last one was taken.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from referral_hub.workflow.deadlines import WorkCalendar

Step = Literal["remind", "overdue", "escalate", "expire"]
STEPS: tuple[Step, ...] = ("remind", "overdue", "escalate", "expire")

TASK_OF_STEP: dict[Step, str] = {
    "remind": "answer_reminder",
    "overdue": "answer_overdue",
    "escalate": "answer_escalated",
    "expire": "find_next",
}
"""The task by which the one that a step turns to is told."""
ESCALATION_KINDS = frozenset({"answer_reminder", "answer_overdue", "answer_escalated"})
"""Tasks about an answer that has not come; the answer completes them."""


class StepDue(msgspec.Struct, frozen=True):
    """The next step of an escalation, and from when it is to be taken."""

    step: Step
    at: datetime


def next_due(taken: Step | None, *, answer_due_at: datetime, now: datetime, calendar: WorkCalendar) -> StepDue | None:
    """The step after `taken`, which is taken `now`; with None, the first one of a referral that is asked about `now`.

    Returns None after the last. Whoever was told last has at least until the next working morning before it expires.
    """
    number = STEPS.index(taken) + 1 if taken else 0
    if number == len(STEPS):
        return None
    step = STEPS[number]
    days = calendar.escalation
    if step == "remind":
        # Of a short time half is left to the recipient before it is reminded.
        at = max(now + (answer_due_at - now) / 2, calendar.morning_after(answer_due_at, -days.remind))
    elif step == "overdue":
        at = _after(answer_due_at, days.overdue, calendar)
    elif step == "escalate":
        at = _after(answer_due_at, days.escalate, calendar)
    else:
        at = max(expires_at(answer_due_at, calendar), calendar.morning_after(now, 1))
    return StepDue(step, calendar.in_hours(max(now, at)))


def expires_at(answer_due_at: datetime, calendar: WorkCalendar) -> datetime:
    """When a referral expires at the earliest if nobody ever answers it."""
    return calendar.in_hours(_after(answer_due_at, calendar.escalation.expire, calendar))


def step_to_take(taken: Step | None, due_at: datetime, *, now: datetime, calendar: WorkCalendar) -> Step | None:
    """The step after `taken`, due at `due_at`, if it may be taken now; None before that, and while the hub is quiet."""
    number = STEPS.index(taken) + 1 if taken else 0
    if number == len(STEPS) or now < due_at or calendar.in_hours(now) != now:
        return None
    return STEPS[number]


def _after(answer_due_at: datetime, days: int, calendar: WorkCalendar) -> datetime:
    return calendar.morning_after(answer_due_at, days) if days else answer_due_at
