"""What can be told of an offering without telling of anyone: how soon it answers, whether its fund has money left."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import text

from referral_hub.calendar.clock import local_date
from referral_hub.calendar.working_days import is_working_day
from referral_hub.directory import rules
from referral_hub.hub import Transaction
from referral_hub.i18n import Label

FundSign = Literal["ample", "low", "none"]
FUND_SIGNS: dict[FundSign, Label] = {
    "ample": Label(zh="本年度资金还有余额", en="This year's fund has money left"),
    "low": Label(zh="本年度资金所剩不多", en="This year's fund is running low"),
    "none": Label(zh="本年度资金已用完", en="This year's fund is used up"),
}
"""Amounts stay with the organisation: whoever saw one change would know what someone was just granted."""

_ANSWERS = text("SELECT * FROM hub_answer_hours(:offerings, :since, :rest)")
_FUNDS = text("SELECT organisation_id, sign FROM hub_fund_signs(:organisations, :year)")


def answer_hours(session: Transaction, offering_ids: Sequence[UUID], at: datetime) -> dict[UUID, float]:
    """The median of office hours (8 a day) to an answer over the last 90 days; left out with fewer than three."""
    if not offering_ids:
        return {}
    since = at - rules.HISTORY
    special = session.hub.loaded_days.get(session)
    days = [local_date(since) + timedelta(days=n) for n in range(rules.HISTORY.days + 1)]
    rest = [day for day in days if not is_working_day(day, special)]
    rows = session.execute(_ANSWERS, {"offerings": list(offering_ids), "since": since, "rest": rest})
    return {row.offering_id: round(row.median_hours, 1) for row in rows}


def fund_signs(session: Transaction, organisation_ids: Collection[UUID], at: datetime) -> dict[UUID, FundSign]:
    """How this year's funds of each organisation stand; organisations without one are left out."""
    if not organisation_ids:
        return {}
    rows = session.execute(_FUNDS, {"organisations": list(organisation_ids), "year": local_date(at).year})
    return {row.organisation_id: row.sign for row in rows}
