"""The database is away, busy or out of disk: pages and API say so with 503, and nothing that was typed is lost."""

from __future__ import annotations

import errno
import html
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import event
from tests.integration.ui.conftest import PASSWORD, Browser
from tests.loop import Loop
from tests.world import World

from referral_hub.actor import Actor, system_actor
from referral_hub.errors import HubError
from referral_hub.hub import Hub
from referral_hub.storage.engine import TimeLimits, make_engine
from referral_hub.storage.outage import DatabaseAway, DatabaseBusy, DiskFull, outage_of
from referral_ui.kept_form import UNKEPT
from referral_ui.rendering import TEMPLATE_FOLDER

WORDS = '面谈“第一次”<b> & "下周再约"'
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@contextmanager
def database_away(hub: Hub) -> Iterator[None]:
    """Nothing answers where the database was."""
    there = hub.engine
    hub.engine = make_engine(there.url.set(host="127.0.0.1", port=1, query={}))
    try:
        yield
    finally:
        hub.engine.dispose()
        hub.engine = there


@contextmanager
def failing(hub: Hub, error: Exception) -> Iterator[None]:
    """Every statement that writes ends with the error."""

    def refuse(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith(("INSERT", "UPDATE", "WITH")):
            raise error

    event.listen(hub.engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(hub.engine, "before_cursor_execute", refuse)


def kept_in(answer: httpx.Response) -> dict[str, str]:
    return {html.unescape(name): html.unescape(value) for name, value in _HIDDEN.findall(answer.text)}


@pytest.fixture
def worker(signed_in_as: Callable[[str], Browser]) -> Browser:
    return signed_in_as("worker")


def test_what_was_typed_while_the_database_was_away_is_sent_again_from_the_page(
    loop: Loop, hub: Hub, worker: Browser, owner: psycopg.Connection
) -> None:
    case = loop.case()
    note = {"kind": "interview", "words": WORDS, "happened_on": "2026-03-02"}
    answer = worker.get("/today")
    for error in (None, psycopg.errors.DiskFull("no space")):
        with failing(hub, error) if error else database_away(hub):
            answer = worker.post(f"/cases/{case.id}/notes", note)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert f'action="/cases/{case.id}/notes"' in answer.text
        assert "hreflang" not in answer.text
        assert kept_in(answer) == {**note, "_csrf_token": worker.cookies["hub_form"]}
    assert owner.execute("SELECT count(*) FROM case_note").fetchone() == (0,)
    assert worker.post_bare(f"/cases/{case.id}/notes", kept_in(answer)).status_code == 303
    assert owner.execute("SELECT count(*) FROM case_note").fetchone() == (1,)
    assert WORDS in html.unescape(worker.get(f"/cases/{case.id}").text)


def test_a_forged_form_is_not_sent_again_either(
    loop: Loop, hub: Hub, worker: Browser, owner: psycopg.Connection
) -> None:
    case = loop.case()
    forged = {"kind": "phone", "words": "x", "happened_on": "2026-03-02", "_csrf_token": "0" * 128}
    with database_away(hub):
        answer = worker.post_bare(f"/cases/{case.id}/notes", forged)
    assert worker.post_bare(f"/cases/{case.id}/notes", kept_in(answer)).status_code == 403
    assert owner.execute("SELECT count(*) FROM case_note").fetchone() == (0,)


def test_a_form_with_several_choices_keeps_each(hub: Hub, worker: Browser) -> None:
    with database_away(hub):
        answer = worker.post("/cases/new?x=1", {"services": ["a", "b"]})
    assert re.findall(r'name="services" value="(\w)"', answer.text) == ["a", "b"]
    assert 'action="/cases/new?x=1"' in answer.text


def test_passwords_and_secrets_are_never_kept(hub: Hub, browser: Browser) -> None:
    browser.get("/sign-in")
    with database_away(hub):
        answer = browser.sign_in("worker")
    assert answer.status_code == 503
    assert PASSWORD not in answer.text


def test_every_field_for_a_password_says_that_it_is_not_to_be_kept() -> None:
    lines = [
        (path.name, line)
        for path in TEMPLATE_FOLDER.rglob("*.html")
        for line in path.read_text(encoding="utf-8").splitlines()
        if 'type="password"' in line
    ]
    assert lines
    assert [one for one in lines if f'name="{UNKEPT}"' not in one[1]] == []


def test_a_secret_of_another_form_is_left_out_and_the_rest_kept(hub: Hub, admin: Browser) -> None:
    typed = {"topic": "就业", "token": PASSWORD, UNKEPT: "token"}
    with database_away(hub):
        answer = admin.post("/admin/modules/employment/settings", typed)
    assert answer.status_code == 503
    assert PASSWORD not in answer.text
    assert kept_in(answer)["topic"] == "就业"


def test_a_page_that_cannot_be_shown_is_asked_for_again_by_a_link(hub: Hub, worker: Browser) -> None:
    with database_away(hub):
        answer = worker.get("/cases?q=a")
        part = worker.get("/cases?q=a", headers={"hx-request": "true"})
        english = worker.get("/cases?lang=en")
    for one in (answer, part):
        assert (one.status_code, one.headers["retry-after"]) == (503, "10")
    assert 'href="/cases?q=a"' in answer.text
    assert "数据库" in part.text
    assert "Try again" in english.text


def test_who_waits_for_a_lock_is_told_within_the_time_allowed(
    loop: Loop, hub: Hub, worker: Browser, owner: psycopg.Connection
) -> None:
    case = loop.case()
    hub.time_limits = TimeLimits(statement=5, lock=0.2)
    with owner.transaction():
        owner.execute("LOCK TABLE client_case")
        answer = worker.get(f"/cases/{case.id}")
    assert answer.status_code == 503
    assert "太忙" in answer.text
    assert worker.get(f"/cases/{case.id}").status_code == 200


def test_the_limits_hold_in_every_transaction_and_end_with_it(hub: Hub, world: World) -> None:
    def limits(actor: Actor) -> Any:
        with hub.transaction(actor) as session:
            return session.connection().exec_driver_sql(
                "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')"
            ).one()  # fmt: skip

    expected = (f"{hub.settings.statement_seconds / 60:.0f}min", f"{hub.settings.lock_seconds:.0f}s")
    for actor in (world.worker, world.partner, world.admin, system_actor()):
        assert tuple(limits(actor)) == expected
    with hub.engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW statement_timeout").scalar() == "0"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (psycopg.OperationalError("connection refused"), DatabaseAway),
        (psycopg.InterfaceError("the connection is closed"), DatabaseAway),
        (psycopg.errors.AdminShutdown(), DatabaseAway),
        (psycopg.errors.CannotConnectNow(), DatabaseAway),
        (psycopg.errors.TooManyConnections(), DatabaseAway),
        (psycopg.errors.ReadOnlySqlTransaction(), DatabaseAway),
        (psycopg.errors.DiskFull(), DiskFull),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), DiskFull),
        (psycopg.errors.QueryCanceled(), DatabaseBusy),
        (psycopg.errors.LockNotAvailable(), DatabaseBusy),
        (psycopg.errors.DeadlockDetected(), DatabaseBusy),
    ],
)
def test_an_outage_is_told_from_a_fault_of_ours(error: Exception, kind: type[HubError]) -> None:
    assert type(outage_of(error)) is kind


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(),
        psycopg.errors.UniqueViolation(),
        psycopg.errors.UndefinedColumn(),
        psycopg.errors.InsufficientPrivilege(),
        psycopg.ProgrammingError(),
        FileNotFoundError(errno.ENOENT, "x"),
    ],
)
def test_a_fault_of_ours_is_no_outage(error: Exception) -> None:
    assert outage_of(error) is None
