"""A package as someone hands it over, looked into without running or importing anything of it."""

from __future__ import annotations

import configparser
import re
from pathlib import Path, PurePosixPath
from shutil import copyfileobj

import msgspec

from referral_hub.module_admin.install_errors import (
    KeyUnfit,
    NoModuleInPackage,
    NothingToInstall,
    PackageTooLarge,
    PackageUnreadable,
    SeveralModules,
    SourceOnly,
)
from referral_hub.module_admin.wheel_record import check_log, opened_zip
from referral_hub.registry.discovery import GROUP, named

MAX_MIB = 256
_MAX_BYTES = MAX_MIB * 1024 * 1024
_MAX_FILES = 20_000
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SOURCES = (".tar.gz", ".tar.bz2", ".tgz", ".tar")


class Package(msgspec.Struct, frozen=True):
    """The wheel of one module. `beside` is the folder where other wheels it needs may lie."""

    wheel: Path
    key: str
    beside: Path


def read_package(source: Path, work: Path) -> Package:
    """The module in a wheel, a folder of wheels, or a zip of wheels (unpacked into `work`).

    Raises an `InstallRefused` that says what is wrong with it.
    """
    wheels = _wheels(source, work)
    sizes = [_measure(wheel) for wheel in wheels]
    if sum(size for size, _ in sizes) > _MAX_BYTES or sum(number for _, number in sizes) > _MAX_FILES:
        raise PackageTooLarge(limit=MAX_MIB)
    for wheel in wheels:
        check_log(wheel)
    modules = [(wheel, key) for wheel in wheels for key in _keys(wheel)]
    if not modules:
        raise NoModuleInPackage(name=source.name)
    if len(modules) > 1:
        raise SeveralModules(number=len(modules), names=", ".join(named(key) for _, key in modules))
    wheel, key = modules[0]
    # The key becomes the name of a folder.
    if not _KEY.fullmatch(key):
        raise KeyUnfit(key=named(key)[:40])
    return Package(wheel=wheel, key=key, beside=wheel.parent)


def check_size(folder: Path) -> None:
    """Raise `PackageTooLarge` when what was installed is more than may be."""
    total = 0
    for number, file in enumerate(folder.rglob("*"), start=1):
        total += file.lstat().st_size
        if total > _MAX_BYTES or number > _MAX_FILES:
            raise PackageTooLarge(limit=MAX_MIB)


def _wheels(source: Path, work: Path) -> list[Path]:
    if source.is_dir():
        wheels = sorted(source.glob("*.whl"))
        if not wheels and ((source / "pyproject.toml").is_file() or (source / "setup.py").is_file()):
            raise SourceOnly(name=source.name)
    elif source.name.endswith(".whl"):
        wheels = [source]
    elif source.name.endswith(_SOURCES):
        raise SourceOnly(name=source.name)
    elif source.name.endswith(".zip"):
        wheels = _unpack(source, work)
    else:
        wheels = []
    if not wheels:
        raise NothingToInstall(name=source.name)
    return wheels


def _unpack(source: Path, work: Path) -> list[Path]:
    """The wheels of a zip, whatever folders they lie in; each by its bare name, so that none lands outside `work`."""
    wheels = []
    with opened_zip(source) as archive:
        inside = [info for info in archive.infolist() if info.filename.endswith(".whl") and not info.is_dir()]
        if not inside and any(PurePosixPath(info.filename).name == "pyproject.toml" for info in archive.infolist()):
            raise SourceOnly(name=source.name)
        if sum(info.file_size for info in inside) > _MAX_BYTES:
            raise PackageTooLarge(limit=MAX_MIB)
        for info in inside:
            wheel = work / PurePosixPath(info.filename.replace("\\", "/")).name
            with archive.open(info) as packed, wheel.open("wb") as file:
                copyfileobj(packed, file)
            wheels.append(wheel)
    return wheels


def _measure(wheel: Path) -> tuple[int, int]:
    with opened_zip(wheel) as archive:
        infos = archive.infolist()
    return sum(info.file_size for info in infos), len(infos)


def _keys(wheel: Path) -> list[str]:
    """The names of the module entry points that a wheel registers."""
    with opened_zip(wheel) as archive:
        for name in archive.namelist():
            path = PurePosixPath(name)
            if path.name == "entry_points.txt" and path.parent.name.endswith(".dist-info"):
                entries = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=False)
                entries.optionxform = str  # type: ignore[assignment,method-assign]  # keys are not lower-cased
                try:
                    entries.read_string(archive.read(name).decode("utf-8"))
                except (configparser.Error, UnicodeDecodeError) as error:
                    raise PackageUnreadable(name=wheel.name) from error
                return list(entries[GROUP]) if entries.has_section(GROUP) else []
    return []
