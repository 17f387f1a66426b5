"""A place lasts as long as its stay (R43): the stage frees it and takes it, whatever event leads there."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.codes.states import REFERRAL_ACCEPTED
from referral_hub.testing import find_home, load_manifest
from referral_hub.workflow.place_step import has_place, place_step
from referral_hub.workflow.state import ReferralState
from referral_hub.workflow.table import STATES

HOUSE = load_manifest(find_home("hub_house")).services[0]
TRAINING = load_manifest(find_home("hub_employment")).services[0]
AID = load_manifest(find_home("hub_living")).services[0]
states = st.builds(
    ReferralState,
    state=st.sampled_from(sorted(STATES)),
    stage=st.none() | st.sampled_from([stage.key for stage in HOUSE.stages]),
)


@given(states, states)
def test_what_is_taken_is_freed_and_what_is_freed_may_be_taken_again(one: ReferralState, other: ReferralState) -> None:
    there, back = place_step(one, other, HOUSE), place_step(other, one, HOUSE)
    acts = {step.action for step in (there, back) if step is not None}
    assert acts in (set(), {"confirm", "release"})
    assert (there is None) == (has_place(one, HOUSE) == has_place(other, HOUSE))


@given(states)
def test_only_who_is_accepted_has_a_place_and_only_where_places_are_counted(state: ReferralState) -> None:
    assert not has_place(state, HOUSE) or state.state in REFERRAL_ACCEPTED
    assert not has_place(state, AID)


@pytest.mark.parametrize(
    ("service", "stage", "holds"),
    [
        (HOUSE, "staying", True),
        (HOUSE, "away", True),
        (HOUSE, "left", False),
        (HOUSE, "done", False),
        (TRAINING, "training", True),
        (TRAINING, "tracking", False),
    ],
)
def test_the_stages_that_come_with_the_hub_hold_a_place_while_it_is_used(
    service: object, stage: str, holds: bool
) -> None:
    state = ReferralState(state="in_service", stage=stage)
    assert has_place(state, service) is holds  # type: ignore[arg-type]


def test_without_its_module_a_place_is_kept() -> None:
    before = ReferralState(state="in_service", stage="staying")
    assert place_step(before, msgspec.structs.replace(before, stage="left"), None) is None
