"""The hub's door to its modules: what is installed, and one call to one of them. None of their code runs here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from referral_hub.api import Manifest, Service
from referral_hub.isolation.confine import attainable_level
from referral_hub.isolation.errors import ModuleAltered, ModuleBusy, ModuleFailure, ModuleStartFailed
from referral_hub.isolation.field_access import Seen
from referral_hub.isolation.host import Worker
from referral_hub.isolation.launch import WorkerPlan
from referral_hub.isolation.limits import MIB, Limits
from referral_hub.isolation.protocol import Level
from referral_hub.registry.blocklist import OWN, SHIPPED, blocked_by, read_blocklist
from referral_hub.registry.discovery import Module, discover, mark_broken
from referral_hub.registry.errors import ModuleNotInstalled
from referral_hub.registry.file_digests import files_digest
from referral_hub.registry.observations import ON_PAGES, Observations
from referral_hub.registry.reply_checks import check_reply
from referral_hub.settings import Settings

_IDLE_CHECK_SECONDS = 30.0
_LOOK_SECONDS = 2.0


class FoundService(msgspec.Struct, frozen=True):
    """A service with the module that has it and the digest of its manifest."""

    module_key: str
    service: Service
    digest: str


class ModuleRegistry:
    """Installed modules and their workers. Threads may share it; each process has its own workers.

    Making one runs nothing and reads nothing: modules are discovered at the first question, by one thread while the
    others wait for it; workers start at the first call to them.
    """

    def __init__(
        self,
        *,
        folder: Path | None,
        run_folder: Path,
        limits: Limits | None = None,
        safe_mode: bool = False,
        require_confined: bool = False,
        path: Sequence[str] | None = None,
        blocklist: Sequence[Path] = (SHIPPED,),
        approved_files: Callable[[str], str | None] | None = None,
    ) -> None:
        self._folder = folder
        self._run_folder = run_folder
        self._limits = limits or Limits()
        self._safe_mode = safe_mode
        self._require_confined = require_confined
        self._path = path
        self._blocklist = blocklist
        self._approved_files = approved_files
        self._lock = threading.Lock()
        self._discovering = threading.Lock()
        self._modules: list[Module] | None = None
        self._usable: dict[str, Module] = {}
        self._services: dict[str, FoundService] = {}
        self._workers: dict[str, Worker] = {}
        self.observations = Observations()
        self._idle_checked_at = time.monotonic()
        self._looked_at = 0.0
        self._folder_time: int | None = None

    @classmethod
    def from_settings(
        cls, settings: Settings, approved_files: Callable[[str], str | None] | None = None
    ) -> ModuleRegistry:
        """The registry of an installation. `approved_files` tells the digest of the files that may run, if any do."""
        return cls(
            folder=settings.modules_folder,
            run_folder=settings.data / "run",
            limits=Limits(
                start=settings.module_start_seconds,
                idle=settings.module_idle_seconds,
                memory_bytes=settings.module_memory_mb * MIB,
            ).slowed(settings.module_slowness),
            safe_mode=settings.safe_mode,
            require_confined=settings.require_confined,
            blocklist=(SHIPPED, settings.data / OWN),
            approved_files=approved_files,
        )

    def discover(self) -> list[Module]:
        """Scan what is installed once more. Workers of modules that changed or went are ended."""
        with self._discovering:
            stale = self._look()
        return self._without(stale)

    def _look(self) -> list[Worker]:
        """Discover, in one thread at a time. Returns the workers that have to end."""
        self._folder_time, self._looked_at = self._time_of_folder(), time.monotonic()
        found = [] if self._safe_mode else self._unblocked(discover(self._folder, self._path))
        usable = {module.key: module for module in found if module.state == "discovered"}
        with self._lock:
            stale = [self._workers.pop(key) for key in list(self._workers) if usable.get(key) != self._usable.get(key)]
            self._modules, self._usable = found, usable
            self._services = {
                service.key: FoundService(module_key=key, service=service, digest=module.digest or "")
                for key, module in usable.items()
                if module.manifest
                for service in module.manifest.services
            }
        return stale

    def _without(self, stale: list[Worker]) -> list[Module]:
        """The modules found, once the workers of those that changed have ended."""
        for worker in stale:
            worker.stop()
        return self._modules or []

    def modules(self) -> list[Module]:
        """Every installed module, usable or not. Empty in safe mode.

        What another process installed or took away is seen within seconds, by the time of the modules' folder.
        """
        if self._is_current():
            return self._modules or []
        with self._discovering:
            # Another thread may have looked while this one waited.
            stale = [] if self._is_current() else self._look()
        return self._without(stale)

    def _is_current(self) -> bool:
        if self._modules is None:
            return False
        if time.monotonic() - self._looked_at <= _LOOK_SECONDS:
            return True
        if self._time_of_folder() != self._folder_time:
            return False
        self._looked_at = time.monotonic()
        return True

    def module(self, key: str) -> Module:
        """A usable module. Raises `ModuleNotInstalled`."""
        self.modules()
        module = self._usable.get(key)
        if module is None:
            raise ModuleNotInstalled(module=key)
        return module

    def manifest(self, key: str) -> Manifest:
        """What the module declares. Raises `ModuleNotInstalled`."""
        manifest = self.module(key).manifest
        if manifest is None:
            raise ModuleNotInstalled(module=key)
        return manifest

    def find_service(self, service_key: str) -> FoundService | None:
        """The service of that key, if an installed module has it."""
        self.modules()
        return self._services.get(service_key)

    def services(self) -> list[FoundService]:
        """Every service of every usable module, in order of module key."""
        self.modules()
        return list(self._services.values())

    def call(self, key: str, hook: str, **arguments: Any) -> Any:
        """Call one hook of one module and return its checked reply; None where it leaves an optional hook out.

        Raises `ModuleNotInstalled`, or a `ModuleFailure`: then nothing is known of the call's effect, and it is
        repeated with the same ids. Blocks up to the hook's time-out, twice that while others call the same module.
        """
        try:
            reply = self.ask(key, hook, arguments)
            checked = None if reply is None else check_reply(self.manifest(key), hook, arguments, reply)
        except ModuleFailure as failure:
            if hook in ON_PAGES and not isinstance(failure, ModuleBusy):
                self.observations.failed(key, hook, failure)
            raise
        if hook in ON_PAGES:
            self.observations.answered(key, hook)
        return checked

    def ask(self, key: str, hook: str, arguments: Mapping[str, Any]) -> Any:
        """The reply as the module gave it, for the author's checks. Raises as `call` does."""
        worker = self._worker(self.module(key))
        self._stop_idle_now_and_then()
        return worker.call(hook, arguments)

    def watch(self, key: str, hook: str, arguments: Mapping[str, Any], declared: Collection[str]) -> Seen:
        """What the module asked for beyond `declared`, and printed. Raises as `call` does."""
        return self._worker(self.module(key)).watch(hook, arguments, declared)

    def start(self, key: str) -> Level:
        """Start the module's worker and return the isolation level it reached. Raises `ModuleStartFailed`."""
        worker = self._worker(self.module(key))
        worker.start()
        if worker.level is None:
            raise ModuleStartFailed(module=key, detail="the worker did not say what level it reached")
        return worker.level

    def restart(self, key: str) -> None:
        """End the module's worker once a call under way is answered; the next call starts another."""
        worker = self._workers.get(key)
        if worker is not None:
            worker.stop()

    def level(self, key: str) -> Level | None:
        """The isolation level the module's worker reached, None before its first start."""
        worker = self._workers.get(key)
        return worker.level if worker else None

    def attainable_level(self, key: str) -> Level:
        """The level this machine can give the module, known before anything of it runs."""
        return attainable_level(network=bool(self.manifest(key).network))

    def level_for(self, module: Module) -> Level:
        """The same for a module that is not in use yet."""
        return attainable_level(network=bool(module.manifest and module.manifest.network))

    def log(self, key: str) -> str:
        """The last the module printed; it may hold what the module received. For its author, never for a page."""
        worker = self._workers.get(key)
        return worker.log() if worker else ""

    def stop_idle(self) -> None:
        """End workers that nobody called for a while. For a job; calls do it too, now and then."""
        now = time.monotonic()
        self._idle_checked_at = now
        for worker in list(self._workers.values()):
            worker.stop_if_idle(now)

    def close(self) -> None:
        """End every worker. The registry can be used again; it starts them again."""
        with self._lock:
            workers, self._workers = list(self._workers.values()), {}
        for worker in workers:
            worker.stop()

    def _unblocked(self, found: list[Module]) -> list[Module]:
        """The modules found, those on the blocklist as rows that say why they cannot be used."""
        blocklist = read_blocklist(self._blocklist)
        reasons = [blocked_by(module, blocklist) if module.state == "discovered" else None for module in found]
        return [
            module if reason is None else mark_broken(module, reason, state="blocked")
            for module, reason in zip(found, reasons, strict=True)
        ]

    def _time_of_folder(self) -> int | None:
        if self._folder is None or self._safe_mode:
            return None
        try:
            return self._folder.stat().st_mtime_ns
        except OSError:
            return None

    def _worker(self, module: Module) -> Worker:
        with self._lock:
            worker = self._workers.get(module.key)
            if worker is None:
                worker = self._workers[module.key] = Worker(
                    self._plan(module), self._limits, partial(self._check_files, module)
                )
            return worker

    def _check_files(self, module: Module) -> None:
        """Before each start: a module in a folder of its own runs only as it was approved. Raises `ModuleAltered`."""
        if module.origin != "folder" or self._approved_files is None:
            return
        approved = self._approved_files(module.key)
        if approved is not None and approved != files_digest(module):
            raise ModuleAltered(module=module.key, detail="its files are not those that were approved")

    def _plan(self, module: Module) -> WorkerPlan:
        return WorkerPlan(
            key=module.key,
            module=module.package,
            paths=module.paths,
            folder=str(self._run_folder / module.key),
            ports=tuple(sorted(module.manifest.ports())) if module.manifest else (),
            require_confined=self._require_confined and module.origin == "folder",
        )

    def _stop_idle_now_and_then(self) -> None:
        if time.monotonic() - self._idle_checked_at > _IDLE_CHECK_SECONDS:
            self.stop_idle()
