"""When things are due (R26): counted in working days of a calendar that is handed in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

import msgspec

from referral_hub.api.manifest import Service, Times
from referral_hub.calendar.clock import end_of, local_date, local_datetime, start_of
from referral_hub.calendar.working_days import add_working_days, is_working_day, working_days_before

DRAFT_DAYS = 30
"""A draft that nobody touched for so long expires."""


REVIEW_DAYS = 10
"""Working days until someone looks again at what has no date of its own: a wait-list without a day, a pause."""
NEED_DAYS = {1: 1, 2: 5, 3: 20}
"""Working days until the next attempt at an open need, by its priority."""
CASE_DAYS = 20
"""Working days until the responsible worker looks at a case again."""


MORNING, EVENING = time(9), time(18)
"""Between these, on a working day, the hub turns to people by itself; at night and on days off it is quiet."""


class EscalationDays(msgspec.Struct, frozen=True, kw_only=True):
    """Working days of each step of an escalation: `remind` before an answer is due, the others after it was."""

    remind: int = 1
    overdue: int = 0
    escalate: int = 2
    expire: int = 5


class WorkCalendar(msgspec.Struct, frozen=True):
    """Working days, and what this installation counts in them. `special` are days an office loaded itself, each with
    whether it is worked.
    """

    special: Mapping[date, bool] = {}
    escalation: EscalationDays = EscalationDays()

    def after(self, at: datetime, days: int) -> datetime:
        """The end of the local day that lies `days` working days after `at`: met until midnight."""
        return end_of(add_working_days(local_date(at), days, self.special))

    def morning_after(self, at: datetime, days: int) -> datetime:
        """The morning of the day that lies `days` working days after `at`, or before it where they are negative."""
        day = local_date(at)
        if days < 0:
            return self._morning(working_days_before(day, -days, self.special))
        return self._morning(add_working_days(day, days, self.special))

    def in_hours(self, at: datetime) -> datetime:
        """`at` where it lies in working hours, else the morning on which they begin again."""
        local = local_datetime(at)
        if is_working_day(local.date(), self.special):
            if MORNING <= local.time() < EVENING:
                return at
            if local.time() < MORNING:
                return self._morning(local.date())
        return self.morning_after(at, 1)

    @staticmethod
    def _morning(day: date) -> datetime:
        return start_of(day) + timedelta(hours=MORNING.hour)


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
