from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from tests.world import MONDAY, World

from referral_hub.hub import Hub
from referral_hub.ids import new_id
from referral_hub.storage.engine import conninfo

COUNT = text("SELECT count(*) FROM person")


@pytest.fixture
def person(owner: psycopg.Connection, world: World) -> None:
    columns = owner.execute(
        "SELECT column_name, udt_name FROM information_schema.columns"
        " WHERE table_name = 'person' AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'"
    ).fetchall()
    values = {"uuid": new_id(), "bytea": b"x", "text": "F", "int4": 1990, "bool": False, "timestamptz": MONDAY}
    names = [name for name, _ in columns]
    row = [world.office_id if name == "office_id" else values.get(kind) for name, kind in columns]
    marks = ", ".join(["%s"] * len(row))
    owner.execute(f"INSERT INTO person ({', '.join(names)}) VALUES ({marks})", row)


@pytest.mark.usefixtures("person")
def test_a_transaction_without_a_scope_sees_nobody(hub: Hub) -> None:
    with hub.engine.connect() as connection:
        assert connection.execute(COUNT).scalar_one() == 0


@pytest.mark.usefixtures("person")
def test_the_office_sees_its_own_person_and_a_stranger_does_not(hub: Hub, world: World) -> None:
    with hub.transaction(world.worker) as session:
        assert session.execute(COUNT).scalar_one() == 1
    with hub.transaction(world.stranger) as session:
        assert session.execute(COUNT).scalar_one() == 0


@pytest.mark.usefixtures("person")
def test_a_scope_ends_with_its_transaction(hub: Hub, world: World) -> None:
    with hub.transaction(world.worker):
        pass
    with hub.engine.connect() as connection:
        assert connection.execute(COUNT).scalar_one() == 0


@pytest.mark.usefixtures("person")
def test_a_second_scope_replaces_every_part_of_the_first(hub: Hub, world: World) -> None:
    with hub.transaction(world.officer) as session:
        session.scope_to(world.stranger)
        assert session.execute(COUNT).scalar_one() == 0
        assert session.execute(text("SELECT hub_statutory()")).scalar_one() is False


def test_the_application_cannot_turn_the_policies_off(hub: Hub, world: World) -> None:
    with pytest.raises(ProgrammingError, match="must be owner"), hub.transaction(world.admin) as session:
        session.execute(text("ALTER TABLE person DISABLE ROW LEVEL SECURITY"))


def test_the_session_knows_who_acts_and_for_which_hub(hub: Hub, world: World) -> None:
    with hub.transaction(world.worker) as session:
        assert session.actor == world.worker
        assert session.hub is hub


def test_an_exception_undoes_the_transaction(hub: Hub, owner: psycopg.Connection, world: World) -> None:
    def write_and_fail() -> None:
        with hub.transaction(world.admin) as session:
            session.execute(text("INSERT INTO calendar_day (day, working) VALUES ('2027-01-01', false)"))
            raise LookupError

    with pytest.raises(LookupError):
        write_and_fail()
    assert owner.execute("SELECT count(*) FROM calendar_day").fetchone() == (0,)


def test_a_connection_the_server_has_dropped_is_replaced_without_an_error(hub: Hub, world: World) -> None:
    with hub.transaction(world.worker) as session:
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with psycopg.connect(conninfo(hub.engine.url)) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    with hub.transaction(world.worker) as session:
        assert session.execute(text("SELECT pg_backend_pid()")).scalar_one() != pid
