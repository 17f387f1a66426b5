"""When a client's way here ends: why a case is closed together with every referral, and what each side is told."""

from __future__ import annotations

import msgspec


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """What such an end means for the client's referrals.

    `told`: the reason of `WITHDRAW_REASONS` that recipients read, neutral whatever happened (R20). `outcome`: what a
    service that had begun came to, of `OUTCOME_CODES`. `reachable`: whether the client can still be asked afterwards.
    """

    told: str
    outcome: str
    reachable: bool = True


LEAVINGS: dict[str, Leaving] = {
    "moved_away": Leaving(told="moved_away", outcome="moved_away"),
    "term_ended": Leaving(told="no_longer_needed", outcome="no_longer_needed"),
    "in_custody": Leaving(told="client_gone", outcome="other", reachable=False),
    "died": Leaving(told="client_gone", outcome="died", reachable=False),
}
"""By the reason for closing the case, a code of `CASE_CLOSING_REASONS`."""
