"""A served hub whose very first requests all come at once: no worker process may die of it.

`HUB_TEST_STARTS` says how many fresh starts are tried (`make starts` tries many).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil  # type: ignore[import-untyped]
import pytest

from referral_hub.settings import Settings

STARTS = int(os.environ.get("HUB_TEST_STARTS", "2"))
WORKERS = 2
AT_ONCE = 16
# Threads that take turns far more often than they would, so that a race which is lost once in a hundred starts is
# lost in one of a few.
HURRY = "import sys; sys.setswitchinterval(1e-6)\n"
HUB = [sys.executable, "-c", "from referral_hub.cli import main; main()"]
# Types are prepared and read in separate threads here, without the server around them: fast enough to do often.
DECODING = """
import sys, threading, tomllib
from pathlib import Path
import msgspec
from referral_hub.api import Manifest
from referral_hub.preparation import prepare_types

prepare_types()
data = tomllib.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
sys.setswitchinterval(1e-6)
together = threading.Barrier(8)
threads = [threading.Thread(target=lambda: (together.wait(), msgspec.convert(data, Manifest))) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""
MANIFEST = Path(__file__).parents[2] / "plugins/employment/hub_employment/hub-module.toml"


@pytest.mark.slow
@pytest.mark.parametrize("start", range(STARTS))
def test_no_worker_dies_when_its_first_requests_come_all_at_once(
    settings: Settings, tmp_path: Path, start: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    log = settings.data / "serve.log"
    (tmp_path / "sitecustomize.py").write_text(HURRY, encoding="utf-8")
    environment = _environment(settings, port) | {"PYTHONPATH": str(tmp_path)}
    with (
        log.open("wb") as written,
        subprocess.Popen(
            [*HUB, "serve", "--workers", str(WORKERS)], env=environment, stdout=written, stderr=written
        ) as process,
    ):
        try:
            _wait_until_listening(process, port)
            with ThreadPoolExecutor(AT_ONCE) as callers:
                answers = list(callers.map(_ask, [port] * AT_ONCE))
            workers = _workers(process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)
    told = log.read_text(encoding="utf-8", errors="replace")
    assert answers == [200] * AT_ONCE, told
    # A worker that died was replaced by another, and the server said so.
    assert "nexpected exit" not in told
    assert len(workers) == WORKERS, told


@pytest.mark.slow
def test_types_that_were_prepared_are_read_by_many_threads_at_once() -> None:
    """Without the preparation, about four of ten such processes ended by a segmentation fault."""
    ends = [subprocess.run([sys.executable, "-c", DECODING, str(MANIFEST)], check=False).returncode for _ in range(8)]
    assert ends == [0] * 8


def _environment(settings: Settings, port: int) -> dict[str, str]:
    assert settings.database_url is not None
    assert settings.database_app_url is not None
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "DATABASE_"))}
    return kept | {
        "HUB_DATA": str(settings.data),
        "HUB_PORT": str(port),
        "HUB_LANG": "en",
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "DATABASE_APP_URL": settings.database_app_url.get_secret_value(),
    }


def _wait_until_listening(process: subprocess.Popen[bytes], port: int) -> None:
    """Until connections are taken, which is before the workers answer: what is sent then waits and comes at once."""
    waiter = psutil.Process(process.pid)
    while process.poll() is None:
        if any(each.laddr.port == port and each.status == psutil.CONN_LISTEN for each in _sockets(waiter)):
            return
        time.sleep(0.05)
    pytest.fail("the server ended before it served")


def _sockets(process: psutil.Process) -> list[Any]:
    family = [process, *process.children(recursive=True)]
    found = []
    for one in family:
        try:
            found += one.net_connections("tcp")
        except psutil.NoSuchProcess:
            continue
    return found


def _ask(port: int) -> int:
    return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=60).status_code


def _workers(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return [one for one in psutil.Process(process.pid).children() if "spawn_main" in " ".join(one.cmdline())]
