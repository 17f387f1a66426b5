"""One move by the hub's table of transitions, without a row to move: which line it is, or why it is none."""

from __future__ import annotations

from collections.abc import Collection

from referral_hub.referrals.errors import ReasonNeeded, TransitionImpossible, TransitionNotYours
from referral_hub.referrals.transitions import STATES, TRANSITIONS, Demand, Party, Transition, find_transition


def find_move(
    act: str, state: str, party: Party, *, reason: str | None = None, met: Collection[Demand] = ()
) -> Transition:
    """The line of the table for this act by this party.

    Raises `TransitionImpossible`, `TransitionNotYours` or `ReasonNeeded`, as the hub does.
    """
    line = find_transition(act, state)
    if line is None or line.demands - {"reason", *met}:
        label = next(known.label for known in TRANSITIONS if known.act == act)
        raise TransitionImpossible(state=STATES[state], act=label)
    if party not in line.who:
        raise TransitionNotYours(act=line.label, who=", ".join(sorted(line.who)))
    if "reason" in line.demands and not reason:
        raise ReasonNeeded(field="reason_code")
    return line
