"""PostgreSQL's own programs, run against one database. They see its password in their environment, nobody else does."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import IO

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL

from referral_hub.storage.engine import conninfo, libpq_parts
from referral_hub.storage.errors import EmbeddedServerFailed, ToolFailed
from referral_hub.storage.programs import programs

# `pg_restore` of version 17 begins with it whatever server it writes for, and older servers stumble over it.
_UNKNOWN_BEFORE_17 = b"SET transaction_timeout = 0;\n"
_PREAMBLE_LINES = 50


def dump(url: URL, *, snapshot: str, target: Path) -> None:
    """Write the whole database, as seen in `snapshot`, to `target` in PostgreSQL's own format. Raises `ToolFailed`."""
    command = [*_tool("pg_dump", url), "--format=custom", f"--snapshot={snapshot}", f"--file={target}"]
    done = subprocess.run(
        command, env=_environment(url), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ToolFailed(tool="pg_dump", reason=done.stderr.strip() or str(done.returncode))


def load(url: URL, source: Path) -> None:
    """Read a dump into an empty database in one transaction: all of it or nothing. Raises `ToolFailed`."""
    with tempfile.TemporaryFile() as complaints:
        restore = subprocess.Popen(
            [_find("pg_restore", url), "--no-owner", "--file=-", str(source)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
        )
        psql = subprocess.Popen(
            [*_tool("psql", url), "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"],
            env=_environment(url),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
        )
        with restore, psql:
            assert restore.stdout is not None
            assert psql.stdin is not None
            try:
                _copy_statements(restore.stdout, psql.stdin)
            except BrokenPipeError:
                restore.kill()  # psql has already said why
            if restore.wait():
                psql.kill()  # its input must not end in good order: that would commit half of it
        if restore.returncode or psql.returncode:
            complaints.seek(0)
            reason = complaints.read().decode(errors="replace").strip()
            raise ToolFailed(tool="pg_restore", reason=reason or str(psql.returncode))


def _copy_statements(source: IO[bytes], target: IO[bytes]) -> None:
    for _ in range(_PREAMBLE_LINES):
        line = source.readline()
        if line != _UNKNOWN_BEFORE_17:
            target.write(line)
    shutil.copyfileobj(source, target)
    target.flush()


def _tool(name: str, url: URL) -> list[str]:
    parts = libpq_parts(url)
    parts.pop("password", None)
    return [_find(name, url), f"--dbname={make_conninfo('', **parts)}"]


def _environment(url: URL) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    password = libpq_parts(url).get("password")
    return kept | {"PGCLIENTENCODING": "UTF8"} | ({"PGPASSWORD": password} if password else {})


def _find(name: str, url: URL) -> str:
    """The embedded package's tool, or the machine's own where that one is older than the server."""
    try:
        packed = str(programs() / name)
    except EmbeddedServerFailed:
        packed = None
    with psycopg.connect(conninfo(url)) as connection:
        needed = connection.info.server_version // 10000
    for place in (packed, shutil.which(name)):
        if place and _version(place) >= needed:
            return place
    raise ToolFailed(tool=name, reason=f"version {needed} or newer is needed on this machine")


def _version(path: str) -> int:
    words = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout.split()
    return int(words[2].split(".")[0]) if len(words) > 2 else 0
