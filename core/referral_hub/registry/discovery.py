"""Which modules are installed, found without running a line of their code.

Built-in modules (and any other installed beside the hub) register by entry point in the hub's own environment. A
partner's module lives in a folder of its own with its dependencies, `<data>/modules/<key>`. Whatever is wrong with one
is a row that says so and what to do; nothing here raises for a module's sake (one bad plug-in must not take the
hub down).
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import importlib.util
import re
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Literal

import msgspec

from referral_hub.api import MANIFEST_NAME, Manifest, ManifestError, Service, read_manifest
from referral_hub.i18n import Label
from referral_hub.registry import reasons
from referral_hub.registry.case_field_checks import check_fields

GROUP = "referral_hub.modules"
_ODD = re.compile(r"[^\w.:+\[\] -]", re.ASCII)
_MAX_NAME_LENGTH = 80
# What these names mean in a worker is settled before a module comes into it.
_NOT_A_MODULES = sys.stdlib_module_names | {"referral_hub", "msgspec", "pluggy"}

State = Literal["discovered", "incompatible", "blocked", "broken", "missing"]
Origin = Literal["hub", "folder"]


class Module(msgspec.Struct, frozen=True, kw_only=True):
    """One installed module, usable (`discovered`) or not, with the reason and what to do about it.

    `origin` is `hub` where it shares the hub's environment, `folder` where it has its own. `paths` are what a worker
    puts on its path; `package` is the import name. `digest` identifies the manifest's content.
    """

    key: str
    state: State
    origin: Origin
    distribution: str
    version: str
    package: str = ""
    paths: tuple[str, ...] = ()
    manifest: Manifest | None = None
    digest: str | None = None
    reason: Label | None = None
    action: Label | None = None

    def service(self, key: str) -> Service | None:
        return self.manifest.service(key) if self.manifest else None


def discover(folder: Path | None, path: Sequence[str] | None = None) -> list[Module]:
    """Every module in the hub's environment (`path`, by default `sys.path`) and beneath `folder`, in order of key.

    Two modules of one key cannot both be used: the first stays, the other is a row that says so.
    """
    importlib.invalidate_caches()
    found = [*_in_environment(list(sys.path if path is None else path)), *_in_folders(folder)]
    first: dict[str, Module] = {}
    rows: list[Module] = []
    for module in found:
        other = first.setdefault(module.key, module) if module.state == "discovered" else module
        rows.append(module if other is module else mark_broken(module, reasons.same_key(other.distribution)))
    return sorted(rows, key=lambda module: (module.key, module.origin, module.distribution))


def manifest_digest(manifest: Manifest) -> str:
    """SHA-256 of the manifest's content: the same for the same declarations, however the file is laid out."""
    return hashlib.sha256(msgspec.json.encode(manifest)).hexdigest()


def _in_environment(path: list[str]) -> Iterator[Module]:
    libraries = tuple(dict.fromkeys(sysconfig.get_paths()[name] for name in ("purelib", "platlib")))
    for distribution in importlib.metadata.distributions(path=path):
        for entry in _entries(distribution):
            yield _inspect(distribution, entry, "hub", path, libraries)


def _in_folders(folder: Path | None) -> Iterator[Module]:
    if folder is None or not folder.is_dir():
        return
    for place in sorted(folder.iterdir()):
        if not place.is_dir() or place.name.startswith("."):
            continue
        modules = [
            _inspect(distribution, entry, "folder", [str(place)], (str(place),))
            for distribution in importlib.metadata.distributions(path=[str(place)])
            for entry in _entries(distribution)
        ]
        if not modules:
            yield _row(named(place.name), "broken", "folder", reason=reasons.NO_ENTRY)
        for module in modules:
            fits = module.key == place.name
            key = named(place.name)
            yield module if fits else mark_broken(module, reasons.other_folder(key), key=key)


def _entries(distribution: importlib.metadata.Distribution) -> list[importlib.metadata.EntryPoint]:
    with suppress(Exception):  # Whatever is wrong with the metadata of some package, it is no module then.
        return [entry for entry in distribution.entry_points if entry.group == GROUP]
    return []


def _inspect(
    distribution: importlib.metadata.Distribution,
    entry: importlib.metadata.EntryPoint,
    origin: Origin,
    path: list[str],
    libraries: tuple[str, ...],
) -> Module:
    name, version = _name(distribution)
    row = _row(named(entry.name), "broken", origin, distribution=name, version=version, package=named(entry.value))
    if not entry.value.isidentifier() or entry.value in _NOT_A_MODULES:
        return mark_broken(row, reasons.no_name_for_a_package(row.package))
    try:
        return _read(row, _find(entry.value, path), libraries)
    except Exception as error:  # noqa: BLE001 (a module that cannot be inspected is a row, never the end of the hub)
        return mark_broken(row, reasons.unexpected(type(error).__name__))


def _read(row: Module, spec: ModuleSpec | None, libraries: tuple[str, ...]) -> Module:
    home = _home(spec)
    if home is None:
        return mark_broken(row, reasons.no_package(row.package), state="missing")
    file = home / MANIFEST_NAME
    if not file.is_file():
        return mark_broken(row, reasons.no_manifest(row.package))
    try:
        manifest = read_manifest(file)
    except ManifestError as error:
        state: State = "incompatible" if error.incompatible else "broken"
        return mark_broken(row, reasons.bad_manifest(error.problems, incompatible=error.incompatible), state=state)
    problems = check_fields(manifest)
    if problems:
        return mark_broken(row, reasons.bad_manifest(problems, incompatible=False))
    if manifest.key != row.key:
        return mark_broken(row, reasons.other_name(row.key, manifest.key))
    return msgspec.structs.replace(
        row,
        state="discovered",
        version=manifest.version,
        paths=tuple(dict.fromkeys((str(home.parent), *libraries))),
        manifest=manifest,
        digest=manifest_digest(manifest),
    )


def _find(package: str, path: list[str]) -> ModuleSpec | None:
    """Where the package is, without importing it. Only a top-level name: finding `a.b` would import `a`."""
    return PathFinder.find_spec(package, path)


def _home(spec: ModuleSpec | None) -> Path | None:
    if spec is None or not spec.origin or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _name(distribution: importlib.metadata.Distribution) -> tuple[str, str]:
    with suppress(Exception):  # metadata that cannot be read still has a folder to be named by
        return named(distribution.metadata["Name"]), named(distribution.version)
    return "?", "?"


def named(text: str) -> str:
    """A name as someone else wrote it, so that any page, terminal and database can take it."""
    return _ODD.sub("_", text)[:_MAX_NAME_LENGTH] or "?"


def _row(
    key: str,
    state: State,
    origin: Origin,
    *,
    distribution: str = "?",
    version: str = "?",
    package: str = "",
    reason: reasons.Reason | None = None,
) -> Module:
    return Module(
        key=key,
        state=state,
        origin=origin,
        distribution=distribution,
        version=version,
        package=package,
        reason=reason.why if reason else None,
        action=reason.action if reason else None,
    )


def mark_broken(row: Module, reason: reasons.Reason, *, state: State = "broken", key: str | None = None) -> Module:
    """The row as one that cannot be used; a manifest that cannot be used is not shown as if it could."""
    return msgspec.structs.replace(
        row, key=key or row.key, state=state, reason=reason.why, action=reason.action, manifest=None, paths=()
    )
