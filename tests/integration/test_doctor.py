"""`hub doctor` sees what is broken, by whatever it was broken, and changes nothing by looking."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import LargeBinary
from tests.integration.referrals.test_delivering import finish
from tests.loop import Loop
from tests.shared_modules import SharedModules
from tests.world import World

from referral_hub.cli.group import hub as command
from referral_hub.cli.init import prepare
from referral_hub.health.doctor import examine
from referral_hub.health.finding import Finding
from referral_hub.hub import Hub, open_hub
from referral_hub.settings import Settings
from referral_hub.storage.backup import write_backup
from referral_hub.storage.database import Database, embedded_server
from referral_hub.storage.embedded import EmbeddedServer
from referral_hub.storage.errors import KeysDoNotFit, RestoreUnfinished
from referral_hub.storage.files import read_json, write_json
from referral_hub.storage.keys import rotate_keys
from referral_hub.storage.migrations.metadata import gather
from referral_hub.storage.personal_fields import CLIENT_FIELDS, MODULE_FIELDS, OTHER_FIELDS
from referral_hub.storage.restoring import Restoring, restoring
from referral_hub.storage.sealed_columns import SEALED

JUNE = datetime(2026, 6, 1, tzinfo=UTC)
INDEXES_AND_HASHES = {
    ("api_token", "secret_hash"),
    ("assistance_entry", "household_index"),
    ("assistance_entry", "person_index"),
    ("key_probe", "probe"),
    ("person", "household_index"),
    ("person", "id_index"),
    ("person", "name_index"),
    ("person", "phone_index"),
    ("seal", "chained"),
    ("seal", "leaves"),
    ("seal", "root"),
    ("web_session", "secret_hash"),
}


def findings(settings: Settings, at: datetime | None = None, **asked: bool) -> dict[str, Finding]:
    return {finding.subject.en: finding for finding in examine(settings, at=at or JUNE, **asked)}


def files(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Every file and folder: its mode, size and time of change."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if not path.is_socket()
    }


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    """An installation with the database that comes along, which is stopped."""
    settings = Settings(data=tmp_path / "own")
    prepare(settings).close()
    return settings


@pytest.fixture
def running(own: Settings) -> Iterator[EmbeddedServer]:
    database = Database(own)
    assert database.server is not None
    yield database.server
    database.close()


def test_a_stopped_installation_is_left_as_it_is_and_said_to_be_stopped(own: Settings) -> None:
    before = files(own.data)
    found = findings(own)["Database"]
    assert (found.state, found.fix is not None) == ("warning", True)
    assert files(own.data) == before
    assert not embedded_server(own).is_running()
    assert findings(own, start=True)["Database"].state == "ok"
    assert not embedded_server(own).is_running()


def test_no_row_and_no_file_of_a_running_hub_changes(settings: Settings, hub: Hub, owner: psycopg.Connection) -> None:
    hub.database.accept_keys(hub.cipher)
    question = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables"
    owner.execute("SELECT pg_stat_force_next_flush()")
    before, rows = files(settings.data), owner.execute(question).fetchone()
    findings(settings, fields=True)
    assert files(settings.data) == before
    assert owner.execute(question).fetchone() == rows


def test_a_database_that_died_under_a_hub_is_found_and_not_healed_by_looking(
    own: Settings, running: EmbeddedServer
) -> None:
    assert findings(own)["Database"].state == "ok"
    os.kill(int((running.cluster / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    with running._without_server():  # its last process has noticed
        pass
    found = findings(own)["Database"]
    assert found.state == "wrong"
    assert "ended" in found.found.en
    assert not running.is_running()


def test_a_database_that_was_never_made_asks_for_init(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "none")
    settings.data.mkdir(mode=0o700)
    found = findings(settings)["Database"]
    assert found.state == "wrong"
    assert found.fix is not None
    assert "hub init" in found.fix.en
    assert list(settings.data.iterdir()) == []


def other_keys(settings: Settings, change: Callable[[dict[str, Any]], None]) -> None:
    content = read_json(settings.keys_file)
    change(content)
    write_json(settings.keys_file, content)


def strange_key(content: dict[str, Any]) -> None:
    content["keys"] = {"k1": base64.b64encode(secrets.token_bytes(32)).decode()}


def strange_index(content: dict[str, Any]) -> None:
    content["index"] = base64.b64encode(secrets.token_bytes(32)).decode()


@pytest.mark.parametrize("change", [strange_key, strange_index])
def test_keys_of_another_installation_are_refused_everywhere_before_anything_is_written(
    settings: Settings, tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    open_hub(settings).close()
    assert findings(settings)["Keys and data"].state == "ok"
    right = settings.keys_file.read_bytes()
    other_keys(settings, change)
    with pytest.raises(KeysDoNotFit):
        open_hub(settings)
    with pytest.raises(KeysDoNotFit):
        prepare(settings)
    with pytest.raises(KeysDoNotFit):
        write_backup(settings, Database(settings), tmp_path / "b.hub", with_keys=True)
    assert findings(settings)["Keys and data"].state == "wrong"
    settings.keys_file.write_bytes(right)
    open_hub(settings).close()


def test_a_copy_of_the_keys_from_before_a_rotation_is_refused(settings: Settings) -> None:
    open_hub(settings).close()
    before = settings.keys_file.read_bytes()
    rotate_keys(settings.keys_file)
    open_hub(settings).close()
    settings.keys_file.write_bytes(before)
    with pytest.raises(KeysDoNotFit, match="k2"):
        open_hub(settings)


def test_every_encrypted_column_is_in_the_pass() -> None:
    columns = {
        (table.name, column.name)
        for table in gather().tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert columns - set(SEALED) <= INDEXES_AND_HASHES
    assert set(SEALED) <= columns
    fields = {context.partition(":")[0] for context in SEALED.values()}
    assert fields >= CLIENT_FIELDS | MODULE_FIELDS
    assert fields - CLIENT_FIELDS - MODULE_FIELDS <= OTHER_FIELDS


def test_each_encrypted_field_of_the_loop_is_read_and_a_damaged_one_is_named(
    hub: Hub, owner: psycopg.Connection, world: World, settings: Settings, built_in_modules: SharedModules
) -> None:
    loop = Loop(hub, owner, world)
    _, sent = loop.sent(serial=1, offering_id=loop.offering(places=2))
    finish(loop, sent.id)
    found = findings(settings, fields=True)["Encrypted fields"]
    assert found.state == "ok"
    for table, column in (("person", "name"), ("disclosure", "content"), ("form_entry", "content")):
        owner.execute(f"UPDATE {table} SET {column} = set_byte({column}, 20, (get_byte({column}, 20) + 1) % 256)")
    found = findings(settings, fields=True)["Encrypted fields"]
    assert found.state == "wrong"
    assert "person.name" in found.found.en
    assert "disclosure.content" in found.found.en
    assert "王" not in found.found.zh


def test_a_clock_behind_the_newest_record_is_wrong(loop_records: datetime, settings: Settings) -> None:
    assert findings(settings, at=loop_records)["Clock"].state == "ok"
    behind = findings(settings, at=loop_records - timedelta(days=400))["Clock"]
    assert behind.state == "wrong"
    assert "behind" in behind.found.en


@pytest.fixture
def loop_records(hub: Hub, owner: psycopg.Connection, world: World, built_in_modules: SharedModules) -> datetime:
    """Something is recorded; when."""
    loop = Loop(hub, owner, world)
    loop.case()
    at: datetime = loop.at
    return at


def test_messages_that_nobody_takes_are_found(
    hub: Hub, owner: psycopg.Connection, world: World, settings: Settings, built_in_modules: SharedModules
) -> None:
    loop = Loop(hub, owner, world)
    loop.sent(serial=1, offering_id=loop.offering(places=2))
    assert findings(settings, at=loop.at)["Messages to modules"].state == "ok"
    late = findings(settings, at=loop.at + timedelta(hours=1))["Messages to modules"]
    assert late.state == "warning"
    assert "employment 1" in late.found.en


def test_a_module_that_is_not_installed_here_is_found(settings: Settings, hub: Hub, owner: psycopg.Connection) -> None:
    owner.execute(
        "INSERT INTO module (id, created_at, key, state, reason, failures, open_seconds, changed_at)"
        " VALUES (gen_random_uuid(), now(), 'gone', 'missing', '{}', 0, 0, now())"
    )
    assert findings(settings)["Module gone"].state == "warning"


def test_the_age_of_the_last_backup_is_told(settings: Settings, tmp_path: Path) -> None:
    real = settings.model_copy(update={"demo": False})
    assert findings(real)["Backup"].state == "warning"
    open_hub(settings).close()
    database = Database(settings)
    made_at = write_backup(settings, database, tmp_path / "b.hub", with_keys=False).made_at
    for days, state in ((0, "ok"), (3, "warning"), (9, "wrong")):
        assert findings(real, at=made_at + timedelta(days=days))["Backup"].state == state


def test_a_restore_that_was_interrupted_is_found_and_nothing_works_with_it(settings: Settings) -> None:
    with pytest.raises(KeyboardInterrupt), restoring(settings, Restoring("/monday.hub", "hub @ localhost")):
        raise KeyboardInterrupt
    assert findings(settings)["Restore"].state == "wrong"
    for use in (open_hub, prepare):
        with pytest.raises(RestoreUnfinished, match=r"monday\.hub"):
            use(settings)


def test_the_command_looks_and_ends_with_one_when_something_is_wrong(
    own: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_DATA", str(own.data))
    for name in ("DATABASE_URL", "DATABASE_APP_URL"):
        monkeypatch.delenv(name, raising=False)
    done = CliRunner().invoke(command, ["doctor"])
    assert done.exit_code == 0, done.output
    assert "--start" in done.output
    shutil.copy(own.keys_file, own.data / "kept.json")
    own.keys_file.write_text("{", encoding="utf-8")
    assert CliRunner().invoke(command, ["doctor"]).exit_code == 1
