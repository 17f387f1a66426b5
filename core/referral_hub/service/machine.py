"""Accounts, folders and systemd of this machine: what `hub service` changes outside the hub."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from referral_hub.service.errors import CommandFailed, DataOfAnotherAccount, NoSystemd, ProgramOutOfReach
from referral_hub.service.unit import NAME
from referral_hub.storage.files import PRIVATE_FILE

# There is such a folder where systemd is the init system, and nowhere else.
BOOTED = Path("/run/systemd/system")
SYSTEM_UNITS = Path("/etc/systemd/system")
SYSTEM_ENVIRONMENT = Path("/etc/referral-hub.env")
_LAST_WORDS = 400


def program() -> tuple[str, ...]:
    """How the hub that runs now is started again."""
    hub = Path(sys.executable).with_name("hub")
    return (str(hub),) if hub.exists() else (sys.executable, "-m", "referral_hub")


def user_units() -> Path:
    return _config() / "systemd" / "user"


def user_environment() -> Path:
    return _config() / "referral-hub.env"


def _config() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def require_systemd() -> None:
    if not BOOTED.is_dir() or shutil.which("systemctl") is None:
        raise NoSystemd(place=BOOTED)


def make_account(name: str, data: Path) -> bool:
    """Make an account that nobody can sign in with, unless it exists. True when it was made now."""
    if _exists(name):
        return False
    nologin = shutil.which("nologin", path="/usr/sbin:/sbin:/usr/bin") or "/bin/false"
    run(["useradd", "--system", "--user-group", "--home-dir", str(data), "--no-create-home", "--shell", nologin, name])
    return True


def give_data_folder(data: Path, account: str) -> None:
    """Make the folder if it is missing, closed to all but `account`. Raises `DataOfAnotherAccount`."""
    owner = pwd.getpwnam(account)
    if not data.exists():
        data.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        data.mkdir(mode=0o700)
        os.chown(data, owner.pw_uid, owner.pw_gid)
    found = data.stat().st_uid
    if found != owner.pw_uid:
        raise DataOfAnotherAccount(path=data, owner=_name(found), account=account)


def try_program(words: Sequence[str], account: str) -> None:
    """See that `account` can start the hub at all. Raises `ProgramOutOfReach`."""
    try:
        done = as_account([*words, "--version"], account)
    except OSError as error:
        raise ProgramOutOfReach(account=account, program=words[0], reason=error.strerror) from error
    if done.returncode:
        reason = (done.stderr or done.stdout).strip().splitlines()[-1:] or [str(done.returncode)]
        raise ProgramOutOfReach(account=account, program=words[0], reason=reason[0])


def as_account(command: Sequence[str], account: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run as `account`, with nothing of root's groups and environment but what is named."""
    entry = pwd.getpwnam(account)
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "HUB_LANG", "TZ") if name in os.environ}
    return subprocess.run(
        command,
        user=entry.pw_uid,
        group=entry.pw_gid,
        extra_groups=[],
        umask=0o077,
        cwd="/",
        env=kept | {"HOME": entry.pw_dir} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def write_environment(path: Path, content: str) -> bool:
    """Write settings, which may hold passwords, for root or the user alone. What is there already stays: False."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content)
    return True


def write_unit(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)
    return path


def verify(path: Path, *, user: bool) -> str:
    """What systemd finds wrong with the unit; nothing where it finds nothing or cannot be asked."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        return ""
    command = [analyze, "verify", *(["--user"] if user else []), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stderr or done.stdout).strip() if done.returncode else ""


def systemctl(*words: str, user: bool) -> None:
    run(["systemctl", *(["--user"] if user else []), *words])


def run(command: Sequence[str]) -> None:
    """Raises `CommandFailed` with the last words of what was run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise CommandFailed(command=" ".join(command), reason=error.strerror) from error
    if done.returncode:
        reason = (done.stderr or done.stdout).strip()[-_LAST_WORDS:] or str(done.returncode)
        raise CommandFailed(command=" ".join(command), reason=reason)


def owner_of(path: Path) -> str | None:
    """The account to which an existing folder belongs; root counts as none."""
    try:
        uid = path.stat().st_uid
    except FileNotFoundError:
        return None
    return _name(uid) if uid else None


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
