"""The monthly review of what was released on another basis than consent (R10)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.audit.entries import record_audit_entry
from referral_hub.consent.errors import AlreadyReviewed, ApproverNeeded, OwnRelease
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.tables.access import Account
from referral_hub.tables.consent import Consent


def review_release(session: Transaction, consent_id: UUID, *, by: Actor, at: datetime) -> None:
    """Mark one release as reviewed, by whom and when.

    Only a supervisor may, and where the office has another one, not the supervisor who approved it. Raises
    `ApproverNeeded`, `OwnRelease`, `AlreadyReviewed`, or `NotFound` for what rests on a consent or is another office's.
    """
    if by.role != "supervisor" or by.account_id is None:
        raise ApproverNeeded
    release = session.exec(
        select(Consent)
        .where(
            Consent.id == consent_id,
            Consent.office_id == by.organisation_id,
            col(Consent.approver_id).is_not(None),
        )
        .with_for_update()
    ).one_or_none()
    if release is None:
        raise NotFound
    if release.reviewed_at is not None:
        raise AlreadyReviewed
    if release.approver_id == by.account_id and _has_another_supervisor(session, by):
        raise OwnRelease
    release.reviewed_at, release.reviewed_by = at, by.account_id
    session.add(release)
    session.flush()
    record_audit_entry(session, "consent.review", about=release, by=by, at=at, details={"basis": release.basis})


def _has_another_supervisor(session: Transaction, by: Actor) -> bool:
    others = select(Account.id).where(
        Account.organisation_id == by.organisation_id,
        Account.role == "supervisor",
        Account.status == "active",
        Account.id != by.account_id,
    )
    return session.exec(others.limit(1)).first() is not None
