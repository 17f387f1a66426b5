"""Views of the audit log: for the auditor, for "who looked", and as a timeline. Policies decide who sees which rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Select, column, func, literal, select, table, union_all
from sqlmodel import col

from referral_hub.audit.catalogue import ACTIONS
from referral_hub.audit.looks import LOOKS
from referral_hub.errors import NotAllowed
from referral_hub.hub import Transaction
from referral_hub.i18n import Label, untranslated
from referral_hub.paging import Page, read_only_key, take
from referral_hub.tables.access import Account
from referral_hub.tables.audit import AuditEntry, Seal

# The directory stands above the record; only the name is read.
_ORGANISATION = table("organisation", column("id"), column("short_name"))
_NEWEST = 2**63 - 1


class AuditEntryLine(msgspec.Struct, frozen=True):
    """One action: who did what, when and why. `listed` is how many cases stood in the list that was viewed.

    `details` holds codes and field names, never contents.
    """

    seq: int
    at: datetime
    action: str
    label: Label
    who: str | None
    organisation: str | None
    role: str
    via: str
    subject: str
    subject_id: UUID | None
    case_id: UUID | None
    listed: int
    referral_id: UUID | None
    reason: str | None
    details: dict[str, object]


class SealLine(msgspec.Struct, frozen=True):
    """One seal, as the auditor's page lists it."""

    number: int
    first_seq: int
    last_seq: int
    rows: int
    chained: str
    sealed_at: datetime


def entries_for_auditor(
    session: Transaction,
    *,
    action: str | None = None,
    account_id: UUID | None = None,
    case_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[AuditEntryLine]:
    """The whole record, newest first; `action` may be a noun (`consent`) for all of its actions. Raises
    `NotAllowed`.
    """
    if session.actor.role not in ("auditor", "system"):
        raise NotAllowed
    query = _lines()
    if action is not None:
        query = query.where(
            col(AuditEntry.action) == action if "." in action else col(AuditEntry.action).startswith(f"{action}.")
        )
    if account_id is not None:
        query = query.where(col(AuditEntry.account_id) == account_id)
    if case_id is not None:
        query = query.where(_about(case_id))
    if since is not None:
        query = query.where(col(AuditEntry.at) >= since)
    if until is not None:
        query = query.where(col(AuditEntry.at) < until)
    return _page(session, query, after, limit)


def who_looked(
    session: Transaction, case_id: UUID, *, after: str | None = None, limit: int = 50
) -> Page[AuditEntryLine]:
    """Who looked at a case, its restricted part, an ID number or what was released, newest first."""
    query = _lines().where(_about(case_id), col(AuditEntry.action).in_(LOOKS))
    return _page(session, query, after, limit)


def seals_for_page(session: Transaction, *, limit: int = 20) -> list[SealLine]:
    """The latest seals, newest first."""
    names = ("number", "first_seq", "last_seq", "rows", "chained", "sealed_at")
    found = session.execute(
        select(*(getattr(Seal, name) for name in names)).order_by(col(Seal.number).desc()).limit(limit)
    )
    return [SealLine(number, first, last, rows, chained.hex(), at) for number, first, last, rows, chained, at in found]


def _lines() -> Select[Any]:
    return (
        select(AuditEntry, col(Account.name), _ORGANISATION.c.short_name)
        .outerjoin(Account, col(Account.id) == col(AuditEntry.account_id))
        .outerjoin(_ORGANISATION, _ORGANISATION.c.id == col(AuditEntry.organisation_id))
        .order_by(col(AuditEntry.seq).desc())
    )


def _about(case_id: UUID) -> ColumnElement[bool]:
    """Entries of a case, and those of the lists in which it stood: each found by an index of its own."""
    listed = select(func.hub_listed_case(case_id, literal(_NEWEST, BigInteger), None))
    return col(AuditEntry.seq).in_(
        union_all(select(col(AuditEntry.seq)).where(col(AuditEntry.case_id) == case_id), listed)
    )


def _page(session: Transaction, query: Select[Any], after: str | None, limit: int) -> Page[AuditEntryLine]:
    last = read_only_key(after, int)
    if last is not None:
        query = query.where(col(AuditEntry.seq) < last)
    found = take(session.execute(query.limit(limit + 1)).all(), limit, lambda row: (row[0].seq,))
    return found.showing([_line(*row) for row in found.lines])


def _line(record: AuditEntry, who: str | None, organisation: str | None) -> AuditEntryLine:
    assert record.seq is not None
    return AuditEntryLine(
        seq=record.seq,
        at=record.at,
        action=record.action,
        label=ACTIONS.get(record.action) or untranslated(record.action),
        who=who,
        organisation=organisation,
        role=record.role,
        via=record.via,
        subject=record.subject,
        subject_id=record.subject_id,
        case_id=record.case_id,
        listed=len(record.case_ids or ()),
        referral_id=record.referral_id,
        reason=record.reason,
        details=record.details,
    )
