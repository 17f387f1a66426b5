"""The wait-list is a queue (R44): nobody overtakes, what is not confirmed goes on, both sides see where they stand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.integration.ui.conftest import Browser
from tests.loop import Loop

from referral_hub.actor import system_actor
from referral_hub.calendar.clock import FixedClock
from referral_hub.hub import Hub
from referral_hub.referrals.waiting import offer_free_places
from referral_hub.workflow.errors import NeedHasPlace, OthersWaitFirst

STAY = "house.stay"
SignIn = Callable[[str], Browser]


def sent(loop: Loop, house: UUID, serial: int, *, sex: str = "2", urgency: str = "normal") -> UUID:
    case = loop.case(serial=serial, kind="housing", words="没有住处", sex=sex)
    loop.consent(case, house)
    return loop.send(loop.draft(case, house, urgency=urgency).id).id


def full_house(loop: Loop, *, waiting: int = 2) -> tuple[UUID, UUID, list[UUID]]:
    """A house with one bed that someone has, and so many who wait for it."""
    house = loop.offering(STAY, places=1, sex="2")
    first = sent(loop, house, 1)
    loop.accept(first)
    queue = []
    for serial in range(2, 2 + waiting):
        queue.append(sent(loop, house, serial))
        loop.waitlist(queue[-1])
    return house, first, queue


def standing(hub: Hub) -> list[Any]:
    with hub.transaction(system_actor()) as session:
        return list(session.connection().exec_driver_sql("SELECT * FROM hub_standing_still()").all())


def holders(loop: Loop) -> dict[UUID, str]:
    rows = loop.owner.execute("SELECT referral_id, state FROM reservation WHERE state IN ('held', 'taken')")
    return dict(rows.fetchall())


def step(loop: Loop, referral_id: UUID) -> tuple[Any, ...]:
    return loop.one(
        "SELECT kind, organisation_id, account_id, due_at FROM task"
        " WHERE referral_id = %s AND next_step AND done_at IS NULL",
        referral_id,
    )


def test_a_freed_bed_goes_to_who_waits_first_and_a_newcomer_waits_behind(loop: Loop, signed_in_as: SignIn) -> None:
    house, first, (second, third) = full_house(loop)
    loop.decline(first, "other")
    newcomer = sent(loop, house, 9)
    assert holders(loop) == {}, "the bed is free, and no newcomer holds it"
    for behind in (newcomer, third):
        with pytest.raises(OthersWaitFirst):
            loop.accept(behind)
    assert offer_free_places(loop.hub) == 1
    assert offer_free_places(loop.hub) == 0, "run again it changes nothing"
    assert holders(loop) == {second: "held"}
    until = loop.at + timedelta(hours=48)
    assert step(loop, second) == ("next_confirm", loop.world.office_id, loop.world.worker.account_id, until)
    assert standing(loop.hub) == []
    worker, partner = signed_in_as("worker"), signed_in_as("partner")
    assert "轮候到了：名额已留，请与服务对象确认" in worker.follow("/today").text
    page = worker.follow(f"/referrals/{second}").text
    assert "第 1 位" in page
    assert "确认名额" in page
    assert "轮候第 1 位" in partner.follow(f"/inbox/{second}").text
    assert "第 2 位" not in worker.follow(f"/referrals/{third}").text, "who has an offer is not counted ahead"
    assert worker.post(f"/referrals/{third}/take-place").status_code == 303
    assert loop.referral(third)["state"] == "waitlisted"
    assert worker.post(f"/referrals/{second}/take-place").status_code == 303
    assert (loop.referral(second)["state"], holders(loop)) == ("accepted", {second: "taken"})
    assert standing(loop.hub) == []


def test_an_offer_that_nobody_confirms_goes_on_to_the_next(loop: Loop, clock: FixedClock) -> None:
    house, first, (second, third) = full_house(loop)
    loop.owner.execute("UPDATE offering SET offer_hours = 24 WHERE id = %s", [house])
    loop.decline(first, "other")
    offer_free_places(loop.hub)
    assert step(loop, second)[3] == loop.at + timedelta(hours=24)
    clock.advance(timedelta(hours=24))
    offer_free_places(loop.hub)
    assert holders(loop) == {third: "held"}
    assert loop.referral(second)["state"] == "waitlisted"
    assert step(loop, second)[0] == "next_place"
    clock.advance(timedelta(hours=24))
    offer_free_places(loop.hub)
    assert holders(loop) == {second: "held"}, "whoever missed one waits at the end, and comes again"
    assert standing(loop.hub) == []


def test_who_is_urgent_comes_first_until_an_offer_was_missed(loop: Loop, signed_in_as: SignIn) -> None:
    house, first, (second,) = full_house(loop, waiting=1)
    urgent = sent(loop, house, 5, urgency="urgent")
    loop.waitlist(urgent)
    text = signed_in_as("partner").follow(f"/places/{house}").text
    assert text.index(loop.referral(urgent)["number"]) < text.index(loop.referral(second)["number"])
    assert "第 2 位" in signed_in_as("worker").follow(f"/referrals/{second}").text
    loop.decline(first, "other")
    offer_free_places(loop.hub)
    assert set(holders(loop)) == {urgent}
    assert signed_in_as("worker").post(f"/referrals/{urgent}/pass-place").status_code == 303
    offer_free_places(loop.hub)
    assert set(holders(loop)) == {second}


def test_a_bed_that_nobody_who_waits_can_use_is_a_newcomers(loop: Loop) -> None:
    house, first, _ = full_house(loop)
    loop.owner.execute(
        "INSERT INTO place (id, created_at, offering_id, label, group_label, sex, attributes, out_of_service)"
        " VALUES (gen_random_uuid(), now(), %s, '男1号', '', '1', '{}', false)",
        [house],
    )
    man = sent(loop, house, 7, sex="1")
    assert holders(loop) == {first: "taken", man: "held"}


def test_one_need_holds_one_place(loop: Loop) -> None:
    houses = [loop.offering(STAY, places=1, sex="2") for _ in range(2)]
    case = loop.case(kind="housing", words="没有住处", sex="2")
    loop.consent(case, houses[0])
    keys = [loop.send(loop.draft(case, house).id).id for house in houses]
    assert holders(loop) == {keys[0]: "held"}
    loop.accept(keys[1])
    assert holders(loop) == {keys[1]: "taken"}, "what is confirmed has it, the other hold gives way"
    with pytest.raises(NeedHasPlace):
        loop.accept(keys[0])


def test_the_waiting_list_tells_no_office_who_else_waits(loop: Loop) -> None:
    house, _, _ = full_house(loop)
    with loop.hub.transaction(loop.world.stranger) as session:
        rows = session.connection().exec_driver_sql("SELECT * FROM hub_waiting(%s, now())", (house,)).all()
    assert [row[0] for row in rows] == [None, None]


def test_both_sides_read_how_the_order_comes_about(loop: Loop, signed_in_as: SignIn) -> None:
    _, _, (second, _) = full_house(loop)
    for who, path in (("worker", f"/referrals/{second}"), ("partner", f"/inbox/{second}")):
        assert "加急的在前，其余按列入的先后" in signed_in_as(who).follow(path).text
