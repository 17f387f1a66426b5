"""As whom the embedded server runs.

PostgreSQL refuses root: a hub started by root starts the server as an account without rights. That account keeps no
capability. It reaches the cluster inside a closed folder only because its process begins there (`launcher.py`).
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from referral_hub.i18n import Label
from referral_hub.storage import nameless
from referral_hub.storage.errors import NoServerAccount

# The first is for an administrator who wants an account that no other service shares.
NAMES = ("referral-hub", "postgres", "nobody")
_CAPABILITIES = {"CHOWN": 0, "DAC_OVERRIDE": 1, "KILL": 5, "SETGID": 6, "SETUID": 7}


class Ids(msgspec.Struct, frozen=True):
    """An account of /etc/passwd."""

    name: str
    uid: int
    gid: int


class ServerAccount(msgspec.Struct, frozen=True):
    """`other` is whom root runs the server as; without it the server runs as the hub's own account.

    `nameless` where PostgreSQL would refuse that one: root that may not change its account, or an account without a
    name.
    """

    other: Ids | None = None
    nameless: bool = False

    def command(self, program: Path, *arguments: str) -> list[str]:
        """Raises `NoServerAccount` when PostgreSQL would refuse the account and this machine gives no way round."""
        # Only `initdb` asks for the name; root is refused by every program.
        if self.nameless and (os.geteuid() == 0 or program.stem == "initdb"):
            return [*_named(program), str(program), *arguments]
        return [str(program), *arguments]

    def check(self) -> None:
        """Raises `NoServerAccount` when this machine gives no way to run PostgreSQL; starts none."""
        if self.nameless:
            _named(Path(sys.executable))

    def options(self) -> dict[str, Any]:
        """For `subprocess`: changes the account after entering the working folder, so that one may lie anywhere."""
        if self.other is None:
            return {}
        return {"user": self.other.uid, "group": self.other.gid, "extra_groups": []}

    def own(self, folder: Path) -> None:
        """Give `folder` and all in it to the server, if it is not the server's yet."""
        if self.other is None or folder.lstat().st_uid == self.other.uid:
            return
        # The folder itself comes last: interrupted, this begins again.
        for _, folders, names, handle in os.fwalk(folder, topdown=False):
            for name in (*folders, *names):
                os.chown(name, self.other.uid, self.other.gid, dir_fd=handle, follow_symlinks=False)
        os.chown(folder, self.other.uid, self.other.gid, follow_symlinks=False)


def _named(program: Path) -> list[str]:
    """What runs `program` under an account that PostgreSQL takes. Raises `NoServerAccount`."""
    prefix = [sys.executable, "-I", nameless.__file__]
    if subprocess.run([*prefix, str(program), "--version"], capture_output=True, check=False).returncode:
        raise NoServerAccount(reason=_no_namespace())
    return prefix


def server_account() -> ServerAccount:
    """Raises `NoServerAccount`."""
    if os.name == "nt":
        return ServerAccount()
    if os.geteuid() == 0:
        found = _unprivileged()
        return ServerAccount(other=found) if _may_become(found) else ServerAccount(nameless=True)
    return ServerAccount(nameless=not _has_name())


def _unprivileged() -> Ids:
    import pwd

    for name in NAMES:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Ids(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise NoServerAccount(
        reason=Label(
            zh=f"本机没有 {'、'.join(NAMES)} 中的任何账号。请先 useradd --system {NAMES[0]}",
            en=f"there is none of the accounts {', '.join(NAMES)}. Run useradd --system {NAMES[0]} first",
        )
    )


def _has_name() -> bool:
    import pwd

    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    return True


def _may_become(account: Ids) -> bool:
    """Whether this root has the rights of one: a container may have taken them, or know fewer accounts."""
    if sys.platform != "linux":
        return True
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    effective = int(status.split("CapEff:")[1].split()[0], 16)
    if any(not effective >> bit & 1 for bit in _CAPABILITIES.values()):
        return False
    return _is_mapped("uid_map", account.uid) and _is_mapped("gid_map", account.gid)


def _is_mapped(table: str, number: int) -> bool:
    rows = Path("/proc/self", table).read_text(encoding="ascii").splitlines()
    return any(int(first) <= number < int(first) + int(count) for first, _, count in map(str.split, rows))


def _no_namespace() -> Label:
    uid = os.geteuid()
    if uid == 0:
        needed = ", ".join(f"CAP_{name}" for name in _CAPABILITIES)
        return Label(
            zh=f"PostgreSQL 不能以 root 运行，而本进程的 root 缺少权限（{needed}），系统也不允许用户命名空间。"
            "请改用普通账号运行，或给予这些权限，或用 DATABASE_URL 指定数据库",
            en=f"PostgreSQL does not run as root, this root lacks rights ({needed}), and the system allows no user "
            "namespaces. Run the hub as an ordinary account, grant these rights, or name a database in DATABASE_URL",
        )
    return Label(
        zh=f"当前账号（uid {uid}）在 /etc/passwd 里没有名字，系统也不允许用户命名空间。"
        "请为它建立账号，或换一个有名字的账号运行，或用 DATABASE_URL 指定数据库",
        en=f"the account with uid {uid} has no name in /etc/passwd, and the system allows no user namespaces. "
        "Give it an entry, run the hub as an account that has one, or name a database in DATABASE_URL",
    )
