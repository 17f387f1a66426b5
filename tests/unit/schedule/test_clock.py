from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from referral_hub.calendar.clock import FixedClock, SystemClock, end_of, local_date, start_of


def test_the_local_date_changes_at_midnight_in_shanghai() -> None:
    assert local_date(datetime(2026, 3, 1, 15, 59, tzinfo=UTC)) == date(2026, 3, 1)
    assert local_date(datetime(2026, 3, 1, 16, 0, tzinfo=UTC)) == date(2026, 3, 2)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        local_date(datetime(2026, 3, 1, 12, 0))  # noqa: DTZ001 - the mistake under test


def test_a_day_ends_where_the_next_begins() -> None:
    assert end_of(date(2026, 12, 31)) == start_of(date(2027, 1, 1)) == datetime(2026, 12, 31, 16, tzinfo=UTC)


def test_a_fixed_clock_moves_only_when_it_is_moved() -> None:
    clock = FixedClock(datetime(2026, 3, 1, 20, tzinfo=timezone(timedelta(hours=8))))
    assert clock.now() == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert clock.advance(timedelta(hours=1)) == clock.now() == datetime(2026, 3, 1, 13, tzinfo=UTC)
    clock.set(datetime(2026, 1, 1, tzinfo=UTC))
    assert clock.now() == datetime(2026, 1, 1, tzinfo=UTC)


def test_the_system_clock_is_aware_and_in_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta()
