"""`hub modules try` shows an author's module at work, follows its files, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from tests.unit.cli.test_demo import port as port  # noqa: PLC0414 (a fixture)

from referral_hub.scaffold.generate import plan_module, write_module


def wait_for(seen: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.3)


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A temporary folder whose name is short enough for the database's socket in it."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.slow
def test_an_author_sees_the_module_in_a_browser_and_its_changes(tmp_path: Path, scratch: Path, port: int) -> None:
    folder = tmp_path / "hub-legal"
    write_module(plan_module("法律援助", ["legal.advice=法律咨询"]), folder)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "DATABASE_"))}
    log = tmp_path / "log"
    with (
        log.open("wb") as told,
        subprocess.Popen(
            [sys.executable, "-m", "referral_hub", "modules", "try", str(folder), "--port", str(port)],
            env=kept | {"HUB_LANG": "en", "TMPDIR": str(scratch), "PYTHONUNBUFFERED": "1"},
            stdout=told,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            wait_for(lambda: "partner" in log.read_text() or process.poll() is not None)
            password = re.search(r"password (\S+)", log.read_text())
            assert password, log.read_text()
            address = f"http://127.0.0.1:{port}"
            wait_for(lambda: _answers(address))
            with httpx.Client(base_url=address, follow_redirects=True) as browser:
                page = _sign_in(browser, password[1])
                assert "法律咨询" in page
                manifest = folder / "hub_legal" / "hub-module.toml"
                text = manifest.read_text(encoding="utf-8")
                manifest.write_text(text.replace("法律咨询", "法律服务"), encoding="utf-8")
                wait_for(lambda: "loaded anew" in log.read_text())
                wait_for(lambda: _answers(address))
                assert "法律服务" in browser.get("/").text
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(40) == 0
    assert list(scratch.glob("hub-try-*")) == []


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz", timeout=2).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _sign_in(browser: httpx.Client, password: str) -> str:
    token = re.search(r'name="_csrf_token" value="([^"]+)"', browser.get("/").text)
    assert token
    return browser.post("/sign-in", data={"_csrf_token": token[1], "login": "partner", "password": password}).text
