"""The steps of an answer that does not come: each once, in order, in working hours, and an end after the grace."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from referral_hub.calendar.working_days import add_working_days, is_working_day
from referral_hub.workflow import events
from referral_hub.workflow.deadlines import EscalationDays, WorkCalendar
from referral_hub.workflow.decide import decide
from referral_hub.workflow.effects import Effects
from referral_hub.workflow.escalation import STEPS, next_due
from referral_hub.workflow.state import ReferralState

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOLIDAYS = st.dictionaries(st.dates(date(2026, 3, 1), date(2026, 5, 1)), st.booleans(), max_size=20)
DAYS = st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5), st.integers(0, 5)).map(
    lambda n: EscalationDays(remind=n[0], overdue=n[1], escalate=n[1] + n[2], expire=n[1] + n[2] + max(1, n[3]))
)
MONDAY = datetime(2026, 3, 2, 10, tzinfo=SHANGHAI)


class Asked:
    """A referral nobody answers, and a job that looks at it whenever the test says."""

    def __init__(self, *, sent: datetime, due: datetime, calendar: WorkCalendar) -> None:
        self.state = ReferralState(state="sent", sent_at=sent, answer_due_at=due, readable=True)
        self.calendar = calendar
        first = next_due(None, answer_due_at=due, now=sent, calendar=calendar)
        assert first is not None
        self.event: events.Escalate | None = events.Escalate(taken=None, due_at=first.at)
        self.taken: list[tuple[str, datetime]] = []

    def look(self, now: datetime) -> Effects | None:
        if self.event is None:
            return None
        effects = decide(
            self.state, self.event, service=None, parties={"system"}, calendar=self.calendar, now=now.astimezone(UTC)
        )
        self.state = effects.after
        if (taken := effects.escalated) is not None:
            self.taken.append((taken.step, now))
            self.event = events.Escalate(taken=taken.step, due_at=taken.next_at) if taken.next_at else None
        return effects


def ordinary(**days: int) -> Asked:
    """Sent on a Monday morning, to be answered within three working days."""
    calendar = WorkCalendar(escalation=EscalationDays(**days))
    return Asked(sent=MONDAY, due=calendar.after(MONDAY, 3), calendar=calendar)


def every_five_minutes(asked: Asked, days: int) -> list[str]:
    for minute in range(0, days * 24 * 60, 5):
        asked.look(MONDAY + timedelta(minutes=minute))
    return [f"{step} {at.astimezone(SHANGHAI):%a %d %H:%M}" for step, at in asked.taken]


def test_the_usual_steps_are_a_reminder_on_the_last_morning_sender_supervisor_and_an_end() -> None:
    asked = ordinary()
    assert every_five_minutes(asked, 20) == [
        "remind Thu 05 09:00",
        "overdue Fri 06 09:00",
        "escalate Tue 10 09:00",
        "expire Fri 13 09:00",
    ]
    assert (asked.state.state, asked.state.reason_code) == ("expired", "unanswered")


def test_other_days_move_the_steps() -> None:
    steps = every_five_minutes(ordinary(remind=2, overdue=1, escalate=1, expire=2), 20)
    assert steps == ["remind Wed 04 09:00", "overdue Mon 09 09:00", "escalate Mon 09 09:05", "expire Tue 10 09:00"]


def test_an_urgent_referral_of_a_friday_asks_nobody_before_monday_morning() -> None:
    calendar = WorkCalendar()
    friday = MONDAY + timedelta(days=4, hours=5)
    asked = Asked(sent=friday, due=friday + timedelta(hours=24), calendar=calendar)
    assert every_five_minutes(asked, 10)[:2] == ["remind Mon 09 09:00", "overdue Mon 09 09:05"]


def test_after_weeks_of_standstill_nothing_expires_on_the_morning_on_which_people_first_hear_of_it() -> None:
    asked = ordinary()
    monday = MONDAY + timedelta(days=28)
    for minute in range(0, 8 * 60, 5):
        asked.look(monday + timedelta(minutes=minute))
    assert [step for step, _ in asked.taken] == ["remind", "overdue", "escalate"]
    asked.look(monday + timedelta(days=1))
    assert asked.state.state == "expired"


def test_what_expires_frees_the_place_takes_the_data_back_and_leaves_the_need_open_with_a_task() -> None:
    asked = ordinary()
    effects = [found for day in range(14) if (found := asked.look(MONDAY + timedelta(days=day))) and found.escalated]
    last = effects[-1]
    assert last.reservation is not None
    assert last.reservation.action == "release"
    assert last.disclosure == "end"
    assert last.need is not None
    assert last.need.state == "open"
    assert {task.kind for task in last.tasks} == {"find_next", "delete_or_return"}
    assert [task.kind for one in effects[:3] for task in one.tasks] == [
        "answer_reminder",
        "answer_overdue",
        "answer_escalated",
    ]


@pytest.mark.parametrize("state", ["accepted", "waitlisted", "declined", "withdrawn", "in_service"])
def test_what_was_answered_is_asked_about_no_more(state: str) -> None:
    asked = ordinary()
    asked.state = ReferralState(state=state, answer_due_at=asked.state.answer_due_at)
    assert every_five_minutes(asked, 15) == []


@given(
    special=HOLIDAYS,
    days=DAYS,
    sent=st.integers(0, 14 * 24 * 60),
    answer=st.one_of(st.integers(1, 5), st.none()),
    gaps=st.lists(st.integers(1, 3 * 24 * 60), min_size=20, max_size=80),
)
def test_each_step_is_taken_once_in_order_in_working_hours_and_the_end_comes_after_the_grace(
    special: dict[date, bool], days: EscalationDays, sent: int, answer: int | None, gaps: list[int]
) -> None:
    calendar = WorkCalendar(special, days)
    now = MONDAY + timedelta(minutes=sent)
    due = calendar.after(now, answer) if answer else now + timedelta(hours=24)
    asked = Asked(sent=now, due=due, calendar=calendar)
    for gap in gaps:
        now += timedelta(minutes=gap)
        asked.look(now)
        asked.look(now)
    names = [step for step, _ in asked.taken]
    assert names == list(STEPS[: len(names)])
    times = dict(asked.taken)
    for at in times.values():
        local = at.astimezone(SHANGHAI)
        assert is_working_day(local.date(), special)
        assert 9 <= local.hour < 18
    for step in ("overdue", "escalate", "expire"):
        assert step not in times or times[step] >= due
    assume("expire" in times)
    assert asked.state.state == "expired"
    grace = add_working_days(due.astimezone(SHANGHAI).date(), days.expire, special)
    assert times["expire"].astimezone(SHANGHAI).date() >= grace
    assert times["expire"].astimezone(SHANGHAI).date() > times["escalate"].astimezone(SHANGHAI).date()
