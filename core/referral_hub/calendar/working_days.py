"""Working days of mainland China, with the Saturdays and Sundays that make up for a holiday (调休).

The State Council announces each year's days in the autumn before, so no library knows the years to come. What is known
of a day is asked in this order: the office's own table (`calendar_day`, an official notice someone has loaded),
the package `chinesecalendar`, and at last the plain week.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache

import chinese_calendar

from referral_hub.calendar.clock import end_of, local_date

ONE_DAY = timedelta(days=1)
URGENT = timedelta(hours=24)
_SATURDAY = 5

# Days of which an office knows better: whether each is worked.
SpecialDays = Mapping[date, bool]
NO_SPECIAL_DAYS: SpecialDays = {}


def is_working_day(day: date, special: SpecialDays = NO_SPECIAL_DAYS) -> bool:
    """Whether offices work on that local date."""
    known = special.get(day)
    if known is None:
        known = _announced(day)
    return day.weekday() < _SATURDAY if known is None else known


def add_working_days(start: date, days: int, special: SpecialDays = NO_SPECIAL_DAYS) -> date:
    """The last of `days` working days after `start`, which is not counted itself; 0 is `start`, worked or not."""
    if days < 0:
        raise ValueError("working days are counted forwards")
    day = start
    while days:
        day += ONE_DAY
        days -= is_working_day(day, special)
    return day


def working_days_before(end: date, days: int, special: SpecialDays = NO_SPECIAL_DAYS) -> date:
    """The first of the last `days` working days before `end`, not counting it; 0 is `end`, worked or not."""
    day = end
    while days > 0:
        day -= ONE_DAY
        days -= is_working_day(day, special)
    return day


def answer_due_at(sent: datetime, days: int, *, urgent: bool, special: SpecialDays = NO_SPECIAL_DAYS) -> datetime:
    """When an answer is due (R26), aware UTC: the end of the last working day, or 24 hours later when urgent."""
    if urgent:
        return sent + URGENT
    return end_of(add_working_days(local_date(sent), days, special))


def covers_year(year: int, special: SpecialDays = NO_SPECIAL_DAYS) -> bool:
    """Whether the announced days of `year` are known, so that its deadlines are not merely the plain week."""
    return _announced(date(year, 10, 1)) is not None or any(day.year == year for day in special)


@cache
def _announced(day: date) -> bool | None:
    """What `chinesecalendar` says; None for a year it does not have."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return None
