"""Whatever ends a test run, its PostgreSQL and the other processes that it started end too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.leftovers import folder_of, processes_of

ROOT = Path(__file__).parents[2]
# A test at work on its database, with a program of its own in the background, for longer than anyone waits.
UNDER_WAY = """
import os, subprocess, time
from pathlib import Path

def test_under_way(hub):
    with subprocess.Popen(["sleep", "300"], start_new_session=True):
        Path({told!r}).write_text(os.environ["REFERRAL_TEST_RUN"] + " under way")
        time.sleep(300)
"""


@pytest.mark.skipif(not Path("/proc").exists(), reason="the system does not tell which processes a run started")
@pytest.mark.parametrize(
    ("how", "options"),
    [
        pytest.param(signal.SIGTERM, [], id="time-out"),
        pytest.param(signal.SIGKILL, ["-n", "1"], id="kill -9 of the first of several processes"),
        pytest.param(signal.SIGTERM, ["-n", "1"], id="time-out of several processes", marks=pytest.mark.slow),
        pytest.param(signal.SIGKILL, [], id="kill -9", marks=pytest.mark.slow),
    ],
)
def test_nothing_outlives_a_run_that_was_ended(how: signal.Signals, options: list[str], tmp_path: Path) -> None:
    told = tmp_path / "told"
    file = tmp_path / "test_under_way.py"
    file.write_text(UNDER_WAY.format(told=str(told)), encoding="utf-8")
    # The embedded server is what could be left behind, whichever server this run itself uses.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "PYTEST_"))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    command += [f"--rootdir={ROOT}", f"--config-file={ROOT / 'pyproject.toml'}", *options, str(file)]
    with subprocess.Popen(command, cwd=ROOT, env=kept, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as ended:
        run = _wait_for(told)
        assert any(_is_postgres(process) for process in processes_of(run))
        ended.send_signal(how)
        ended.wait(timeout=30)
    deadline = time.monotonic() + 20
    while (processes_of(run) or folder_of(run).exists()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_of(run) == []
    assert not folder_of(run).exists()


def _wait_for(told: Path) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if told.exists() and (text := told.read_text()).endswith("under way"):
            return text.split()[0]
        time.sleep(0.05)
    raise AssertionError("the run did not come under way")


def _is_postgres(process: int) -> bool:
    return b"postgres" in Path(f"/proc/{process}/cmdline").read_bytes()
