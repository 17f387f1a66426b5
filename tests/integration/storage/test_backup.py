from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import Mock

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr
from sqlalchemy import URL
from tests.databases import drop_database
from tests.world import World

from referral_hub.hub import open_hub
from referral_hub.settings import Settings
from referral_hub.storage import tools
from referral_hub.storage.backup import restore_backup, write_backup
from referral_hub.storage.database import Database
from referral_hub.storage.engine import connect_owner
from referral_hub.storage.errors import (
    KeysDiffer,
    KeysMissing,
    NotABackup,
    RestoreUnfinished,
    TargetNotEmpty,
    ToolFailed,
)
from referral_hub.storage.keys import make_keys, read_keys


@pytest.fixture
def empty(server_url: URL, settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    """A new installation on a database without tables."""
    assert settings.database_url is not None
    name = settings.database_url.get_secret_value().rsplit("/", 1)[-1].split("?")[0] + "_r"
    with connect_owner(server_url) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = server_url.set(database=name).render_as_string(hide_password=False)
    yield Settings(data=tmp_path / "restored", database_url=SecretStr(url))
    with connect_owner(server_url) as connection:
        drop_database(connection, name)
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(f"{name[:58]}_app")))


def back_up(settings: Settings, target: Path, *, with_keys: bool = True) -> Path:
    database = Database(settings)
    write_backup(settings, database, target, with_keys=with_keys)
    database.close()
    return target


def change_part(archive: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """Write the archive again with one of its parts changed."""
    target = archive.with_name("changed.hub")
    with tarfile.open(archive) as source, tarfile.open(target, "w") as copy:
        for member in source:
            file = source.extractfile(member)
            assert file is not None
            content = file.read()
            if member.name == part:
                content = change(content)
                member.size = len(content)
            copy.addfile(member, io.BytesIO(content))
    return target


def test_everything_comes_back_and_the_hub_opens_on_it(
    settings: Settings, empty: Settings, world: World, tmp_path: Path
) -> None:
    archive = back_up(settings, tmp_path / "a.hub")
    assert archive.stat().st_mode & 0o777 == 0o600
    about = restore_backup(empty, archive)
    assert about.rows["organisation"] == 6
    assert read_keys(empty.keys_file).index == read_keys(settings.keys_file).index
    hub = open_hub(empty)
    try:
        with hub.transaction(world.admin) as session:
            count = session.connection().exec_driver_sql("SELECT count(*) FROM account").scalar_one()
    finally:
        hub.close()
    assert count == 9


def test_policies_come_back_with_the_tables(settings: Settings, empty: Settings, tmp_path: Path) -> None:
    restore_backup(empty, back_up(settings, tmp_path / "a.hub"))
    statement = (
        "SELECT relname, relrowsecurity, (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid),"
        " relacl::text LIKE '%%referral_hub_app%%' FROM pg_class c"
        " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
    )
    found = []
    for which in (settings, empty):
        database = Database(which)
        with connect_owner(database.owner_url) as connection:
            found.append(connection.execute(statement).fetchall())
    assert found[0] == found[1]


def test_data_is_never_overwritten(settings: Settings, world: World, tmp_path: Path) -> None:
    archive = back_up(settings, tmp_path / "a.hub")
    with pytest.raises(TargetNotEmpty):
        restore_backup(settings, archive)


def test_without_keys_inside_the_right_ones_must_be_there(settings: Settings, empty: Settings, tmp_path: Path) -> None:
    archive = back_up(settings, tmp_path / "a.hub", with_keys=False)
    with tarfile.open(archive) as parts:
        assert "keys.json" not in parts.getnames()
    with pytest.raises(KeysMissing):
        restore_backup(empty, archive)
    make_keys(empty.keys_file)
    with pytest.raises(KeysDiffer):
        restore_backup(empty, archive)
    empty.keys_file.write_bytes(settings.keys_file.read_bytes())
    restore_backup(empty, archive)


def test_a_changed_dump_is_refused_before_anything_is_written(
    settings: Settings, empty: Settings, owner: psycopg.Connection, tmp_path: Path
) -> None:
    archive = back_up(settings, tmp_path / "a.hub")
    changed = change_part(archive, "database.dump", lambda dump: dump[:-1] + bytes([dump[-1] ^ 1]))
    with pytest.raises(NotABackup, match="damaged"):
        restore_backup(empty, changed)
    assert not empty.keys_file.exists()
    restore_backup(empty, archive)


def test_a_backup_of_a_newer_version_is_refused(settings: Settings, empty: Settings, tmp_path: Path) -> None:
    archive = back_up(settings, tmp_path / "a.hub")
    newer = change_part(archive, "about.json", lambda about: about.replace(b'"format": 1', b'"format": 2'))
    with pytest.raises(NotABackup, match="newer"):
        restore_backup(empty, newer)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip", bytes(10240)])
def test_any_other_file_is_refused(empty: Settings, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.hub"
    file.write_bytes(content)
    with pytest.raises(NotABackup, match="not a backup"):
        restore_backup(empty, file)


def test_a_failed_backup_leaves_no_half_file(settings: Settings, tmp_path: Path) -> None:
    settings.keys_file.unlink()
    database = Database(settings)
    with pytest.raises(KeysMissing):
        write_backup(settings, database, tmp_path / "a.hub", with_keys=True)
    assert [path.name for path in tmp_path.iterdir() if "a.hub" in path.name or "backup" in path.name] == []


def test_a_dump_that_breaks_off_leaves_the_database_empty(settings: Settings, empty: Settings, tmp_path: Path) -> None:
    archive = back_up(settings, tmp_path / "a.hub")
    with tarfile.open(archive) as parts:
        dump = parts.extractfile("database.dump")
        assert dump is not None
        content = dump.read()
    half = tmp_path / "half.dump"
    half.write_bytes(content[: len(content) - 2000])
    database = Database(empty)
    database.make_roles()
    with pytest.raises(ToolFailed, match="pg_restore"):
        tools.load(database.owner_url, half)
    with connect_owner(database.owner_url) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


def test_partner_modules_come_back_and_nothing_lands_elsewhere(
    settings: Settings, empty: Settings, tmp_path: Path
) -> None:
    module = settings.modules_folder / "library" / "hub_library" / "__init__.py"
    module.parent.mkdir(parents=True)
    module.write_text("# a partner's module\n")
    archive = back_up(settings, tmp_path / "a.hub")
    with tarfile.open(archive, "a") as parts:
        for name in ("modules/../../escaped", "elsewhere"):
            member = tarfile.TarInfo(name)
            member.size = 1
            parts.addfile(member, io.BytesIO(b"x"))
    restore_backup(empty, archive)
    restored = [path for path in empty.data.rglob("*") if path.is_file()]
    assert sorted(path.name for path in restored) == ["__init__.py", "keys.json", "secrets.json"]
    assert (empty.modules_folder / "library" / "hub_library" / "__init__.py").read_text() == module.read_text()
    assert not (tmp_path / "escaped").exists()


def test_an_interrupted_restore_is_begun_again(
    settings: Settings, empty: Settings, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = back_up(settings, tmp_path / "a.hub")
    with monkeypatch.context() as patched:
        patched.setattr("referral_hub.storage.backup._compare", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            restore_backup(empty, archive)
    with pytest.raises(RestoreUnfinished):
        open_hub(empty)
    restore_backup(empty, archive)
    open_hub(empty).close()
