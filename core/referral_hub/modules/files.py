"""The digest of a module's files: what was checked and approved is told apart from anything put there since."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from referral_hub.modules.discovery import Module

_CHUNK = 1024 * 1024


def files_digest(module: Module) -> str | None:
    """SHA-256 over names and contents of all files of the module; None when it has none that can be read.

    For a module in its own folder that is everything there, its dependencies too; for one in the hub's environment,
    its package. Read again when the folder was changed or replaced.
    """
    if not module.paths:
        return None
    home = Path(module.paths[-1]) if module.origin == "folder" else Path(module.paths[0]) / module.package
    try:
        stat = home.stat()
        return _digest(home, stat.st_ino, stat.st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=256)
def _digest(home: Path, _inode: int, _changed: int) -> str:
    digest = hashlib.sha256()
    for file in sorted(path for path in home.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        digest.update(file.relative_to(home).as_posix().encode() + b"\0" + str(file.stat().st_size).encode() + b"\0")
        with file.open("rb") as opened:
            while chunk := opened.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()
