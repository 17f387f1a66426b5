"""The pipes to one worker process: a line out, a line back, the log drained meanwhile, and the end of the process."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from contextlib import suppress

from referral_hub.isolation.log_buffer import LogBuffer
from referral_hub.isolation.protocol import NEWLINE

_CHUNK = 64 * 1024
_ENVELOPE_BYTES = 1024
_LAST_MOMENT = 0.05


class Pipe:
    """A running worker process. Not for two threads at once.

    `printed` is the descriptor that what the module prints comes from; `printed_bytes` is how much that was.
    """

    def __init__(self, process: subprocess.Popen[bytes], printed: int, log: LogBuffer, reply_bytes: int) -> None:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise ValueError("a worker is spoken to over three pipes")
        self._process = process
        self._pipes = (process.stdin, process.stdout, process.stderr)
        self._asks, self._answers, self._errors = (end.fileno() for end in self._pipes)
        self._prints = printed
        self.printed_bytes = 0
        self._log = log
        self._reply_bytes = reply_bytes
        for descriptor in (self._asks, self._answers, self._errors, self._prints):
            os.set_blocking(descriptor, False)

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def exchange(self, line: bytes, deadline: float) -> bytes:
        """Send a line and wait for one. A full pipe on either side never blocks the other.

        `deadline` is as of `time.monotonic`. Raises TimeoutError, EOFError when the process is gone, ValueError for
        a reply that is too long or more than one.
        """
        poll = select.poll()
        poll.register(self._asks, select.POLLOUT)
        poll.register(self._answers, select.POLLIN)
        poll.register(self._errors, select.POLLIN)
        poll.register(self._prints, select.POLLIN)
        unsent = memoryview(line)
        received = bytearray()
        while True:
            for descriptor, _ in poll.poll(_milliseconds_until(deadline)):
                if descriptor == self._asks:
                    unsent = unsent[_write(descriptor, unsent) :]
                    if not unsent:
                        poll.unregister(descriptor)
                elif descriptor == self._answers:
                    received += _read(descriptor)
                elif self._note(descriptor) == 0:
                    poll.unregister(descriptor)
            reply, end, rest = received.partition(NEWLINE)
            if end and (rest or unsent):
                raise ValueError("more than one answer to one call")
            if end:
                # What was printed before the answer is in its pipe by now; a chunk is all that a pipe holds.
                self._note(self._prints)
                return bytes(reply)
            if len(received) > self._reply_bytes + _ENVELOPE_BYTES:
                raise ValueError(f"a reply of more than {self._reply_bytes} bytes")

    def end(self) -> str:
        """Kill the process with all it started. Says how it had ended, if it had ended by itself."""
        with suppress(subprocess.TimeoutExpired):
            # A closed pipe and the end of the process are two events; give the second a moment.
            self._process.wait(_LAST_MOMENT if self._hung_up() else 0)
        how = _how_it_ended(self._process.returncode)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for descriptor in (self._prints, self._errors):
            self._note(descriptor)
        for end in self._pipes:
            with suppress(OSError):
                end.close()
        os.close(self._prints)
        return how

    def _note(self, descriptor: int) -> int | None:
        read = self._log.read_from(descriptor)
        if descriptor == self._prints:
            self.printed_bytes += read or 0
        return read

    def _hung_up(self) -> bool:
        poll = select.poll()
        poll.register(self._answers, select.POLLIN)
        return any(event & select.POLLHUP for _, event in poll.poll(0))


def _milliseconds_until(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left * 1000


def _write(descriptor: int, data: memoryview) -> int:
    try:
        return os.write(descriptor, data[:_CHUNK])
    except BlockingIOError:
        return 0
    except BrokenPipeError as error:
        raise EOFError from error


def _read(descriptor: int) -> bytes:
    try:
        chunk = os.read(descriptor, _CHUNK)
    except BlockingIOError:
        return b""
    if not chunk:
        raise EOFError
    return chunk


def _how_it_ended(code: int | None) -> str:
    if code is None:
        return "the process closed its pipe"
    if code < 0:
        with suppress(ValueError):
            return f"the process was ended by {signal.Signals(-code).name}"
    return f"the process ended with code {code}"
