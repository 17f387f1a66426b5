"""The hub's side of one worker: start it, ask it, end it. One call at a time; any thread may ask."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import msgspec

from referral_hub.isolation import protocol
from referral_hub.isolation.errors import (
    ModuleBusy,
    ModuleCrashed,
    ModuleFailure,
    ModuleRaised,
    ModuleReplyInvalid,
    ModuleStartFailed,
    ModuleTimedOut,
)
from referral_hub.isolation.field_access import Seen
from referral_hub.isolation.launch import WorkerPlan, spawn, start_message
from referral_hub.isolation.limits import Limits
from referral_hub.isolation.log_buffer import LogBuffer
from referral_hub.isolation.pipe import Pipe
from referral_hub.isolation.protocol import Level

_TOLD_CHARACTERS = 300
# A module names its own errors, files and functions: they are told as far as they look like names.
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ ,:.]{0,99}")
_PLACES = re.compile(r"[A-Za-z0-9_./<>: -]{1,300}")
_QUOTING = re.compile(r"(Invalid enum value).*?( - at `\$[A-Za-z0-9_.\[\]]*`)?", re.DOTALL)


class Worker:
    """One module's worker process, started when first asked and again whenever it is gone.

    A failed call ends the process unless the worker itself answered that the hook raised: after a time-out or garbage
    nobody knows what state it is in.
    """

    def __init__(self, plan: WorkerPlan, limits: Limits, before_start: Callable[[], None] | None = None) -> None:
        """`before_start` is asked each time before a process starts, and raises a ModuleFailure to prevent it."""
        self.plan = plan
        self.limits = limits
        self._before_start = before_start
        self.level: Level | None = None
        self.hooks: frozenset[str] = frozenset()
        self._lock = threading.Lock()
        self._pipe: Pipe | None = None
        self._log = LogBuffer(limits.log_bytes)
        self._number = 0
        self._used_at = time.monotonic()

    @property
    def pid(self) -> int | None:
        """The process serving now, if any."""
        pipe = self._pipe
        return pipe.pid if pipe is not None and pipe.alive() else None

    def log(self) -> str:
        """The last the module printed. It may hold what the module received: never for a page, only for its author."""
        return self._log.text()

    def start(self) -> None:
        """Start the process now, for instance to learn the level it reaches. Raises ModuleStartFailed."""
        with self._turn(self.limits.start):
            self._ready()

    def call(self, hook: str, args: Mapping[str, Any]) -> Any:
        """The module's reply as the hook's frozen value; None where the module leaves an optional hook out.

        Raises a ModuleFailure; the next call finds a fresh process where one is needed.
        """
        with self._turn(self.limits.for_hook(hook)):
            return self._value(hook, self._ask(hook, args))

    def watch(self, hook: str, args: Mapping[str, Any], declared: Collection[str]) -> Seen:
        """One call as the author's kit looks at it; what is noticed counts even if the module then raised.

        Raises as `call` does where nothing was noticed.
        """
        with self._turn(self.limits.for_hook(hook)):
            pipe = self._ready()
            before = pipe.printed_bytes
            reply = self._ask(hook, args, declared)
            seen = Seen(reply.undeclared, pipe.printed_bytes - before, before)
            if not (seen.undeclared or seen.printed):
                self._value(hook, reply)
            return seen

    def _ask(self, hook: str, args: Mapping[str, Any], declared: Collection[str] | None = None) -> protocol.Reply:
        """One line there and one back."""
        seconds = self.limits.for_hook(hook)
        pipe = self._ready()
        self._number += 1
        request = protocol.encode_request(self._number, hook, seconds, args, declared)
        try:
            line = pipe.exchange(request, time.monotonic() + seconds)
        except TimeoutError:
            self._end()
            self._fail(ModuleTimedOut, f"{hook}: no reply in {seconds:g} s")
        except EOFError:
            self._fail(ModuleCrashed, f"{hook}: {self._end()}")
        except ValueError as error:
            self._end()
            self._fail(ModuleReplyInvalid, f"{hook}: {error}")
        return self._decode_reply(hook, line)

    def stop(self) -> None:
        """End the process; the next call starts another. Waits for a call under way."""
        with self._lock:
            self._end()

    def stop_if_idle(self, now: float) -> None:
        """End a process that nobody asked for `limits.idle` seconds (`now` as of `time.monotonic`)."""
        if self._pipe is None or now - self._used_at < self.limits.idle or not self._lock.acquire(blocking=False):
            return
        try:
            self._end()
        finally:
            self._lock.release()

    @contextmanager
    def _turn(self, seconds: float) -> Iterator[None]:
        """The worker's lock, waited for no longer than the call itself may take."""
        if not self._lock.acquire(timeout=seconds):
            self._fail(ModuleBusy, f"no turn in {seconds:g} s")
        try:
            yield
        finally:
            self._used_at = time.monotonic()
            self._lock.release()

    def _ready(self) -> Pipe:
        if self._pipe is not None and self._pipe.alive() and self._number < self.limits.calls:
            return self._pipe
        self._end()
        if self._before_start is not None:
            self._before_start()
        deadline = time.monotonic() + self.limits.start
        try:
            process, printed = spawn(self.plan)
        except OSError as error:
            self._fail(ModuleStartFailed, f"the worker process could not be started: {error.strerror}")
        self._pipe = pipe = Pipe(process, printed, self._log, self.limits.reply_bytes)
        self._number = 0
        message = protocol.encode(start_message(self.plan, self.limits)) + protocol.NEWLINE
        try:
            started = protocol.decode_started(pipe.exchange(message, deadline))
        except TimeoutError:
            self._end()
            self._fail(ModuleStartFailed, f"not ready after {self.limits.start:g} s")
        except EOFError:
            self._fail(ModuleStartFailed, f"{self._end()}; {self._last_words()}")
        except ValueError:
            self._end()
            self._fail(ModuleStartFailed, "the worker did not speak the protocol")
        self.level = started.level
        self.hooks = frozenset(started.hooks)
        if started.fault is not None:
            self._end()
            self._fail(ModuleStartFailed, _told(started.fault))
        return pipe

    def _value(self, hook: str, reply: protocol.Reply) -> Any:
        if reply.fault is not None:
            if reply.fault.kind == "absent":
                return None
            kind = ModuleReplyInvalid if reply.fault.kind == "reply" else ModuleRaised
            self._fail(kind, f"{hook}: {_told_of_call(reply.fault)}")
        try:
            return protocol.TYPES[hook].reply.decode(reply.value)
        except (msgspec.DecodeError, RecursionError) as error:
            self._fail(ModuleReplyInvalid, f"{hook}: {_without_value(str(error))}")

    def _decode_reply(self, hook: str, line: bytes) -> protocol.Reply:
        try:
            reply = protocol.decode_reply(line)
        except msgspec.DecodeError as error:
            self._end()
            self._fail(ModuleReplyInvalid, f"{hook}: {_without_value(str(error))}")
        if reply.id != self._number:
            self._end()
            self._fail(ModuleReplyInvalid, f"{hook}: an answer to another call")
        return reply

    def _end(self) -> str:
        pipe, self._pipe = self._pipe, None
        return pipe.end() if pipe is not None else ""

    def _last_words(self) -> str:
        return self._log.text().strip().rpartition("\n")[2][:_TOLD_CHARACTERS]

    def _fail(self, kind: type[ModuleFailure], detail: str) -> NoReturn:
        raise kind(module=self.plan.key, detail=detail)


def _told(fault: protocol.Fault) -> str:
    return f"{fault.what} ({fault.where})" if fault.where else fault.what


def _told_of_call(fault: protocol.Fault) -> str:
    """The same for a fault during a call, when the module knows something about a client."""
    what = fault.what.partition(":")[0] if fault.kind == "raised" else fault.what
    told = what if _PLAIN.fullmatch(what) else "an error of its own"
    return f"{told} ({fault.where})" if _PLACES.fullmatch(fault.where) else told


def _without_value(message: str) -> str:
    """What msgspec says is wrong with a reply, without what stood there."""
    quoting = _QUOTING.fullmatch(message)
    return message if quoting is None else quoting[1] + (quoting[2] or "")
