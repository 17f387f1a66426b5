"""Two database roles: the owner of the tables, and the application, which owns nothing and cannot bypass a policy."""

from __future__ import annotations

import secrets
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL

from referral_hub.storage.errors import RolesNotMade
from referral_hub.storage.files import read_json, write_json

GROUP = "referral_hub_app"
_ATTRIBUTES = sql.SQL("NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION")


def login_name(database: str) -> str:
    """The application's login for one database; PostgreSQL cuts names at 63 bytes."""
    return f"{database[:58]}_app"


def make_roles(connection: psycopg.Connection, database: str, secrets_file: Path) -> None:
    """Make the group (which policies and grants name) and this installation's login in it. Runs as the owner.

    The login's password is random and kept in `secrets_file`; a login that exists with an unknown password gets a
    new one. Raises `RolesNotMade` when the owner lacks the right.
    """
    login = login_name(database)
    try:
        with connection.transaction():
            # Roles belong to the whole server: two installations may come here at once.
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('referral_hub_roles'))")
            password = _kept_password(login, secrets_file) or secrets.token_urlsafe(32)
            make_group(connection)
            verb = sql.SQL("ALTER" if _exists(connection, login) else "CREATE")
            connection.execute(
                sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(verb, sql.Identifier(login), sql.Literal(password))
            )
            if not _is_member(connection, login):
                connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(GROUP), sql.Identifier(login)))
            _keep_password(login, password, secrets_file)
    except psycopg.errors.InsufficientPrivilege as error:
        raise RolesNotMade(role=login, reason=str(error).strip()) from error


def make_group(connection: psycopg.Connection) -> None:
    """Make the group role if it is missing; policies and grants name it, so migrations need it."""
    if not _exists(connection, GROUP):
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN {}").format(sql.Identifier(GROUP), _ATTRIBUTES))


def app_url(owner: URL, secrets_file: Path) -> URL | None:
    """Where the application connects, or None before `make_roles`."""
    login = login_name(owner.database or "")
    password = _kept_password(login, secrets_file)
    return owner.set(username=login, password=password) if password else None


def _exists(connection: psycopg.Connection, role: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is not None


def _is_member(connection: psycopg.Connection, login: str) -> bool:
    row = connection.execute("SELECT pg_has_role(%s, %s, 'USAGE')", [login, GROUP]).fetchone()
    return row is not None and bool(row[0])


def _kept_password(login: str, secrets_file: Path) -> str | None:
    value = read_json(secrets_file).get("app", {}).get(login)
    return str(value) if value else None


def _keep_password(login: str, password: str, secrets_file: Path) -> None:
    content = read_json(secrets_file)
    if content.get("app", {}).get(login) != password:
        write_json(secrets_file, {**content, "app": {**content.get("app", {}), login: password}})
