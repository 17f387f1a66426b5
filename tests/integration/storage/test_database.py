from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import sql
from pydantic import SecretStr
from sqlalchemy import URL, create_engine
from tests.databases import drop_database

from referral_hub.hub import open_hub
from referral_hub.settings import Settings
from referral_hub.storage import migrate, roles
from referral_hub.storage.database import Database
from referral_hub.storage.engine import connect_owner, parse_url, safe_address
from referral_hub.storage.errors import DatabaseNotReady, DatabaseUnreachable, KeysMissing, RolesNotMade
from referral_hub.storage.migrations.metadata import gather, types_differ


def text_of(url: URL) -> SecretStr:
    return SecretStr(url.render_as_string(hide_password=False))


def test_the_tables_fit_the_models(database_urls: tuple[URL, URL]) -> None:
    engine = create_engine(database_urls[0])
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": types_differ})
        differences = compare_metadata(context, gather())
    engine.dispose()
    assert differences == []


def test_an_upgrade_done_twice_changes_nothing(database_urls: tuple[URL, URL]) -> None:
    migrate.upgrade(database_urls[0])
    assert migrate.current(database_urls[1]) == migrate.head()


def test_every_table_is_owned_by_the_owner_alone(owner: psycopg.Connection, database_urls: tuple[URL, URL]) -> None:
    rows = owner.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        " AND pg_has_role(%s, relowner, 'MEMBER')",
        [database_urls[1].username],
    ).fetchall()
    assert rows == []


def test_a_database_without_tables_asks_for_init(server_url: URL, settings: Settings) -> None:
    name = "hub_test_empty_" + settings.data.parent.name[:20].lower().replace("-", "_")
    with connect_owner(server_url) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        empty = server_url.set(database=name)
        told = Settings(data=settings.data, database_url=text_of(empty), database_app_url=text_of(empty))
        with pytest.raises(DatabaseNotReady, match="hub init"):
            open_hub(told)
    finally:
        with connect_owner(server_url) as connection:
            drop_database(connection, name)


def test_no_keys_no_hub(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(KeysMissing):
        open_hub(Settings(data=tmp_path / "elsewhere", database_url=settings.database_url))


@pytest.mark.parametrize("address", ["mysql://a@b/c", "postgresql://localhost", "not an address"])
def test_an_address_that_is_no_postgresql_database_is_refused(address: str) -> None:
    with pytest.raises(DatabaseUnreachable):
        parse_url(address)


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    url = parse_url("postgres://hub:geheim@127.0.0.1:1/hub")
    with pytest.raises(DatabaseUnreachable) as refusal:
        connect_owner(url)
    for text in (refusal.value.label.zh, refusal.value.label.en, safe_address(url)):
        assert "127.0.0.1" in text
        assert "geheim" not in text


def test_a_lost_password_of_the_application_is_replaced(database_urls: tuple[URL, URL], tmp_path: Path) -> None:
    owner_url, _ = database_urls
    secrets_file = tmp_path / "secrets.json"
    login = roles.login_name(owner_url.database or "")
    with connect_owner(owner_url) as connection:
        roles.make_roles(connection, owner_url.database or "", secrets_file)
        first = json.loads(secrets_file.read_text())["app"][login]
        secrets_file.unlink()
        roles.make_roles(connection, owner_url.database or "", secrets_file)
        assert json.loads(secrets_file.read_text())["app"][login] != first
        url = roles.app_url(owner_url, secrets_file)
        assert url is not None
        assert migrate.current(url) == migrate.head()
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(login)))


def test_an_owner_who_may_not_make_roles_learns_what_to_ask_for(
    database_urls: tuple[URL, URL], settings: Settings
) -> None:
    _, app = database_urls
    with pytest.raises(RolesNotMade, match="CREATEROLE"):
        Database(Settings(data=settings.data, database_url=text_of(app))).prepare()
