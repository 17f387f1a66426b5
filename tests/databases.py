"""Making and dropping a test's database: more than a thousand tests each have one of their own.

Copying a prepared database measures better than emptying a used one: `TRUNCATE` of a few of our tables takes as long
as copying all of them in memory, and what most tests begin with is copied along instead of being inserted again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from sqlalchemy import URL

_QUICK_HASHES = 160000  # the first version of PostgreSQL that has a setting for it


@contextmanager
def copy_of(connection: psycopg.Connection, database: str) -> Iterator[str]:
    """The name of a copy, dropped in the end."""
    name = f"{database}_{secrets.token_hex(4)}"
    copy_database(connection, database, name)
    yield name
    drop_database(connection, name)


def copy_database(connection: psycopg.Connection, template: str, name: str) -> None:
    """A database like the template. Copying its files is the quickest, where nothing has to reach a disk."""
    durable = connection.execute("SELECT current_setting('fsync')").fetchone() != ("off",)
    connection.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY {}").format(
            sql.Identifier(name), sql.Identifier(template), sql.SQL("WAL_LOG" if durable else "FILE_COPY")
        )
    )


def drop_database(connection: psycopg.Connection, name: str) -> None:
    """Drop a test's database, whoever is still connected to it.

    `DROP DATABASE … WITH (FORCE)` is refused while autovacuum is at work there, since no role but a superuser may
    stop that; a plain drop stops it by itself, and waits for the sessions ended here.
    """
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename IS NOT NULL", [name]
    )
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def hash_passwords_quickly(connection: psycopg.Connection, url: URL) -> None:
    """Passwords of roles that this connection sets, and its own, cost no work: each test signs in several times."""
    if connection.info.server_version >= _QUICK_HASHES:
        connection.execute("SET scram_iterations = 1")
        if url.password:
            connection.execute(sql.SQL("ALTER ROLE CURRENT_USER PASSWORD {}").format(sql.Literal(str(url.password))))
