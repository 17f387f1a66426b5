"""What a module that gives aid may know before it decides: what its own fund has left, and earlier aid."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlmodel import Session

from referral_hub.assistance.queries import earlier_aid_for_case, funds_for_organisation
from referral_hub.schedule.clock import local_date
from referral_hub.storage.engine import hub_of

LOOKED_BACK = timedelta(days=365)


class OfReferral(Protocol):
    """What is read of a referral."""

    @property
    def case_id(self) -> UUID: ...
    @property
    def recipient_id(self) -> UUID: ...


def fund_facts(session: Session, referral: OfReferral, settings: Mapping[str, object]) -> dict[str, Any]:
    """Attributes of an offering that pays from a fund, for `hub_receive` and `hub_apply`; the hub itself must ask.

    `fund_balance_fen`: what this year's funds of the source in the offering's settings (`fund`) have left, unpaid
    grants included; `fund_reserved_fen`: those grants. Neither is there where nobody keeps such a fund.
    `earlier_aid`: aid of the last year to the same person or household, by type and month, from every organisation
    (R38: no amounts, no names), each `{"type", "period_start", "period_end"}`.
    """
    today = local_date(hub_of(session).clock.now())
    funds = [
        fund
        for fund in funds_for_organisation(session, referral.recipient_id, year=today.year)
        if fund.source == settings.get("fund")
    ]
    earlier = earlier_aid_for_case(session, referral.case_id, type="", period=(today - LOOKED_BACK, today))
    facts: dict[str, Any] = {
        "earlier_aid": [
            {
                "type": aid.type,
                "period_start": aid.month.isoformat(),
                "period_end": _month_end(aid.month).isoformat(),
            }
            for aid in earlier
        ]
    }
    if funds:
        facts["fund_balance_fen"] = sum(fund.balance.budget - fund.balance.spent for fund in funds)
        facts["fund_reserved_fen"] = sum(fund.balance.reserved for fund in funds)
    return facts


def _month_end(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])
