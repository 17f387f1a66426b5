"""Money of a fund: its row is locked before anything is decided, so that grants can never pass the budget."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from referral_hub.assistance.errors import BudgetBelowDecided, EntryUnusable, FundClosed, FundShort
from referral_hub.assistance.queries import balance_of
from referral_hub.assistance.rules import yuan
from referral_hub.codes import FUND_SOURCES
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.tables.assistance import Fund


def reserve(session: Transaction, organisation_id: UUID, name: str | None, amount_fen: int, year: int) -> UUID | None:
    """The fund a grant draws on, locked and found to have the amount free.

    `name` is its key, its name or the code of its source; with several of one source the first that has enough. A
    source without any fund of that year is money nobody budgets here: None.
    """
    if name is None:
        return None
    funds: list[Fund] = list(
        session.execute(
            select(Fund).where(col(Fund.organisation_id) == organisation_id).order_by(col(Fund.id)).with_for_update()
        ).scalars()
    )
    named = [fund for fund in funds if str(fund.id) == name] or [
        fund for fund in funds if fund.year == year and name in (fund.name, fund.source)
    ]
    if not named:
        if name in FUND_SOURCES:
            return None
        raise EntryUnusable(
            field="fund", message=Label(zh=f"没有找到资金「{name}」。", en=f"There is no fund “{name}” for this year.")
        )
    still_open = [fund for fund in named if fund.closed_on is None]
    if not still_open:
        raise FundClosed(field="fund", name=named[0].name)
    free = {fund.id: balance_of(session, fund).left for fund in still_open}
    fund = next((fund for fund in still_open if amount_fen <= max(free[fund.id], 0)), None)
    if fund is not None:
        return fund.id
    raise FundShort(field="amount_fen", left=yuan(max(free.values())))


def locked_fund(session: Transaction, fund_id: UUID) -> Fund:
    fund: Fund | None = session.execute(
        select(Fund).where(col(Fund.id) == fund_id).with_for_update()
    ).scalar_one_or_none()
    if fund is None:
        raise NotFound
    return fund


def demand_money(session: Transaction, fund: Fund, amount_fen: int, *, field: str = "amount_fen") -> None:
    """`fund` must be locked: nobody else reserves of it until this transaction ends."""
    left = balance_of(session, fund).left
    if amount_fen <= max(left, 0):
        return
    if field == "budget_fen":
        raise BudgetBelowDecided(field=field)
    raise FundShort(field=field, left=yuan(left))
