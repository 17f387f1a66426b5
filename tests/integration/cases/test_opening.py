"""Opening a case on a real database: what is kept, who is found again, who may."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import psycopg
import pytest
from tests.factories import client, id_number, phone
from tests.world import World

from referral_hub.cases.actions import OpenedCase, close_case
from referral_hub.cases.errors import DuplicatePerson, OfficersOnly, WorkerUnusable
from referral_hub.errors import Invalid, NotAllowed
from referral_hub.hub import Hub
from referral_hub.ids import public_number_is_valid


def test_what_identifies_a_person_is_never_stored_in_clear(hub: Hub, world: World, owner: psycopg.Connection) -> None:
    client(hub, world.worker, name="欧阳伟", id_number=id_number(7), phone="13912345678", address="青禾街道幸福里3号")
    row = owner.execute("SELECT person::text FROM person").fetchone()
    assert row is not None
    stored = row[0]
    for secret in ("欧阳伟", id_number(7), "13912345678", "幸福里"):
        assert secret not in stored
        assert secret.encode().hex() not in stored


def test_an_id_number_tells_sex_and_birth_year(hub: Hub, world: World, owner: psycopg.Connection) -> None:
    client(hub, world.worker, sex="0", id_number=id_number(3, born=date(1990, 2, 1), sex="2"))
    assert owner.execute("SELECT sex, birth_year FROM person").fetchone() == ("2", 1990)


def test_a_case_number_is_random_and_checked(hub: Hub, world: World) -> None:
    opened = client(hub, world.worker)
    assert public_number_is_valid(opened.number)
    assert opened.warnings == []


def test_the_same_id_number_is_refused_within_the_office(hub: Hub, world: World) -> None:
    first = client(hub, world.worker)
    with pytest.raises(DuplicatePerson) as refused:
        client(hub, world.supervisor, phone=None, responsible_id=world.worker.account_id)
    assert first.number in refused.value.label.zh
    assert world.worker.name in refused.value.label.zh


def test_the_worker_may_say_it_is_another_person(hub: Hub, world: World) -> None:
    first = client(hub, world.worker)
    second = client(hub, world.worker, allow_duplicate=True)
    assert second.person_id != first.person_id
    assert any(first.number in warning.zh for warning in second.warnings)


def test_another_office_learns_nothing_of_our_client(hub: Hub, world: World) -> None:
    client(hub, world.worker)
    elsewhere = client(hub, world.stranger)
    assert elsewhere.warnings == []


def test_a_shared_telephone_is_a_warning_only(hub: Hub, world: World) -> None:
    first = client(hub, world.worker, serial=1)
    second = client(hub, world.worker, serial=2, phone=phone(1))
    assert [first.number in warning.zh for warning in second.warnings] == [True]


def test_who_comes_back_goes_on_with_the_same_personal_record(hub: Hub, world: World) -> None:
    first = client(hub, world.worker)
    with hub.transaction(world.worker) as session:
        close_case(session, case_id=first.id, reason="client_left", by=world.worker, at=hub.clock.now())
    again = client(hub, world.worker, phone="13700000001")
    assert again.person_id == first.person_id
    assert again.id != first.id


def test_two_workers_at_the_same_moment_open_one_case(hub: Hub, world: World, owner: psycopg.Connection) -> None:
    def attempt(serial: int) -> OpenedCase | None:
        try:
            return client(hub, world.worker, serial=1, phone=phone(serial))
        except DuplicatePerson:
            return None

    with ThreadPoolExecutor(4) as pool:
        opened = [case for case in pool.map(attempt, range(4)) if case]
    assert len(opened) == 1
    assert owner.execute("SELECT count(*) FROM client_case").fetchone() == (1,)


def test_a_partner_opens_no_case(hub: Hub, world: World) -> None:
    with pytest.raises(NotAllowed):
        client(hub, world.partner, office_id=world.office_id, responsible_id=world.worker.account_id)


def test_a_case_is_opened_for_ones_own_office_only(hub: Hub, world: World) -> None:
    with pytest.raises(NotAllowed):
        client(hub, world.stranger, office_id=world.office_id)
    with pytest.raises(WorkerUnusable):
        client(hub, world.worker, responsible_id=world.stranger.account_id)


def test_only_an_officer_writes_the_measure(hub: Hub, world: World, owner: psycopg.Connection) -> None:
    measure = {"kind": "community_treatment", "start": "2025-06-01", "planned_end": "2028-05-31"}
    with pytest.raises(OfficersOnly):
        client(hub, world.worker, measure=measure)
    client(hub, world.officer, measure=measure)
    assert owner.execute("SELECT count(*) FROM measure").fetchone() == (1,)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("id_number", "999999198805170000"),
        ("phone", "12345"),
        ("birth_year", 1850),
        ("area_code", "12"),
        ("sex", "x"),
        ("opened_on", date(2027, 1, 1)),
    ],
)
def test_what_is_wrong_is_named(hub: Hub, world: World, field: str, value: object) -> None:
    values: dict[str, Any] = {"id_number": None, field: value}
    with pytest.raises(Invalid) as wrong:
        client(hub, world.worker, **values)
    assert wrong.value.field == field


def test_a_child_needs_a_guardian(hub: Hub, world: World) -> None:
    opened = client(hub, world.worker, id_number=id_number(9, born=date(2014, 1, 1)))
    assert any("监护人" in warning.zh for warning in opened.warnings)
