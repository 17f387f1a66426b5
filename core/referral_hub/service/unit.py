"""The unit that tells systemd how to run the hub. Text only: nothing here looks at the machine."""

from __future__ import annotations

from pathlib import Path

import msgspec

NAME = "referral-hub.service"

# What is forbidden, not what is allowed: the calls of Landlock and seccomp, by which a worker confines itself, are on
# no list of older versions of systemd. No `MemoryDenyWriteExecute`: libraries may make code at run time.
_FORBIDDEN_CALLS = "~@clock @cpu-emulation @debug @module @mount @obsolete @raw-io @reboot @swap"
# What seccomp alone can do, also for a service of a user, whose systemd has no privileges.
_FOR_EVERYBODY = (
    "NoNewPrivileges=yes",
    "LockPersonality=yes",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
    "SystemCallArchitectures=native",
    f"SystemCallFilter={_FORBIDDEN_CALLS}",
    "SystemCallErrorNumber=EPERM",
)
_FOR_SYSTEM = (
    "CapabilityBoundingSet=",
    "PrivateDevices=yes",
    "ProtectClock=yes",
    "ProtectControlGroups=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "ProtectSystem=strict",
)
_HOMES = ("/home", "/root", "/run/user")
# Beyond this length the embedded database keeps its socket in the temporary folder, where other commands must find it.
_LONGEST_DATA = 70


class Unit(msgspec.Struct, frozen=True):
    """What differs from one installation to the next. Without an `account` it is a service of whoever installs it."""

    program: tuple[str, ...]
    data: Path
    environment_file: Path
    account: str | None = None

    def text(self) -> str:
        """The whole unit file."""
        return "\n".join([*self._head(), "", "[Service]", *self._service(), "", *self._install(), ""])

    def _head(self) -> list[str]:
        return [
            "# Written by `hub service install`, which overwrites it. Change it with `systemctl edit referral-hub`.",
            "[Unit]",
            "Description=Referral hub",
            "After=network-online.target postgresql.service",
            "Wants=network-online.target",
            # However often it failed: a full disk is emptied at last, a database comes back, and the hub with it.
            "StartLimitIntervalSec=0",
        ]

    def _service(self) -> list[str]:
        program = " ".join(quoted(word) for word in (*self.program, "serve"))
        return [
            "Type=exec",
            *([f"User={self.account}"] if self.account else []),
            f"Environment={quoted(f'HUB_DATA={self.data}')}",
            f"EnvironmentFile=-{escaped(str(self.environment_file))}",
            f"ExecStart={program}",
            "Restart=on-failure",
            "RestartSec=10",
            # The hub ends its workers and its database itself; systemd ends what is left.
            "KillMode=mixed",
            "TimeoutStopSec=60",
            # A module that uses too much memory is ended and started again by the hub.
            "OOMPolicy=continue",
            "UMask=0077",
            *_FOR_EVERYBODY,
            *(self._for_system() if self.account else ()),
        ]

    def _for_system(self) -> list[str]:
        at_home = any(path.startswith(tuple(f"{home}/" for home in _HOMES)) for path in (*self.program, str(self.data)))
        return [
            *_FOR_SYSTEM,
            f"ProtectHome={'read-only' if at_home else 'yes'}",
            f"PrivateTmp={'no' if len(str(self.data).encode()) > _LONGEST_DATA else 'yes'}",
            f"ReadWritePaths={quoted(str(self.data))}",
        ]

    def _install(self) -> list[str]:
        return ["[Install]", f"WantedBy={'multi-user.target' if self.account else 'default.target'}"]


def escaped(text: str) -> str:
    """A per cent sign that systemd leaves alone, and shows as one."""
    return text.replace("%", "%%")


def quoted(word: str) -> str:
    """One word, whatever is in it, as the values of a unit are read."""
    inside = escaped(word).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inside}"' if set(inside) & set(" \"'\\;") else inside
