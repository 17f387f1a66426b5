"""When an entry counts as late, when many late ones look filled in afterwards, and when follow-ups fall due (R25)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from referral_hub.calendar.clock import local_date

LATE_AFTER_DAYS = 7
# So many late entries by one account on one day were probably written from memory, or for a report.
BULK = 5


def entry_lag(happened_on: date, entered_at: datetime) -> int:
    """Days from the service to its entry, by the office's calendar."""
    return (local_date(entered_at) - happened_on).days


def is_late(lag_days: int) -> bool:
    """Whether an entry is flagged for its lag."""
    return lag_days > LATE_AFTER_DAYS


def bulk_days(entries: Iterable[tuple[UUID | None, date, datetime]]) -> frozenset[tuple[UUID | None, date]]:
    """Accounts and the days on which they entered many late events at once.

    `entries` are account, day of the service, moment of entry.
    """
    late = Counter(
        (account, local_date(entered_at))
        for account, happened_on, entered_at in entries
        if is_late(entry_lag(happened_on, entered_at))
    )
    return frozenset(key for key, number in late.items() if number >= BULK)
