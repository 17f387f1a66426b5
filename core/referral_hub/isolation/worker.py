"""The worker: one module in a process of its own, answering one line of JSON with another until the hub is gone.

Started by `host` as `python -I -S -c …`. The pipes to the hub are moved to other descriptors, and 0 and 1 pointed
elsewhere, before module code is imported: what a module prints goes to its log, never into the protocol. It has a
pipe of its own for that, the descriptor that the command line names, so that the hub can tell how much was printed.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from io import TextIOWrapper
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO, cast

import msgspec
import pluggy

from referral_hub.api import PROJECT, REQUIRED_HOOKS, hooks
from referral_hub.isolation import protocol
from referral_hub.isolation.confine import confine
from referral_hub.isolation.field_access import watch_fields

_OPEN_TO_MODULES = ("referral_hub.api", "referral_hub.i18n")
_GRACE_SECONDS = 5.0
_FRAMES_TOLD = 3
_NOT_CONFINED = "this machine cannot confine the module, and HUB_REQUIRE_CONFINED is set"


def main() -> None:
    """Serve until the hub closes the pipe. Never returns an exit code that means anything."""
    requests, replies = _take_pipes(int(sys.argv[2]))
    start = protocol.decode_start(requests.readline())
    # Should the hub die while module code hangs, nobody is left to end this process: the alarm does.
    _arm(start.start_seconds)
    started, manager = start_module(start)
    _send(replies, protocol.encode(started))
    _arm(0)
    if manager is None:
        return
    while line := requests.readline():
        request = protocol.decode_request(line)
        _arm(request.seconds)
        reply = answer(manager, request, start.reply_bytes)
        _send(replies, reply)
        _arm(0)


def start_module(start: protocol.Start) -> tuple[protocol.Started, pluggy.PluginManager | None]:
    """Confine this process, then import the module and check its hooks."""
    level = confine(start)
    if start.require_confined and level != "confined":
        return protocol.Started(level=level, fault=protocol.Fault(kind="start", what=_NOT_CONFINED)), None
    sys.path[:] = [*_standard_library(), *start.paths]
    sys.dont_write_bytecode = True
    sys.meta_path.insert(0, _PublicNamesOnly())
    try:
        module = importlib.import_module(start.module)
        manager = register(module)
    except BaseException as error:  # noqa: BLE001 (SystemExit too is only an answer)
        # No value of any person is in play yet, so the author is told in full.
        what = "".join(traceback.format_exception_only(error)).strip()[:2000]
        return protocol.Started(level=level, fault=protocol.Fault(kind="start", what=what, where=place(error))), None
    implemented = [name for name in protocol.HOOKS if getattr(manager.hook, name).get_hookimpls()]
    missing = [name for name in REQUIRED_HOOKS if name not in implemented]
    if missing:
        fault = protocol.Fault(kind="start", what=f"required hooks are missing: {', '.join(missing)}")
        return protocol.Started(level=level, fault=fault), None
    return protocol.Started(level=level, hooks=implemented), manager


def register(module: ModuleType) -> pluggy.PluginManager:
    """A plugin manager with this one module. A misspelt hook or argument raises `PluginValidationError`."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hooks)
    manager.register(module)
    manager.check_pending()
    return manager


def answer(manager: pluggy.PluginManager, request: protocol.Request, reply_bytes: int) -> bytes:
    """The line that answers `request`. Whatever the module does, SystemExit included, is an answer too."""
    caller = getattr(manager.hook, request.hook)
    if not caller.get_hookimpls():
        return _fault(request, "absent", request.hook)
    try:
        args = protocol.decode_args(request.hook, request.args)
    except msgspec.ValidationError as error:
        return _fault(request, "raised", f"ValidationError: {error}")
    undeclared: set[str] = set()
    if request.declared is not None:
        args, undeclared = watch_fields(args, request.declared)
    try:
        value = caller(**args)
    except BaseException as error:  # noqa: BLE001 (SystemExit too is only an answer)
        # The message may quote what the hub sent; only the kind of error and the place are told.
        return _fault(request, "raised", type(error).__name__, place(error), undeclared)
    try:
        raw = msgspec.Raw(protocol.encode_value(request.hook, value))
        line = protocol.encode(protocol.Reply(id=request.id, value=raw, undeclared=sorted(undeclared)))
    except BaseException as error:  # noqa: BLE001 (SystemExit too is only an answer)
        return _fault(request, "reply", f"{type(value).__name__} cannot be sent: {type(error).__name__}")
    if len(line) > reply_bytes:
        return _fault(request, "reply", f"{len(line)} bytes, above {reply_bytes}")
    return line


def place(error: BaseException) -> str:
    """The innermost lines of the traceback, without any value: `hub_x/__init__.py:12 in hub_receive`."""
    frames = traceback.extract_tb(error.__traceback__, limit=-_FRAMES_TOLD)
    return " > ".join(f"{'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno} in {frame.name}" for frame in frames)


def _fault(
    request: protocol.Request, kind: protocol.FaultKind, what: str, where: str = "", undeclared: Collection[str] = ()
) -> bytes:
    fault = protocol.Fault(kind=kind, what=what, where=where)
    return protocol.encode(protocol.Reply(id=request.id, fault=fault, undeclared=sorted(undeclared)))


def _take_pipes(prints: int) -> tuple[BinaryIO, BinaryIO]:
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(prints, 1)
    os.close(prints)
    # What a module printed before it crashed is the first thing its author asks for.
    cast("TextIOWrapper", sys.stdout).reconfigure(line_buffering=True)
    return requests, replies


def _send(replies: BinaryIO, line: bytes) -> None:
    # What was printed without the end of a line belongs before the answer. The module may have put anything there.
    with suppress(Exception):
        sys.stdout.flush()
    replies.write(line + protocol.NEWLINE)
    replies.flush()


def _arm(seconds: float) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds + _GRACE_SECONDS if seconds else 0)


def _standard_library() -> list[str]:
    folder = Path(os.__file__).parent
    return [path for path in sys.path if Path(path) in (folder, folder / "lib-dynload")]


class _PublicNamesOnly(MetaPathFinder):
    """Of the hub, module code may import `referral_hub.api` and nothing else: what can be used is relied on."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if fullname.startswith("referral_hub.") and not _is_public(fullname):
            raise ModuleNotFoundError(f"{fullname} is private to the hub; import from referral_hub.api", name=fullname)
        return None


def _is_public(name: str) -> bool:
    return any(name == public or name.startswith(public + ".") for public in _OPEN_TO_MODULES)


def run(serve: Callable[[], Any] = main) -> None:
    """What the host's command calls: end at once afterwards, past exit handlers and threads a module left behind."""
    try:
        serve()
    finally:
        os._exit(0)
