"""A Linux system-call filter for what Landlock does not govern, on x86-64 and 64-bit ARM.

Refused: starting programs and processes, sockets a module has no use for, serving on one, signals and looks at other
processes, memory and queues shared by number, watching files, changing owners, rights and times of files, and
everything that administers a machine. System calls newer than this list are answered "not implemented", so nothing
comes in by the back door of a newer kernel.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import sys

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4
_FIRST, _SECOND, _THIRD, _FOURTH = 16, 24, 32, 40
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_CLONE_THREAD = 0x10000
_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK = 1, 2, 10, 16
_SOCKET_TYPES, _STREAM, _DATAGRAM = 0xF, 1, 2
# Landlock knows TCP alone: multipath TCP would reach any port, a raw or ping socket any host.
_PROTOCOLS = {_STREAM: (0, 6), _DATAGRAM: (0, 17)}
_NETLINK_ROUTE = 0
# Sends the first bytes before Landlock is asked about the connection.
_FAST_OPEN = 0x20000000
# A descriptor told to signal another process when it becomes ready is a way to signal that process.
_OWNER_OF_DESCRIPTOR = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX
_OWNER_OR_TERMINAL = (0x8901, 0x8902, 0x5412, 0x541C)  # FIOSETOWN, SIOCSPGRP, TIOCSTI, TIOCLINUX

# From here on all architectures share their numbers. Of these a Python program uses: close_range, openat2,
# faccessat2, epoll_pwait2, the three of Landlock (they only ever take more away), futex_waitv.
_SHARED_FROM = 424
_SHARED_ALLOWED = (436, 437, 439, 441, 444, 445, 446, 449)
_X32_BIT = 0x40000000

# Per machine: the mark of its system calls, the numbers that depend on arguments, and those refused outright.
_ARCHITECTURES: dict[str, tuple[int, dict[str, int], str]] = {
    "x86_64": (
        0xC000003E,
        {
            "socket": 41,
            "socketpair": 53,
            "sendto": 44,
            "sendmsg": 46,
            "sendmmsg": 307,
            "ioctl": 16,
            "fcntl": 72,
            "clone": 56,
            "kill": 62,
            "tgkill": 234,
            "prlimit64": 302,
        },
        """
        shmget=29  shmat=30  shmctl=31  accept=43  listen=50  fork=57  vfork=58  execve=59  semget=64  semop=65
        semctl=66  shmdt=67  msgget=68  msgsnd=69  msgrcv=70  msgctl=71  truncate=76  chmod=90  fchmod=91
        chown=92  fchown=93  lchown=94  ptrace=101  syslog=103  setpgid=109  setsid=112  rt_sigqueueinfo=129
        utime=132  uselib=134  personality=135  setpriority=141  sched_setparam=142  sched_setscheduler=144
        vhangup=153  modify_ldt=154  pivot_root=155  adjtimex=159  chroot=161  sync=162  acct=163
        settimeofday=164  mount=165  umount2=166  swapon=167  swapoff=168  reboot=169  sethostname=170
        setdomainname=171  iopl=172  ioperm=173  init_module=175  delete_module=176  quotactl=179
        nfsservctl=180  setxattr=188  lsetxattr=189  fsetxattr=190  removexattr=197  lremovexattr=198
        fremovexattr=199  tkill=200  sched_setaffinity=203  io_setup=206  lookup_dcookie=212  semtimedop=220
        clock_settime=227  utimes=235  mbind=237  mq_open=240  mq_unlink=241  kexec_load=246  add_key=248
        request_key=249  keyctl=250  ioprio_set=251  inotify_init=253  inotify_add_watch=254  migrate_pages=256
        fchownat=260  futimesat=261  fchmodat=268  unshare=272  move_pages=279  utimensat=280  accept4=288
        inotify_init1=294  rt_tgsigqueueinfo=297  perf_event_open=298  fanotify_init=300  name_to_handle_at=303
        open_by_handle_at=304  clock_adjtime=305  syncfs=306  setns=308  process_vm_readv=310
        process_vm_writev=311  kcmp=312  finit_module=313  sched_setattr=314  memfd_create=319
        kexec_file_load=320  bpf=321  execveat=322  userfaultfd=323
        """,
    ),
    "aarch64": (
        0xC00000B7,
        {
            "socket": 198,
            "socketpair": 199,
            "sendto": 206,
            "sendmsg": 211,
            "sendmmsg": 269,
            "ioctl": 29,
            "fcntl": 25,
            "clone": 220,
            "kill": 129,
            "tgkill": 131,
            "prlimit64": 261,
        },
        """
        io_setup=0  setxattr=5  lsetxattr=6  fsetxattr=7  removexattr=14  lremovexattr=15  fremovexattr=16
        lookup_dcookie=18  inotify_init1=26  inotify_add_watch=27  ioprio_set=30  umount2=39  mount=40
        pivot_root=41  nfsservctl=42  truncate=45  chroot=51  fchmod=52  fchmodat=53  fchownat=54  fchown=55
        vhangup=58  quotactl=60  sync=81  utimensat=88  acct=89  personality=92  unshare=97  kexec_load=104
        init_module=105  delete_module=106  clock_settime=112  syslog=116  ptrace=117  sched_setparam=118
        sched_setscheduler=119  sched_setaffinity=122  tkill=130  rt_sigqueueinfo=138  setpriority=140
        reboot=142  setpgid=154  setsid=157  sethostname=161  setdomainname=162  settimeofday=170  adjtimex=171
        mq_open=180  mq_unlink=181  msgget=186  msgctl=187  msgrcv=188  msgsnd=189  semget=190  semctl=191
        semtimedop=192  semop=193  shmget=194  shmctl=195  shmat=196  shmdt=197  listen=201  accept=202
        add_key=217  request_key=218  keyctl=219  execve=221  swapon=224  swapoff=225  mbind=235
        migrate_pages=238  move_pages=239  rt_tgsigqueueinfo=240  perf_event_open=241  accept4=242
        fanotify_init=262  name_to_handle_at=264  open_by_handle_at=265  clock_adjtime=266  syncfs=267
        setns=268  process_vm_readv=270  process_vm_writev=271  kcmp=272  finit_module=273  sched_setattr=274
        memfd_create=279  bpf=280  execveat=281  userfaultfd=282  kexec_file_load=294
        """,
    ),
}

Instruction = tuple[int, int, int, int]


class _Filter(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("filter", ctypes.POINTER(_Filter)))


def supported() -> bool:
    """Whether this machine's system calls are known here."""
    return sys.platform == "linux" and platform.machine() in _ARCHITECTURES and sys.maxsize > 2**32


