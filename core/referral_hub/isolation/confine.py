"""The worker gives up what a module does not need, before any of the module's code runs.

`confined`: no file outside the module's folder and the interpreter can be read and none written; no TCP but the
manifest's ports, no other sockets; no program or process started; no signal to, or look into, another process.
`process`: a process of its own with limits, a clean environment and nothing more; the level shown where the system
cannot do better. What remains possible even when confined: using the declared ports to reach any host, datagrams
for a module that declares network, reading names and sizes of files, and heating the processor.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from collections.abc import Iterable
from contextlib import suppress

from referral_hub.isolation import landlock, seccomp
from referral_hub.isolation.protocol import Level, Start

_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITIES_VERSION = 0x20080522

_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
_TIME_ZONES = ("/usr/share/zoneinfo", "/etc/localtime", "/dev/null", "/dev/urandom")
_NAMES_AND_CERTIFICATES = (
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/host.conf",
    "/etc/services",
    # The certificates of authorities; not the folders beside them with a server's private keys.
    "/etc/ssl/certs",
    "/etc/ssl/cert.pem",
    "/etc/ssl/openssl.cnf",
    "/etc/pki/ca-trust",
    "/etc/pki/tls/certs",
    "/etc/pki/tls/cert.pem",
    "/etc/pki/tls/openssl.cnf",
    "/etc/ca-certificates",
    "/usr/share/ca-certificates",
    "/run/systemd/resolve/stub-resolv.conf",
    "/run/systemd/resolve/resolv.conf",
)


def attainable_level(*, network: bool) -> Level:
    """The level a worker will reach on this machine, for an administrator to read before anything runs."""
    enough = landlock.version() >= _version_needed(network=network)
    return "confined" if enough and seccomp.supported() else "process"


def _version_needed(*, network: bool) -> int:
    """Of Landlock. Without network the filter refuses sockets altogether, so ports need not be limited."""
    return landlock.NETWORK_VERSION if network else landlock.FILES_VERSION


def confine(start: Start) -> Level:
    """Apply limits and, as far as this machine can, confinement to this process. Returns the level reached."""
    limit_resources(start)
    if sys.platform != "linux":
        return "process"
    readable = [*start.readable, *_LIBRARIES, *_TIME_ZONES, *(_NAMES_AND_CERTIFICATES if start.network else ())]
    return "confined" if _apply(readable, start.ports, network=start.network) else "process"


def _apply(readable: Iterable[str], ports: Iterable[int], *, network: bool) -> bool:
    """Each measure is taken even if another failed; True when all of them hold."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    _drop_capabilities(library)
    files = calls = False
    with suppress(OSError):
        files = landlock.restrict(readable, ports) >= _version_needed(network=network)
    with suppress(OSError):
        seccomp.install(network=network)
        calls = True
    return files and calls


def _drop_capabilities(library: ctypes.CDLL) -> None:
    """A hub run as root must not lend the module root's privileges. Does nothing for an ordinary user."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
    nothing = (ctypes.c_uint32 * 6)()
    library.capset(ctypes.byref(header), ctypes.byref(nothing))


def limit_resources(start: Start) -> None:
    """Memory, processor time, open files; no core dump, and not one byte written to any file."""
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: start.open_files,
        resource.RLIMIT_CPU: start.cpu_seconds,
        resource.RLIMIT_AS: start.memory_bytes,
    }
    for kind, value in wanted.items():
        _, ceiling = resource.getrlimit(kind)
        allowed = value if ceiling == resource.RLIM_INFINITY else min(value, ceiling)
        # macOS does not take every limit; the others still hold.
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (allowed, allowed))
    with suppress(OSError):
        os.umask(0o077)
