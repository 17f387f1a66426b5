"""Prepared databases save time and share nothing: no test sees what another wrote, in whatever order they run."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import URL
from tests.databases import copy_of
from tests.shared_modules import SharedModules
from tests.world import World, add_account, add_organisation

from referral_hub.isolation.errors import ModuleTimedOut
from referral_hub.storage.engine import connect_owner

PEOPLE = "SELECT array_agg(login ORDER BY login) FROM account"


@pytest.mark.parametrize("time", ["once", "again", "and again"])
def test_what_a_test_writes_and_changes_is_gone_for_the_next(
    time: str, owner: psycopg.Connection, world: World
) -> None:
    (people,) = owner.execute(PEOPLE).fetchone() or ()
    assert people == sorted(
        ["worker", "supervisor", "officer", "stranger", "partner", "other-partner", "civil", "admin", "auditor"]
    )
    assert owner.execute("SELECT to_regclass('left_behind')").fetchone() == (None,)
    owner.execute("CREATE TABLE left_behind ()")
    owner.execute("ALTER TABLE account DISABLE ROW LEVEL SECURITY")
    owner.execute("DELETE FROM account WHERE login = 'auditor'")
    add_account(owner, world.office_id, "one more", "worker", time)
    with pytest.raises(errors.UniqueViolation):
        add_account(owner, world.office_id, "one more", "worker", time)


def test_a_test_that_asks_for_nobody_finds_nobody(owner: psycopg.Connection) -> None:
    assert owner.execute("SELECT (SELECT count(*) FROM account), (SELECT count(*) FROM organisation)").fetchone() == (
        0,
        0,
    )


def test_two_copies_share_nothing_and_leave_nothing(
    administration: psycopg.Connection, template: tuple[URL, URL], peopled: tuple[str, World]
) -> None:
    origin, _ = peopled
    with (
        copy_of(administration, origin) as first,
        copy_of(administration, origin) as second,
        connect_owner(template[0].set(database=first)) as one,
        connect_owner(template[0].set(database=second)) as other,
    ):
        add_organisation(one, "新来的机构", "新来的", "provider", "independent")
        counts = [each.execute("SELECT count(*) FROM organisation").fetchone() for each in (one, other)]
    assert counts == [(7,), (6,)]
    left = administration.execute("SELECT datname FROM pg_database WHERE datname IN (%s, %s)", [first, second])
    assert left.fetchall() == []


def test_shared_modules_carry_nothing_from_one_hub_to_the_next(built_in_modules: SharedModules) -> None:
    borrowed = built_in_modules.lend()
    assert borrowed.start("employment") == borrowed.level("employment")
    borrowed.observations.failed("employment", "hub_screen", ModuleTimedOut(module="employment", detail="no reply"))
    borrowed.close()
    assert built_in_modules.lend().observations.take() == {}
    assert built_in_modules.level("employment") is not None
