"""The named ledger, for the organisation that made the decisions and nobody else (R38). Reading it is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlmodel import col

from referral_hub.actor import Actor
from referral_hub.assistance.rules import masked
from referral_hub.assistance.values import Applicant, LedgerChange, LedgerLine, LedgerPage
from referral_hub.audit.entries import record_audit_entry
from referral_hub.audit.subjects import AuditSubject, subject_of
from referral_hub.errors import NotAllowed, NotFound
from referral_hub.hub import Transaction
from referral_hub.outcomes.queries import FollowUpLine, follow_ups_for_referrals
from referral_hub.paging import read_key, take
from referral_hub.storage.cipher import FieldCipher
from referral_hub.tables.access import Account
from referral_hub.tables.assistance import AssistanceEntry, Fund


class LedgerFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines: decided from `since` to `until`, both included, and the codes given.

    `decisions_only` leaves out the lines that correct others, and sums what stands after corrections.
    """

    since: date
    until: date
    type: str | None = None
    decision: str | None = None
    fund_id: UUID | None = None
    decisions_only: bool = False


def read_ledger(
    session: Transaction,
    *,
    wanted: LedgerFilter,
    after: str | None = None,
    limit: int = 50,
    by: Actor,
    at: datetime,
) -> LedgerPage:
    """One page of the acting organisation's own ledger, newest decision first. Raises `NotAllowed`."""
    if by.role not in ("civil", "partner") or by.organisation_id is None:
        raise NotAllowed
    chosen = _chosen(by.organisation_id, wanted)
    entry = AssistanceEntry
    query = (
        select(entry, col(Fund.name), col(Account.name))
        .outerjoin(Fund, col(Fund.id) == col(entry.fund_id))
        .outerjoin(Account, col(Account.id) == col(entry.entered_by))
        .where(*chosen)
        .order_by(col(entry.decided_on).desc(), col(entry.id).desc())
        .limit(limit + 1)
    )
    last = read_key(after, date, UUID)
    if last is not None:
        query = query.where(tuple_(col(entry.decided_on), col(entry.id)) < last)
    found = take(session.execute(query).all(), limit, lambda row: (row[0].decided_on, row[0].id))
    number = session.execute(select(func.count()).select_from(entry).where(*chosen)).scalar_one()
    total = session.execute(select(func.sum(col(entry.amount_fen))).where(_counted(wanted, chosen))).scalar_one()
    record_audit_entry(
        session, "assistance.read", by=by, at=at,
        about=AuditSubject("assistance_entry", recipient_id=by.organisation_id),
        details={"since": wanted.since.isoformat(), "until": wanted.until.isoformat(), "lines": len(found.lines)},
    )  # fmt: skip
    shown = found.lines
    asked = _follow_ups(session, [row[0].referral_id for row in shown])
    changed = _changes(session, [row[0].id for row in shown if row[0].corrects_id is None])
    cipher = session.cipher
    return LedgerPage(
        lines=[
            _line(cipher, row[0], row[1], row[2], asked.get(row[0].referral_id), changed.get(row[0].id, ()))
            for row in shown
        ],
        next=found.next,
        total_lines=number,
        total_fen=int(total or 0),
    )


