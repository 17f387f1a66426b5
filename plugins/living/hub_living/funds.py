"""What is left of a fund, and whether the same aid was given already. Fen throughout; aid is known by its month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from referral_hub.api import Capacity, Offering


def available_fen(offering: Offering) -> int | None:
    """What may still be granted from the offering's fund; None where nobody keeps the balance."""
    source = offering.settings.get("fund")
    left = [
        fund["left_fen"]
        for fund in _told(offering, "funds")
        if isinstance(fund.get("left_fen"), int) and source in (None, fund.get("code"))
    ]
    return max(sum(left), 0) if left else None


def capacity(offering: Offering) -> Capacity:
    return Capacity(
        unit="fen",
        free=available_fen(offering),
        waiting=offering.places.waiting if offering.places else 0,
    )


def same_aid_given(
    offering: Offering, aid_type: str, start: date, end: date, *, own: Iterable[Mapping[str, Any]] = ()
) -> bool:
    """Whether the same person or household had aid of this type in a month from `start` to `end`.

    `own` are this application's payments, which the hub tells of too and which are no second aid.
    """
    months = [
        aid["month"][:7]
        for aid in _told(offering, "earlier_aid")
        if aid.get("type") == aid_type and isinstance(aid.get("month"), str)
    ]
    for payment in own:
        month = payment["on"][:7]
        if payment["type"] == aid_type and month in months:
            months.remove(month)
    return any(f"{start:%Y-%m}" <= month <= f"{end:%Y-%m}" for month in months)


def _told(offering: Offering, name: str) -> list[dict[str, Any]]:
    facts = offering.attributes.get(name)
    return [fact for fact in facts if isinstance(fact, dict)] if isinstance(facts, list) else []
