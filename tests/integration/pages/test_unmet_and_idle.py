"""What planners need: what was asked for and nobody offers, and which places stand empty."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.factories import client, need
from tests.integration.pages.test_civil_figures import words_of
from tests.integration.ui.conftest import Browser
from tests.loop import Loop
from tests.world import World

from referral_hub.hub import Hub

Visit = Callable[[str], Browser]


@pytest.fixture
def civil(signed_in_as: Visit) -> Browser:
    return signed_in_as("civil")


def asked_for(hub: Hub, world: World, kind: str, serials: range, *, area: str = "999999001") -> None:
    for serial in serials:
        made = client(hub, world.worker, serial=serial, area_code=area)
        need(hub, world.worker, made.id, kind=kind)


def test_what_nobody_offers_is_reported_by_area_and_kind_and_what_is_offered_is_not(
    civil: Browser, hub: Hub, staff: World, loop: Loop
) -> None:
    loop.offering("employment.training")
    asked_for(hub, staff, "employment", range(1, 7))
    asked_for(hub, staff, "housing", range(7, 14))
    words = words_of(civil.get("/statistics/unmet?lang=zh").text)
    assert "住" in words
    assert "合计 7 7 7" in words
    assert "合计 7 7 7" in words_of(civil.get("/statistics/unmet?lang=zh&rows=need").text)
    assert "没有人提供的需求" in civil.get("/assistance?lang=zh").text
    loop.offering("house.stay")
    assert "合计 7" not in words_of(civil.get("/statistics/unmet?lang=zh").text)


def test_an_offering_that_does_not_reach_the_area_offers_nothing_there(
    civil: Browser, hub: Hub, staff: World, loop: Loop
) -> None:
    offering = loop.offering("house.stay")
    loop.owner.execute("UPDATE offering SET area_codes = '{999998}' WHERE id = %s", [offering])
    asked_for(hub, staff, "housing", range(1, 7))
    assert "合计 6 6 6" in words_of(civil.get("/statistics/unmet?lang=zh").text)


def test_one_to_four_unmet_needs_are_not_shown_exactly(civil: Browser, hub: Hub, staff: World, loop: Loop) -> None:
    asked_for(hub, staff, "housing", range(1, 4))
    words = words_of(civil.get("/statistics/unmet?lang=zh").text)
    assert "&lt;5" in words
    assert "合计 3" not in words


def test_empty_places_are_counted_out_though_few_are_used(civil: Browser, hub: Hub, staff: World, loop: Loop) -> None:
    offering = loop.offering(places=20)
    for serial in range(1, 4):
        _, sent = loop.sent(serial=serial, offering_id=offering)
        loop.deliver()
        loop.accept(sent.id)
    words = words_of(civil.get("/statistics/capacity?lang=zh").text)
    assert "20 3 17 0" in words
    assert "20 3 17 0" in words_of(civil.get("/assistance?lang=zh").text)
