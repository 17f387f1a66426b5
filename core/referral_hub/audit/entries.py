"""Writing audit entries: one for every action and every read of identity data (R40)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import insert, text

from referral_hub.tables.audit import AuditEntry

if TYPE_CHECKING:
    from sqlmodel import Session

    from referral_hub.actor import Actor


def record_audit_entry(
    session: Session,
    action: str,
    *,
    by: Actor,
    at: datetime,
    subject: str,
    subject_id: UUID | None = None,
    case_id: UUID | None = None,
    office_id: UUID | None = None,
    referral_id: UUID | None = None,
    recipient_id: UUID | None = None,
    reason: str | None = None,
    details: dict[str, object] | None = None,
) -> None:
    """Add one row in the transaction of the action it tells of.

    `action` is `<noun>.<verb>` (`referral.send`, `person.reveal`), listed in `audit.catalogue`. `details` holds codes,
    field names and counts, never contents. `office_id` lets the office read the row, `recipient_id` the recipient.
    """
    # Inline: no number is asked back, because whoever may write the record may not always read it.
    session.execute(
        insert(AuditEntry)
        .inline()
        .values(
            entry_values(
                action,
                by=by,
                at=at,
                subject=subject,
                subject_id=subject_id,
                case_id=case_id,
                office_id=office_id,
                referral_id=referral_id,
                recipient_id=recipient_id,
                reason=reason,
                details=details,
            )
        )
    )


_LOOK = text("""
    INSERT INTO audit_entry (at, action, account_id, organisation_id, role, via, subject, subject_id, case_id,
    office_id, details) SELECT :at, :action, :account, :organisation, :role, :via, :subject, :subject_id, :case,
    :office, '{}'
     WHERE NOT EXISTS (SELECT FROM audit_entry WHERE case_id = :case AND account_id = :account AND action = :action
                          AND at > :since AND at <= :at)
""")


def record_read(
    session: Session,
    action: str,
    *,
    by: Actor,
    at: datetime,
    within: timedelta,
    subject: str,
    subject_id: UUID,
    case_id: UUID,
    office_id: UUID,
) -> None:
    """Tell that somebody looked at a case, once in the time `within`: a look is one row, not one for each reload."""
    session.execute(
        _LOOK,
        {
            "action": action,
            "at": at,
            "since": at - within,
            "account": by.account_id,
            "organisation": by.organisation_id,
            "role": by.role,
            "via": by.via,
            "subject": subject,
            "subject_id": subject_id,
            "case": case_id,
            "office": office_id,
        },
    )


def entry_values(
    action: str,
    *,
    by: Actor,
    at: datetime,
    subject: str,
    details: dict[str, object] | None = None,
    **ids: object,
) -> dict[str, object]:
    """The row itself, for an action that writes several rows in one statement."""
    return {
        "at": at,
        "action": action,
        "account_id": by.account_id,
        "organisation_id": by.organisation_id,
        "role": by.role,
        "via": by.via,
        "subject": subject,
        "details": details or {},
        **ids,
    }
