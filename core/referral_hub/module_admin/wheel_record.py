"""A wheel held against the record it carries of its own files. pip does not look at it."""

from __future__ import annotations

import csv
import errno
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from installer.records import InvalidRecordEntry, RecordEntry, parse_record_file

from referral_hub.module_admin.install_errors import PackageAltered, PackageUnreadable

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})
_TRUSTED = frozenset({"sha256", "sha384", "sha512"})
# The record itself, and signatures of it.
_UNLISTED = frozenset({"RECORD", "RECORD.jws", "RECORD.p7s"})


def check_log(wheel: Path) -> None:
    """Every file of the wheel is in its record, with the digest given there. Raises `PackageAltered` or
    `PackageUnreadable`.

    It finds damage and a careless change; whoever changes a file can write the record again. `installer` reads and
    compares; its own `validate_record` would also take MD5, and names no file for our message.
    """
    with opened_zip(wheel) as archive:
        files = [info for info in archive.infolist() if not info.is_dir()]
        records = [info for info in files if info.filename.endswith(".dist-info/RECORD")]
        if len(records) != 1:
            raise PackageAltered(name=wheel.name, file="RECORD")
        try:
            rows = parse_record_file(archive.read(records[0]).decode("utf-8").splitlines())
            listed = {path: RecordEntry.from_elements(path, digest, size) for path, digest, size in rows}
        except (InvalidRecordEntry, UnicodeDecodeError, csv.Error) as error:
            raise PackageAltered(name=wheel.name, file="RECORD") from error
        for info in files:
            path = PurePosixPath(info.filename)
            if path.name in _UNLISTED and path.parent.name.endswith(".dist-info"):
                continue
            # Taken out, so that a second file of the same name is not listed any more.
            entry = listed.pop(info.filename, None)
            if entry is None or not _is_as(archive, info, entry):
                raise PackageAltered(name=wheel.name, file=_shown(info.filename))


def _shown(path: str) -> str:
    return "".join(sign if sign.isprintable() else "_" for sign in path[-80:])


def _is_as(archive: zipfile.ZipFile, info: zipfile.ZipInfo, entry: RecordEntry) -> bool:
    if entry.hash_ is None or entry.hash_.name not in _TRUSTED:
        return False
    with archive.open(info) as packed:
        return entry.validate_stream(cast("BinaryIO", packed))


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
