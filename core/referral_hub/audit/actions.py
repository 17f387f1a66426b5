"""Writing the record: one row for every act and every read of identity data (R40)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import insert, text

from referral_hub.tables.audit import Record

if TYPE_CHECKING:
    from sqlmodel import Session

    from referral_hub.actor import Actor


def write_record(
    session: Session,
    act: str,
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
    facts: dict[str, object] | None = None,
) -> None:
    """Add one row in the transaction of the act it tells of.

    `act` is `<noun>.<verb>` (`referral.send`, `person.reveal`), listed in `audit.acts`. `facts` holds codes, field
    names and counts, never contents. `office_id` lets the office read the row, `recipient_id` the recipient.
    """
    # Inline: no number is asked back, because whoever may write the record may not always read it.
    session.execute(
        insert(Record)
        .inline()
        .values(
            record_values(
                act,
                by=by,
                at=at,
                subject=subject,
                subject_id=subject_id,
                case_id=case_id,
                office_id=office_id,
                referral_id=referral_id,
                recipient_id=recipient_id,
                reason=reason,
                facts=facts,
            )
        )
    )


_LOOK = text("""
    INSERT INTO record (at, act, account_id, organisation_id, role, via, subject, subject_id, case_id, office_id, facts)
    SELECT :at, :act, :account, :organisation, :role, :via, :subject, :subject_id, :case, :office, '{}'
     WHERE NOT EXISTS (SELECT FROM record WHERE case_id = :case AND account_id = :account AND act = :act
                          AND at > :since AND at <= :at)
""")


def write_look(
    session: Session,
    act: str,
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
            "act": act,
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


def record_values(
    act: str,
    *,
    by: Actor,
    at: datetime,
    subject: str,
    facts: dict[str, object] | None = None,
    **ids: object,
) -> dict[str, object]:
    """The row itself, for an action that writes several rows in one statement."""
    return {
        "at": at,
        "act": act,
        "account_id": by.account_id,
        "organisation_id": by.organisation_id,
        "role": by.role,
        "via": by.via,
        "subject": subject,
        "facts": facts or {},
        **ids,
    }
