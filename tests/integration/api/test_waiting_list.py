"""A place offered to who waits, confirmed or passed on by a program of either side."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.integration.api.conftest import Program
from tests.integration.pages.test_waiting_list import full_house, holders
from tests.loop import Loop

from referral_hub.actor import Actor
from referral_hub.calendar.clock import FixedClock
from referral_hub.referrals.waiting import offer_free_places


def test_an_offered_place_is_passed_on_and_confirmed_by_programs(
    loop: Loop, program: Callable[[Actor], Program], clock: FixedClock
) -> None:
    _, first, (second, third) = full_house(loop)
    worker, partner = program(loop.world.worker), program(loop.world.partner)
    clock.advance(timedelta(hours=1))
    loop.decline(first, "other")
    offer_free_places(loop.hub)
    assert worker.post(f"/referrals/{third}/take-place").status_code == 409, "the place is kept for another"
    assert worker.post(f"/referrals/{second}/pass-place").status_code == 204
    offer_free_places(loop.hub)
    assert holders(loop) == {third: "held"}
    clock.advance(timedelta(hours=1))
    assert partner.post(f"/inbox/{third}/pass-place").status_code == 204
    offer_free_places(loop.hub)
    assert holders(loop) == {second: "held"}
    assert worker.post(f"/referrals/{second}/take-place").status_code == 204
    assert (loop.referral(second)["state"], holders(loop)) == ("accepted", {second: "taken"})
