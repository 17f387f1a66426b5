from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from referral_hub.storage import files
from referral_hub.storage.embedded import EmbeddedServer
from referral_hub.storage.engine import connect_owner, libpq_parts
from referral_hub.storage.errors import EmbeddedServerFailed

# A second process that uses the server until its input ends.
_USER = """
import sys
from pathlib import Path
from referral_hub.storage.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]), Path(sys.argv[2]), durable=False)
server.start()
print("in", flush=True)
sys.stdin.read()
server.stop()
"""


def make(folder: Path, *, durable: bool = False) -> EmbeddedServer:
    return EmbeddedServer(folder / "postgres", folder / "secrets.json", durable=durable)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    server = make(tmp_path / 'data with spaces, 逗号\'s "quotes"')
    server.start()
    yield server
    server.stop()


def query(server: EmbeddedServer, sql: str) -> object:
    with connect_owner(server.owner_url()) as connection:
        row = connection.execute(sql).fetchone()
    return row[0] if row else None


def test_the_owner_is_no_superuser_and_the_server_listens_nowhere(server: EmbeddedServer) -> None:
    assert query(server, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user") is False
    assert query(server, "SHOW listen_addresses") == ""


def test_nobody_comes_in_without_a_password(server: EmbeddedServer) -> None:
    parts = libpq_parts(server.owner_url())
    del parts["password"], parts["user"]
    for user in ("hub", "postgres"):
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(make_conninfo("", user=user, **parts))
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(make_conninfo("", user=user, password="wrong", **parts))


def test_its_files_are_closed_to_other_accounts(server: EmbeddedServer) -> None:
    assert server.folder.stat().st_mode & 0o077 == 0
    assert server.secrets_file.stat().st_mode & 0o077 == 0


def test_a_second_start_finds_the_same_data(tmp_path: Path) -> None:
    first = make(tmp_path)
    first.start()
    query(first, "SELECT 1")
    with connect_owner(first.owner_url()) as connection:
        connection.execute("CREATE TABLE kept (x int)")
    first.stop()
    first.stop()
    assert not first.is_running()
    second = make(tmp_path)
    second.start()
    assert query(second, "SELECT count(*) FROM kept") == 0
    second.stop()
    assert not second.is_running()


def test_a_path_too_long_for_a_socket_is_no_obstacle(tmp_path: Path) -> None:
    server = make(tmp_path / ("long" * 30))
    server.start()
    assert query(server, "SELECT 1") == 1
    server.stop()


def test_whoever_leaves_last_stops_it(server: EmbeddedServer) -> None:
    arguments = [sys.executable, "-c", _USER, str(server.folder), str(server.secrets_file)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"in\n"
        server.stop()
        assert server.is_running()
        other.communicate()
    assert not server.is_running()


def test_a_user_that_was_killed_keeps_nobody_from_stopping_it(server: EmbeddedServer) -> None:
    arguments = [sys.executable, "-c", _USER, str(server.folder), str(server.secrets_file)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        other.kill()
    server.stop()
    assert not server.is_running()


def test_a_server_that_was_killed_comes_back_with_its_data(tmp_path: Path) -> None:
    server = make(tmp_path, durable=True)
    server.start()
    with connect_owner(server.owner_url()) as connection:
        connection.execute("CREATE TABLE kept (x int)")
    pid = int((server.cluster / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    again = make(tmp_path, durable=True)
    again.start()
    assert query(again, "SELECT count(*) FROM kept") == 0
    server.stop()
    again.stop()
    assert not again.is_running()


def test_a_start_that_was_killed_while_it_made_the_cluster_begins_again(tmp_path: Path) -> None:
    arguments = [sys.executable, "-c", _USER, str(tmp_path / "postgres"), str(tmp_path / "secrets.json")]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        deadline = time.monotonic() + 30
        while not list(tmp_path.glob("postgres/new-*/data/PG_VERSION")):
            assert time.monotonic() < deadline
            time.sleep(0.001)
        first.kill()
    again = make(tmp_path)
    assert not again.cluster.exists()
    again.start()
    assert query(again, "SELECT 1") == 1
    assert list(again.folder.glob("new-*")) == []
    again.stop()


def test_a_start_that_was_interrupted_leaves_no_server_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = make(tmp_path)
    monkeypatch.setattr(server, "_make_owner", Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        server.start()
    assert not server.is_running()


def test_the_number_of_a_server_that_died_with_its_machine_may_be_in_use_again(tmp_path: Path) -> None:
    server = make(tmp_path)
    server.start()
    content = (server.cluster / "postmaster.pid").read_text().split("\n", 1)
    server.stop()
    (server.cluster / "postmaster.pid").write_text(f"{os.getpid()}\n{content[1]}")
    assert not server.is_running()
    again = make(tmp_path)
    again.start()
    assert query(again, "SELECT 1") == 1
    again.stop()


def test_discarding_spares_a_cluster_in_use_and_needs_no_passwords(server: EmbeddedServer) -> None:
    other = EmbeddedServer(server.folder, server.secrets_file, durable=False)
    assert not other.discard()
    assert query(server, "SELECT 1") == 1
    server.stop()
    server.secrets_file.unlink()
    assert other.discard()
    assert not server.cluster.exists()


def test_lost_passwords_are_named(tmp_path: Path) -> None:
    server = make(tmp_path)
    server.start()
    server.stop()
    server.secrets_file.unlink()
    with pytest.raises(EmbeddedServerFailed, match=r"secrets\.json"):
        make(tmp_path).start()


def test_a_long_path_is_short_without_proc_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "OPEN_FILES", tmp_path / "no-proc")
    server = make(tmp_path / ("长" * 40))
    server.start()
    host = libpq_parts(server.owner_url())["host"]
    assert stat.S_IMODE(Path(host).parent.stat().st_mode) == 0o700
    assert query(server, "SELECT 1") == 1
    server.stop()
