from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.calendar.clock import add_months
from referral_hub.ids import new_id
from referral_hub.outcomes.rules import BULK, bulk_days, entry_lag, is_late

# 23:30 UTC on the 2nd is the 3rd in Shanghai.
NIGHT = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)


def test_lag_is_counted_by_the_office_calendar() -> None:
    assert entry_lag(date(2026, 3, 3), NIGHT) == 0
    assert entry_lag(date(2026, 2, 24), NIGHT) == 7
    assert [is_late(days) for days in (0, 7, 8)] == [False, False, True]


def test_only_late_entries_of_one_account_on_one_day_make_a_bulk() -> None:
    one, other = new_id(), new_id()
    long_ago = date(2026, 1, 1)
    assert bulk_days([(one, long_ago, NIGHT)] * BULK) == {(one, date(2026, 3, 3))}
    assert bulk_days([(one, long_ago, NIGHT)] * (BULK - 1) + [(other, long_ago, NIGHT)]) == frozenset()
    assert bulk_days([(one, date(2026, 3, 2), NIGHT)] * BULK) == frozenset()
    assert bulk_days([(one, long_ago, NIGHT + timedelta(days=day)) for day in range(BULK)]) == frozenset()


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 15), 12, date(2027, 12, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
    ],
)
def test_months_end_where_the_month_ends(day: date, months: int, then: date) -> None:
    assert add_months(day, months) == then


@given(day=st.dates(date(2000, 1, 1), date(2100, 1, 1)), months=st.integers(-24, 24))
def test_so_many_months_later_is_so_many_months_later(day: date, months: int) -> None:
    then = add_months(day, months)
    assert (then.year - day.year) * 12 + then.month - day.month == months
    assert then.day <= day.day
