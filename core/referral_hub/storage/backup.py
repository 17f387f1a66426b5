"""A whole installation in one file, and back.

The file is a tar archive of `about.json`, `database.dump` (PostgreSQL's own format), the partner modules under
`modules/` and, unless left out, `keys.json`. The dump and the row counts that a restore is checked against come from
one snapshot, while the hub works on.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path, PurePosixPath

import msgspec
import psycopg
from psycopg import sql
from sqlalchemy import URL

from referral_hub.i18n import Label
from referral_hub.ids import new_id
from referral_hub.settings import Settings
from referral_hub.storage import migrate, tools
from referral_hub.storage.cipher import FieldCipher
from referral_hub.storage.database import Database
from referral_hub.storage.engine import connect_owner, safe_address
from referral_hub.storage.errors import (
    FieldDamaged,
    KeysDiffer,
    KeysMissing,
    KeyUnknown,
    NotABackup,
    TargetNotEmpty,
)
from referral_hub.storage.files import PRIVATE_FILE, private_folder, read_json, write_json
from referral_hub.storage.key_probes import check_keys
from referral_hub.storage.keys import read_keys
from referral_hub.storage.restoring import Restoring, refuse_half_restored, restoring, unfinished_restore

FORMAT = 1
_ABOUT, _DUMP, _KEYS = "about.json", "database.dump", "keys.json"
_MODULES = "modules"
_PROBE = "backup.probe"
# In the table of the jobs, so that every machine on this database knows of it.
_NOTED_AS = "backup"


class About(msgspec.Struct, frozen=True):
    """What a backup says of itself. `probe` is a sealed word that only the right keys open."""

    format: int
    made_at: datetime
    program: str
    revision: str
    dump_sha256: str
    probe: bytes
    rows: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.rows.values())


def write_backup(settings: Settings, database: Database, target: Path, *, with_keys: bool) -> About:
    """Write the installation to `target`, readable by this account only, and note when.

    Raises `ToolFailed`, `KeysMissing`, `KeysDoNotFit`, `RestoreUnfinished`.

    The file appears whole or not at all.
    """
    refuse_half_restored(settings)
    cipher = FieldCipher(read_keys(settings.keys_file))
    with connect_owner(database.owner_url) as connection:
        check_keys(connection, cipher)
    with tempfile.TemporaryDirectory(dir=target.absolute().parent, prefix=".hub-backup-") as name:
        folder = Path(name)
        rows = _dump(database.owner_url, folder / _DUMP)
        about = About(
            format=FORMAT,
            made_at=datetime.now(UTC),
            program=version("referral-hub"),
            revision=migrate.current(database.owner_url) or "-",
            dump_sha256=_digest(folder / _DUMP),
            probe=cipher.encrypt(_PROBE, _PROBE),
            rows=rows,
        )
        (folder / _ABOUT).write_bytes(msgspec.json.format(msgspec.json.encode(about)))
        if with_keys:
            shutil.copyfile(settings.keys_file, folder / _KEYS)
        draft = folder / "archive"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT, PRIVATE_FILE)
        with os.fdopen(handle, "wb") as file, tarfile.open(fileobj=file, mode="w") as archive:
            for part in (_ABOUT, _DUMP, *((_KEYS,) if with_keys else ())):
                archive.add(folder / part, arcname=part)
            if settings.modules_folder.is_dir():
                archive.add(settings.modules_folder, arcname=_MODULES)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    _note_backup(database.owner_url, about)
    return about


def last_backup_at(connection: psycopg.Connection) -> datetime | None:
    """When the last backup was made, as the database tells."""
    row = connection.execute("SELECT finished_at FROM job_run WHERE job = %s", [_NOTED_AS]).fetchone()
    found: datetime | None = row[0] if row else None
    return found


def _note_backup(owner: URL, about: About) -> None:
    with connect_owner(owner) as connection:
        connection.execute(
            "INSERT INTO job_run (id, created_at, job, started_at, finished_at, done)"
            " VALUES (%(id)s, %(at)s, %(job)s, %(at)s, %(at)s, %(rows)s)"
            " ON CONFLICT (job) DO UPDATE SET started_at = %(at)s, finished_at = %(at)s, done = %(rows)s",
            {"id": new_id(), "at": about.made_at, "job": _NOTED_AS, "rows": about.total},
        )


def restore_backup(settings: Settings, source: Path) -> About:
    """Fill the empty database of `settings` from `source`, then check that every row came and the keys fit.

    A backup of an older version is brought up to date. A restore that was interrupted is begun again. Raises
    `NotABackup`, `TargetNotEmpty`, `KeysDiffer`, `KeysMissing`, `ToolFailed`.
    """
    with tempfile.TemporaryDirectory(prefix="hub-restore-") as name:
        folder = Path(name)
        about = _unpack(source, folder)
        database = Database(settings)
        try:
            address = safe_address(database.owner_url)
            if (left := unfinished_restore(settings)) is not None and left.address == address:
                # It was empty when that one began, and nobody could work with it since.
                database.empty()
            _refuse_data(database.owner_url)
            _place_keys(settings, about, folder / _KEYS)
            database.make_roles()
            with restoring(settings, Restoring(source=str(source.absolute()), address=address)):
                tools.load(database.owner_url, folder / _DUMP)
                _compare(source, about, database.owner_url)
                _place_modules(source, settings.modules_folder)
                migrate.upgrade(database.owner_url)
        finally:
            database.close()
    return about


def _dump(owner: URL, target: Path) -> dict[str, int]:
    """Dump to `target` and count every table's rows in the same snapshot."""
    with connect_owner(owner) as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        tools.dump(owner, snapshot=str(row[0]), target=target)
        return _count_rows(connection)


