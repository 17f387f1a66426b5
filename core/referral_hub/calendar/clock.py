"""The time, asked from one place, so that a test or a demonstration can set it."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Says what time it is. Aware, in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self._at = _aware(at)

    def now(self) -> datetime:
        return self._at

    def set(self, at: datetime) -> None:
        """Jump to `at`, forwards or backwards."""
        self._at = _aware(at)

    def advance(self, by: timedelta) -> datetime:
        """Move on by `by` and return the new time."""
        self._at += by
        return self._at


def local_date(at: datetime) -> date:
    """The date on an office's wall calendar at that moment; `at` must be aware."""
    return _aware(at).astimezone(ZONE).date()


def local_datetime(at: datetime) -> datetime:
    """The same moment in the office's time zone, for showing."""
    return _aware(at).astimezone(ZONE)


def start_of(day: date) -> datetime:
    """Midnight at which the local date `day` begins, in UTC."""
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The midnight after the local date `day`, in UTC: a deadline on that day is met until then."""
    return start_of(day + timedelta(days=1))


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a time without a zone means another moment on another machine")
    return at.astimezone(UTC)
