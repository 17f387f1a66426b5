"""What a hostile author would try beyond opening a file: each way out that was found or thought of, tried for real."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.modules.attempts import ATTEMPT, REFUSED, attempt
from tests.integration.modules.made import write_module

from referral_hub.hub import Hub
from referral_hub.isolation.confine import attainable_level
from referral_hub.isolation.limits import Limits
from referral_hub.registry.errors import ModuleCrashed, ModuleRaised, ModuleTimedOut
from referral_hub.registry.registry import ModuleRegistry

RegistryWith = Callable[..., ModuleRegistry]

HOSTILE = (
    ATTEMPT
    + """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)

def system_call(number, *arguments):
    if libc.syscall(*[ctypes.c_long(value) for value in (number, *arguments)]) < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return "done"

def fast_open(port):
    with socket.socket() as opened:
        opened.setblocking(True)
        opened.sendto(b"secret", socket.MSG_FASTOPEN, ("127.0.0.1", port))
        return opened.recv(5)

def many_paths(port):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262) as opened:
        opened.connect(("127.0.0.1", port))
        return opened.recv(5)

def serve():
    with socket.socket() as opened:
        opened.listen(1)
        return opened.getsockname()

def pair_to(path):
    one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    return one.sendto(b"secret", path)

def reconnect(path):
    one, other = socket.socketpair()
    other.close()
    return one.connect(path)

def signal_by_descriptor(command):
    import fcntl
    return fcntl.fcntl(os.pipe()[0], command, os.getppid())

def signal_by_ioctl():
    import array, fcntl
    one, _ = socket.socketpair()
    return fcntl.ioctl(one, 0x8901, array.array("i", [os.getppid()]))

def read_memory_of_the_hub():
    room = ctypes.create_string_buffer(8)
    class Part(ctypes.Structure):
        _fields_ = [("at", ctypes.c_void_p), ("length", ctypes.c_size_t)]
    here, there = Part(ctypes.addressof(room), 8), Part(0x400000, 8)
    if libc.process_vm_readv(os.getppid(), ctypes.byref(here), 1, ctypes.byref(there), 1, 0) < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return room.raw

def link_out():
    os.link("/etc/passwd", os.path.join(os.path.dirname(__file__), "stolen"))

def many_threads():
    import threading, time
    threading.stack_size(32768)
    started = 0
    try:
        while started < 20000:
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
            started += 1
    except RuntimeError:
        pass
    return started

def leave_thread_behind(seconds):
    import threading, time
    def on():
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            os.write(2, b"still here\\\\n" * 1000)
    threading.Thread(target=on, daemon=True).start()
"""
)


@pytest.fixture
def module(registry_with: RegistryWith) -> ModuleRegistry:
    return _started(registry_with(HOSTILE), network=False)


@pytest.fixture
def server() -> Iterator[int]:
    """A server on a port that no manifest names; it greets whoever reaches it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_greet, args=(listening,), daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.fixture
def networked(registry_with: RegistryWith) -> ModuleRegistry:
    """A module that may connect to one port, on which nobody listens."""
    return _started(registry_with(HOSTILE, network='["127.0.0.1:9"]'), network=True)


def test_no_other_kind_of_stream_reaches_a_port_the_manifest_does_not_name(
    networked: ModuleRegistry, server: int
) -> None:
    """Landlock rules over plain TCP: multipath TCP and the data in a fast open would pass it by."""
    for what in (f"many_paths({server})", f"fast_open({server})"):
        assert attempt(networked, what) == "PermissionError", what


@pytest.mark.parametrize(
    "what",
    [
        "serve()",
        "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1)",
        "socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132)",
        "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4)",
        "socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)",
        "socket.socket(socket.AF_UNIX)",
    ],
)
def test_a_network_in_the_manifest_opens_nothing_but_client_sockets(networked: ModuleRegistry, what: str) -> None:
    assert attempt(networked, what) in REFUSED


def test_no_socket_file_and_no_abstract_name_is_reached(module: ModuleRegistry, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as by_file, socket.socket(socket.AF_UNIX) as by_name:
        path = str(tmp_path / "log")
        by_file.bind(path)
        by_file.setblocking(False)
        name = f"hub-{os.getpid()}"
        by_name.bind("\0" + name)
        by_name.listen(1)
        assert attempt(module, f"pair_to({path!r})") in REFUSED
        assert attempt(module, f"pair_to(chr(0) + {name!r})") in REFUSED
        assert attempt(module, f"reconnect(chr(0) + {name!r})") in REFUSED
        with pytest.raises(BlockingIOError):
            by_file.recv(1)


@pytest.mark.parametrize(
    "what",
    [
        *(f"signal_by_descriptor({command})" for command in (8, 10, 15)),
        "signal_by_ioctl()",
        "read_memory_of_the_hub()",
        "open('/proc/self/mem', 'r+b')",
        "open('/proc/%d/fd/0' % os.getppid(), 'rb')",
        "os.readlink('/proc/%d/cwd' % os.getppid())",
        "open('/proc/%d/cmdline' % os.getppid(), 'rb')",
    ],
)
def test_it_neither_signals_the_hub_nor_looks_into_it(module: ModuleRegistry, what: str) -> None:
    assert attempt(module, what) in REFUSED


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("ptrace", 101),
        ("shmctl", 31),
        ("semop", 65),
        ("msgrcv", 70),
        ("inotify_init", 253),
        ("inotify_add_watch", 254),
        ("sync", 162),
        ("unshare", 272),
        ("mount", 165),
        ("memfd_create", 319),
        ("execveat", 322),
        ("bpf", 321),
        ("userfaultfd", 323),
        ("clone3", 435),
        ("io_uring_setup", 425),
        ("io_uring_enter", 426),
        ("pidfd_getfd", 438),
        ("process_madvise", 440),
        ("memfd_secret", 447),
    ],
)
def test_a_system_call_that_no_module_needs_is_refused(module: ModuleRegistry, name: str, number: int) -> None:
    if os.uname().machine != "x86_64":
        pytest.skip("numbers of x86-64")
    # Refused, or answered as a kernel would that has no such call.
    assert attempt(module, f"system_call({number}, 0, 0, 0, 0, 0)") in {"PermissionError", "OSError"}, name


