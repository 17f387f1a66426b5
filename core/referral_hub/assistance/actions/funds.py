"""Opening, changing and closing a fund. Its money is seen by its own organisation alone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlmodel import col

from referral_hub.actor import Actor
from referral_hub.assistance.entries import demand_decider
from referral_hub.assistance.errors import EntryUnusable, FundExists, FundHasState
from referral_hub.assistance.fund_money import demand_money, locked_fund
from referral_hub.audit.entries import record_audit_entry
from referral_hub.audit.subjects import AuditSubject
from referral_hub.calendar.clock import local_date
from referral_hub.codes import FUND_SOURCES
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.ids import new_id
from referral_hub.tables.assistance import Fund
from referral_hub.tables.directory import Organisation
from referral_hub.text_limits import MAX_FUND_NAME, need_line

MAX_BUDGET_FEN = 100_000_000_000_00
_YEARS = 5


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
    """Open a fund for one year. Raises `EntryUnusable`, `FundExists`, `NotAllowed`, `NotFound`."""
    demand_decider(by, organisation_id)
    name = _checked_name(name)
    if source not in FUND_SOURCES:
        raise _unusable("source", "请选择资金来源。", "Choose the source of the fund.")
    if abs(year - local_date(at).year) > _YEARS:
        raise _unusable("year", "请填写最近几年的年度，例如 2026。", "Enter a recent year, for example 2026.")
    _check_budget(budget_fen)
    if session.get(Organisation, organisation_id) is None:
        raise NotFound
    _demand_free_name(session, organisation_id, year, name)
    key = new_id()
    session.execute(
        insert(Fund).values(
            id=key, organisation_id=organisation_id, name=name, source=source, year=year, budget_fen=budget_fen
        )
    )
    _record(session, "fund.open", key, organisation_id, by=by, at=at, budget_fen=budget_fen)
    return key


def change_fund(
    session: Transaction,
    *,
    fund_id: UUID,
    budget_fen: int | None = None,
    name: str | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Set another name or budget; the budget not below what is decided already.

    Raises `NotFound`, `NotAllowed`, `FundShort`, `FundExists`, `EntryUnusable`.
    """
    fund = _keepers_fund(session, fund_id, by)
    if budget_fen is not None:
        _check_budget(budget_fen)
        demand_money(session, fund, fund.budget_fen - budget_fen, field="budget_fen")
        fund.budget_fen = budget_fen
    if name is not None and _checked_name(name) != fund.name:
        _demand_free_name(session, fund.organisation_id, fund.year, _checked_name(name))
        fund.name = _checked_name(name)
    session.add(fund)
    session.flush()
    _record(session, "fund.change", fund_id, fund.organisation_id, by=by, at=at, budget_fen=fund.budget_fen)


def close_fund(session: Transaction, *, fund_id: UUID, by: Actor, at: datetime) -> None:
    """Take no new grant from a fund. What is granted stays reserved and is still paid.

    Raises `NotFound`, `NotAllowed`, `FundHasState`.
    """
    fund = _keepers_fund(session, fund_id, by)
    if fund.closed_on is not None:
        raise FundHasState
    fund.closed_on = local_date(at)
    session.add(fund)
    session.flush()
    _record(session, "fund.close", fund_id, fund.organisation_id, by=by, at=at)


def reopen_fund(session: Transaction, *, fund_id: UUID, by: Actor, at: datetime) -> None:
    """Take grants again. Raises `NotFound`, `NotAllowed`, `FundHasState`."""
    fund = _keepers_fund(session, fund_id, by)
    if fund.closed_on is None:
        raise FundHasState
    fund.closed_on = None
    session.add(fund)
    session.flush()
    _record(session, "fund.reopen", fund_id, fund.organisation_id, by=by, at=at)


def _keepers_fund(session: Transaction, fund_id: UUID, by: Actor) -> Fund:
    """A fund of the acting organisation, locked; a stranger learns no more than that there is none."""
    fund = locked_fund(session, fund_id)
    if by.role in ("partner", "civil") and by.organisation_id != fund.organisation_id:
        raise NotFound
    demand_decider(by, fund.organisation_id)
    return fund


def _demand_free_name(session: Transaction, organisation_id: UUID, year: int, name: str) -> None:
    same = select(col(Fund.id)).where(
        col(Fund.organisation_id) == organisation_id, col(Fund.year) == year, col(Fund.name) == name
    )
    if session.execute(same).first() is not None:
        raise FundExists(field="name", name=name, year=year)


def _checked_name(name: str) -> str:
    return need_line(name, "name", maximum=MAX_FUND_NAME)


def _check_budget(budget_fen: int) -> None:
    if not 0 <= budget_fen <= MAX_BUDGET_FEN:
        raise _unusable(
            "budget_fen",
            "预算不能小于零，也不能超过 1000 亿元。",
            "The budget cannot be negative or exceed 100 billion yuan.",
        )


def _unusable(field: str, zh: str, en: str) -> EntryUnusable:
    return EntryUnusable(field=field, message=Label(zh=zh, en=en))


def _record(
    session: Transaction,
    action: str,
    fund_id: UUID,
    organisation_id: UUID,
    *,
    by: Actor,
    at: datetime,
    **details: object,
) -> None:
    record_audit_entry(
        session,
        action,
        about=AuditSubject("fund", fund_id, recipient_id=organisation_id),
        by=by,
        at=at,
        details=details,
    )
