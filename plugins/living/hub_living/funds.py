"""What is left of a fund, and whether the same aid is already being given. Fen throughout."""

from __future__ import annotations

from datetime import date
from typing import Any

from referral_hub.api import Capacity, Offering


def available_fen(offering: Offering) -> int | None:
    """Balance less what is reserved, never below zero; None where nobody keeps the balance."""
    balance = offering.attributes.get("fund_balance_fen")
    if not isinstance(balance, int):
        return None
    return max(balance - _reserved_fen(offering), 0)


def capacity(offering: Offering) -> Capacity:
    balance = offering.attributes.get("fund_balance_fen")
    return Capacity(
        unit="fen",
        total=max(balance, 0) if isinstance(balance, int) else None,
        free=available_fen(offering),
        held=_reserved_fen(offering),
        waiting=offering.places.waiting if offering.places else 0,
    )


def same_aid_in_force(offering: Offering, aid_type: str, start: date, end: date) -> bool:
    """Whether aid of the type to the same person or household overlaps the days from `start` to `end`."""
    earlier = offering.attributes.get("earlier_aid")
    return any(_overlaps(aid, aid_type, start, end) for aid in earlier) if isinstance(earlier, list) else False


def _overlaps(aid: dict[str, Any], aid_type: str, start: date, end: date) -> bool:
    first = aid.get("period_start") or aid.get("paid_on")
    last = aid.get("period_end") or aid.get("paid_on") or first
    if aid.get("type") != aid_type or not first or not last:
        return False
    return date.fromisoformat(first) <= end and date.fromisoformat(last) >= start


def _reserved_fen(offering: Offering) -> int:
    reserved = offering.attributes.get("fund_reserved_fen")
    return max(reserved, 0) if isinstance(reserved, int) else 0
