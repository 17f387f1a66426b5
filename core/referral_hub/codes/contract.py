"""What a contract may ask for, and which of the services delivered count for it."""

from __future__ import annotations

from referral_hub.codes.service import UNITS
from referral_hub.codes.sets import make_codes

CONTRACT_TARGETS = UNITS | make_codes(
    visit=("走访", "visits"),
    group_session=("小组活动", "group sessions"),
    satisfaction=("满意率", "satisfaction"),
)
"""A unit counts what was delivered in it; `person` counts clients served at least once; `satisfaction` is the share of
those asked who are satisfied, in per cent.
"""

VISIT_KINDS = frozenset({"visit", "home_visit", "revisit"})
"""Kinds of service event that are visits."""
GROUP_KINDS = frozenset({"group"})
"""Kinds of service event that are attendances at a group; one offering's on one day are one session."""
