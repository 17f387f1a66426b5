"""Starting PostgreSQL's programs as the account of the server, on a cluster that may lie in a closed folder."""

from __future__ import annotations

import functools
import os
import subprocess
from pathlib import Path
from typing import IO

from referral_hub.storage.account import ServerAccount, server_account
from referral_hub.storage.errors import EmbeddedServerFailed
from referral_hub.storage.programs import Programs, programs_for

# Linux: a process is always let into the folder in which it began, also where the way there is closed to its account.
_HERE = "/proc/self/cwd"


class Launcher:
    """Runs programs on a cluster. `log` is where the server writes what it has to say."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self._programs: Programs | None = None
        # Where the programs were copied to, if this process did so.
        self.copied_to: Path | None = None

    @functools.cached_property
    def account(self) -> ServerAccount:
        return server_account()

    @property
    def programs(self) -> Programs:
        """Raises `NoServerAccount`, `ProgramsOutOfReach`."""
        if self._programs is None:
            self._programs = programs_for(self.account)
            if self._programs.fresh:
                self.copied_to = self._programs.folder
        return self._programs

    def run(self, program: str, *arguments: str, cluster: Path, inherits: IO[bytes] | None = None) -> None:
        """Run a program to its end. Raises `EmbeddedServerFailed` with what it said."""
        done = subprocess.run(
            self._command(program, *arguments, cluster=cluster),
            capture_output=True,
            text=True,
            errors="replace",
            env=_environment(),
            check=False,
            cwd=cluster,
            pass_fds=() if inherits is None else (inherits.fileno(),),
            **self.account.options(),
        )
        if done.returncode:
            reason = (done.stderr or done.stdout).strip() or f"{program} ended with {done.returncode}"
            raise EmbeddedServerFailed(reason=reason, log=self.log)

    def serve(self, settings: dict[str, str], *, cluster: Path, inherits: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start the server itself; it keeps the open file `inherits`, and the lock on it, as long as it lives."""
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            # A session of its own: Ctrl+C in the terminal must end the hub first, and the server after it.
            return subprocess.Popen(
                self._command("postgres", *options, cluster=cluster),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=_environment(),
                cwd=cluster,
                pass_fds=(inherits.fileno(), *self.programs.handles()),
                **self.account.options(),
            )

    def close(self) -> None:
        """Let go of the programs: this process runs none of them any more."""
        if self._programs is not None:
            self._programs.close()
            self._programs = None

    def _command(self, program: str, *arguments: str, cluster: Path) -> list[str]:
        path = self.programs.folder / (f"{program}.exe" if os.name == "nt" else program)
        switches = self.account.other is not None and Path(_HERE).exists()
        return self.account.command(path, "-D", _HERE if switches else str(cluster), *arguments)


def _environment() -> dict[str, str]:
    """No PG* variable of the caller may lead the server or its tools elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}