def _count_rows(connection: psycopg.Connection) -> dict[str, int]:
    names = connection.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace ORDER BY 1"
    ).fetchall()
    counts = {}
    for (name,) in names:
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchone()
        counts[name] = int(row[0]) if row else 0
    return counts


def _unpack(source: Path, folder: Path) -> About:
    """Take the known parts out of the archive and check them against what it says of itself."""
    try:
        with tarfile.open(source, mode="r:") as archive:
            for part in (_ABOUT, _DUMP, _KEYS):
                _take(archive, part, folder / part)
        about = msgspec.json.decode((folder / _ABOUT).read_bytes(), type=About)
    except (OSError, tarfile.TarError, msgspec.MsgspecError) as error:
        reason = Label(zh="不是本系统的备份", en="it is not a backup of this hub")
        raise NotABackup(path=source, reason=reason) from error
    if about.format > FORMAT:
        raise NotABackup(
            path=source,
            reason=Label(
                zh=f"由更新的版本 {about.program} 生成", en=f"it was made by the newer version {about.program}"
            ),
        )
    if not (folder / _DUMP).exists() or _digest(folder / _DUMP) != about.dump_sha256:
        raise NotABackup(path=source, reason=Label(zh="文件已损坏", en="it is damaged"))
    return about


def _take(archive: tarfile.TarFile, part: str, target: Path) -> None:
    """Copy one part out by its content alone: no name, link or mode of the archive is followed."""
    if part in archive.getnames() and (content := archive.extractfile(part)) is not None:
        with content, target.open("xb") as file:
            shutil.copyfileobj(content, file)


def _place_modules(source: Path, folder: Path) -> None:
    """Put the partner modules back, plain files only. What the registry approved of them is in the database."""
    with tarfile.open(source, mode="r:") as archive:
        for member in archive:
            place = PurePosixPath(member.name)
            if not member.isfile() or place.parts[0] != _MODULES or ".." in place.parts:
                continue
            target = folder.joinpath(*place.parts[1:])
            private_folder(target.parent)
            content = archive.extractfile(member)
            assert content is not None
            with content, target.open("wb") as file:
                shutil.copyfileobj(content, file)


def _refuse_data(owner: URL) -> None:
    with connect_owner(owner) as connection:
        if _count_rows(connection):
            raise TargetNotEmpty(address=safe_address(owner))


def _place_keys(settings: Settings, about: About, packed: Path) -> None:
    """Put the backup's keys in place, or check that the ones here open what it sealed."""
    path = settings.keys_file
    if packed.exists() and not path.exists():
        write_json(path, read_json(packed))
    if not path.exists():
        raise KeysMissing(path=path)
    try:
        FieldCipher(read_keys(path)).decrypt(about.probe, _PROBE)
    except (FieldDamaged, KeyUnknown) as error:
        raise KeysDiffer(path=path) from error


def _compare(source: Path, about: About, owner: URL) -> None:
    with connect_owner(owner) as connection:
        found = _count_rows(connection)
    if found != about.rows:
        names = ", ".join(sorted(name for name in about.rows if found.get(name) != about.rows[name]))
        raise NotABackup(
            path=source,
            reason=Label(zh=f"这些表的行数不符：{names}", en=f"the row counts of these tables differ: {names}"),
        )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
