"""Every table with a client's data has a policy, and a stranger sees nothing of it, table by table."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from tests.integration.referrals.test_delivering import finish
from tests.loop import Loop
from tests.world import World

from referral_hub.actor import Actor
from referral_hub.calendar.clock import local_date
from referral_hub.cases.actions import add_note, add_plan_item, add_team_member, write_measure
from referral_hub.hub import Hub

# Tables without a policy, each with the reason why it needs none.
NO_CLIENT_DATA = {
    "account": "staff",
    "alembic_version": "the version of the tables",
    "api_token": "staff",
    "calendar_day": "working days",
    "contract": "organisations",
    "contract_offering": "organisations",
    "fund": "organisations",
    "job_run": "the hub's own jobs",
    "key_probe": "one word of the hub's own under each key",
    "module": "modules",
    "module_approval": "modules",
    "module_check": "modules",
    "module_event": "modules",
    "module_fault": "modules",
    "module_manifest": "modules",
    "offering": "the directory",
    "organisation": "the directory",
    "place": "the directory",
    "seal": "hashes",
    "web_session": "staff",
}


@pytest.fixture
def full(hub: Hub, owner: psycopg.Connection, world: World) -> Loop:
    """A row in every table that a finished, a running and a recalled referral leave behind."""
    loop = Loop(hub, owner, world)
    offering = loop.offering(places=2)
    case, sent = loop.sent(serial=1, offering_id=offering)
    finish(loop, sent.id)
    recalled = loop.case(serial=2)
    consent = loop.consent(recalled, offering)
    loop.send(loop.draft(recalled, offering).id, key="a-key")
    loop.withdraw(consent.id)
    officer = world.officer
    with hub.transaction(officer) as session:
        write_measure(session, case_id=case.id, measure={"kind": "aftercare"}, by=officer, at=loop.at)
    with hub.transaction(world.worker) as session:
        add_note(session, case_id=case.id, kind="interview", words="面谈", happened_on=local_date(loop.at),
                 by=world.worker, at=loop.at)  # fmt: skip
        add_plan_item(session, case_id=case.id, need_id=case.need_id, goal="找工作", due_on=local_date(loop.at),
                      owner_id=world.worker.account_id, by=world.worker, at=loop.at)  # fmt: skip
        add_team_member(session, case_id=case.id, account_id=_account(world.supervisor), part="officer",
                        by=world.worker, at=loop.at)  # fmt: skip
    _fill_the_rest(loop)
    return loop


def test_every_table_has_a_policy_or_a_reason_not_to(owner: psycopg.Connection, world: World) -> None:
    tables: dict[str, bool] = dict(
        owner.execute(
            "SELECT relname, relrowsecurity FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall()
    )
    assert {name for name, secured in tables.items() if not secured} == set(NO_CLIENT_DATA)


def test_without_a_scope_and_for_strangers_every_personal_table_is_empty(full: Loop, owner: psycopg.Connection) -> None:
    secured = [
        name
        for (name,) in owner.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity").fetchall()
    ]
    world = full.world
    with full.hub.engine.connect() as connection:
        for table in secured:
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0, f"{table} without a scope"
    for table in secured:
        there = full.one(f"SELECT count(*) FROM {table}")[0]
        assert there, f"the test leaves no row in {table}, so it proves nothing"
        for stranger in (world.stranger, world.other_partner, world.civil, world.admin):
            assert _seen(full.hub, stranger, table) == 0, f"{table} by {stranger.name}"


def test_a_recipient_sees_its_disclosures_and_no_row_of_the_case(full: Loop) -> None:
    world = full.world
    hidden = ("person", "client_case", "care_team_member", "measure", "need", "plan_item", "case_note", "notice",
              "consent", "request_details", "module_document", "idempotency_key")  # fmt: skip
    for table in hidden:
        assert _seen(full.hub, world.partner, table) == 0, table
    assert _seen(full.hub, world.partner, "disclosure") == 1
    assert _seen(full.hub, world.partner, "form_entry") > 0
    assert _seen(full.hub, world.worker, "form_entry") == 0


def test_the_measure_is_for_statutory_officers_only(full: Loop) -> None:
    assert _seen(full.hub, full.world.worker, "measure") == 0
    assert _seen(full.hub, full.world.supervisor, "measure") == 0
    assert _seen(full.hub, full.world.officer, "measure") == 1


def test_the_application_role_owns_nothing_and_cannot_bypass(full: Loop) -> None:
    with full.hub.engine.connect() as connection:
        mine = connection.execute(
            text("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user")
        ).scalar()
        able = connection.execute(
            text("SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
        ).scalar()
    assert (mine, able) == (0, False)


@pytest.mark.parametrize(
    "table", ["audit_entry", "seal", "assistance_entry", "service_event", "module_event", "notice"]
)
def test_an_append_only_table_takes_no_change_from_the_application(full: Loop, table: str) -> None:
    for change in (
        f"UPDATE {table} SET {_any_column(full, table)} = {_any_column(full, table)}",
        f"DELETE FROM {table}",
    ):
        with full.hub.engine.connect() as connection, pytest.raises(Exception, match="permission denied"):
            connection.execute(text(change))


def test_a_member_of_the_care_team_sees_the_case_until_the_end_of_the_help(full: Loop) -> None:
    world = full.world
    case_id = full.one("SELECT case_id FROM referral WHERE state = 'completed'")[0]
    assert _seen(full.hub, world.stranger, "client_case") == 0
    with full.hub.transaction(world.worker) as session:
        add_team_member(session, case_id=case_id, account_id=_account(world.stranger), part="social_worker",
                        by=world.worker, at=full.at)  # fmt: skip
    assert _seen(full.hub, world.stranger, "client_case") == 1
    assert _seen(full.hub, world.stranger, "person") == 1
    full.owner.execute(
        "UPDATE care_team_member SET until = '2020-01-01' WHERE account_id = %s", [world.stranger.account_id]
    )
    assert _seen(full.hub, world.stranger, "client_case") == 0


def _account(actor: Actor) -> UUID:
    assert actor.account_id is not None
    return actor.account_id


def _seen(hub: Hub, actor: Actor, table: str) -> int:
    with hub.transaction(actor) as session:
        return int(session.connection().exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def _any_column(loop: Loop, table: str) -> str:
    return str(
        loop.one(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_identity = 'NO' LIMIT 1",
            table,
        )[0]
    )


def _fill_the_rest(loop: Loop) -> None:
    """Rows that this walk does not leave by itself."""
    referral_id, case_id = loop.one("SELECT id, case_id FROM referral WHERE state = 'completed'")
    key = "01900000-0000-7000-8000-000000000001"
    loop.owner.execute(
        "INSERT INTO assistance_entry (id, application_id, created_at, organisation_id, office_id, referral_id,"
        " case_id, type, source, kind, quantity, unit, amount_fen, happened_on, applied_on, advance, evidence)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, 'other', 'referral', 'application', 0, 'yuan', 0, %s, %s, false,"
        " 'provider')",
        [
            key,
            key,
            loop.at,
            loop.world.partner_id,
            loop.world.office_id,
            referral_id,
            case_id,
            local_date(loop.at),
            local_date(loop.at),
        ],
    )
    loop.owner.execute(
        "INSERT INTO module_document (id, created_at, module_key, referral_id, name, content, version, updated_at)"
        " VALUES (%s, %s, 'employment', %s, 'notes', 'x', 1, %s)",
        [key, loop.at, referral_id, loop.at],
    )
    loop.owner.execute(
        "INSERT INTO module_update (id, created_at, module_key, update_id, state, attempts)"
        " VALUES (%s, %s, 'employment', '1', 'done', 0)",
        [key, loop.at],
    )
