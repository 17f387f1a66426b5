"""Linux Landlock: a process gives up, for good, every file, TCP port and signal not named here.

Called through ctypes because the standard library has no binding. Numbers are those of the kernel's user-space
headers (`linux/landlock.h`); what an older kernel lacks is left out and reported.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH, _RULE_NET_PORT = 1, 2

_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_CONNECT_TCP, _BIND_TCP = 1 << 1, 1 << 0
_SCOPE_ABSTRACT_SOCKET, _SCOPE_SIGNAL = 1 << 0, 1 << 1

# How many file rights each version knows: 13 at first, then REFER, TRUNCATE, and IOCTL_DEV with version 5.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
_ALL_FILE_RIGHTS = 16
# Before version 3 a file that may be read could be emptied by opening it, before version 4 any port be reached.
FILES_VERSION = 3
NETWORK_VERSION = 4
_SCOPE_VERSION = 6


class _RulesetAttributes(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


class _NetPort(ctypes.Structure):
    _fields_ = (("allowed", ctypes.c_uint64), ("port", ctypes.c_uint64))


def version() -> int:
    """The version of Landlock this kernel offers; 0 without Landlock."""
    if sys.platform != "linux":
        return 0
    try:
        return _call(_CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION)
    except OSError:
        return 0


def restrict(readable: Iterable[str], ports: Iterable[int]) -> int:
    """Let this process read beneath `readable` and connect to `ports`, nothing else. Returns the version used.

    Raises OSError where the kernel refuses. The caller has set `no_new_privs`.
    """
    offered = version()
    if offered < 1:
        raise OSError("Landlock is not available")
    attributes = _RulesetAttributes(
        fs=(1 << _FILE_RIGHTS.get(offered, _ALL_FILE_RIGHTS)) - 1,
        net=_CONNECT_TCP | _BIND_TCP if offered >= NETWORK_VERSION else 0,
        scoped=_SCOPE_ABSTRACT_SOCKET | _SCOPE_SIGNAL if offered >= _SCOPE_VERSION else 0,
    )
    size = 24 if offered >= _SCOPE_VERSION else 16 if offered >= NETWORK_VERSION else 8
    ruleset = _call(_CREATE_RULESET, ctypes.byref(attributes), size, 0)
    try:
        for path in readable:
            _allow_reading(ruleset, path)
        if offered >= NETWORK_VERSION:
            for port in ports:
                rule = _NetPort(allowed=_CONNECT_TCP, port=port)
                _call(_ADD_RULE, ruleset, _RULE_NET_PORT, ctypes.byref(rule), 0)
        _call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return offered


def _allow_reading(ruleset: int, path: str) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # A path this machine does not have needs no rule.
    try:
        folder = stat.S_ISDIR(os.fstat(parent).st_mode)
        rule = _PathBeneath(allowed=_READ_FILE | _READ_DIR if folder else _READ_FILE, parent_fd=parent)
        _call(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(parent)


def _call(number: int, *arguments: object) -> int:
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    converted = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    result: int = library.syscall(ctypes.c_long(number), *converted)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
