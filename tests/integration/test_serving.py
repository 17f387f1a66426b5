"""`hub serve` as whoever started it sees it: where it is, and whether it is alone there."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
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


def test_two_starts_in_the_same_moment_do_not_share_the_port(environment: dict[str, str]) -> None:
    # The first one has found the port free, and has not taken it yet.
    with Path(environment["HUB_DATA"], f"port-{environment['HUB_PORT']}.lock").open("wb") as first:
        assert lock_file(first, exclusive=True, wait=False)
        second = subprocess.run([*HUB, "serve"], env=environment, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert "HUB_PORT=8001" in second.stderr
