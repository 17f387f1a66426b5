"""Writing audit entries: one for every action (R40). Looks are recorded by `audit.looks`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import insert

from referral_hub.audit.subjects import AuditSubject, subject_of
from referral_hub.tables.audit import AuditEntry

if TYPE_CHECKING:
    from sqlmodel import Session, SQLModel

    from referral_hub.actor import Actor


def record_audit_entry(
    session: Session,
    action: str,
    *,
    about: SQLModel | AuditSubject,
    by: Actor,
    at: datetime,
    reason: str | None = None,
    details: dict[str, object] | None = None,
) -> None:
    """Add one row in the transaction of the action it reports.

    `action` is `<noun>.<verb>` (`referral.send`, `person.reveal`), listed in `audit.catalogue`. `about` is the row it
    was done to, which also says who may read the entry (`audit.subjects`). `details` holds codes, field names and
    counts, never contents.
    """
    # Inline: no number is asked back, because whoever may write the record may not always read it.
    session.execute(
        insert(AuditEntry)
        .inline()
        .values(entry_values(action, about=about, by=by, at=at, reason=reason, details=details))
    )


def fields_changed(names: Collection[str]) -> dict[str, object]:
    """The details of a change: names of fields, never what was written (R40)."""
    return {"fields": sorted(names)} if names else {}


def entry_values(
    action: str,
    *,
    about: SQLModel | AuditSubject,
    by: Actor,
    at: datetime,
    reason: str | None = None,
    details: dict[str, object] | None = None,
) -> dict[str, object]:
    """The row itself, for an action that writes several rows in one statement."""
    return {
        "at": at,
        "action": action,
        "account_id": by.account_id,
        "organisation_id": by.organisation_id,
        "role": by.role,
        "via": by.via,
        "reason": reason,
        "details": details or {},
        **msgspec.structs.asdict(subject_of(about)),
    }
