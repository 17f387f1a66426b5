"""Updates from a partner's own system: they come at least once and in any order, and each is applied when it fits."""

from __future__ import annotations

from datetime import timedelta

from referral_hub.api import Update
from referral_hub.codes.states import REFERRAL_ACCEPTED, REFERRAL_ENDED
from referral_hub.errors import HubError, NotFound
from referral_hub.workflow.errors import NewsTooEarly, NewsTooLate
from referral_hub.workflow.state import ReferralState

MAX_UPDATE_WAIT = timedelta(days=7)
"""For so long an update that does not fit yet is tried again."""
_FINAL = (NotFound, NewsTooLate)


def check_open(state: ReferralState) -> None:
    """Raises `NewsTooLate` once the referral has ended."""
    if state.state in REFERRAL_ENDED:
        raise NewsTooLate


def check_in_care(state: ReferralState) -> None:
    """Raises `NewsTooEarly` where the hub does not know that a service has begun."""
    if state.state not in REFERRAL_ACCEPTED:
        raise NewsTooEarly


def update_order(update: Update) -> int:
    """Which of several updates is applied first: answers, then what followed them, outcomes last."""
    if update.changes is not None and update.changes.outcome is not None:
        return 2
    return 0 if update.receipt is not None else 1


def is_final(refusal: HubError, waited: timedelta) -> bool:
    """Whether an update that was refused is given up, having waited so long."""
    return isinstance(refusal, _FINAL) or waited >= MAX_UPDATE_WAIT
