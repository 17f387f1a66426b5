"""A real PostgreSQL for every test: the embedded one, or the server that `HUB_TEST_DATABASE_URL` names.

The tables are made once in a template, and so are the people; each test works on a copy of its own.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from argon2 import PasswordHasher
from psycopg import sql
from pydantic import SecretStr
from sqlalchemy import URL
from tests.databases import copy_of, drop_database, hash_passwords_quickly
from tests.left_out import LeftOut
from tests.leftovers import begin_run, end_run, in_memory, raise_on_sigterm
from tests.shared_modules import SharedModules
from tests.world import MONDAY, World, make_world

from referral_hub.access import passwords
from referral_hub.calendar.clock import FixedClock
from referral_hub.hub import Hub
from referral_hub.settings import Settings
from referral_hub.storage import migrate, roles
from referral_hub.storage.cipher import FieldCipher
from referral_hub.storage.database import Database
from referral_hub.storage.embedded import EmbeddedServer
from referral_hub.storage.engine import connect_owner, parse_url
from referral_hub.storage.keys import make_keys, read_keys
from tests import chance

chance.load_profile()


def pytest_report_header() -> str:
    return f"order and examples drawn by HUB_TEST_SEED={chance.SEED}" if chance.SEED else "order and examples fixed"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    chance.shuffle(items)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for kept in chance.examples_to_keep(terminalreporter.getreports("failed")):
        terminalreporter.section("keep this example")
        terminalreporter.write_line(kept)


_WAITING = pytest.StashKey[subprocess.Popen[bytes]]()


def pytest_configure(config: pytest.Config) -> None:
    """Let Ctrl+C reach the programs that tests start, even where a shell runs the tests in its background.

    A time-out ends a run as Ctrl+C does, and nothing that it started outlives it.
    """
    raise_on_sigterm()
    config.pluginmanager.register(LeftOut(config))
    if not hasattr(config, "workerinput"):
        config.stash[_WAITING] = begin_run()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_unconfigure(config: pytest.Config) -> None:
    if (waiting := config.stash.get(_WAITING, None)) is not None:
        end_run(waiting)


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[URL]:
    """An account that may make databases and roles. Parallel test processes share one embedded server."""
    address = os.environ.get("HUB_TEST_DATABASE_URL")
    if address:
        yield parse_url(address)
        return
    base = tmp_path_factory.getbasetemp()
    folder = in_memory(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)
    server = EmbeddedServer(folder / "postgres", folder / "secrets.json", durable=False)
    server.start()
    yield server.owner_url()
    server.stop()
    if not server.is_running():
        shutil.rmtree(folder / "postgres", ignore_errors=True)


@pytest.fixture(scope="session")
def administration(server_url: URL) -> Iterator[psycopg.Connection]:
    """A connection that makes and drops databases."""
    with connect_owner(server_url) as connection:
        hash_passwords_quickly(connection, server_url)
        yield connection


@pytest.fixture(scope="session")
def template(
    server_url: URL, administration: psycopg.Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[URL, URL]]:
    """The owner's and the application's address of a database with every table and no row."""
    name = f"hub_test_{secrets.token_hex(6)}"
    owner = server_url.set(database=name)
    secrets_file = tmp_path_factory.mktemp("roles") / "secrets.json"
    administration.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    roles.make_roles(administration, name, secrets_file)
    # So that a database can be dropped from under a connection that a failed test has left open.
    administration.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(roles.login_name(name))))
    migrate.upgrade(owner)
    app = roles.app_url(owner, secrets_file)
    assert app is not None
    yield owner, app
    drop_database(administration, name)
    administration.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(roles.login_name(name))))


@pytest.fixture(scope="session")
def peopled(template: tuple[URL, URL], administration: psycopg.Connection) -> Iterator[tuple[str, World]]:
    """A database with the people of `tests.world`, and who they are."""
    owner, _ = template
    with copy_of(administration, owner.database or "") as name:
        with connect_owner(owner.set(database=name)) as connection:
            world = make_world(connection)
        yield name, world


@pytest.fixture
def origin(request: pytest.FixtureRequest, template: tuple[URL, URL]) -> str:
    """The database that the test's own is copied from: the nearest to what the test asks for."""
    if "world" in request.fixturenames:
        name, _ = request.getfixturevalue("peopled")
        return str(name)
    return template[0].database or ""


@pytest.fixture
def database_urls(
    template: tuple[URL, URL], administration: psycopg.Connection, origin: str
) -> Iterator[tuple[URL, URL]]:
    """The owner's and the application's address of a fresh copy."""
    owner, app = template
    with copy_of(administration, origin) as name:
        yield owner.set(database=name), app.set(database=name)


@pytest.fixture(scope="session")
def keys_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of keys for every test: what a prepared database holds is read with the keys it was written with."""
    file = tmp_path_factory.mktemp("keys") / "keys.json"
    make_keys(file)
    return file


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[PasswordHasher]:
    """Cheap password hashes in this process; gives the hasher that a real one uses."""
    real = passwords.HASHER
    passwords.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    yield real
    passwords.HASHER = real


@pytest.fixture
def settings(database_urls: tuple[URL, URL], keys_file: Path, tmp_path: Path) -> Settings:
    """Settings of a new installation on that database, its keys made."""
    owner, app = (url.render_as_string(hide_password=False) for url in database_urls)
    settings = Settings(
        data=tmp_path / "hub data", database_url=SecretStr(owner), database_app_url=SecretStr(app), demo=True
    )
    settings.keys_file.parent.mkdir(mode=0o700)
    shutil.copy(keys_file, settings.keys_file)
    return settings


@pytest.fixture
def clock() -> FixedClock:
    """The hub's clock: Monday 2 March 2026, 10:00 in Shanghai, until the test moves it."""
    return FixedClock(MONDAY)


@pytest.fixture(scope="session")
def built_in_modules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedModules]:
    """The modules of the environment, at work for all tests that ask for this: their hub uses them."""
    modules = SharedModules(tmp_path_factory.mktemp("modules") / "run")
    yield modules
    modules.end()


@pytest.fixture
def own_modules() -> None:
    """For a test that installs modules: its hub looks for them itself and starts workers of its own."""


@pytest.fixture
def hub(request: pytest.FixtureRequest, settings: Settings, clock: FixedClock) -> Iterator[Hub]:
    """A hub at work on a database of its own, acting as the application role."""
    hub = Hub(settings, database=Database(settings), cipher=FieldCipher(read_keys(settings.keys_file)), clock=clock)
    if "built_in_modules" in request.fixturenames and "own_modules" not in request.fixturenames:
        hub.modules = request.getfixturevalue("built_in_modules").lend()
    yield hub
    hub.close()


@pytest.fixture
def owner(database_urls: tuple[URL, URL]) -> Iterator[psycopg.Connection]:
    """The owner of the tables, whom no policy limits: for arranging a test and for looking behind the policies."""
    with connect_owner(database_urls[0]) as connection:
        yield connection


@pytest.fixture
def world(database_urls: tuple[URL, URL], peopled: tuple[str, World]) -> World:
    """Two offices, two providers, civil affairs and the operator, with their staff, in the test's database."""
    _, world = peopled
    return world
