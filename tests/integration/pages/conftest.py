"""The pages are driven as in `tests/integration/ui`, with the whole loop at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import event
from tests.integration.ui.conftest import Browser, app, browser, open_browser, signed_in_as, staff
from tests.loop import Loop
from tests.world import World

from referral_hub.hub import Hub
from referral_hub.module_admin.actions import register_installed

__all__ = ["app", "browser", "open_browser", "signed_in_as", "staff"]


@pytest.fixture
def loop(hub: Hub, owner: psycopg.Connection, staff: World) -> Loop:
    """The loop with its people able to sign in and the built-in modules registered as a server does it."""
    made = Loop(hub, owner, staff)
    owner.execute("DELETE FROM module")
    register_installed(hub)
    return made


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