def read_entry(session: Transaction, entry_id: UUID, *, by: Actor, at: datetime) -> LedgerLine:
    """One decision of the acting organisation's own, with its corrections. Raises `NotFound`, `NotAllowed`."""
    if by.role not in ("civil", "partner") or by.organisation_id is None:
        raise NotAllowed
    entry = AssistanceEntry
    found = session.execute(
        select(entry, col(Fund.name), col(Account.name))
        .outerjoin(Fund, col(Fund.id) == col(entry.fund_id))
        .outerjoin(Account, col(Account.id) == col(entry.entered_by))
        .where(
            col(entry.id) == entry_id,
            col(entry.organisation_id) == by.organisation_id,
            col(entry.corrects_id).is_(None),
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    row = found[0]
    # The office of the client is not shown who reads the ledger of another organisation.
    record_audit_entry(session, "assistance.read", about=subject_of(row).hidden("office_id"), by=by, at=at)
    asked = _follow_ups(session, [row.referral_id])
    changes = _changes(session, [row.id]).get(row.id, ())
    return _line(session.cipher, row, found[1], found[2], asked.get(row.referral_id), changes)


def _changes(session: Transaction, entry_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[LedgerChange]]:
    """The corrections and payments of these lines, oldest first."""
    if not entry_ids:
        return {}
    entry = AssistanceEntry
    rows = session.execute(
        select(entry, col(Account.name))
        .outerjoin(Account, col(Account.id) == col(entry.entered_by))
        .where(col(entry.corrects_id).in_(entry_ids))
        .order_by(col(entry.decided_on), col(entry.id))
    )
    cipher = session.cipher
    changes: dict[UUID, list[LedgerChange]] = {}
    for row, entered_by in rows:
        reason = cipher.decrypt(row.note, f"assistance_entry.note:{row.id}") if row.note is not None else ""
        changes.setdefault(row.corrects_id, []).append(
            LedgerChange(
                on=row.decided_on,
                quantity=row.quantity,
                amount_fen=row.amount_fen,
                paid_on=row.paid_on,
                pay_way=row.pay_way,
                voucher=row.voucher,
                reason=reason,
                entered_by=entered_by,
            )
        )
    return changes


def _counted(wanted: LedgerFilter, chosen: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Which lines the total adds up: those chosen, and with decisions alone what corrects them, whenever that was."""
    entry = AssistanceEntry
    if not wanted.decisions_only:
        return and_(*chosen)
    roots = select(col(entry.id)).where(*chosen)
    return or_(col(entry.id).in_(roots), col(entry.corrects_id).in_(roots))


def _chosen(organisation_id: UUID, wanted: LedgerFilter) -> list[ColumnElement[bool]]:
    entry = AssistanceEntry
    chosen = [
        col(entry.organisation_id) == organisation_id,
        col(entry.decided_on).between(wanted.since, wanted.until),
    ]
    if wanted.type is not None:
        chosen.append(col(entry.type) == wanted.type)
    if wanted.decisions_only:
        chosen.append(col(entry.corrects_id).is_(None))
    if wanted.decision is not None:
        chosen.append(col(entry.decision) == wanted.decision)
    if wanted.fund_id is not None:
        chosen.append(col(entry.fund_id) == wanted.fund_id)
    return chosen


def _follow_ups(session: Transaction, referral_ids: Sequence[UUID | None]) -> Mapping[UUID, FollowUpLine]:
    known = sorted({key for key in referral_ids if key is not None})
    return follow_ups_for_referrals(session, known) if known else {}


def _line(
    cipher: FieldCipher,
    row: AssistanceEntry,
    fund: str | None,
    entered_by: str | None,
    asked: FollowUpLine | None,
    changes: Sequence[LedgerChange] = (),
) -> LedgerLine:
    applicant = Applicant()
    if row.applicant is not None:
        known = cipher.decrypt_json(row.applicant, f"assistance_entry.applicant:{row.id}")
        applicant = masked(msgspec.convert(known, Applicant))
    return LedgerLine(
        id=row.id,
        corrects_id=row.corrects_id,
        decision=row.decision,
        type=row.type,
        source=row.source,
        hardship=row.hardship,
        applicant=applicant.name,
        phone=applicant.phone,
        household=applicant.household_number,
        household_size=row.household_size,
        area_code=row.area_code,
        applied_on=row.applied_on,
        decided_on=row.decided_on,
        paid_on=row.paid_on,
        pay_way=row.pay_way,
        voucher=row.voucher,
        quantity=row.quantity,
        unit=row.unit,
        amount_fen=row.amount_fen,
        fund=fund,
        period_start=row.period.lower if row.period else None,
        # PostgreSQL keeps ranges of days with the day after the last one as their end.
        period_end=_last_day(row),
        urgent=row.urgent,
        evidence=row.evidence,
        follow_up_on=asked.done_on if asked else None,
        follow_up_answer=asked.answer if asked else None,
        entered_by=entered_by,
        changes=changes,
    )


def _last_day(row: AssistanceEntry) -> date | None:
    if row.period is None or row.period.upper is None:
        return None
    return date.fromordinal(row.period.upper.toordinal() - 1)