def install(*, network: bool) -> None:
    """Filter this process's system calls for good. Raises OSError where the kernel refuses.

    The caller has set `no_new_privs`, and no other thread runs yet.
    """
    if not supported():
        raise OSError("no system-call filter for this machine")
    instructions = _compile(network=network, pid=os.getpid())
    array = (_Filter * len(instructions))(*[_Filter(*instruction) for instruction in instructions])
    program = _Program(len(instructions), array)
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _compile(*, network: bool, pid: int) -> list[Instruction]:
    architecture, numbers, denied = _ARCHITECTURES[platform.machine()]
    refuse, missing = _ERRNO | errno.EPERM, _ERRNO | errno.ENOSYS
    program: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_AT_LEAST, 0, 1, _X32_BIT),
        (_RETURN, 0, 0, missing),
    ]
    for number in (int(entry.partition("=")[2]) for entry in denied.split()):
        program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, refuse)]
    for number in _SHARED_ALLOWED:
        program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    program += [(_AT_LEAST, 0, 1, _SHARED_FROM), (_RETURN, 0, 0, missing)]
    program += _case(numbers["clone"], _only_threads(refuse))
    program += _case(numbers["socket"], _sockets(network, _ERRNO | errno.EACCES))
    program += _case(numbers["socketpair"], _pair_of_streams(_ERRNO | errno.EACCES))
    for name, flags_at in (("sendto", _FOURTH), ("sendmsg", _THIRD), ("sendmmsg", _FOURTH)):
        program += _case(numbers[name], _without_bit(flags_at, _FAST_OPEN, refuse))
    program += _case(numbers["fcntl"], _argument_not_in(_SECOND, _OWNER_OF_DESCRIPTOR, refuse))
    program += _case(numbers["ioctl"], _argument_not_in(_SECOND, _OWNER_OR_TERMINAL, refuse))
    program += _case(numbers["kill"], _first_argument_in((pid,), refuse))
    program += _case(numbers["tgkill"], _first_argument_in((pid,), refuse))
    program += _case(numbers["prlimit64"], _first_argument_in((0, pid), refuse))
    program.append((_RETURN, 0, 0, _ALLOW))
    return program


