"""Writing the ledger and its funds. Lines are only ever added: a correction is a new line with the difference.

Every line that draws on a fund is written under a lock of the fund's row, so that the sum can never pass the budget.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, text
from sqlalchemy.dialects.postgresql import Range
from sqlmodel import col

from referral_hub import api
from referral_hub.actor import Actor
from referral_hub.assistance.errors import EntryUnusable, NothingToCorrect
from referral_hub.assistance.from_referral import take_from_referral
from referral_hub.assistance.locking import demand_money, draw, locked_fund
from referral_hub.assistance.rules import check_entry, quantity_of
from referral_hub.assistance.values import Applicant, Decision
from referral_hub.audit.entries import record_audit_entry
from referral_hub.audit.subjects import AuditSubject
from referral_hub.calendar.clock import local_date
from referral_hub.calendar.periods import check_day
from referral_hub.codes import FUND_SOURCES, PAY_WAYS
from referral_hub.errors import NotAllowed, NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.ids import new_id
from referral_hub.storage.personal_fields import index_of
from referral_hub.tables.assistance import AssistanceEntry, Fund
from referral_hub.text_limits import MAX_NOTE, MAX_REASON, MAX_VOUCHER, need_line, read_line, read_text


def grant(
    session: Transaction,
    *,
    organisation_id: UUID,
    assistance: api.Assistance,
    decision: Decision | None = None,
    office_id: UUID | None = None,
    referral_id: UUID | None = None,
    case_id: UUID | None = None,
    applicant: Applicant | None = None,
    area_code: str | None = None,
    household_size: int | None = None,
    by: Actor,
    at: datetime,
) -> UUID:
    """Add what `organisation_id` decided: granted, or refused (`decision.granted` false). Returns the line's key.

    Its `fund` is the key, name or source code of one of the organisation's funds of that year; a code without a
    fund is taken as money nobody budgets here. Person and household are indexed from the case for the double-payment
    check; applicant, day of application and urgency are the referral's unless given.
    Raises `EntryUnusable`, `FundShort`, `NotAllowed`.
    """
    _demand_decider(by, organisation_id)
    decision = decision or Decision()
    check_entry(assistance, decision, local_date(at))
    note = read_text(decision.note, "note", maximum=MAX_NOTE)
    decided_on = decision.decided_on or local_date(at)
    taken = take_from_referral(session, referral_id)
    applicant = applicant or taken.applicant
    fund_id = draw(session, organisation_id, assistance, decided_on.year)
    keys = _case_keys(session, case_id)
    key = new_id()
    cipher = session.cipher
    session.execute(
        insert(AssistanceEntry).values(
            id=key,
            organisation_id=organisation_id,
            office_id=office_id,
            referral_id=referral_id,
            case_id=case_id,
            fund_id=fund_id,
            type=assistance.type,
            source=decision.source,
            hardship=decision.hardship,
            decision="granted" if decision.granted else "refused",
            quantity=quantity_of(assistance.unit, assistance.quantity, assistance.amount_fen),
            unit=assistance.unit,
            amount_fen=assistance.amount_fen,
            decided_on=decided_on,
            applied_on=decision.applied_on or _earlier(taken.applied_on, decided_on),
            paid_on=assistance.paid_on,
            period=_period(assistance),
            urgent=decision.urgent or taken.urgent,
            pay_way=decision.pay_way,
            voucher=read_line(assistance.voucher, "voucher", maximum=MAX_VOUCHER),
            area_code=area_code or (keys.area_code if keys else None),
            household_size=household_size or taken.household_size,
            applicant=cipher.encrypt_json(applicant, f"assistance_entry.applicant:{key}") if applicant else None,
            person_index=keys.person_index if keys else None,
            household_index=_household_index(session, applicant, keys),
            evidence=decision.evidence,
            note=cipher.encrypt(note, f"assistance_entry.note:{key}") if note else None,
            entered_by=by.account_id,
        )
    )
    record_audit_entry(
        session, "assistance.grant" if decision.granted else "assistance.refuse", by=by, at=at,
        about=AuditSubject("assistance_entry", key, case_id=case_id, office_id=office_id, referral_id=referral_id,
                           recipient_id=organisation_id),
        details={"type": assistance.type, "unit": assistance.unit},
    )  # fmt: skip
    return key


def correct_entry(
    session: Transaction, *, entry_id: UUID, quantity: Decimal, amount_fen: int, reason: str, by: Actor, at: datetime
) -> UUID:
    """Say what a line should have said; the difference becomes a new line. Zero and zero takes the line back.

    A wrong type, unit or person is taken back and entered anew. Raises `NotFound`, `NotAllowed`, `FundShort`,
    `NothingToCorrect`, `EntryUnusable`.
    """
    why = need_line(reason, "reason", maximum=MAX_REASON)
    root, standing = _root_and_sum(session, entry_id, by)
    if amount_fen < 0 or quantity < 0:
        both = Label(zh="金额和数量不能小于零。", en="Amount and quantity cannot be below zero.")
        raise EntryUnusable(field="amount_fen", message=both)
    wanted = quantity_of(root.unit, quantity, amount_fen)
    more, more_fen = wanted - standing.quantity, amount_fen - standing.amount_fen
    if not more and not more_fen:
        raise NothingToCorrect
    if root.fund_id is not None:
        demand_money(session, locked_fund(session, root.fund_id), more_fen)
    return _add_correction(
        session,
        root,
        quantity=more,
        amount_fen=more_fen,
        reason=why,
        by=by,
        at=at,
    )


def record_payment(
    session: Transaction,
    *,
    entry_id: UUID,
    paid_on: date,
    pay_way: str | None = None,
    voucher: str | None = None,
    by: Actor,
    at: datetime,
) -> UUID:
    """Say that a granted line was paid out: a line of no amount that carries day, way and voucher.

    Raises `NotFound`, `NotAllowed`, `EntryUnusable`.
    """
    check_day(paid_on, "paid_on", today=local_date(at))
    root, _ = _root_and_sum(session, entry_id, by)
    if paid_on > local_date(at) or (pay_way is not None and pay_way not in PAY_WAYS):
        both = Label(zh="请核对发放日期和发放方式。", en="Check the day and the way of payment.")
        raise EntryUnusable(field="paid_on", message=both)
    return _add_correction(
        session, root, quantity=Decimal(), amount_fen=0, paid_on=paid_on, pay_way=pay_way, voucher=voucher, by=by, at=at
    )


def add_fund(
    session: Transaction,
    *,
    organisation_id: UUID,
    name: str,
    source: str,
    year: int,
    budget_fen: int,
    by: Actor,
    at: datetime,
) -> UUID:
    """Open a fund for one year. Raises `EntryUnusable`, `NotAllowed`."""
    if by.role != "admin":
        _demand_decider(by, organisation_id)
    if source not in FUND_SOURCES or budget_fen < 0 or not name.strip():
        raise EntryUnusable(
            field="budget_fen",
            message=Label(
                zh="请填写资金名称、来源和不小于零的预算。", en="Give the fund a name, a source and a budget."
            ),
        )
    key = new_id()
    session.execute(
        insert(Fund).values(
            id=key, organisation_id=organisation_id, name=name.strip(), source=source, year=year, budget_fen=budget_fen
        )
    )
    _record_fund(session, "fund.open", key, organisation_id, budget_fen, by=by, at=at)
    return key


def change_budget(session: Transaction, *, fund_id: UUID, budget_fen: int, by: Actor, at: datetime) -> None:
    """Set another budget, not below what is already decided. Raises `NotFound`, `NotAllowed`, `FundShort`."""
    fund = locked_fund(session, fund_id)
    if by.role != "admin":
        _demand_decider(by, fund.organisation_id)
    demand_money(session, fund, fund.budget_fen - budget_fen)
    fund.budget_fen = budget_fen
    session.add(fund)
    session.flush()
    _record_fund(session, "fund.change", fund_id, fund.organisation_id, budget_fen, by=by, at=at)


def _root_and_sum(session: Transaction, entry_id: UUID, by: Actor) -> tuple[AssistanceEntry, Row[Decimal, int]]:
    """The line that corrections hang on, and what stands of it now. One correction at a time."""
    root = session.execute(select(AssistanceEntry).where(col(AssistanceEntry.id) == entry_id)).scalar_one_or_none()
    if root is not None and root.corrects_id is not None:
        return _root_and_sum(session, root.corrects_id, by)
    if root is None or root.decision != "granted":
        raise NotFound
    _demand_decider(by, root.organisation_id)
    # Nobody may update the ledger, so a line cannot be locked; its key can.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(root.id), 0))))
    standing = session.execute(
        select(
            func.sum(col(AssistanceEntry.quantity)).label("quantity"),
            func.sum(col(AssistanceEntry.amount_fen)).label("amount_fen"),
        ).where((col(AssistanceEntry.id) == root.id) | (col(AssistanceEntry.corrects_id) == root.id))
    ).one()
    return root, standing


def _add_correction(
    session: Transaction,
    root: AssistanceEntry,
    *,
    quantity: Decimal,
    amount_fen: int,
    reason: str | None = None,
    by: Actor,
    at: datetime,
    **payment: Any,
) -> UUID:
    key = new_id()
    copied = (
        "organisation_id", "office_id", "referral_id", "case_id", "fund_id", "type", "source", "hardship", "unit",
        "period", "urgent", "area_code", "household_size", "person_index", "household_index", "evidence",
    )  # fmt: skip
    session.execute(
        insert(AssistanceEntry).values(
            id=key,
            **{name: getattr(root, name) for name in copied},
            decision="correction",
            quantity=quantity,
            amount_fen=amount_fen,
            decided_on=local_date(at),
            note=session.cipher.encrypt(reason, f"assistance_entry.note:{key}") if reason else None,
            corrects_id=root.id,
            entered_by=by.account_id,
            **payment,
        )
    )
    record_audit_entry(
        session, "assistance.correct", about=root, by=by, at=at,
        details={"line": str(key), "paid": "paid_on" in payment},
    )  # fmt: skip
    return key


def _case_keys(session: Transaction, case_id: UUID | None) -> Row[Any] | None:
    """Keyed hashes of person and household, and the area: all that the ledger may know of a case without a name."""
    if case_id is None:
        return None
    return session.execute(text("SELECT * FROM hub_case_keys(:case_id)"), {"case_id": case_id}).one_or_none()


def _household_index(session: Transaction, applicant: Applicant | None, keys: Row[Any] | None) -> bytes | None:
    if keys is not None and keys.household_index is not None:
        return bytes(keys.household_index)
    if applicant is not None and applicant.household_number:
        return index_of(session.cipher, "household_number", applicant.household_number)
    return None


def _earlier(applied_on: date | None, decided_on: date) -> date | None:
    """The day of application, unless the decision was made before the referral came."""
    return applied_on if applied_on is not None and applied_on <= decided_on else None


def _period(assistance: api.Assistance) -> Range[date] | None:
    if assistance.period_start is None:
        return None
    return Range(assistance.period_start, assistance.period_end, bounds="[]" if assistance.period_end else "[)")


def _demand_decider(by: Actor, organisation_id: UUID) -> None:
    if by.role != "system" and (by.role not in ("partner", "civil") or by.organisation_id != organisation_id):
        raise NotAllowed


def _record_fund(
    session: Transaction, action: str, fund_id: UUID, organisation_id: UUID, budget_fen: int, *, by: Actor, at: datetime
) -> None:
    record_audit_entry(
        session, action, about=AuditSubject("fund", fund_id, recipient_id=organisation_id), by=by, at=at,
        details={"budget_fen": budget_fen},
    )  # fmt: skip
