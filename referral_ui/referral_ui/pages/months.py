"""Months in an address, `2026-03`, and lists of months to choose from. Nonsense counts as nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from referral_hub.calendar.clock import local_date
from referral_hub.views.civil.periods import Period, last_months, months_from, period_between

OFFERED = 36
"""Months back that a list offers."""
USUAL = 6


def month_in(text: str | None, at: datetime) -> date | None:
    """The first day of a month that is offered; None for any other."""
    try:
        day = date.fromisoformat(f"{text}-01") if text else None
    except ValueError:
        return None
    return day if day is not None and last_months(at, OFFERED).since <= day <= local_date(at) else None


def period_in(query: Mapping[str, str], at: datetime) -> Period:
    """`from` and `to` of an address; six months up to this one where they are not given."""
    usual = last_months(at, USUAL)
    first, last = month_in(query.get("from"), at), month_in(query.get("to"), at)
    if first is None:
        return usual if last is None else months_from(last, 1)
    return period_between(first, last or local_date(at))


def months_offered(at: datetime) -> list[date]:
    """The first days of the months to choose from, this one first."""
    months = last_months(at, OFFERED).months
    return [date.fromisoformat(f"{month}-01") for month in reversed(months)]
