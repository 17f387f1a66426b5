"""A place lasts as long as its stay (R43): freed and taken by the stage, a function of the state alone, so that no rule
can forget it.
"""

from __future__ import annotations

from referral_hub.api.manifest import Service
from referral_hub.codes.states import REFERRAL_ACCEPTED
from referral_hub.workflow.effects import Reservation
from referral_hub.workflow.state import ReferralState


def place_step(before: ReferralState, after: ReferralState, service: Service | None) -> Reservation | None:
    """What happens to the place when a referral goes from one state to the other; None where nothing does.

    To take one again is refused where none is free (`NoPlaceFree`).
    """
    had, has = has_place(before, service), has_place(after, service)
    if had == has:
        return None
    return Reservation(action="confirm" if has else "release")


def has_place(state: ReferralState, service: Service | None) -> bool:
    """Whether whoever is in this state and stage has a place. Without its module nobody can say, so it is kept."""
    if state.state not in REFERRAL_ACCEPTED:
        return False
    if service is None:
        return True
    if service.capacity != "places":
        return False
    stage = service.stage(state.stage) if state.stage else None
    return stage is None or (stage.holds_place and stage.state in REFERRAL_ACCEPTED)
