"""Functions that run as the owner of the tables, past every policy: each is pinned down and says itself who may ask."""

from __future__ import annotations

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from referral_hub.hub import Hub

# What the statistics are made with: a query of one's own given to these would read any row.
INNER = ("hub_protected", "hub_withhold")


def definers(owner: psycopg.Connection) -> dict[str, list[str]]:
    rows = owner.execute(
        "SELECT proname, coalesce(proconfig, '{}') FROM pg_proc"
        " WHERE pronamespace = 'public'::regnamespace AND prosecdef"
    ).fetchall()
    return dict(rows)


def test_each_pins_its_search_path_so_that_nobody_slips_a_table_under_it(owner: psycopg.Connection) -> None:
    found = definers(owner)
    assert found
    pinned = "search_path=pg_catalog, public, pg_temp"
    assert {name for name, settings in found.items() if pinned not in settings} == set()


def test_each_answers_nothing_or_refuses_without_a_scope(hub: Hub, owner: psycopg.Connection) -> None:
    for name in definers(owner):
        arguments = owner.execute(
            "SELECT array(SELECT format_type(t, NULL) FROM unnest(proargtypes) t) FROM pg_proc WHERE proname = %s",
            [name],
        ).fetchone()
        assert arguments is not None
        nulls = ", ".join(f"CAST(NULL AS {kind})" for kind in arguments[0])
        assert _answer(hub, f"SELECT * FROM {name}({nulls})") in ("nothing", "refused"), name


def test_the_inner_functions_are_nobodys_to_call(hub: Hub, owner: psycopg.Connection) -> None:
    for name in INNER:
        allowed = owner.execute(
            "SELECT has_function_privilege('referral_hub_app', oid, 'EXECUTE') FROM pg_proc WHERE proname = %s", [name]
        ).fetchall()
        assert allowed == [(False,)]


def _answer(hub: Hub, question: str) -> str:
    with hub.engine.connect() as connection:
        try:
            rows = connection.execute(text(question)).all()
        except ProgrammingError as error:
            return "refused" if "not for this role" in str(error) or "permission denied" in str(error) else str(error)
    return "nothing" if all(value in (None, 0, False) for row in rows for value in row) else repr(rows)
