"""Beds by sex: who can be taken in, and how many beds a person could have now."""

from __future__ import annotations

from typing import Any

from referral_hub.api import Offering


def takes_in(offering: Offering, sex: object) -> bool:
    """False only when the house takes in the other sex alone; an unknown sex is a person's question."""
    wanted = offering.settings.get("sexes", "any")
    return wanted == "any" or sex not in ("1", "2") or sex == wanted


def free(offering: Offering, sex: object) -> int | None:
    """Free beds that a person of this sex could have; None where nobody counts beds."""
    groups = [group for group in _groups(offering) if sex is None or group.get("sex") in (None, sex)]
    if groups:
        return sum(int(group.get("free", 0)) for group in groups)
    return offering.places.free if offering.places else None


def _groups(offering: Offering) -> list[dict[str, Any]]:
    told = offering.attributes.get("classes")
    return [group for group in told if isinstance(group, dict)] if isinstance(told, list) else []
