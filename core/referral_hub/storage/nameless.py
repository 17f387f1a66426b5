"""Run a program that does not learn whose process it is, with no more rights than this one has (Linux).

    python -I nameless.py <program> [arguments]

PostgreSQL refuses to run as root, and `initdb` refuses an account that /etc/passwd does not know. In a user namespace
to which no account is mapped, every process sees itself as the kernel's `nobody`; for files and signals it remains
whoever started it. Mapping the account to another would need a right that a root without rights lacks (CAP_SETFCAP).
"""

from __future__ import annotations

import ctypes
import os
import pwd
import sys

_CLONE_NEWUSER = 0x10000000


def main(arguments: list[str]) -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER):
        sys.exit(f"user namespace: {os.strerror(ctypes.get_errno())}")
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        sys.exit(f"user namespace: uid {os.geteuid()} has no name")
    os.execv(arguments[0], arguments)  # noqa: S606 - exactly what this file is for


if __name__ == "__main__":
    main(sys.argv[1:])
