"""What a test run starts ends with it, however the run ends: by itself, by Ctrl+C, by a time-out, by `kill -9`.

Every process that a run starts, directly or not, inherits the name of the run in its environment. A second process
waits for the end of the run and then ends whatever still carries that name. It runs this file by itself, so it imports
nothing but the standard library.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

RUN = "REFERRAL_TEST_RUN"
_MEMORY = Path("/dev/shm")
_ENOUGH = 2 * 1024**3
_PATIENCE_SECONDS = 10.0


def begin_run() -> subprocess.Popen[bytes]:
    """Name this run and start the process that waits for its end."""
    run = secrets.token_hex(6)
    # Without the name in its own environment, the waiting process is not among those it ends.
    waiting = subprocess.Popen(
        [sys.executable, "-I", __file__, run],
        stdin=subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if name != RUN},
        start_new_session=True,
    )
    os.environ[RUN] = run
    return waiting


def end_run(waiting: subprocess.Popen[bytes]) -> None:
    """End what the run has left, and the process that waits."""
    assert waiting.stdin is not None
    waiting.stdin.close()
    waiting.wait()


def raise_on_sigterm() -> None:
    """Let a time-out end the run as Ctrl+C does, so that fixtures clean up. A second signal changes nothing."""

    def stop(_signal: int, _frame: object) -> NoReturn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)


def folder_of(run: str) -> Path:
    """Where the run keeps in memory what need not outlive it."""
    return _MEMORY / f"referral-hub-tests-{os.getuid()}" / run


def in_memory(folder: Path) -> Path:
    """A folder in memory instead of this one, where the system has that and 2 GiB of it are free.

    A copy of the template is several hundred small files: 0.15 s of processor time on a disk, 0.02 s in memory.
    """
    try:
        if shutil.disk_usage(_MEMORY).free < _ENOUGH:
            return folder
        made = folder_of(os.environ[RUN])
        made.parent.mkdir(mode=0o711, exist_ok=True)
        if made.parent.stat().st_uid != os.getuid():
            return folder
        made.mkdir(mode=0o711, exist_ok=True)
    except (OSError, AttributeError, KeyError):
        return folder
    return made


def processes_of(run: str) -> list[int]:
    """The processes that carry the name of the run. None where the system does not tell (no `/proc`)."""
    wanted = f"{RUN}={run}".encode()
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (place / "environ").read_bytes().split(b"\0"):
                found.append(int(place.name))
    return found


def end_processes(run: str) -> None:
    """Ask each to end, and end those by force that have not done so after a while."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while left := processes_of(run):
        late = time.monotonic() > deadline
        for process in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL if late else signal.SIGTERM)
        time.sleep(0.2)


def _wait_and_end(run: str) -> None:
    sys.stdin.buffer.read()
    end_processes(run)
    shutil.rmtree(folder_of(run), ignore_errors=True)


if __name__ == "__main__":
    _wait_and_end(sys.argv[1])
