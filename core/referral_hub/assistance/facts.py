"""What a module that gives aid may know before it decides: what its own fund has left, and earlier aid."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from referral_hub.assistance.queries import earlier_aid_for_case, funds_for_organisation
from referral_hub.calendar.clock import local_date
from referral_hub.hub import Transaction

LOOKED_BACK = timedelta(days=365)


class OfReferral(Protocol):
    """What is read of a referral."""

    @property
    def case_id(self) -> UUID: ...
    @property
    def recipient_id(self) -> UUID: ...


def fund_facts(session: Transaction, referral: OfReferral) -> dict[str, Any]:
    """Attributes of an offering that pays from a fund, for `hub_receive` and `hub_apply`; the hub itself must ask.

    `funds`: this year's funds of the organisation, each `{"code", "name", "left_fen"}`, granted and unpaid sums taken
    off. `earlier_aid`: aid of the last year to the same person or household, from every organisation, each
    `{"month", "type"}` (R38: of others no amounts, no names).
    """
    today = local_date(session.hub.clock.now())
    funds = funds_for_organisation(session, referral.recipient_id, year=today.year)
    earlier = earlier_aid_for_case(session, referral.case_id, type="", period=(today - LOOKED_BACK, today))
    return {
        "funds": [
            {"code": fund.source, "name": fund.name, "left_fen": fund.balance.left}
            for fund in funds
            if fund.closed_on is None
        ],
        "earlier_aid": [{"month": aid.month.isoformat(), "type": aid.type} for aid in earlier],
    }
