"""What a reader begins with: an empty folder, a free port, an empty database."""

from __future__ import annotations

import secrets
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql
from sqlalchemy import URL
from tests.databases import drop_database

from referral_hub.storage import roles
from referral_hub.storage.engine import connect_owner


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder whose name is short enough for the socket of a database in it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def empty_database(server_url: URL) -> Iterator[str]:
    """The owner's address of a database in which there is nothing yet."""
    name = f"hub_docs_{secrets.token_hex(6)}"
    with connect_owner(server_url) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield server_url.set(database=name).render_as_string(hide_password=False)
    with connect_owner(server_url) as connection:
        drop_database(connection, name)
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(roles.login_name(name))))
