"""What a ledger line takes over from the referral it came of, so that nothing is typed twice (R29)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlmodel import col

from referral_hub.assistance.values import Applicant
from referral_hub.calendar.clock import local_date
from referral_hub.hub import Transaction
from referral_hub.tables.referrals import Disclosure, Referral


class Taken(msgspec.Struct, frozen=True):
    """Who applied, as far as it was disclosed to the organisation; when the application reached it; whether urgent."""

    applicant: Applicant | None = None
    household_size: int | None = None
    applied_on: date | None = None
    urgent: bool = False


def take_from_referral(session: Transaction, referral_id: UUID | None) -> Taken:
    """Empty without a referral, or where access to what was disclosed has ended."""
    if referral_id is None:
        return Taken()
    found = session.execute(
        select(col(Referral.received_at), col(Referral.sent_at), col(Referral.urgency)).where(
            col(Referral.id) == referral_id
        )
    ).one_or_none()
    if found is None:
        return Taken()
    fields = _disclosed(session, referral_id)
    reached_at: datetime | None = found.received_at or found.sent_at
    size = fields.get("household_size")
    return Taken(
        applicant=_applicant(fields),
        household_size=size if isinstance(size, int) else None,
        applied_on=local_date(reached_at) if reached_at else None,
        urgent=found.urgency == "urgent",
    )


def _disclosed(session: Transaction, referral_id: UUID) -> dict[str, object]:
    row = session.execute(
        select(col(Disclosure.id), col(Disclosure.content))
        .where(col(Disclosure.referral_id) == referral_id, col(Disclosure.access_ended_at).is_(None))
        .order_by(col(Disclosure.released_at).desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return {}
    fields: dict[str, object] = session.cipher.decrypt_json(row.content, f"disclosure:{row.id}")
    return fields


def _applicant(fields: dict[str, object]) -> Applicant | None:
    applicant = Applicant(
        name=_text(fields, "full_name") or _text(fields, "display_name"),
        phone=_text(fields, "phone"),
        household_number=_text(fields, "household_number"),
    )
    return None if applicant == Applicant() else applicant


def _text(fields: dict[str, object], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
