"""What happened in a case, and who looked at it: two views of the audit log (R40), paged by its running number."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from referral_hub.audit.catalogue import ACTIONS
from referral_hub.audit.looks import LOOKS
from referral_hub.hub import Transaction
from referral_hub.i18n import Label, untranslated
from referral_hub.paging import Page, read_only_key, take

PAGE = 30


class TimelineEntry(msgspec.Struct, frozen=True):
    """One audit entry. `details` holds codes and names of fields, never contents."""

    seq: int
    at: datetime
    action: str
    label: Label
    by: str | None
    organisation: str | None
    role: str
    via: str
    subject: str
    subject_id: UUID | None
    referral_id: UUID | None
    referral_number: str | None
    reason: str | None
    details: dict[str, Any]


_ENTRIES = """
    SELECT r.seq, r.at, r.action, a.name AS by, o.short_name AS organisation, r.role, r.via, r.subject, r.subject_id,
           r.referral_id, f.number AS referral_number, r.reason, r.details
      FROM audit_entry r
      LEFT JOIN account a ON a.id = r.account_id
      LEFT JOIN organisation o ON o.id = r.organisation_id
      LEFT JOIN referral f ON f.id = r.referral_id
     WHERE {which}
     ORDER BY r.seq DESC
     LIMIT :limit
"""
_ACTS = text(
    _ENTRIES.format(
        which="""r.case_id = :case AND r.seq < :before AND r.action <> ALL (:looks)
       AND NOT (r.action = 'referral.draft' AND r.details ? 'changed')"""
    )
)
_LOOKS = text(
    _ENTRIES.format(
        which="""r.seq IN (
           (SELECT x.seq FROM audit_entry x WHERE x.case_id = :case AND x.seq < :before AND x.action = ANY (:looks)
             ORDER BY x.seq DESC LIMIT :limit)
           UNION ALL
           SELECT hub_listed_case(:case, :before, :limit))"""
    )
)
_NEWEST = 2**63 - 1


def timeline_for_case(
    session: Transaction, case_id: UUID, *, after: str | None = None, limit: int = PAGE, looks: bool = False
) -> Page[TimelineEntry]:
    """What was done in a case, or with `looks` who read it and revealed what, newest first.

    A draft of a referral is written once, however often it was changed; the record itself has every change.
    """
    rows = session.execute(
        _LOOKS if looks else _ACTS,
        {
            "case": case_id,
            "before": read_only_key(after, int) or _NEWEST,
            "looks": list(LOOKS),
            "limit": limit + 1,
        },
    ).mappings()
    entries = [TimelineEntry(label=ACTIONS.get(row["action"], untranslated(row["action"])), **row) for row in rows]
    return take(entries, limit, lambda entry: (entry.seq,))
