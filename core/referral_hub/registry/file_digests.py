"""The digest of a module's files: what was checked and approved is distinguished from anything put there since."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from referral_hub.registry.discovery import Module

_CHUNK = 1024 * 1024
_COMPILED = "__pycache__"

_Seen = tuple[str, int, int, int, int]
"""A file's name in the folder, then what tells that its content is as it was: entry, size, times. No program can set
the last, the time at which the entry changed."""


def files_digest(module: Module) -> str | None:
    """SHA-256 over names and contents of all files of the module; None when it has none that can be read.

    For a module in its own folder that is everything there, its dependencies and compiled files too: any of it may
    run. For one in the hub's environment it is its package without what Python compiled there. A link counts by where
    it leads. Contents are read again when any file looks changed.
    """
    if not module.paths:
        return None
    whole = module.origin == "folder"
    home = Path(module.paths[-1]) if whole else Path(module.paths[0]) / module.package
    try:
        return _digest(home, tuple(sorted(_look(home, compiled=whole))))
    except OSError:
        return None


def _look(home: Path, *, compiled: bool) -> Iterator[_Seen]:
    """Every file and link beneath `home`. Raises OSError."""
    for place, folders, names in os.walk(home, onerror=_raise):
        if not compiled and _COMPILED in folders:
            folders.remove(_COMPILED)
        folder = Path(place)
        links = [name for name in folders if (folder / name).is_symlink()]
        for name in (*names, *links):
            path = folder / name
            stat = path.lstat()
            yield str(path.relative_to(home)), stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


@lru_cache(maxsize=256)
def _digest(home: Path, seen: tuple[_Seen, ...]) -> str:
    digest = hashlib.sha256()
    for name, _, size, _, _ in seen:
        path = home / name
        digest.update(os.fsencode(name) + b"\0")
        if path.is_symlink():
            digest.update(b"link\0" + os.fsencode(path.readlink()) + b"\0")
            continue
        digest.update(str(size).encode() + b"\0")
        with path.open("rb") as opened:
            while chunk := opened.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()


def _raise(error: OSError) -> None:
    raise error
