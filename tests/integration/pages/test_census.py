"""A place lasts as long as its stay, and staff see who is in (R43): by page and by API, by number and never by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.integration.ui.conftest import Browser
from tests.loop import Loop

from referral_hub.calendar.clock import FixedClock, local_date

STAY = "house.stay"


def moved_in(loop: Loop, offering: UUID, *, serial: int = 1) -> UUID:
    """A client who stays in the house since today."""
    case = loop.case(serial=serial, kind="housing", words="没有住处", sex="2")
    loop.consent(case, offering)
    sent = loop.send(loop.draft(case, offering).id)
    loop.deliver()
    loop.accept(sent.id)
    today = local_date(loop.at).isoformat()
    filled(loop, sent.id, "assess", {"voluntary": True, "fits": True, "hospital_first": False})
    filled(loop, sent.id, "move_in", {"moved_in_on": today, "rules_signed": True})
    return sent.id


def moves_out(loop: Loop, referral_id: UUID) -> None:
    today = local_date(loop.at).isoformat()
    filled(loop, referral_id, "move_out", {"moved_out_on": today, "kind": "planned", "goes_to": "home"})


def filled(loop: Loop, referral_id: UUID, form: str, values: dict[str, Any]) -> None:
    loop.fill(referral_id, form, values)
    loop.deliver()
    row = loop.one("SELECT state, problems FROM form_entry WHERE referral_id = %s AND form = %s", referral_id, form)
    assert row[0] == "applied", row


def tiles(text: str) -> dict[str, str]:
    return dict(re.findall(r'tile-name">([^<]+)</p><p class="tile-figure">\s*(\d+)', text))


def test_a_bed_is_free_on_the_day_of_moving_out_though_the_follow_up_goes_on(
    loop: Loop, clock: FixedClock, signed_in_as: Callable[[str], Browser]
) -> None:
    house = loop.offering(STAY, places=1, sex="2")
    stays = moved_in(loop, house)

    def census(day: str = "") -> str:
        return signed_in_as("partner").follow(f"/places/{house}/census{day}").text

    text = census()
    assert tiles(text) == {"在册": "1", "当日到": "1", "当日离": "0", "空余": "0"}
    assert loop.referral(stays)["number"] in text
    assert str(loop.disclosed(stays)["display_name"]) not in text
    clock.advance(timedelta(days=9))
    assert tiles(census()) == {"在册": "1", "当日到": "0", "当日离": "0", "空余": "0"}
    moves_out(loop, stays)
    assert loop.referral(stays)["state"] == "in_service", "the follow-up goes on"
    assert tiles(census()) == {"在册": "0", "当日到": "0", "当日离": "1", "空余": "1"}
    yesterday = (local_date(loop.at) - timedelta(days=1)).isoformat()
    assert tiles(census(f"?day={yesterday}")) == {"在册": "1", "当日到": "0", "当日离": "0", "空余": "0"}
    moved_in(loop, house, serial=2)
    assert tiles(census())["在册"] == "1", "the next one has the bed"
    assert loop.one("SELECT count(*) FROM reservation WHERE state = 'taken'") == (1,)


def test_a_day_that_cannot_be_is_named_and_today_is_shown(loop: Loop, partner: Browser) -> None:
    house = loop.offering(STAY, places=1)
    answer = partner.get(f"/places/{house}/census?day=nonsense")
    assert answer.status_code == 422
    assert "field-day" in answer.text


def test_a_class_list_says_who_is_enrolled_held_and_left(loop: Loop, partner: Browser) -> None:
    course = loop.offering(places=3)
    begins = local_date(loop.at) + timedelta(days=7)
    loop.owner.execute(
        "UPDATE place SET group_label = '三月班', starts_on = %s, ends_on = %s", [begins, begins + timedelta(days=30)]
    )
    _, enrolled = loop.sent(serial=1, offering_id=course)
    _, held = loop.sent(serial=2, offering_id=course)
    loop.deliver()
    loop.accept(enrolled.id)
    text = partner.follow(f"/places/{course}/classes").text
    assert "三月班" in text
    assert "名额 3，在册 1，预留 1，空余 1" in text
    for sent in (enrolled, held):
        assert sent.number in text


@pytest.mark.parametrize("list_of", ["census", "classes"])
def test_another_organisation_finds_no_list(loop: Loop, signed_in_as: Callable[[str], Browser], list_of: str) -> None:
    elsewhere = loop.offering(STAY, places=1, organisation_id=loop.world.other_partner_id)
    assert signed_in_as("partner").get(f"/places/{elsewhere}/{list_of}").status_code == 404
