"""The named ledger, for the organisation that made the decisions and nobody else (R38). Reading it is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import col

from referral_hub.actor import Actor
from referral_hub.assistance.rules import masked
from referral_hub.assistance.values import Applicant, LedgerChange, LedgerLine, LedgerPage
from referral_hub.codes.states import AID_DECIDED, AID_NOT_GRANTED
from referral_hub.errors import NotAllowed, NotFound
from referral_hub.hub import Transaction
from referral_hub.outcomes.queries import FollowUpLine, follow_ups_for_referrals
from referral_hub.paging import read_key, take
from referral_hub.storage.cipher import FieldCipher
from referral_hub.tables.access import Account
from referral_hub.tables.assistance import AssistanceEntry, Fund
from referral_hub.tables.directory import Organisation

VIEWS: Mapping[str, tuple[str, ...]] = {
    "decisions": tuple(sorted(AID_DECIDED)),
    "granted": ("granted",),
    "refused": tuple(sorted(AID_NOT_GRANTED)),
    "pending": ("application",),
    "payments": ("payment",),
    "corrections": ("correction",),
}
"""What a list of the ledger shows, by kind of entry; pending are the applications without a decision."""

_Entry, _Application = AssistanceEntry, aliased(AssistanceEntry)


class LedgerFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines: of one of `VIEWS`, dated from `since` to `until`, both included, and the codes given."""

    since: date
    until: date
    view: str = "decisions"
    type: str | None = None
    fund_id: UUID | None = None


def read_ledger(
    session: Transaction,
    *,
    wanted: LedgerFilter,
    after: str | None = None,
    limit: int = 50,
    by: Actor,
    at: datetime,
) -> LedgerPage:
    """One page of the acting organisation's own ledger, newest first. Raises `NotAllowed`.

    The total of decisions is after corrections, whenever those were made.
    """
    organisation_id = _demand_reader(by)
    chosen = _chosen(organisation_id, wanted)
    query = _lines().where(*chosen).order_by(col(_Entry.happened_on).desc(), col(_Entry.id).desc()).limit(limit + 1)
    last = read_key(after, date, UUID)
    if last is not None:
        query = query.where(tuple_(col(_Entry.happened_on), col(_Entry.id)) < last)
    found = take(session.execute(query).all(), limit, lambda row: (row[0].happened_on, row[0].id))
    number = session.execute(select(func.count()).select_from(_Entry).where(*chosen)).scalar_one()
    total = session.execute(select(func.sum(col(_Entry.amount_fen))).where(_counted(wanted, chosen))).scalar_one()
    shown = found.lines
    asked = _follow_ups(session, [row[0].referral_id for row in shown])
    changed = _changes(session, [row[0].id for row in shown if row[0].kind == "granted"])
    return LedgerPage(
        lines=[_line(session.cipher, row, asked.get(row[0].referral_id), changed.get(row[0].id, ())) for row in shown],
        next=found.next,
        total_lines=number,
        total_fen=int(total or 0),
    )


