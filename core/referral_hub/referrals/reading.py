"""The recipient opens a referral: that signs for it, and every look at what was released is on record."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from referral_hub.access.actor import Actor
from referral_hub.audit.actions import write_record
from referral_hub.errors import NotFound
from referral_hub.referrals.answers import receive_referral
from referral_hub.referrals.models import Disclosure, Referral


def open_referral(session: Session, *, referral_id: UUID, by: Actor, at: datetime) -> None:
    """Sign for a referral that nobody has opened yet, and record who reads what was released.

    Raises `NotFound` for a referral of somebody else. When access has ended nothing is read, and nothing recorded.
    """
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
    referral, disclosure = row
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
