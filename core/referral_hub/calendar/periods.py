"""Days and periods that can be true: neither before the person was born nor absurdly far, and no end before its start.

The one rule for every form, address of the API, command and import that takes a date.
"""

from __future__ import annotations

from datetime import date

from referral_hub.i18n import Label
from referral_hub.text import ValidationIssue, invalid

MAX_YEARS_BACK = 120  # a mother's birth on a form is a date too
MAX_YEARS_AHEAD = 20

_CHECK_YEAR = Label(zh="请核对年份。", en="Check the year.")
LONG_AGO = ValidationIssue(Label(zh="日期太早。", en="The date is too long ago."), _CHECK_YEAR)
FAR_AHEAD = ValidationIssue(Label(zh="日期太远。", en="The date is too far ahead."), _CHECK_YEAR)
BEFORE_BIRTH = ValidationIssue(
    Label(zh="日期在本人出生以前。", en="The date is before the person was born."), _CHECK_YEAR
)
BACKWARDS = ValidationIssue(
    Label(zh="结束日期早于开始日期。", en="The end date is before the start date."),
    Label(zh="请核对两个日期，是否写反。", en="Check whether the two dates are swapped."),
)
IN_FUTURE = ValidationIssue(Label(zh="日期不能晚于今天。", en="The date is later than today."), _CHECK_YEAR)
IN_PAST = ValidationIssue(Label(zh="日期已经过了。", en="The date has passed."), _CHECK_YEAR)


def day_issue(day: date, *, today: date, birth_year: int | None = None) -> ValidationIssue | None:
    """Why a day cannot be true; None for one that can."""
    if day.year < today.year - MAX_YEARS_BACK:
        return LONG_AGO
    if day.year > today.year + MAX_YEARS_AHEAD:
        return FAR_AHEAD
    if birth_year is not None and day.year < birth_year:
        return BEFORE_BIRTH
    return None


def period_issue(start: date | None, end: date | None) -> ValidationIssue | None:
    return BACKWARDS if start and end and end < start else None


def check_day(day: date, field: str, *, today: date, birth_year: int | None = None) -> date:
    """The day. Raises `Invalid` at `field` when it cannot be true."""
    issue = day_issue(day, today=today, birth_year=birth_year)
    if issue:
        raise invalid(field, issue)
    return day


def check_happened(day: date, field: str, *, today: date, birth_year: int | None = None) -> date:
    """A day of something that has happened."""
    if day > today:
        raise invalid(field, IN_FUTURE)
    return check_day(day, field, today=today, birth_year=birth_year)


def check_to_come(day: date, field: str, *, today: date) -> date:
    """A day of something to come: today or later."""
    if day < today:
        raise invalid(field, IN_PAST)
    return check_day(day, field, today=today)


def check_period(
    start: date | None, end: date | None, field: str, *, today: date, birth_year: int | None = None
) -> None:
    """Both days, if given, and their order; `field` is that of the end. Raises `Invalid`."""
    for day in (start, end):
        if day:
            check_day(day, field, today=today, birth_year=birth_year)
    if issue := period_issue(start, end):
        raise invalid(field, issue)
