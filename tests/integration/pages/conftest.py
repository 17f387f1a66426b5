"""The pages are driven as in `tests/integration/ui`, with the whole loop at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import URL, event
from tests.databases import copy_of
from tests.integration.ui.conftest import Browser, app, browser, open_browser, signed_in_as, staff
from tests.loop import Loop
from tests.shared_modules import SharedModules
from tests.world import MONDAY, World

from referral_hub.calendar.clock import FixedClock
from referral_hub.hub import Hub
from referral_hub.module_admin.lifecycle_actions import register_installed
from referral_hub.settings import Settings
from referral_hub.storage.cipher import FieldCipher
from referral_hub.storage.database import Database
from referral_hub.storage.keys import read_keys

__all__ = ["app", "browser", "open_browser", "signed_in_as", "staff"]


@pytest.fixture(scope="session")
def registered(
    template: tuple[URL, URL],
    peopled: tuple[str, World],
    administration: psycopg.Connection,
    keys_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """A database with the people and the built-in modules, registered as a server does it."""
    people, _ = peopled
    with copy_of(administration, people) as name:
        owner, app = (SecretStr(url.set(database=name).render_as_string(hide_password=False)) for url in template)
        settings = Settings(data=tmp_path_factory.mktemp("data"), database_url=owner, database_app_url=app)
        hub = Hub(
            settings, database=Database(settings), cipher=FieldCipher(read_keys(keys_file)), clock=FixedClock(MONDAY)
        )
        register_installed(hub)
        hub.close()
        yield name


@pytest.fixture
def origin(request: pytest.FixtureRequest, origin: str) -> str:
    """The nearest to what the test asks for: with `loop`, the modules are registered already."""
    return str(request.getfixturevalue("registered")) if "loop" in request.fixturenames else origin


@pytest.fixture
def loop(hub: Hub, owner: psycopg.Connection, staff: World, built_in_modules: SharedModules) -> Loop:
    """The loop with its people able to sign in and the built-in modules registered as a server does it."""
    return Loop(hub, owner, staff)


@pytest.fixture
def partner(signed_in_as: Callable[[str], Browser]) -> Browser:
    return signed_in_as("partner")


@pytest.fixture
def admin(signed_in_as: Callable[[str], Browser]) -> Browser:
    return signed_in_as("admin")


@pytest.fixture
def auditor(signed_in_as: Callable[[str], Browser]) -> Browser:
    return signed_in_as("auditor")


@pytest.fixture
def count_statements(hub: Hub) -> Callable[[], Iterator[list[str]]]:
    """`with count_statements() as seen:` gathers the statements sent to the database meanwhile."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        event.listen(hub.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(hub.engine, "before_cursor_execute", note)

    return counting  # type: ignore[return-value]
