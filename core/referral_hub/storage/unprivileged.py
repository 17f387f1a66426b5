"""Run a program as another account: PostgreSQL refuses to be started by root.

    python unprivileged.py <uid> <gid> <folder> -- <program> [arguments]

The account may be unable to enter the folders above the program or the data (a home folder of mode 0700). Rather than
opening those folders to everybody, the program is then given the one capability to pass through (Linux only).
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 47, 2
_CAPABILITY_VERSION_3 = 0x20080522
_CAP_DAC_OVERRIDE = 1


def become(uid: int, gid: int, needed: list[str]) -> None:
    """Leave root for `uid`; keep the right to pass closed folders only if one of the `needed` paths is behind one."""
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    if libc is not None:
        libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if libc is None or all(os.access(path, os.R_OK | os.X_OK, effective_ids=True) for path in needed):
        return
    bits = 1 << _CAP_DAC_OVERRIDE
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    if libc.capset(header, struct.pack("6I", bits, bits, bits, 0, 0, 0)) == 0:
        libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)


def main(arguments: list[str]) -> None:
    uid, gid, folder, _, program = arguments[:5]
    become(int(uid), int(gid), [program, folder])
    os.chdir(folder)
    os.execv(program, arguments[4:])  # noqa: S606 - exactly what this file is for


if __name__ == "__main__":
    main(sys.argv[1:])
