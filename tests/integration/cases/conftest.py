"""The loop with its built-in modules, a stranger's eye, and a count of statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import event
from tests.loop import Loop
from tests.shared_modules import SharedModules
from tests.world import World

from referral_hub.hub import Hub


@pytest.fixture
def loop(hub: Hub, owner: psycopg.Connection, world: World, built_in_modules: SharedModules) -> Loop:
    return Loop(hub, owner, world)


@pytest.fixture
def statements(hub: Hub) -> Callable[[], AbstractContextManager[list[str]]]:
    """`with statements() as seen:` collects what is sent to the database inside."""

    @contextmanager
    def collect() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            seen.append(statement)

        event.listen(hub.engine, "before_cursor_execute", note)
        yield seen
        event.remove(hub.engine, "before_cursor_execute", note)

    return collect
