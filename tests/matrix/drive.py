"""What a newcomer does in a clone, as seen from inside one kind of machine. Standard library only; see `__main__`.

python3 drive.py <clone> <what> [arguments for make test]
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

# A newcomer waits this long and no longer.
START_SECONDS = 900.0
STOP_SECONDS = 60.0
_ADDRESS = re.compile(r"(http://127\.0\.0\.1:\d+/)\S*\s.*Ctrl\+C")
# Where the first start is interrupted: a pattern in the output, and the seconds after it. Then it is begun again.
INTERRUPTIONS = (
    ("==> 1/", 0.3),
    ("==> 2/", 0.5),
    ("==> 2/", 8.0),
    ("==> 3/", 0.5),
    ("==> 4/", 4.0),
    ("1/2", 0.0),
    ("1/2", 0.2),
    ("1/2", 0.5),
    ("1/2", 1.0),
    ("1/2", 1.8),
    ("2/2", 0.5),
    ("2/2", 12.0),
    ("Ctrl+C", 0.0),
    ("Ctrl+C", 0.3),
)


class Failed(Exception):
    """What a newcomer would complain about."""


class Command:
    """A command in a terminal of its own: Ctrl+C reaches all that it started."""

    begun: ClassVar[list[Command]] = []

    def __init__(self, *arguments: str, clone: Path, **environment: str) -> None:
        print("$", *arguments, flush=True)
        Command.begun.append(self)
        self.text = ""
        self.process = subprocess.Popen(
            arguments,
            cwd=clone,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        while part := os.read(self.process.stdout.fileno(), 65536):
            words = part.decode("utf-8", errors="replace")
            self.text += words
            print(words, end="", flush=True)

    def wait_until(self, is_so: Callable[[], bool], *, seconds: float = START_SECONDS) -> bool:
        """Whether it came to be so before the command ended."""
        deadline = time.monotonic() + seconds
        while not is_so():
            if self.process.poll() is not None:
                self._reader.join(STOP_SECONDS)
                return is_so()
            if time.monotonic() > deadline:
                self.interrupt()
                raise Failed(f"nothing after {seconds:.0f} s")
            time.sleep(0.02)
        return True

    def interrupt(self) -> int:
        """Ctrl+C, and what it ends with."""
        print("^C", flush=True)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGINT)
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise Failed(f"still running {STOP_SECONDS:.0f} s after Ctrl+C") from None
        self._reader.join(STOP_SECONDS)
        return code

    def end(self) -> int:
        self.wait_until(lambda: False)
        return self.process.wait()


def demo(clone: Path, **environment: str) -> None:
    """`make demo` until it prints its address and answers, then Ctrl+C; nothing stays behind."""
    command = Command("make", "demo", clone=clone, **environment)
    visit(command)
    stop(command, clone)


def start(clone: Path) -> None:
    """As `demo` without its district: install, init, doctor, serve."""
    hub = str(clone / ".venv" / "bin" / "hub")
    for arguments in (("make", "install"), (hub, "init"), (hub, "doctor")):
        if Command(*arguments, clone=clone).end():
            raise Failed(" ".join(arguments))
    command = Command(hub, "serve", clone=clone)
    visit(command)
    stop(command, clone)


def visit(command: Command) -> str:
    if not command.wait_until(lambda: _ADDRESS.search(command.text) is not None):
        raise Failed(f"it ended with {command.process.returncode} and printed no address")
    found = _ADDRESS.search(command.text)
    assert found is not None
    deadline = time.monotonic() + STOP_SECONDS
    while True:
        try:
            with urllib.request.urlopen(found[1], timeout=10) as page:
                if page.status == 200:
                    return found[1]
        except OSError as error:
            if time.monotonic() > deadline:
                raise Failed(f"{found[1]} does not answer: {error}") from error
            time.sleep(0.2)


def stop(command: Command, clone: Path) -> None:
    # make itself ends with 2 or by the signal.
    if (code := command.interrupt()) not in (0, 1, 2, 130, -signal.SIGINT):
        raise Failed(f"it ended with {code} after Ctrl+C")
    check_nothing_left(command, clone)


def check_nothing_left(command: Command, clone: Path) -> None:
    # Ctrl+C while Python makes the environment shows one of Python's own; the hub's are ours.
    if "Traceback (most recent call last)" in command.text and "referral_hub" in command.text:
        raise Failed("it showed a traceback")
    if "panicked" in command.text:
        raise Failed("a worker was aborted")
    deadline = time.monotonic() + 15
    while left := sorted(_at_work_in(clone)):
        if time.monotonic() > deadline:
            raise Failed(f"left behind: {left}")
        time.sleep(0.2)


def _at_work_in(clone: Path) -> set[str]:
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int(process.name) != os.getpid() and (process / "cwd").resolve().is_relative_to(clone):
                found.add((process / "cmdline").read_text(errors="replace").replace("\0", " ").strip())
    return found - {""}


def _says(command: Command, pattern: str) -> bool:
    """A step that an earlier start completed is not said again: then it serves."""
    return pattern in command.text or _ADDRESS.search(command.text) is not None


def interrupted(clone: Path) -> None:
    """Ctrl+C at every step of the first start, each time in what the time before left."""
    for pattern, seconds in INTERRUPTIONS:
        command = Command("make", "demo", clone=clone)
        command.wait_until(partial(_says, command, pattern))
        time.sleep(seconds)
        command.interrupt()
        check_nothing_left(command, clone)
    demo(clone)


def taken(clone: Path) -> None:
    """The port is in use: that is said, with what to do; once it is free all is well."""
    with socket.create_server(("127.0.0.1", 8000)):
        command = Command("make", "demo", clone=clone)
        if not command.end() or "HUB_PORT" not in command.text:
            raise Failed("the port was in use, and nobody said so")
        check_nothing_left(command, clone)
    demo(clone)


def twice(clone: Path) -> None:
    """A second start during the first one's preparations, and another while it serves."""
    first = Command("make", "demo", clone=clone)
    first.wait_until(lambda: "2/2" in first.text)
    early = Command("make", "demo", clone=clone)
    # Both wait for the district, and then either may be the one that serves.
    first.wait_until(lambda: _ADDRESS.search(first.text + early.text) is not None or first.process.poll() is not None)
    if _ADDRESS.search(first.text) is None:
        first, early = early, first
    address = visit(first)
    if not early.end() or "HUB_PORT" not in early.text:
        raise Failed("a second start during the first was not refused in words")
    late = Command("make", "demo", clone=clone)
    if not late.end() or "HUB_PORT" not in late.text:
        raise Failed("a second start beside the first was not refused in words")
    beside = Command("make", "demo", clone=clone, HUB_PORT=str(free_port()))
    visit(beside)
    beside.interrupt()
    with urllib.request.urlopen(address, timeout=10) as page:
        if page.status != 200:
            raise Failed("the end of the second start harmed the first")
    stop(first, clone)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def install(clone: Path) -> None:
    if Command("make", "install", clone=clone).end():
        raise Failed("make install")


def test(clone: Path, selection: str) -> None:
    if Command("make", "test", f"ARGS={selection}", clone=clone).end():
        raise Failed("make test")


ACTIONS: dict[str, Callable[[Path], None]] = {
    "demo": demo,
    "start": start,
    "install": install,
    "interrupted": interrupted,
    "taken": taken,
    "twice": twice,
}


def main(arguments: list[str]) -> None:
    # A shell that runs this in its background has told it, and so its children, not to hear Ctrl+C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    clone = Path(arguments[0])
    try:
        if arguments[1] == "test":
            test(clone, arguments[2])
        else:
            ACTIONS[arguments[1]](clone)
    except Failed as complaint:
        for command in Command.begun:
            with contextlib.suppress(Failed):
                command.interrupt()
        sys.exit(f"FAILED: {complaint}")


if __name__ == "__main__":
    main(sys.argv[1:])
