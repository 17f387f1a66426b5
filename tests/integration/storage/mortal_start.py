"""First starts that end as in a power cut: at a chosen step, with every process that they began.

A step is a file or folder that is written, renamed or removed in the data folder, a program that is started, or a
statement that is sent. Reads `STEP [SECONDS]` a line and answers `killed` or `done`; with seconds the end comes so long
after that step, in the middle of what it began.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any

import psutil  # type: ignore[import-untyped]
import psycopg

from referral_hub.cli.init import prepare
from referral_hub.settings import Settings

WRITING = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "subprocess.Popen")


def main() -> None:
    data = str(Settings().data)
    for line in sys.stdin:
        step, *seconds = line.split()
        child = os.fork()
        if child == 0:
            _start(data, int(step), float(seconds[0]) if seconds else 0.0)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write("killed\n" if os.WIFSIGNALED(status) else f"done {os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _start(data: str, die_at: int, after: float) -> None:
    left = die_at

    def step() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            if not after:
                _die()
            threading.Timer(after, _die).start()

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event in WRITING and (event == "subprocess.Popen" or data in str(arguments[0])):
            step()
        if event == "open" and data in str(arguments[0]) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
            step()

    execute = psycopg.Connection.execute

    def executing(self: Any, *arguments: Any, **options: Any) -> Any:
        step()
        return execute(self, *arguments, **options)

    psycopg.Connection.execute = executing  # type: ignore[method-assign]
    sys.addaudithook(note)
    prepare(Settings()).close()


def _die() -> None:
    for process in psutil.Process().children(recursive=True):
        process.kill()
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
