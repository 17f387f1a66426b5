"""The working and free days that the office has loaded itself, kept in memory: they change once a year."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta

from sqlmodel import Session, select

from referral_hub.calendar.clock import Clock
from referral_hub.tables.jobs import CalendarDay

_KEPT = timedelta(hours=1)


class LoadedDays:
    """The table `calendar_day`, read again after an hour. Threads may share it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._days: dict[date, bool] = {}
        self._read_at: datetime | None = None

    def get(self, session: Session) -> dict[date, bool]:
        """Each loaded day, and whether it is worked."""
        now = self._clock.now()
        with self._lock:
            # `abs`: a clock set back must not keep old days for ever.
            if self._read_at is None or abs(now - self._read_at) > _KEPT:
                self._days = {row.day: row.working for row in session.exec(select(CalendarDay))}
                self._read_at = now
            return self._days

    def forget(self) -> None:
        """Read the table again at the next question: days were loaded."""
        with self._lock:
            self._read_at = None
