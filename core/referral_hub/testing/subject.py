"""A module under test, called as the hub would call it: in this process, or in a worker of its own."""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
import sysconfig
from collections.abc import Collection, Mapping
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pluggy

from referral_hub.api import MANIFEST_NAME, Manifest, ManifestError, read_manifest
from referral_hub.isolation import protocol
from referral_hub.isolation.errors import ModuleFailure
from referral_hub.isolation.field_access import Seen, watch_fields
from referral_hub.isolation.host import Worker
from referral_hub.isolation.launch import WorkerPlan
from referral_hub.isolation.limits import Limits
from referral_hub.isolation.worker import register
from referral_hub.registry.case_field_checks import check_fields
from referral_hub.registry.reply_checks import check_reply


class Caller(Protocol):
    """One way to call a module."""

    def call(self, hook: str, args: Mapping[str, Any]) -> Any:
        """The reply as a frozen value; None for an optional hook left out."""

    def watch(self, hook: str, args: Mapping[str, Any], declared: Collection[str]) -> Seen:
        """Which fields beyond those `declared` the module asks for, and how much it has printed."""

    def renew(self) -> None:
        """Let the next call find a module that remembers nothing of the calls before."""

    def close(self) -> None:
        """Give back what the caller holds."""


class InProcess:
    """Calls in this process, yet through JSON both ways, so that what works here works in a worker."""

    def __init__(self, module: str) -> None:
        self._module = module
        self.manager: pluggy.PluginManager = register(importlib.import_module(module))

    def call(self, hook: str, args: Mapping[str, Any]) -> Any:
        caller = getattr(self.manager.hook, hook)
        if not caller.get_hookimpls():
            return None
        request = protocol.decode_request(protocol.encode_request(1, hook, 0, args))
        value = caller(**protocol.decode_args(hook, request.args))
        return protocol.TYPES[hook].reply.decode(protocol.encode_value(hook, value))

    def watch(self, hook: str, args: Mapping[str, Any], declared: Collection[str]) -> Seen:
        caller = getattr(self.manager.hook, hook)
        request = protocol.decode_request(protocol.encode_request(1, hook, 0, args))
        watched, undeclared = watch_fields(protocol.decode_args(hook, request.args), declared)
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            if caller.get_hookimpls():
                caller(**watched)
        return Seen(sorted(undeclared), len(printed.getvalue().encode()))

    def renew(self) -> None:
        """Import it once more for our own use; what others imported of it stays as it is."""
        names = [name for name in sys.modules if name == self._module or name.startswith(f"{self._module}.")]
        kept = {name: sys.modules.pop(name) for name in names}
        try:
            self.manager = register(importlib.import_module(self._module))
        finally:
            sys.modules.update(kept)

    def close(self) -> None:
        """Nothing is held."""


class InWorker:
    """Calls in a worker process, confined as far as this machine can."""

    def __init__(self, module: str, manifest: Manifest, home: Path, folder: Path, limits: Limits | None = None) -> None:
        libraries = tuple(dict.fromkeys(sysconfig.get_paths()[name] for name in ("purelib", "platlib")))
        self.worker = Worker(
            WorkerPlan(
                key=manifest.key,
                module=module,
                paths=(str(home.parent), *libraries),
                folder=str(folder),
                ports=tuple(sorted(manifest.ports())),
            ),
            limits or Limits(),
        )

    def call(self, hook: str, args: Mapping[str, Any]) -> Any:
        return self.worker.call(hook, args)

    def watch(self, hook: str, args: Mapping[str, Any], declared: Collection[str]) -> Seen:
        return self.worker.watch(hook, args, declared)

    def renew(self) -> None:
        self.worker.stop()

    def close(self) -> None:
        self.worker.stop()


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A module, the manifest it ships, and the settings it is tried with."""

    module: str
    home: Path
    manifest: Manifest
    caller: Any
    settings: dict[str, Any] = {}
    offering_settings: dict[str, Any] = {}
    attributes: dict[str, Any] = {}

    def call(self, hook: str, **args: Any) -> Any:
        """One call, its reply checked as the hub checks it. Raises what call or check raise, with the cause."""
        return self.call_raw(hook, args, args)

    def call_raw(self, hook: str, raw: Mapping[str, Any], args: Mapping[str, Any]) -> Any:
        """The same with `raw` told to the module in place of `args`: what a hub of another version would send."""
        try:
            reply = self.caller.call(hook, raw)
            return None if reply is None else check_reply(self.manifest, hook, args, reply)
        except ModuleFailure as failure:
            # On a page only an administrator reads this; here it is for the author.
            failure.add_note(str(failure.details.get("detail", "")))
            raise

    def watch(self, hook: str, *, declared: Collection[str], **args: Any) -> Seen:
        """What the module does beside answering one call."""
        seen: Seen = self.caller.watch(hook, args, declared)
        return seen


def find_home(module: str, path: list[str] | None = None) -> Path:
    """The folder of the package `module`, found without importing it. Raises ModuleNotFoundError."""
    spec = PathFinder.find_spec(module, path)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"there is no package {module} on the path", name=module)
    return Path(next(iter(spec.submodule_search_locations)))


def load_manifest(home: Path) -> Manifest:
    """The manifest of a package, checked as discovery checks it. Raises ManifestError."""
    manifest = read_manifest(home / MANIFEST_NAME)
    problems = check_fields(manifest)
    if problems:
        raise ManifestError(problems)
    return manifest
