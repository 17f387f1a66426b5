"""What monitoring is told: alive, ready, and numbers; and what the log of a served hub looks like."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import psutil  # type: ignore[import-untyped]
import psycopg
import pytest
from litestar.testing import TestClient
from pydantic import SecretStr, ValidationError
from sqlalchemy import event
from tests.integration.pages.test_outage import database_away
from tests.loop import Loop
from tests.shared_modules import SharedModules
from tests.web import app_of
from tests.world import World

from referral_hub.calendar.clock import FixedClock
from referral_hub.hub import Hub
from referral_hub.settings import Settings
from referral_hub.storage.backup import write_backup
from referral_hub.storage.cipher import FieldCipher
from referral_hub.storage.database import Database
from referral_hub.storage.keys import make_keys
from referral_ui.app import create_app

TOKEN = "a-token-of-the-monitoring"
HUB = [sys.executable, "-c", "from referral_hub.cli import main; main()"]


@pytest.fixture
def ask(hub: Hub, owner: psycopg.Connection, world: World) -> Iterator[Callable[[str], httpx.Response]]:
    hub.database.accept_keys(hub.cipher)
    with TestClient(app_of(hub), raise_server_exceptions=False) as client:
        yield client.get


def test_a_hub_that_works_is_alive_and_ready(ask: Callable[[str], httpx.Response]) -> None:
    assert ask("/readyz").json() == {"ready": True, "database": "ok", "keys": "ok"}
    health = ask("/healthz")
    assert health.status_code == 200
    assert (health.json()["database"], health.json()["keys"], health.json()["clock"]) == ("ok", "ok", "ok")


def test_a_hub_without_its_database_is_alive_and_not_ready(hub: Hub, ask: Callable[[str], httpx.Response]) -> None:
    with database_away(hub):
        ready, health = ask("/readyz"), ask("/healthz")
    assert (ready.status_code, ready.json()["database"]) == (503, "unreachable")
    assert int(ready.headers["retry-after"]) > 0
    assert (health.status_code, health.json()["status"], health.json()["database"]) == (200, "down", "unreachable")
    assert ask("/readyz").status_code == 200


def test_a_database_that_only_reads_is_not_ready(
    hub: Hub, owner: psycopg.Connection, ask: Callable[[str], httpx.Response]
) -> None:
    def refuse(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT"):
            raise psycopg.errors.DiskFull

    event.listen(hub.engine, "before_cursor_execute", refuse)
    answer = ask("/readyz")
    event.remove(hub.engine, "before_cursor_execute", refuse)
    assert (answer.status_code, answer.json()["database"]) == (503, "disk-full")
    assert ask("/healthz").json()["database"] == "ok"
    assert ask("/readyz").status_code == 200


def test_keys_that_do_not_fit_are_told_while_the_hub_runs(
    hub: Hub, ask: Callable[[str], httpx.Response], tmp_path: Any
) -> None:
    hub.cipher = FieldCipher(make_keys(tmp_path / "other.json"))
    assert ask("/readyz").json() == {"ready": False, "database": "ok", "keys": "do-not-fit"}
    assert (ask("/healthz").json()["status"], ask("/healthz").json()["keys"]) == ("down", "do-not-fit")


def test_a_clock_behind_the_records_is_told(
    hub: Hub,
    owner: psycopg.Connection,
    world: World,
    clock: FixedClock,
    built_in_modules: SharedModules,
    ask: Callable[[str], httpx.Response],
) -> None:
    Loop(hub, owner, world).case()
    assert ask("/healthz").json()["clock"] == "ok"
    clock.advance(timedelta(days=-400))
    assert ask("/healthz").json()["clock"] == "behind"
    assert ask("/healthz").json()["status"] == "degraded"


def metrics_of(hub: Hub) -> TestClient[Any]:
    hub.settings = hub.settings.model_copy(update={"metrics_token": SecretStr(TOKEN)})
    return TestClient(create_app(hub), raise_server_exceptions=False)


def test_numbers_are_told_to_whoever_has_the_token_and_to_nobody_else(
    hub: Hub, world: World, owner: psycopg.Connection, built_in_modules: SharedModules, tmp_path: Any
) -> None:
    hub.database.accept_keys(hub.cipher)
    loop = Loop(hub, owner, world)
    loop.sent(serial=1, offering_id=loop.offering(places=2))
    database = Database(hub.settings)
    write_backup(hub.settings, database, tmp_path / "b.hub", with_keys=True)
    with metrics_of(hub) as client:
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": TOKEN}, {"x-forwarded-for": "::1"}):
            assert client.get("/metrics", headers=headers).status_code == 401
        client.get("/sign-in")
        client.get("/cases/01890000-0000-7000-8000-000000000000")
        answer = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        with database_away(hub):
            without = client.get("/metrics", headers={"authorization": f"bearer {TOKEN}"})
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    text = answer.text
    assert 'hub_requests_total{method="GET",route="/sign-in",status="200"}' in text
    assert "hub_request_seconds_bucket" in text
    assert "01890000" not in text
    for name in (
        "hub_ready 1.0", "hub_keys_fit 1.0", "hub_clock_behind 0.0", "hub_pool_connections ", "hub_disk_free_bytes ",
        "hub_backup_age_seconds ", 'hub_outbox_messages{module="employment"} 1.0', "hub_outbox_oldest_seconds{",
        'hub_module_state{module="employment",state="enabled"} 1.0', 'hub_job_state{job="deliver"', "hub_info{version=",
    ):  # fmt: skip
        assert name in text, name
    for secret in ("王", "worker", world.worker.name, str(world.worker.account_id)):
        assert secret not in text
    assert without.status_code == 200
    assert "hub_ready 0.0" in without.text
    assert "hub_disk_free_bytes " in without.text


def test_without_a_token_of_the_installation_there_are_no_metrics(ask: Callable[[str], httpx.Response]) -> None:
    assert ask("/metrics").status_code == 404


def test_a_short_token_is_refused() -> None:
    with pytest.raises(ValidationError):
        Settings(metrics_token=SecretStr("short"))


@pytest.fixture
def environment(settings: Settings) -> dict[str, str]:
    assert settings.database_url is not None
    assert settings.database_app_url is not None
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "DATABASE_"))}
    return kept | {
        "HUB_DATA": str(settings.data),
        "HUB_PORT": str(port),
        "HUB_LANG": "en",
        "HUB_METRICS_TOKEN": TOKEN,
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "DATABASE_APP_URL": settings.database_app_url.get_secret_value(),
    }


def test_every_line_of_the_log_is_json_with_start_and_stop_and_all_processes_are_counted(
    environment: dict[str, str], world: World
) -> None:
    address = f"http://127.0.0.1:{environment['HUB_PORT']}"
    with subprocess.Popen(
        [*HUB, "serve", "--workers", "2"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        try:
            for _ in range(20):
                assert httpx.get(f"{address}/sign-in", timeout=30).status_code == 200
            seen = httpx.get(f"{address}/metrics", headers={"authorization": f"Bearer {TOKEN}"}, timeout=30)
            _end_one_worker(process.pid)
            end = time.monotonic() + 60
            while httpx.get(f"{address}/readyz", timeout=30).status_code != 200:
                assert time.monotonic() < end
        finally:
            process.send_signal(signal.SIGTERM)
            _, log = process.communicate(timeout=60)
    assert 'hub_requests_total{method="GET",route="/sign-in",status="200"} 20.0' in seen.text
    events = [json.loads(line) for line in log.splitlines()]
    assert all({"event", "level", "timestamp"} <= set(event) for event in events)
    names = [event["event"] for event in events]
    assert (names[0], names[-1]) == ("hub started", "hub stopped")
    assert process.returncode == 0


def _end_one_worker(hub: int) -> None:
    """The server says so in its own log."""
    workers = [child for child in psutil.Process(hub).children() if "spawn_main" in " ".join(child.cmdline())]
    workers[0].kill()


def test_a_setting_that_cannot_be_is_named_and_not_repeated() -> None:
    for name, value in (("HUB_PORT", "a-port"), ("HUB_METRICS_TOKEN", "hunter2")):
        done = subprocess.run(
            [*HUB, "doctor"],
            env=os.environ | {name: value, "HUB_LANG": "en"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert name in done.stderr
        assert value not in done.stderr
        assert "Traceback" not in done.stderr
