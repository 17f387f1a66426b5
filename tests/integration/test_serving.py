"""`hub serve` as whoever started it sees it: where it is, and whether it is alone there."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from referral_hub.settings import Settings
from referral_hub.storage.files import lock_file

HUB = [sys.executable, "-c", "from referral_hub.cli import main; main()"]


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
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "DATABASE_APP_URL": settings.database_app_url.get_secret_value(),
    }


def test_whoever_follows_the_address_at_once_gets_an_answer(environment: dict[str, str]) -> None:
    with subprocess.Popen(
        [*HUB, "serve"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            shown = process.stdout.readline()
            address = f"http://127.0.0.1:{environment['HUB_PORT']}/"
            assert address in shown
            assert httpx.get(f"{address}healthz", timeout=30).status_code == 200
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


@pytest.fixture
def embedded(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """An installation of its own, with the database that comes along."""
    kept = {name: value for name, value in environment.items() if not name.startswith("DATABASE_")}
    kept["HUB_DATA"] = str(tmp_path / "own")
    subprocess.run([*HUB, "init"], env=kept, check=True, capture_output=True)
    return kept


def kill_database(data: Path) -> None:
    pid = int((data / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)


def test_a_database_that_dies_is_started_again_and_one_that_cannot_be_ends_the_hub(embedded: dict[str, str]) -> None:
    data = Path(embedded["HUB_DATA"])
    page = f"http://127.0.0.1:{embedded['HUB_PORT']}/"
    impatient = "from referral_hub.storage import supervision; supervision.PATIENCE_SECONDS = 1; "
    command = [sys.executable, "-c", impatient + "from referral_hub.cli import main; main()", "serve"]
    with subprocess.Popen(command, env=embedded, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert page in process.stdout.readline()
            looks_at(page, until=200)
            kill_database(data)
            looks_at(page, until=503)
            looks_at(page, until=200)
            (data / "postgres" / "data" / "global" / "pg_control").rename(data / "control")
            kill_database(data)
            _, said = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 1
    assert "Traceback" not in said
    assert "pg_control" in said.splitlines()[-1]


def looks_at(page: str, *, until: int) -> None:
    """Ask, with a session that must be looked up, until the answer has that status."""
    end = time.monotonic() + 60
    while True:
        answer = httpx.get(page, cookies={"hub_session": "x"}, follow_redirects=True, timeout=30)
        if answer.status_code == until:
            assert until != 503 or "retry-after" in answer.headers
            return
        assert time.monotonic() < end, f"{until} did not come"
        time.sleep(0.02)


def test_two_starts_in_the_same_moment_do_not_share_the_port(environment: dict[str, str]) -> None:
    # The first one has found the port free, and has not taken it yet.
    with Path(environment["HUB_DATA"], f"port-{environment['HUB_PORT']}.lock").open("wb") as first:
        assert lock_file(first, exclusive=True, wait=False)
        second = subprocess.run([*HUB, "serve"], env=environment, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert "HUB_PORT=8001" in second.stderr
