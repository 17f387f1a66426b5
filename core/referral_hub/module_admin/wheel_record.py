"""A wheel held against the record it carries of its own files. pip does not look at it."""

from __future__ import annotations

import base64
import csv
import errno
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from referral_hub.module_admin.install_errors import PackageAltered, PackageUnreadable

_CHUNK = 1024 * 1024
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})
_TRUSTED = frozenset({"sha256", "sha384", "sha512"})
# The record itself, and signatures of it.
_UNLISTED = frozenset({"RECORD", "RECORD.jws", "RECORD.p7s"})


def check_record(wheel: Path) -> None:
    """Every file of the wheel is in its record, with the digest given there. Raises `PackageAltered` or
    `PackageUnreadable`.

    It tells damage and a careless change; whoever changes a file can write the record anew.
    """
    with opened_zip(wheel) as archive:
        files = [info for info in archive.infolist() if not info.is_dir()]
        records = [info for info in files if info.filename.endswith(".dist-info/RECORD")]
        if len(records) != 1:
            raise PackageAltered(name=wheel.name, file="RECORD")
        listed = _read(archive.read(records[0]))
        seen: set[str] = set()
        for info in files:
            path = PurePosixPath(info.filename)
            if path.name in _UNLISTED and path.parent.name.endswith(".dist-info"):
                continue
            if info.filename in seen or not _is_as(archive, info, listed.get(info.filename)):
                raise PackageAltered(name=wheel.name, file=_shown(info.filename))
            seen.add(info.filename)


def _shown(path: str) -> str:
    return "".join(sign if sign.isprintable() else "_" for sign in path[-80:])


def _read(record: bytes) -> dict[str, str]:
    """Digest by path; empty where the record gives none."""
    rows = csv.reader(io.StringIO(record.decode("utf-8", errors="replace")))
    return {row[0]: row[1] for row in rows if len(row) >= 2}


def _is_as(archive: zipfile.ZipFile, info: zipfile.ZipInfo, given: str | None) -> bool:
    if given is None:
        return False
    if not given:
        return True
    method, _, expected = given.partition("=")
    if method not in _TRUSTED:
        return False
    digest = hashlib.new(method)
    with archive.open(info) as packed:
        while chunk := packed.read(_CHUNK):
            digest.update(chunk)
    return base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode() == expected.rstrip("=")


@contextmanager
def opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip file, or `PackageUnreadable`, also when it turns out to be damaged while it is read.

    What the system refuses where the content is written to is another matter, and passes through.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, OSError) as error:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            raise
        raise PackageUnreadable(name=path.name) from error
