"""Periods that statistics may be asked for: whole months only."""

from __future__ import annotations

import calendar
from datetime import date, datetime

import msgspec

from referral_hub.calendar.clock import add_months, local_date
from referral_hub.i18n import Label

_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Period(msgspec.Struct, frozen=True):
    """Whole months, from the first day of one to the last day of another."""

    since: date
    until: date

    @property
    def months(self) -> list[str]:
        """`2026-03` and so on, for every month."""
        count = (self.until.year - self.since.year) * 12 + self.until.month - self.since.month + 1
        return [f"{add_months(self.since, step):%Y-%m}" for step in range(count)]

    def before(self) -> Period:
        """The same months of the year before."""
        return months_from(add_months(self.since, -12), len(self.months))

    def year_so_far(self) -> Period:
        """From January to the end of this, in the year that it ends in."""
        return months_from(self.until.replace(month=1, day=1), self.until.month)


def month_before(at: datetime) -> Period:
    """The month before the one that `at` is in."""
    return months_from(add_months(local_date(at).replace(day=1), -1), 1)


def months_from(first: date, count: int) -> Period:
    """`count` months, beginning with the one of `first`."""
    since = first.replace(day=1)
    last = add_months(since, count - 1)
    return Period(since, last.replace(day=calendar.monthrange(last.year, last.month)[1]))


def month_of(at: datetime) -> Period:
    """The month that `at` is in, by the office's calendar."""
    return months_from(local_date(at), 1)


def last_months(at: datetime, count: int) -> Period:
    """The last `count` months, this one included."""
    return months_from(add_months(local_date(at).replace(day=1), 1 - count), count)


def period_between(first: date, last: date) -> Period:
    """From the month of one day to the month of the other, whichever comes first."""
    first, last = sorted((first, last))
    return months_from(first, (last.year - first.year) * 12 + last.month - first.month + 1)


def year_to_date(at: datetime) -> Period:
    """From January to this month."""
    today = local_date(at)
    return months_from(today.replace(month=1, day=1), today.month)


def month_label(month: str) -> Label:
    """`2026-03` in words."""
    year, number = month.split("-")
    return Label(zh=f"{year}年{int(number)}月", en=f"{_NAMES[int(number) - 1]} {year}")
