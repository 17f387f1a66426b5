"""Days in a module's reply: none that cannot be true, none of a service before the referral it is given under."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import msgspec

from referral_hub.api import Changes, Document, Receipt
from referral_hub.calendar.clock import local_date
from referral_hub.calendar.periods import IN_PAST, day_issue


def problem_of_days(reply: object, *, today: date) -> str | None:
    """The first day in a reply that cannot be true, by its place there, for the administrator; None where all can."""
    for place, day in _days_in(reply, ()):
        issue = day_issue(day, today=today)
        if issue is not None:
            return f"{'.'.join(place)}: {issue.reason.en.rstrip('.').lower()}"
    return None


def problem_of_place(receipt: Receipt, *, today: date) -> str | None:
    """Why nobody can wait for a place until that day."""
    if receipt.expected_on is not None and receipt.expected_on < today:
        return f"expected_on: {IN_PAST.reason.en.rstrip('.').lower()}"
    return None


def problem_of_service(changes: Changes, *, sent_at: datetime | None) -> str | None:
    """What is said to have been given or decided under a referral before it was sent."""
    if sent_at is None:
        return None
    sent_on = local_date(sent_at)
    days = {
        "events": [event.on for event in changes.events],
        "decisions": [decision.on for decision in changes.decisions if decision.on is not None],
        "assistance": [given.paid_on for given in changes.assistance if given.paid_on is not None],
    }
    early = next((name for name, found in days.items() if any(day < sent_on for day in found)), None)
    return f"{early}: a day lies before the referral was sent" if early else None


def _days_in(value: object, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], date]]:
    if isinstance(value, date) and not isinstance(value, datetime):
        yield place, value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _days_in(item, place)
    elif isinstance(value, msgspec.Struct) and not isinstance(value, Document):
        for name in value.__struct_fields__:
            yield from _days_in(getattr(value, name), (*place, name))
