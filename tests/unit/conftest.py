"""A unit test works in its own process and in memory. What needs PostgreSQL or a process is an integration test."""

from __future__ import annotations

import socket
import subprocess
from typing import Any, NoReturn

import psycopg
import pytest


def _refuse(*_: Any, **__: Any) -> NoReturn:
    # No error of Python's: code under test that catches those does not catch this.
    pytest.fail("tests/unit touches no database, process or network: move this test to tests/integration")


@pytest.fixture
def server_url() -> NoReturn:
    """In place of the server."""
    _refuse()


@pytest.fixture
def database_urls() -> NoReturn:
    """In place of a database of its own, on which every other fixture with a database rests."""
    _refuse()


@pytest.fixture(autouse=True)
def _closed(monkeypatch: pytest.MonkeyPatch) -> None:
    for owner, name in (
        (psycopg, "connect"),
        (psycopg.Connection, "connect"),
        (subprocess.Popen, "__init__"),
        (socket.socket, "connect"),
        (socket.socket, "connect_ex"),
    ):
        monkeypatch.setattr(owner, name, _refuse)
