"""Small files that only the hub's own account may read, and locks on them."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
import weakref
from pathlib import Path
from typing import IO, Any

from referral_hub.storage.errors import FileDamaged

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
OPEN_FILES = Path("/proc/self/fd")


def private_folder(path: Path) -> Path:
    """Make `path` if it is missing, closed to every other account."""
    path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    return path


class ShortWay:
    """A short path to `folder` for as long as this value lives: the system limits the length of a socket's path.

    On Linux it leads through this process's own table of open files, so there is nothing that another account could
    put in its place. Elsewhere it is a link in a private folder among the temporary files.
    """

    def __init__(self, folder: Path) -> None:
        if OPEN_FILES.is_dir():
            handle = os.open(folder, os.O_PATH | os.O_DIRECTORY)
            # By this process's number, not as "self": the programs that it starts go the same way.
            self.path = f"/proc/{os.getpid()}/fd/{handle}"
            weakref.finalize(self, os.close, handle)
        else:
            parent = Path(tempfile.mkdtemp(prefix="hub-"))
            (parent / "data").symlink_to(folder)
            self.path = f"{parent}/data"
            weakref.finalize(self, shutil.rmtree, parent, ignore_errors=True)


def read_json(path: Path) -> dict[str, Any]:
    """The object in `path`, or an empty one when there is no such file. Raises `FileDamaged`."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise FileDamaged(path=path) from error
    if not isinstance(value, dict):
        raise FileDamaged(path=path)
    return value


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Replace `path` at once: a reader, or a crash, finds the old file or the new one, never half of one."""
    private_folder(path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    """Let a new name in the folder outlast a power cut. Windows does that by itself."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_private(path: Path) -> bool:
    """Whether no other account can read `path`. Windows keeps that in access lists, not in modes."""
    return os.name == "nt" or stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def lock_file(file: IO[bytes], *, exclusive: bool, wait: bool) -> bool:
    """Lock the whole file until this handle is closed or the process ends; whether that could be done.

    On Windows nothing is locked, and nobody is ever told to be alone.
    """
    if os.name == "nt":
        return wait
    import fcntl

    mode = (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | (0 if wait else fcntl.LOCK_NB)
    try:
        fcntl.flock(file, mode)
    except BlockingIOError:
        return False
    return True