def test_nothing_leads_out_of_its_folder(registry_with: RegistryWith, modules_folder: Path, tmp_path: Path) -> None:
    registry = registry_with(HOSTILE)
    (tmp_path / "secret").write_text("keys")
    package = modules_folder / "legal" / "hub_legal"
    (package / "way-out").symlink_to(tmp_path)
    (package / "secret").symlink_to(tmp_path / "secret")
    _started(registry, network=False)
    here = "os.path.dirname(__file__)"
    for what in (
        f"open(os.path.join({here}, 'secret')).read()",
        f"open(os.path.join({here}, 'way-out', 'secret')).read()",
        f"os.listdir(os.path.join({here}, 'way-out'))",
        "link_out()",
        "open('/dev/shm/here', 'w')",
        f"os.rename({here}, '/tmp/elsewhere')",
    ):
        assert attempt(registry, what) in REFUSED, what


def test_the_hubs_data_and_other_modules_are_closed_to_it(hub: Hub) -> None:
    folder = hub.settings.modules_folder
    write_module(folder, "neighbour")
    write_module(folder, code=HOSTILE)
    hub.modules.discover()
    _started(hub.modules, network=False)
    neighbour = str(folder / "neighbour" / "hub_neighbour" / "__init__.py")
    for what in (
        f"open({str(hub.settings.keys_file)!r}).read()",
        f"os.listdir({str(hub.settings.data)!r})",
        f"open({neighbour!r}).read()",
        f"open({neighbour!r}, 'a')",
        f"os.mkdir({str(folder / 'another')!r})",
        f"os.mkdir({str(folder / 'legal' / '__pycache__')!r})",
        f"open({str(folder / 'legal' / 'hub_legal' / 'more.py')!r}, 'w')",
    ):
        assert attempt(hub.modules, what) in REFUSED, what


def test_it_leaves_no_compiled_file_beside_what_was_approved(registry_with: RegistryWith, modules_folder: Path) -> None:
    registry = registry_with(HOSTILE + "\nfrom hub_legal import more\n")
    (modules_folder / "legal" / "hub_legal" / "more.py").write_text("FEE = 7\n")
    assert attempt(registry, "more.FEE") == "got: 7"
    assert list(modules_folder.rglob("*.pyc")) == []


def test_threads_end_at_its_memory_and_with_its_process(registry_with: RegistryWith) -> None:
    registry = _started(registry_with(HOSTILE, limits=Limits(memory_bytes=192 * 1024 * 1024, start=8.0)), network=False)
    try:
        started = int(attempt(registry, "many_threads()").removeprefix("got: "))
    except (ModuleCrashed, ModuleRaised, ModuleTimedOut):
        # Out of memory it may be unable even to say so: then its time ends it.
        started = 0
    assert started < 8000
    assert attempt(registry, "1 + 1") in {"got: 2", "MemoryError"}
    registry.close()


def test_a_thread_left_behind_disturbs_no_later_answer(module: ModuleRegistry) -> None:
    attempt(module, "leave_thread_behind(0.5)")
    until = time.monotonic() + 0.7
    while time.monotonic() < until:
        assert attempt(module, "1 + 1") == "got: 2"


def test_what_it_remembers_of_an_earlier_call_ends_with_its_process(registry_with: RegistryWith) -> None:
    """Nobody can keep a module from remembering while its process runs; beyond that it has nowhere to put it."""
    registry = registry_with(HOSTILE + "\nseen = []\n", limits=Limits(idle=0.0, start=8.0))
    assert attempt(registry, "seen.append(1) or len(seen)") == "got: 1"
    assert attempt(registry, "seen.append(1) or len(seen)") == "got: 2"
    registry.stop_idle()
    assert attempt(registry, "seen.append(1) or len(seen)") == "got: 1"


def _started(registry: ModuleRegistry, *, network: bool) -> ModuleRegistry:
    if attainable_level(network=network) != "confined":
        pytest.skip("this kernel cannot confine such a module")
    assert registry.start("legal") == "confined"
    return registry


def _greet(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            connection.sendall(b"hello")
