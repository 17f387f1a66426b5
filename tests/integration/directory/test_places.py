"""Places: held, taken, freed, never given twice, and counted across offices without saying who has them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import cast
from uuid import UUID

import psycopg
import pytest
from tests.factories import offering, places
from tests.integration.directory.conftest import TODAY, Places
from tests.world import World

from referral_hub.actor import system_actor
from referral_hub.directory.actions import lapse_holds, set_out_of_service
from referral_hub.directory.errors import PlaceInUse
from referral_hub.directory.place_counts import PlaceUse, groups_of_offerings, places_for_referral, use_of_offerings
from referral_hub.hub import Hub
from referral_hub.tables.directory import Offering


@pytest.fixture
def house(hub: Hub, world: World) -> UUID:
    return offering(hub, world.admin, organisation_id=world.partner_id)


def use(hub: Hub, world: World, offering_id: UUID, sex: str | None = None) -> PlaceUse:
    with hub.transaction(world.stranger) as session:
        return use_of_offerings(session, [offering_id], sex=sex, at=hub.clock.now())[offering_id]


def test_a_bed_cannot_be_booked_twice(hub: Hub, world: World, desk: Places, house: UUID) -> None:
    places(hub, world.admin, house, 3)
    referrals = [desk.referral(house) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda referral: desk.hold(referral, house), referrals))
    given = [number for number in numbers if number is not None]
    assert len(given) == len(set(given))
    # Those that stepped aside for a rival find what is left.
    for referral, number in zip(referrals, numbers, strict=True):
        if number is None:
            desk.hold(referral, house)
    assert use(hub, world, house) == PlaceUse(
        total=3, free=0, held=3, next_on=TODAY + timedelta(days=30), registered=3, usable=3, open_to_all=3
    )


def test_the_database_itself_refuses_a_second_booking(
    hub: Hub, world: World, desk: Places, house: UUID, owner: psycopg.Connection
) -> None:
    places(hub, world.admin, house, 1)
    desk.hold(desk.referral(house), house)
    with pytest.raises(psycopg.errors.ExclusionViolation):
        owner.execute(
            "INSERT INTO reservation SELECT gen_random_uuid(), created_at, place_number, referral_id, need_id,"
            " office_id, recipient_id, during, state, hold_until FROM reservation"
        )


def test_asking_again_gives_the_same_place(hub: Hub, world: World, desk: Places, house: UUID) -> None:
    places(hub, world.admin, house, 2)
    referral = desk.referral(house)
    assert desk.hold(referral, house) == desk.hold(referral, house)
    assert use(hub, world, house).free == 1


def test_a_hold_becomes_a_place_taken_and_is_freed_at_the_end(
    hub: Hub, world: World, desk: Places, house: UUID
) -> None:
    (number,) = places(hub, world.admin, house, 1)
    referral = desk.referral(house, state="sent")
    desk.hold(referral, house)
    assert desk.take(referral) == number
    assert desk.take(referral) == number
    assert use(hub, world, house).held == 0
    assert desk.release(referral) == number
    assert desk.release(referral) is None
    assert use(hub, world, house).free == 1


def test_a_hold_ends_by_itself(
    hub: Hub, world: World, desk: Places, house: UUID, later: Callable[[int], None], owner: psycopg.Connection
) -> None:
    places(hub, world.admin, house, 1)
    desk.hold(desk.referral(house), house, hours=24)
    later(25)
    assert use(hub, world, house).free == 1
    with hub.transaction(system_actor()) as session:
        assert lapse_holds(session, hub.clock.now()) == 1
        assert lapse_holds(session, hub.clock.now()) == 0
    row = owner.execute("SELECT count(*) FROM audit_entry WHERE action = 'place.lapse'").fetchone()
    assert row == (1,)


def test_a_place_whose_hold_is_over_is_given_to_the_next(
    hub: Hub, world: World, desk: Places, house: UUID, later: Callable[[int], None]
) -> None:
    (number,) = places(hub, world.admin, house, 1)
    desk.hold(desk.referral(house), house, hours=24)
    later(25)
    other = desk.referral(house, worker=world.stranger)
    assert desk.hold(other, house, by=world.stranger) == number


def test_another_office_sees_that_a_bed_is_taken_and_not_by_whom(
    hub: Hub, world: World, desk: Places, house: UUID
) -> None:
    places(hub, world.admin, house, 1)
    desk.hold(desk.referral(house), house)
    assert use(hub, world, house).free == 0
    other = desk.referral(house, worker=world.stranger)
    assert desk.hold(other, house, by=world.stranger) is None
    with hub.transaction(world.stranger) as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM reservation").scalar() == 0


def test_a_stranger_holds_nothing_for_our_referral(hub: Hub, world: World, desk: Places, house: UUID) -> None:
    places(hub, world.admin, house, 1)
    assert desk.hold(desk.referral(house), house, by=world.stranger) is None


def test_beds_go_by_sex(hub: Hub, world: World, desk: Places, house: UUID) -> None:
    (bed,) = places(hub, world.admin, house, 1, group_label="女寝", sex="2")
    assert desk.hold(desk.referral(house, sex="1"), house) is None
    assert use(hub, world, house, sex="1").total == 0
    assert use(hub, world, house, sex="2").free == 1
    assert desk.hold(desk.referral(house, sex="2"), house) == bed


def test_a_seat_is_held_for_its_whole_class_and_only_before_it_begins(
    hub: Hub, world: World, desk: Places, house: UUID, owner: psycopg.Connection
) -> None:
    begun, next_class = (date(2026, 2, 2), date(2026, 2, 27)), (date(2026, 3, 16), date(2026, 4, 10))
    places(hub, world.admin, house, 2, group_label="2月班", starts_on=begun[0], ends_on=begun[1])
    places(hub, world.admin, house, 2, group_label="3月班", starts_on=next_class[0], ends_on=next_class[1])
    assert use(hub, world, house) == PlaceUse(
        total=2, free=2, next_on=next_class[0], registered=4, usable=2, open_to_all=2
    )
    assert desk.hold(desk.referral(house), house, days=3) is not None
    row = owner.execute("SELECT lower(during), upper(during) FROM reservation").fetchone()
    assert row == (next_class[0], next_class[1] + timedelta(days=1))
    with hub.transaction(world.partner) as session:
        (group,) = groups_of_offerings(session, [house], at=hub.clock.now())[house]
    assert (group.group_label, group.total, group.free) == ("3月班", 2, 1)


def test_someone_who_stays_longer_still_has_the_bed(
    hub: Hub, world: World, desk: Places, house: UUID, later: Callable[[int], None]
) -> None:
    places(hub, world.admin, house, 1)
    referral = desk.referral(house, state="sent")
    desk.hold(referral, house, days=5)
    desk.take(referral)
    later(24 * 10)
    assert use(hub, world, house).free == 0
    assert desk.hold(desk.referral(house), house, first=TODAY + timedelta(days=10)) is None


def test_a_place_out_of_service_is_not_offered(hub: Hub, world: World, desk: Places, house: UUID) -> None:
    numbers = places(hub, world.admin, house, 2)
    referral = desk.referral(house)
    held = desk.hold(referral, house)
    (other,) = set(numbers) - {held}
    with hub.transaction(world.partner) as session:
        set_out_of_service(
            session, place_number=other, out=True, reason="维修", by=world.partner, at=hub.clock.now(), on=TODAY
        )
    assert use(hub, world, house).free == 0
    assert held is not None
    with pytest.raises(PlaceInUse), hub.transaction(world.partner) as session:
        set_out_of_service(session, place_number=held, out=True, by=world.partner, at=hub.clock.now(), on=TODAY)


def test_the_last_place_is_free_for_the_referral_that_holds_it(
    hub: Hub, world: World, desk: Places, house: UUID
) -> None:
    places(hub, world.admin, house, 1, group_label="男寝", sex="1")
    holder, other = desk.referral(house), desk.referral(house)
    desk.hold(holder, house)

    def told(referral_id: UUID) -> tuple[int | None, list[int]]:
        with hub.transaction(system_actor()) as session:
            row = session.get_one(Offering, house)
            capacity, attributes = places_for_referral(session, row, "places", referral_id)
        assert capacity is not None
        classes = cast("list[dict[str, int]]", attributes["classes"])
        return capacity.free, [group["free"] for group in classes]

    assert told(holder) == (1, [1])
    assert told(other) == (0, [0])
