"""Who looked at a client: the client's own question, answered from the record (R34, R40)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text

from referral_hub.audit.catalogue import ACTIONS, OPENED
from referral_hub.audit.looks import LOOKS
from referral_hub.hub import Transaction
from referral_hub.i18n import Label, untranslated


class LooksOfOne(msgspec.Struct, frozen=True):
    """How often one account looked at a case in one way, lists in which the client stood among them."""

    who: str
    organisation: str
    action: str
    label: Label
    times: int
    first_at: datetime
    last_at: datetime


_BY_ACCOUNT = text("""
    SELECT coalesce(a.name, '') AS who, coalesce(o.short_name, '') AS organisation, r.action, count(*)::int AS times,
           min(r.at) AS first_at, max(r.at) AS last_at
      FROM audit_entry r
      LEFT JOIN account a ON a.id = r.account_id
      LEFT JOIN organisation o ON o.id = r.organisation_id
     WHERE r.seq IN (SELECT x.seq FROM audit_entry x WHERE x.case_id = :case AND x.action = ANY (:looks)
                     UNION ALL
                     SELECT hub_listed_case(:case, :newest, NULL))
     GROUP BY r.account_id, 1, r.organisation_id, 2, r.action
     ORDER BY 2, 1, last_at DESC
""")
_NEWEST = 2**63 - 1


def looks_by_account(session: Transaction, case_id: UUID) -> list[LooksOfOne]:
    """Every account that looked at a case, by organisation, with what it looked at and how often."""
    rows = session.execute(_BY_ACCOUNT, {"case": case_id, "looks": list(LOOKS), "newest": _NEWEST}).mappings()
    return [LooksOfOne(label=ACTIONS.get(row["action"], untranslated(row["action"])), **row) for row in rows]


def opened_words(details: Mapping[str, object]) -> list[Label]:
    """What a look opened, in words: from the names of fields that its entry keeps."""
    fields = details.get("fields")
    parts = [str(field).partition(".")[0] for field in fields] if isinstance(fields, list) else []
    return [OPENED[part] for part in dict.fromkeys(parts) if part in OPENED]
