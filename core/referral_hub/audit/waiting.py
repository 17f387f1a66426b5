"""How far the sealing of the audit log has come, and the key of a case for whoever may search the audit log."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlmodel import Session

from referral_hub.errors import NotFound


class Unsealed(msgspec.Struct, frozen=True):
    """Records that no seal covers yet: how many, and since when."""

    count: int
    oldest_at: datetime | None


def unsealed_entries(session: Session) -> Unsealed:
    """For administrators and auditors; no one else learns anything."""
    row = session.execute(text("SELECT waiting, oldest_at FROM hub_unsealed_entries()")).one()
    return Unsealed(count=row.waiting, oldest_at=row.oldest_at)


def case_of_number(session: Session, number: str) -> UUID:
    """The key of a case by its number, for an auditor, who sees nothing else of it. Raises `NotFound`."""
    found = session.execute(
        text("SELECT hub_case_of_number(:number)"), {"number": number.strip().upper()}
    ).scalar_one_or_none()
    if found is None:
        raise NotFound
    return UUID(str(found))