def read_entry(session: Transaction, entry_id: UUID, *, by: Actor, at: datetime) -> LedgerLine:
    """One application or decision of the acting organisation's own, with what came after it.

    Raises `NotFound`, `NotAllowed`.
    """
    organisation_id = _demand_reader(by)
    found = session.execute(
        _lines().where(
            col(_Entry.id) == entry_id,
            col(_Entry.organisation_id) == organisation_id,
            col(_Entry.kind).in_(sorted(AID_DECIDED | {"application"})),
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    row = found[0]
    asked = _follow_ups(session, [row.referral_id])
    changes = _changes(session, [row.id]).get(row.id, ())
    return _line(session.cipher, found, asked.get(row.referral_id), changes)


def decisions_on(session: Transaction, application_id: UUID) -> list[AssistanceEntry]:
    """What was decided on an application, aid given first included, oldest first."""
    return list(
        session.execute(
            select(_Entry)
            .where(col(_Entry.application_id) == application_id, col(_Entry.kind).in_(sorted(AID_DECIDED)))
            .order_by(col(_Entry.id))
        ).scalars()
    )


def _demand_reader(by: Actor) -> UUID:
    if by.role not in ("civil", "partner") or by.organisation_id is None:
        raise NotAllowed
    return by.organisation_id


def _lines() -> Any:
    return (
        select(_Entry, _Application, col(Fund.name), col(Account.name), col(Organisation.short_name))
        .join(_Application, col(_Application.id) == col(_Entry.application_id))
        .join(Organisation, col(Organisation.id) == col(_Entry.organisation_id))
        .outerjoin(Fund, col(Fund.id) == col(_Entry.fund_id))
        .outerjoin(Account, col(Account.id) == col(_Entry.entered_by))
    )


def _changes(session: Transaction, decision_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[LedgerChange]]:
    """The payments and corrections of these decisions, oldest first."""
    if not decision_ids:
        return {}
    entry = AssistanceEntry
    rows = session.execute(
        select(entry, col(Account.name))
        .outerjoin(Account, col(Account.id) == col(entry.entered_by))
        .where(or_(col(entry.corrects_id).in_(decision_ids), col(entry.decision_id).in_(decision_ids)))
        .order_by(col(entry.id))
    )
    changes: dict[UUID, list[LedgerChange]] = {}
    for row, entered_by in rows:
        changes.setdefault(row.decision_id or row.corrects_id, []).append(
            LedgerChange(
                id=row.id,
                kind=row.kind,
                of_payment=row.kind == "correction" and row.decision_id is not None,
                on=row.happened_on,
                quantity=row.quantity,
                unit=row.unit,
                amount_fen=row.amount_fen,
                pay_way=row.pay_way,
                voucher=row.voucher,
                reason=_note(session.cipher, row),
                entered_by=entered_by,
            )
        )
    return changes


def _counted(wanted: LedgerFilter, chosen: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Which entries the total adds up: those chosen, and with decisions what corrects them, whenever that was."""
    if not set(VIEWS[wanted.view]) & AID_DECIDED:
        return and_(*chosen)
    roots = select(col(_Entry.id)).where(*chosen).correlate(None)
    entry = AssistanceEntry
    return or_(col(entry.id).in_(roots), and_(col(entry.corrects_id).in_(roots), col(entry.decision_id).is_(None)))


def _chosen(organisation_id: UUID, wanted: LedgerFilter) -> list[ColumnElement[bool]]:
    chosen = [
        col(_Entry.organisation_id) == organisation_id,
        col(_Entry.happened_on).between(wanted.since, wanted.until),
        col(_Entry.kind).in_(VIEWS[wanted.view]),
    ]
    if wanted.view == "pending":
        decision = aliased(AssistanceEntry)
        chosen.append(
            ~select(col(decision.id))
            .where(
                col(decision.application_id) == col(_Entry.id),
                col(decision.kind).in_(sorted(AID_DECIDED)),
                col(decision.advance).is_(False),
            )
            .exists()
        )
    if wanted.type is not None:
        chosen.append(col(_Entry.type) == wanted.type)
    if wanted.fund_id is not None:
        chosen.append(col(_Entry.fund_id) == wanted.fund_id)
    return chosen


def _follow_ups(session: Transaction, referral_ids: Sequence[UUID | None]) -> Mapping[UUID, FollowUpLine]:
    known = sorted({key for key in referral_ids if key is not None})
    return follow_ups_for_referrals(session, known) if known else {}


def _line(
    cipher: FieldCipher, found: Any, asked: FollowUpLine | None, changes: Sequence[LedgerChange] = ()
) -> LedgerLine:
    row, application, fund, entered_by, decided_by = found
    applicant = Applicant()
    if application.applicant is not None:
        known = cipher.decrypt_json(application.applicant, f"assistance_entry.applicant:{application.id}")
        applicant = masked(msgspec.convert(known, Applicant))
    return LedgerLine(
        id=row.id,
        application_id=application.id,
        about_id=row.decision_id or row.corrects_id,
        kind=row.kind,
        type=row.type,
        applied_for=application.type,
        source=row.source,
        hardship=row.hardship,
        reason=row.reason,
        applicant=applicant.name,
        phone=applicant.phone,
        household=applicant.household_number,
        household_size=row.household_size,
        area_code=row.area_code,
        applied_on=row.applied_on,
        investigated_on=row.investigated_on,
        investigator=row.investigator,
        notice_from=row.notice_from,
        notice_to=row.notice_to,
        decided_by=decided_by,
        happened_on=row.happened_on,
        pay_way=row.pay_way,
        voucher=row.voucher,
        quantity=row.quantity,
        unit=row.unit,
        amount_fen=row.amount_fen,
        fund=fund,
        period_start=row.period.lower if row.period else None,
        # PostgreSQL keeps ranges of days with the day after the last one as their end.
        period_end=_last_day(row),
        advance=row.advance,
        evidence=row.evidence,
        follow_up_on=asked.done_on if asked else None,
        follow_up_answer=asked.answer if asked else None,
        note=_note(cipher, row) or _note(cipher, application),
        entered_by=entered_by,
        changes=changes,
    )


def _note(cipher: FieldCipher, row: AssistanceEntry) -> str:
    return cipher.decrypt(row.note, f"assistance_entry.note:{row.id}") if row.note is not None else ""


def _last_day(row: AssistanceEntry) -> date | None:
    if row.period is None or row.period.upper is None:
        return None
    return date.fromordinal(row.period.upper.toordinal() - 1)
