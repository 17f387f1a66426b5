"""The fence around the unit tests holds, so that a slow test cannot settle among them."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable

import psycopg
import pytest


def connect() -> None:
    with socket.socket() as connection:
        connection.connect(("127.0.0.1", 9))


REACHING_OUT: dict[str, Callable[[], object]] = {
    "a program": lambda: subprocess.run([sys.executable, "--version"], check=False),
    "a database": lambda: psycopg.connect("host=127.0.0.1"),
    "the network": connect,
}


@pytest.mark.parametrize("what", list(REACHING_OUT))
def test_a_unit_test_reaches_nothing_outside_its_process(what: str) -> None:
    with pytest.raises(pytest.fail.Exception, match="move this test to tests/integration"):
        REACHING_OUT[what]()


@pytest.mark.parametrize("fixture", ["server_url", "database_urls", "settings", "hub", "owner", "world"])
def test_a_unit_test_gets_no_fixture_with_a_database(fixture: str, request: pytest.FixtureRequest) -> None:
    with pytest.raises(pytest.fail.Exception, match="move this test to tests/integration"):
        request.getfixturevalue(fixture)
