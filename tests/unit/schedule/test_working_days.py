from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.calendar.clock import local_date, local_datetime
from referral_hub.calendar.working_days import (
    add_working_days,
    answer_due_at,
    covers_year,
    is_working_day,
    working_days_before,
)

DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        (date(2026, 3, 2), 3, date(2026, 3, 5)),  # Monday to Thursday
        (date(2026, 3, 5), 3, date(2026, 3, 10)),  # over a weekend
        (date(2025, 9, 30), 3, date(2025, 10, 11)),  # National Day and Mid-Autumn: 1-8 October, and the 11th is worked
        (date(2025, 1, 24), 3, date(2025, 2, 5)),  # Sunday 26 January is worked, then Spring Festival to 4 February
        (date(2025, 4, 25), 1, date(2025, 4, 27)),  # the Sunday before Labour Day is worked
        (date(2026, 3, 7), 0, date(2026, 3, 7)),
    ],
)
def test_deadlines_follow_holidays_and_the_days_that_make_up_for_them(start: date, days: int, due: date) -> None:
    assert add_working_days(start, days) == due


def test_a_year_nobody_has_announced_is_counted_by_the_plain_week() -> None:
    assert not covers_year(2040)
    assert add_working_days(date(2040, 9, 28), 3) == date(2040, 10, 3)


def test_a_notice_the_office_has_loaded_counts_before_anything_else() -> None:
    notice = {date(2040, 10, 1): False, date(2040, 10, 2): False, date(2040, 9, 29): True}
    assert covers_year(2040, notice)
    assert add_working_days(date(2040, 9, 28), 3, notice) == date(2040, 10, 4)
    assert not is_working_day(date(2025, 4, 27), {date(2025, 4, 27): False})


def test_an_ordinary_answer_is_due_at_the_end_of_the_third_working_day_in_shanghai() -> None:
    sent = datetime(2026, 3, 5, 15, 30, tzinfo=UTC)  # 23:30 on Thursday the 5th
    due = answer_due_at(sent, 3, urgent=False)
    assert local_date(due - timedelta(seconds=1)) == date(2026, 3, 10)
    assert local_datetime(due).hour == 0


def test_an_urgent_answer_is_due_in_24_hours_even_on_a_holiday() -> None:
    sent = datetime(2025, 10, 1, 3, 0, tzinfo=UTC)
    assert answer_due_at(sent, 3, urgent=True) == sent + timedelta(hours=24)


def test_counting_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="forwards"):
        add_working_days(date(2026, 3, 2), -1)


@given(DAYS, st.integers(1, 40))
def test_as_many_working_days_before_a_day_lead_to_it_again(end: date, days: int) -> None:
    start = working_days_before(end, days)
    assert is_working_day(start)
    assert sum(is_working_day(start + timedelta(days=n)) for n in range((end - start).days)) == days


@given(DAYS, st.integers(0, 40))
def test_the_working_days_up_to_a_deadline_are_the_days_asked_for(start: date, days: int) -> None:
    due = add_working_days(start, days)
    span = [start + timedelta(days=n) for n in range(1, (due - start).days + 1)]
    assert sum(map(is_working_day, span)) == days
    assert days == 0 or is_working_day(due)
