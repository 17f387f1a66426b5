"""The open referrals of one module as its administrator may see them: numbers, offices and times, never a client."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import text

from referral_hub.hub import Transaction
from referral_hub.i18n import Label, untranslated
from referral_hub.modules.titles import known_services
from referral_hub.paging import Page, read_only_key, take
from referral_hub.workflow.table import STATES
from referral_hub.workflow.tasks import ReassignmentRequest, request_of_task

PAGE = 50

_OPEN = text("SELECT * FROM hub_open_referrals_of(:key, :after, :limit)")


class OpenReferral(msgspec.Struct, frozen=True):
    """Where one referral stands. `asked` is what its sender was asked to do about it, None while it just waits."""

    number: str
    office: str
    service: Label
    state: Label
    sent_at: datetime | None
    waiting_since: datetime | None
    asked: ReassignmentRequest | None
    asked_at: datetime | None


def open_referrals_of(
    session: Transaction, key: str, *, after: str | None = None, limit: int = PAGE
) -> Page[OpenReferral]:
    """Open referrals of a module, the oldest first. For administrators; anyone else is shown none."""
    rows = session.execute(_OPEN, {"key": key, "after": read_only_key(after, str), "limit": limit + 1}).all()
    found = take(rows, limit, lambda row: (row.number,))
    services = known_services(session)
    lines = [
        OpenReferral(
            number=row.number,
            office=row.office,
            service=services[row.service_key].title if row.service_key in services else untranslated(row.service_key),
            state=STATES[row.state],
            sent_at=row.sent_at,
            waiting_since=row.waiting_since,
            asked=request_of_task(row.asked),
            asked_at=row.asked_at,
        )
        for row in found.lines
    ]
    return found.showing(lines)
