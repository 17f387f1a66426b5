"""Families of work closed to a person for a time, worked out here so that only suitable ones ever leave (R19).

Bars: driving licences (机动车驾驶证申领和使用规定 15, 79), key posts of urban public transport (城市公共交通条例 31),
staff of kindergartens (学前教育法 44) and unmanned aircraft. The worker's screen may show what does not fit; what is
released is a positive list and only what the client looks for, since a list of everything else names the bar.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from referral_hub.codes import JOB_FAMILIES

BARRED = frozenset({"driving", "public_transport", "children", "drone"})


def barred_families(bars_until: date | None, on: date) -> list[str]:
    """What the worker's screen shows as unsuitable at present."""
    if bars_until is None or on > bars_until:
        return []
    return [family for family in JOB_FAMILIES if family in BARRED]


def suitable_families(wanted: Collection[str], bars_until: date | None, on: date) -> list[str]:
    """Of what the client looks for, what is open to them; empty when nothing is known of their wishes."""
    closed = barred_families(bars_until, on)
    return [family for family in JOB_FAMILIES if family in wanted and family not in closed]
