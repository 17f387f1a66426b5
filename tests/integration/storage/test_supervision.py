"""The embedded server dies, or the machine does: it comes back with its data, or the hub says why it cannot."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.integration.storage.test_embedded import make, query

from referral_hub.errors import HubError
from referral_hub.settings import Settings
from referral_hub.storage import supervision
from referral_hub.storage.database import Database
from referral_hub.storage.embedded import EmbeddedServer
from referral_hub.storage.engine import connect_owner
from referral_hub.storage.supervision import Supervisor

ROOT = Path(__file__).parents[3]
PATIENCE = 60.0


def kill(server: EmbeddedServer) -> int:
    """Kill the server's first process; its number."""
    pid = int((server.cluster / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    return pid


def wait_until_answering(server: EmbeddedServer, other_than: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        content = server.cluster / "postmaster.pid"
        if server.answers() and int(content.read_text().split()[0]) != other_than:
            return
        time.sleep(0.1)
    pytest.fail("the server did not come back")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    server = make(tmp_path, durable=True)
    server.start()
    yield server
    server.stop()


def test_a_server_that_dies_under_a_hub_comes_back_with_its_data_each_time(server: EmbeddedServer) -> None:
    failures: list[HubError] = []
    with connect_owner(server.owner_url()) as connection:
        connection.execute("CREATE TABLE kept (x int)")
    supervisor = Supervisor(server, failures.append, patience=PATIENCE)
    supervisor.start()
    for _ in range(2):
        wait_until_answering(server, kill(server))
        assert query(server, "SELECT count(*) FROM kept") == 0
    supervisor.stop()
    assert failures == []


def test_a_connection_that_breaks_during_a_restart_does_not_end_the_watch(
    server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, broken = server.start, list[bool]()

    def start() -> None:
        if not broken:
            broken.append(True)
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        real()

    failures: list[HubError] = []
    monkeypatch.setattr(server, "start", start)
    supervisor = Supervisor(server, failures.append, patience=PATIENCE)
    supervisor.start()
    wait_until_answering(server, kill(server))
    supervisor.stop()
    assert broken
    assert failures == []


def test_a_server_that_cannot_start_is_given_up_with_the_reason(server: EmbeddedServer) -> None:
    failures: list[HubError] = []
    given_up = threading.Event()

    def give_up(failure: HubError) -> None:
        failures.append(failure)
        given_up.set()

    supervisor = Supervisor(server, give_up, patience=0)
    control = server.cluster / "global" / "pg_control"
    away = control.rename(control.with_name("away"))
    kill(server)
    supervisor.start()
    assert given_up.wait(PATIENCE)
    supervisor.stop()
    assert "pg_control" in failures[0].label.zh
    away.rename(control)
    server.start()
    assert query(server, "SELECT 1") == 1


def test_a_cause_that_goes_away_needs_nobody(server: EmbeddedServer) -> None:
    failures: list[HubError] = []
    supervisor = Supervisor(server, failures.append, patience=PATIENCE)
    control = server.cluster / "global" / "pg_control"
    away = control.rename(control.with_name("away"))
    dead = kill(server)
    supervisor.start()
    time.sleep(3)
    away.rename(control)
    wait_until_answering(server, dead)
    supervisor.stop()
    assert failures == []


def test_a_long_log_is_put_aside_while_the_server_writes_on(
    server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "LOG_BYTES", 1000)
    with server.log.open("ab") as log:
        log.write(b"x" * 2000)
    supervision.shorten_log(server)
    assert server.log.stat().st_size == 0
    assert (server.folder / "server.log.1").stat().st_size >= 2000
    with connect_owner(server.owner_url()) as connection:
        connection.execute("DO $$ BEGIN RAISE LOG 'written after'; END $$")
    assert server.log.read_text(encoding="utf-8").startswith("2")
    assert "written after" in server.log.read_text(encoding="utf-8")


class Machine:
    """A machine that loses its power at a chosen step of `hub init`."""

    def __init__(self, data: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "DATABASE_"))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.storage.mortal_start"],
            env=kept | {"HUB_DATA": str(data), "HUB_LANG": "en", "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def dies(self, when: str) -> bool:
        """Start, and die at that step; False for a start that came to its end before."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{when}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        assert answer in ("killed", "done 0"), answer
        return answer == "killed"

    def close(self) -> None:
        self._process.communicate()


def make_and_cut(machine: Machine, data: Path) -> int:
    """Every step until the cluster has its name; how many there were."""
    cluster = data / "postgres" / "data"
    step = 1
    while not cluster.exists():
        assert machine.dies(str(step)), f"a start came to its end at step {step}"
        step += 1
    return step


@pytest.mark.slow
def test_a_power_cut_at_any_step_of_the_first_start_blocks_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    machine = Machine(data)
    steps = make_and_cut(machine, data)
    assert steps > 10
    step = 1
    while machine.dies(str(step)):
        step += 1
    assert step > 10
    machine.close()
    opens(data)


def test_a_power_cut_in_the_middle_of_the_first_start_blocks_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    machine = Machine(data)
    # `initdb` is one of the steps; the others pass in no time, so that one is hit.
    for seconds in (0.05, 0.3, 0.8):
        assert machine.dies(f"1 {seconds}")
    assert not machine.dies("100000")
    machine.close()
    opens(data)


def opens(data: Path) -> None:
    database = Database(Settings(data=data))
    try:
        database.check_ready()
    finally:
        database.close()
    assert not list(data.glob("postgres/new-*"))
