"""When things are due (R26): counted in working days of a calendar that is handed in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import msgspec

from referral_hub.api.manifest import Service, Times
from referral_hub.calendar.clock import end_of, local_date, start_of
from referral_hub.calendar.working_days import add_working_days

DRAFT_DAYS = 30
"""A draft that nobody touched for so long expires."""


REVIEW_DAYS = 10
"""Working days until someone looks again at what has no date of its own: a wait-list without a day, a pause."""
NEED_DAYS = {1: 1, 2: 5, 3: 20}
"""Working days until the next attempt at an open need, by its priority."""
CASE_DAYS = 20
"""Working days until the responsible worker looks at a case again."""


class WorkCalendar(msgspec.Struct, frozen=True):
    """Working days; `special` are those an office loaded itself, each with whether it is worked."""

    special: Mapping[date, bool] = {}

    def after(self, at: datetime, days: int) -> datetime:
        """The end of the local day that lies `days` working days after `at`: met until midnight."""
        return end_of(add_working_days(local_date(at), days, self.special))


def times_of(service: Service | None) -> Times:
    """The usual times where the module is gone: nothing may fail because of a reminder."""
    return service.times if service else Times()


def answer_due_at(
    service: Service, calendar: WorkCalendar, at: datetime, *, urgent: bool, answer_days: int | None = None
) -> datetime:
    """24 hours when urgent, else working days: the offering's own (`answer_days`), or the module's."""
    if urgent:
        return at + timedelta(hours=service.times.urgent_hours)
    return calendar.after(at, answer_days or service.times.answer_days)


def progress_due_at(service: Service | None, at: datetime) -> datetime:
    """When the provider's next report is due after one at `at`: the end of the local day so many days later."""
    return end_of(local_date(at) + timedelta(days=times_of(service).progress_interval_days))


def outcome_due_at(service: Service | None, calendar: WorkCalendar, last_day: date) -> datetime:
    """When the outcome is due of a service planned until `last_day`."""
    return calendar.after(start_of(last_day), times_of(service).feedback_days)
