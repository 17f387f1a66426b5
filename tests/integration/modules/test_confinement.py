"""A module at level `confined` reaches nothing but its own folder and the interpreter."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.modules.attempts import ATTEMPT, REFUSED, attempt
from tests.integration.modules.made import write_module

from referral_hub.isolation import landlock, seccomp
from referral_hub.isolation.confine import attainable_level
from referral_hub.registry.errors import ModuleCrashed, ModuleStartFailed
from referral_hub.registry.registry import ModuleRegistry

RegistryWith = Callable[..., ModuleRegistry]


@pytest.fixture
def module(registry_with: RegistryWith) -> ModuleRegistry:
    if attainable_level(network=False) != "confined":
        pytest.skip("this kernel has no Landlock, or its system calls are not known: modules run at level process")
    registry = registry_with(ATTEMPT)
    assert registry.start("legal") == "confined"
    return registry


@pytest.mark.parametrize(
    "what",
    [
        "open('/etc/passwd').read()",
        "open('/proc/%d/environ' % os.getppid(), 'rb').read()",
        "open('/proc/%d/mem' % os.getppid(), 'rb').read(1)",
        "open('/proc/self/environ', 'rb').read()",
        "os.listdir('/')",
        "os.listdir('/proc')",
        "os.listdir(os.path.expanduser('~root'))",
        "os.listdir(os.path.dirname(os.path.dirname(os.path.dirname(__file__))))",
        "open(os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(__file__))), '..', 'secret.json')).read()",
    ],
)
def test_it_reads_no_file_outside_its_folder(module: ModuleRegistry, tmp_path: Path, what: str) -> None:
    (tmp_path / "secret.json").write_text("keys")
    assert attempt(module, what) in REFUSED


@pytest.mark.parametrize(
    "what",
    [
        "open('here', 'w')",
        "open(os.path.join(os.path.dirname(__file__), 'here'), 'w')",
        "open(__file__, 'a')",
        "open('/tmp/hub-module-was-here', 'w')",
        "os.mkdir('here')",
        "os.symlink('/etc/passwd', 'here')",
        "os.mkfifo('here')",
        "os.unlink(__file__)",
        "os.rename(__file__, __file__ + 'x')",
        "os.truncate(__file__, 0)",
        "os.chmod(__file__, 0o777)",
        "os.chown(__file__, 0, 0)",
        "os.utime(__file__)",
        "os.setxattr(__file__, 'user.x', b'1')",
        "os.memfd_create('here')",
    ],
)
def test_it_writes_and_changes_no_file(module: ModuleRegistry, what: str) -> None:
    assert attempt(module, what) in REFUSED


@pytest.mark.parametrize(
    "what",
    [
        "socket.socket()",
        "socket.socket(socket.AF_INET6)",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "socket.socket(socket.AF_UNIX)",
        "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
        "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
        "socket.create_connection(('127.0.0.1', 80), 1)",
    ],
)
def test_it_opens_no_socket_when_its_manifest_names_no_network(module: ModuleRegistry, what: str) -> None:
    assert attempt(module, what) in REFUSED


@pytest.mark.parametrize(
    "what",
    [
        "os.execv('/bin/sh', ['sh', '-c', 'id'])",
        "os.execv(sys.executable, [sys.executable])",
        "os.fork()",
        "os.forkpty()",
        "os.posix_spawn('/bin/sh', ['sh'], {})",
        "subprocess.run(['id'])",
        "os.setsid()",
        "__import__('multiprocessing').get_context('fork').Process(target=print).start()",
    ],
)
def test_it_starts_no_program_and_no_process(module: ModuleRegistry, what: str) -> None:
    assert attempt(module, what) in REFUSED


def test_a_shell_by_system_gives_nothing_but_an_error_code(module: ModuleRegistry) -> None:
    assert attempt(module, "os.system('id') != 0") == "got: True"


@pytest.mark.parametrize(
    "what",
    [
        "os.kill(os.getppid(), 0)",
        "os.kill(os.getppid(), signal.SIGTERM)",
        "os.kill(-1, signal.SIGTERM)",
        "os.killpg(os.getpgid(os.getppid()), signal.SIGTERM)",
        "os.pidfd_open(os.getppid())",
        "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
        "os.sched_setaffinity(os.getppid(), {0})",
        "__import__('resource').prlimit(os.getppid(), 0)",
    ],
)
def test_it_does_nothing_to_the_hub(module: ModuleRegistry, what: str) -> None:
    assert attempt(module, what) in REFUSED


@pytest.mark.parametrize(
    "what",
    [
        "__import__('resource').setrlimit(__import__('resource').RLIMIT_AS, (-1, -1))",
        "__import__('resource').setrlimit(__import__('resource').RLIMIT_NOFILE, (4096, 4096))",
    ],
)
def test_it_cannot_raise_its_own_limits(module: ModuleRegistry, what: str) -> None:
    assert attempt(module, what) in {"ValueError", "PermissionError"}


@pytest.mark.parametrize(
    "name", ["referral_hub.settings", "referral_hub.storage", "referral_hub.isolation.host", "sqlmodel"]
)
def test_it_imports_nothing_of_the_hub_but_the_api(module: ModuleRegistry, name: str) -> None:
    assert attempt(module, f"__import__('importlib').import_module('{name}')") == "ModuleNotFoundError"


def test_its_environment_holds_nothing_of_the_hubs(
    registry_with: RegistryWith, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://someone:secret@localhost/hub")
    monkeypatch.setenv("HUB_DEMO_PASSWORD", "secret")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    registry = registry_with(ATTEMPT)
    assert attempt(registry, "sorted(os.environ)") == "got: ['LANG', 'PATH', 'TZ']"


def test_it_holds_no_descriptor_but_its_own_pipes(registry_with: RegistryWith, tmp_path: Path) -> None:
    with (tmp_path / "open-in-the-hub").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        registry = registry_with(ATTEMPT)
        assert attempt(registry, "[kind for kind in descriptors() if kind != 'pipe']") == "got: []"


def test_it_may_still_use_threads_time_zones_and_the_standard_library(module: ModuleRegistry) -> None:
    assert attempt(module, "__import__('threading').Thread(target=print).start()") == "got: None"
    assert "Asia/Shanghai" in attempt(module, "__import__('zoneinfo').ZoneInfo('Asia/Shanghai')")
    assert "sqlite3" in attempt(module, "__import__('sqlite3')")
    assert attempt(module, "open(__file__).readline() == chr(10)") == "got: True"
    assert attempt(module, "__import__('asyncio').run(__import__('asyncio').sleep(0))") == "got: None"


@pytest.fixture
def listener() -> Iterator[int]:
    """A server on a port of this machine that answers every connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_answer, args=(server,), daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _answer(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            connection.sendall(b"hello")


def test_with_a_declared_port_it_reaches_that_port_and_no_other(
    registry_with: RegistryWith, listener: int, unused_port: int
) -> None:
    if attainable_level(network=True) != "confined":
        pytest.skip("this kernel's Landlock cannot limit ports: a module with network runs at level process")
    registry = registry_with(ATTEMPT, network=f'["127.0.0.1:{listener}"]')
    assert registry.start("legal") == "confined"
    hello = f"socket.create_connection(('127.0.0.1', {listener}), 2).recv(5)"
    assert attempt(registry, hello) == "got: b'hello'"
    assert attempt(registry, f"socket.create_connection(('127.0.0.1', {unused_port}), 2)") == "PermissionError"
    assert attempt(registry, "socket.create_server(('127.0.0.1', 0))") in REFUSED
    assert attempt(registry, "socket.socket(socket.AF_UNIX)") in REFUSED


def test_with_network_it_reads_the_certificates_of_authorities_and_no_private_key(registry_with: RegistryWith) -> None:
    if attainable_level(network=True) != "confined":
        pytest.skip("this kernel's Landlock cannot limit ports: a module with network runs at level process")
    registry = registry_with(ATTEMPT, network='["example.org:443"]')
    trusted = attempt(registry, "len(__import__('ssl').create_default_context().get_ca_certs()) > 0")
    assert trusted == ("got: True" if ssl.create_default_context().get_ca_certs() else "got: False")
    for folder in ("/etc/ssl", "/etc/ssl/private", "/etc/pki/tls/private"):
        assert attempt(registry, f"os.listdir('{folder}')") in REFUSED


@pytest.mark.parametrize(
    ("offered", "without_network", "with_network"),
    [(0, "process", "process"), (2, "process", "process"), (3, "confined", "process"), (4, "confined", "confined")],
)
def test_an_older_kernel_gives_a_lower_level(
    offered: int, without_network: str, with_network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landlock, "version", lambda: offered)
    monkeypatch.setattr(seccomp, "supported", lambda: True)
    assert (attainable_level(network=False), attainable_level(network=True)) == (without_network, with_network)


@pytest.fixture
def unused_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_system_call_of_another_machine_kills_the_worker_only(module: ModuleRegistry) -> None:
    """A 32-bit call would pass by the filter's numbers; it ends the process instead."""
    if os.uname().machine != "x86_64":
        pytest.skip("only x86-64 has a second table of system calls")
    # int 0x80 with eax = 20 (getpid): mov eax, 20; int 0x80; ret
    code = r"b'\xb8\x14\x00\x00\x00\xcd\x80\xc3'"
    what = (
        "(lambda c, m: (m.write(CODE), c.CFUNCTYPE(c.c_int)(c.addressof(c.c_char.from_buffer(m)))())[1])"
        "(__import__('ctypes'), __import__('mmap').mmap(-1, 4096, prot=7))"
    ).replace("CODE", code)
    with pytest.raises(ModuleCrashed):
        attempt(module, what)
    assert attempt(module, "1 + 1") == "got: 2"


def test_where_confinement_is_demanded_and_missing_nothing_of_the_module_runs(
    modules_folder: Path, make_registry: Callable[..., ModuleRegistry], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_module(modules_folder, code="import sys\nsys.stderr.write('imported\\n')\n", network='["example.org:443"]')
    registry = make_registry(require_confined=True)
    if attainable_level(network=True) == "confined":
        assert registry.start("legal") == "confined"
    else:
        with pytest.raises(ModuleStartFailed) as caught:
            registry.start("legal")
        assert "HUB_REQUIRE_CONFINED" in str(caught.value.details["detail"])
        assert "imported" not in registry.log("legal")