def _case(number: int, body: list[Instruction]) -> list[Instruction]:
    """`body` for one system call; it always returns."""
    return [(_EQUAL, 0, len(body), number), *body]


def _only_threads(refuse: int) -> list[Instruction]:
    return [
        (_LOAD, 0, 0, _FIRST),
        (_ANY_BIT, 0, 1, _CLONE_THREAD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, refuse),
    ]


def _without_bit(at: int, bit: int, refuse: int) -> list[Instruction]:
    return [(_LOAD, 0, 0, at), (_ANY_BIT, 0, 1, bit), (_RETURN, 0, 0, refuse), (_RETURN, 0, 0, _ALLOW)]


def _argument_not_in(at: int, values: tuple[int, ...], refuse: int) -> list[Instruction]:
    return [*_if_in(at, values, refuse), (_RETURN, 0, 0, _ALLOW)]


def _first_argument_in(values: tuple[int, ...], refuse: int) -> list[Instruction]:
    return [*_if_in(_FIRST, values, _ALLOW), (_RETURN, 0, 0, refuse)]


def _if_in(at: int, values: tuple[int, ...], then: int) -> list[Instruction]:
    """Return `then` when the argument is one of `values`; go on otherwise."""
    body: list[Instruction] = [(_LOAD, 0, 0, at)]
    for value in values:
        body += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, then)]
    return body


def _pair_of_streams(refuse: int) -> list[Instruction]:
    """A pair as an event loop needs for itself. One of datagrams could be sent to any socket file."""
    return [
        (_LOAD, 0, 0, _FIRST),
        (_EQUAL, 1, 0, _AF_UNIX),
        (_RETURN, 0, 0, refuse),
        (_LOAD, 0, 0, _SECOND),
        (_AND, 0, 0, _SOCKET_TYPES),
        (_EQUAL, 0, 1, _STREAM),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, refuse),
    ]


def _sockets(network: bool, refuse: int) -> list[Instruction]:
    """None at all, or TCP with what looking up a host name needs (datagrams and the list of interfaces)."""
    if not network:
        return [(_RETURN, 0, 0, refuse)]
    body: list[Instruction] = [
        (_LOAD, 0, 0, _FIRST),
        (_EQUAL, 0, 4, _AF_NETLINK),
        (_LOAD, 0, 0, _THIRD),
        (_EQUAL, 0, 1, _NETLINK_ROUTE),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, refuse),
        (_EQUAL, 2, 0, _AF_INET),
        (_EQUAL, 1, 0, _AF_INET6),
        (_RETURN, 0, 0, refuse),
    ]
    for kind, protocols in _PROTOCOLS.items():
        allowed = _if_in(_THIRD, protocols, _ALLOW)
        body += [(_LOAD, 0, 0, _SECOND), (_AND, 0, 0, _SOCKET_TYPES), (_EQUAL, 0, len(allowed), kind), *allowed]
    return [*body, (_RETURN, 0, 0, refuse)]
