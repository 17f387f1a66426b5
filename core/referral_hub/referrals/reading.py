"""The recipient opens a referral: that signs for it, and every look at what was released is on record."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.audit.actions import write_record
from referral_hub.errors import Invalid, NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.referrals.answers import receive_referral
from referral_hub.tables.referrals import Disclosure, Referral

LONGEST_REASON = 200


def reveal_released(session: Transaction, *, referral_id: UUID, name: str, reason: str, by: Actor, at: datetime) -> str:
    """One released value in full, for a reason that goes on record (R23).

    Raises `NotFound` when it was not released or access has ended, `Invalid` without a reason.
    """
    words = reason.strip()[:LONGEST_REASON]
    if not words:
        raise Invalid(
            field="reason", message=Label(zh="请写明查看的原因。", en="Say why you need to see the full value.")
        )
    referral, disclosure = _disclosed(session, referral_id)
    content = _content(session, disclosure) if disclosure is not None else {}
    if name not in content or disclosure is None:
        raise NotFound
    write_record(
        session,
        "person.reveal",
        by=by,
        at=at,
        subject="disclosure",
        subject_id=disclosure.id,
        case_id=referral.case_id,
        office_id=referral.office_id,
        referral_id=referral.id,
        recipient_id=referral.recipient_id,
        reason=words,
        facts={"fields": [name]},
    )
    return str(content[name])


def open_referral(session: Transaction, *, referral_id: UUID, by: Actor, at: datetime) -> None:
    """Sign for a referral that nobody has opened yet, and record who reads what was released.

    Raises `NotFound` for a referral of somebody else. When access has ended nothing is read, and nothing recorded.
    """
    referral, disclosure = _disclosed(session, referral_id)
    if referral.state == "sent":
        receive_referral(session, referral_id=referral_id, by=by, at=at)
    if disclosure is not None:
        write_record(
            session,
            "referral.read",
            by=by,
            at=at,
            subject="disclosure",
            subject_id=disclosure.id,
            case_id=referral.case_id,
            office_id=referral.office_id,
            referral_id=referral.id,
            recipient_id=referral.recipient_id,
            facts={"fields": disclosure.fields},
        )


def _disclosed(session: Transaction, referral_id: UUID) -> tuple[Referral, Disclosure | None]:
    """A referral with what the actor may still read of it. Raises `NotFound` for a referral of somebody else."""
    row = session.execute(
        select(Referral, Disclosure)
        .outerjoin(
            Disclosure,
            (col(Disclosure.referral_id) == col(Referral.id)) & col(Disclosure.access_ended_at).is_(None),
        )
        .where(col(Referral.id) == referral_id)
        .order_by(col(Disclosure.released_at).desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def _content(session: Transaction, disclosure: Disclosure) -> dict[str, Any]:
    content: dict[str, Any] = session.vault.decrypt_json(disclosure.content, f"disclosure:{disclosure.id}")
    return content
