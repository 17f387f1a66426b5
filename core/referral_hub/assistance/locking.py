"""Drawing on a fund: its row is locked first, so that what is decided can never pass the budget."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from referral_hub import api
from referral_hub.assistance.errors import EntryUnusable, FundShort
from referral_hub.assistance.queries import balance_of
from referral_hub.assistance.rules import yuan
from referral_hub.codes import FUND_SOURCES
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.tables.assistance import Fund


def draw(session: Transaction, organisation_id: UUID, assistance: api.Assistance, year: int) -> UUID | None:
    """The fund a line draws on, locked and found to hold enough."""
    name = assistance.fund
    if name is None:
        return None
    funds: Iterable[Fund] = session.execute(
        select(Fund)
        .where(col(Fund.organisation_id) == organisation_id, col(Fund.year) == year)
        .order_by(col(Fund.id))
        .with_for_update()
    ).scalars()
    fund = next((fund for fund in funds if name in (str(fund.id), fund.name, fund.source)), None)
    if fund is not None:
        demand_money(session, fund, assistance.amount_fen)
        return fund.id
    if name in FUND_SOURCES:
        return None
    raise EntryUnusable(
        field="fund", message=Label(zh=f"没有找到资金「{name}」。", en=f"There is no fund “{name}” for this year.")
    )


def locked_fund(session: Transaction, fund_id: UUID) -> Fund:
    fund: Fund | None = session.execute(
        select(Fund).where(col(Fund.id) == fund_id).with_for_update()
    ).scalar_one_or_none()
    if fund is None:
        raise NotFound
    return fund


def demand_money(session: Transaction, fund: Fund, amount_fen: int) -> None:
    """`fund` must be locked: nobody else adds a line to it until this transaction ends."""
    left = balance_of(session, fund).left
    if amount_fen > max(left, 0):
        raise FundShort(field="amount_fen", left=yuan(left))
