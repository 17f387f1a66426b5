"""Putting a module's package into a folder of its own, whole or not at all. Nothing of it is imported or run.

`<data>/modules/<key>` holds what is in use. Names that begin with a point are never looked at as modules: `.new-…` is
being filled, `.old-…` was in use a moment ago, `.waiting/<key>` is an upgrade that an administrator has to approve.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

from referral_hub.module_admin.install_errors import (
    FolderUnusable,
    InstallBusy,
    ModuleUnfit,
    NotTheModule,
    SeveralModules,
)
from referral_hub.module_admin.package import check_size, read_package
from referral_hub.module_admin.pip import install_wheel
from referral_hub.registry.discovery import Module, discover

WAITING = ".waiting"
MAX_SECONDS = 300.0
_AT_CWD, _EXCHANGE = -100, 2


@contextmanager
def staged(
    folder: Path,
    source: Path,
    *,
    key: str | None = None,
    find_links: Sequence[Path] = (),
    download: bool = False,
    seconds: float = MAX_SECONDS,
) -> Iterator[Module]:
    """Install the package at `source` into a folder beside the modules in use, and yield what it holds.

    Within the block `put_in_use` or `keep_waiting` takes it over; what nobody took is thrown away. One at a time per
    installation. Raises an `InstallRefused`; `key`, if given, is the module it must be.
    """
    with _alone(folder):
        _sweep(folder)
        new = folder / f".new-{secrets.token_hex(4)}"
        work = new / ".work"
        work.mkdir(parents=True)
        try:
            package = read_package(source, work)
            if key is not None and package.key != key:
                raise NotTheModule(found=package.key, key=key)
            target = new / "modules" / package.key
            install_wheel(
                package.wheel,
                target,
                work,
                find_links=[package.beside, *find_links],
                download=download,
                seconds=seconds,
            )
            check_size(target)
            yield _only(target)
        finally:
            rmtree(new, ignore_errors=True)


def put_in_use(folder: Path, module: Module) -> None:
    """The staged module takes the place of the one in use, in one step where the system can exchange two folders."""
    place = folder / module.key
    new = _home(folder, module)
    if place.exists():
        if not _exchange(new, place):
            old = folder / f".old-{secrets.token_hex(4)}"
            place.rename(old)
            new.rename(place)
            rmtree(old, ignore_errors=True)
        else:
            rmtree(new, ignore_errors=True)
            # An exchange leaves the folder's time as it was; other processes look at it to see that something changed.
            os.utime(folder)
    else:
        new.rename(place)


def keep_waiting(folder: Path, module: Module) -> None:
    """The staged upgrade lies beside the version in use until an administrator approves it."""
    place = folder / WAITING / module.key
    place.parent.mkdir(exist_ok=True)
    rmtree(place, ignore_errors=True)
    _home(folder, module).rename(place)
    os.utime(folder)


def waiting_module(folder: Path, key: str) -> Module | None:
    """The upgrade that waits for this module, if it can be used."""
    found = [module for module in discover(folder / WAITING, []) if module.key == key]
    return found[0] if len(found) == 1 and found[0].state == "discovered" else None


def take_waiting(folder: Path, module: Module) -> None:
    """Put the waiting upgrade in use."""
    with _alone(folder):
        put_in_use(folder, module)


def remove_package(folder: Path, key: str) -> bool:
    """Take a module's package away with any upgrade that waits. False when there was none."""
    with _alone(folder):
        rmtree(folder / WAITING / key, ignore_errors=True)
        place = folder / key
        if not place.is_dir():
            return False
        old = folder / f".old-{secrets.token_hex(4)}"
        place.rename(old)
        rmtree(old, ignore_errors=True)
        return True


def _only(target: Path) -> Module:
    """The one usable module in a folder just filled."""
    found = discover(target.parent, [])
    if len(found) > 1:
        raise SeveralModules(number=len(found), names=", ".join(module.distribution for module in found))
    (module,) = found
    if module.state != "discovered" and module.reason is not None:
        raise ModuleUnfit(why=module.reason)
    return module


def _home(folder: Path, module: Module) -> Path:
    """Where a staged or waiting module lies: the folder named by its key that its path is in."""
    home = Path(module.paths[-1])
    if home.name != module.key or folder not in home.parents:
        raise ValueError("only a module that lies beside those in use can take their place")
    return home


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else changes what lies in the folder meanwhile. What the system refuses there is told in words."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise InstallBusy from error
            yield
    except OSError as error:
        raise FolderUnusable(folder=folder, why=error.strerror or type(error).__name__) from error


def _sweep(folder: Path) -> None:
    """Throw away what an installation left that was killed half-way. Only under the lock."""
    for pattern in (".new-*", ".old-*"):
        for left in folder.glob(pattern):
            rmtree(left, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step. False where the system cannot."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    return bool(rename(_AT_CWD, os.fsencode(one), _AT_CWD, os.fsencode(other), _EXCHANGE) == 0)
