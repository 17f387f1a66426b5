"""`hub serve`: pages, API and scheduled work, by granian."""

from __future__ import annotations

import contextlib
import errno
import multiprocessing
import os
import shutil
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import click
import structlog
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from referral_hub.cli.init import say_where_programs_are
from referral_hub.cli.say import say
from referral_hub.errors import HubError
from referral_hub.hub import Hub, open_hub, warm_up
from referral_hub.jobs.scheduler import Scheduler
from referral_hub.process import PARENT, SERVER_LOG, configure_log
from referral_hub.settings import Settings
from referral_hub.storage import supervision
from referral_hub.storage.files import lock_file, private_folder

_log = structlog.get_logger("hub")
COUNTS = "PROMETHEUS_MULTIPROC_DIR"
"""Where the library of Prometheus keeps the counts of several processes; the workers inherit it."""
APPLICATION = "referral_ui.app:create_app"


@click.command(
    help=say(
        "启动网页、接口和定时任务。对外使用时放在 HTTPS 反向代理之后，并设置 HUB_SECURE_COOKIES=1。",
        "Start the pages, the API and scheduled jobs. To reach it from other machines, put it behind an HTTPS "
        "reverse proxy and set HUB_SECURE_COOKIES=1.",
    )
)
@click.option("--host", help=say("监听地址（HUB_HOST，默认 127.0.0.1）", "Address to listen on (HUB_HOST, 127.0.0.1)"))
@click.option("--port", type=click.IntRange(1, 65535), help=say("端口（HUB_PORT，默认 8000）", "Port (HUB_PORT, 8000)"))
@click.option(
    "--workers", type=click.IntRange(1, 64), help=say("进程数（HUB_WORKERS，默认 1）", "Processes (HUB_WORKERS, 1)")
)
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    # The worker processes read the same environment.
    for name, value in {"HUB_HOST": host, "HUB_PORT": port, "HUB_WORKERS": workers}.items():
        if value is not None:
            os.environ[name] = str(value)
    settings = Settings()
    if settings.demo_file.exists():
        os.environ["HUB_DEMO"] = "1"
    hub = open_hub(Settings())
    try:
        say_where_programs_are(hub.database)
        run_server(hub)
    finally:
        hub.close()


def run_server(hub: Hub) -> None:
    """Serve until interrupted, and run the jobs meanwhile. The workers open hubs of their own from the environment.

    Raises what kept the embedded database from starting again, so that whatever started this hub starts it again.
    """
    settings = hub.settings
    configure_log(settings)
    os.environ[PARENT] = str(os.getpid())
    if settings.metrics_token is not None:
        os.environ[COUNTS] = str(_empty_folder(settings.data / "counts"))
    failures: list[HubError] = []

    def end(failure: HubError) -> None:
        # As if it were told to stop: what is under way is finished, and the exit code says that something is wrong.
        failures.append(failure)
        os.kill(os.getpid(), signal.SIGTERM)

    # A forked worker would share this process's connections and locks; one that starts again shares nothing.
    multiprocessing.set_start_method("spawn", force=True)
    server = Granian(
        APPLICATION,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        factory=True,
        websockets=False,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
        log_dictconfig=SERVER_LOG,
    )
    with _alone_on_port(settings), _supervised(hub, end):
        warm_up(hub)
        scheduler = Scheduler(hub)
        scheduler.start()
        ended = threading.Event()
        _log.info("hub started", version=version("referral-hub"), port=settings.port, workers=settings.workers)
        threading.Thread(target=_announce, args=[settings, ended], name="announcement", daemon=True).start()
        try:
            server.serve()
        finally:
            ended.set()
            scheduler.stop()
            _log.info("hub stopped", failed=bool(failures))
    if failures:
        raise failures[0]


def _empty_folder(path: Path) -> Path:
    """Where the processes of this start count requests; what an earlier start counted is over."""
    shutil.rmtree(path, ignore_errors=True)
    return private_folder(path)


@contextlib.contextmanager
def _supervised(hub: Hub, give_up: Callable[[HubError], None]) -> Iterator[None]:
    """The embedded server, where there is one, is started again should it end while the block lasts."""
    if hub.database.server is None:
        yield
        return
    supervisor = supervision.Supervisor(hub.database.server, give_up, patience=supervision.PATIENCE_SECONDS)
    supervisor.start()
    try:
        yield
    finally:
        supervisor.stop()


@contextlib.contextmanager
def _alone_on_port(settings: Settings) -> Iterator[None]:
    """Two starts of one account can both find the port free, and the system then lets them share it."""
    with (settings.data / f"port-{settings.port}.lock").open("ab") as file:
        if not lock_file(file, exclusive=True, wait=os.name == "nt"):
            raise _taken(settings, os.strerror(errno.EADDRINUSE))
        refuse_taken_port(settings)
        yield


def _announce(settings: Settings, ended: threading.Event) -> None:
    """Say the address when whoever follows it at once gets an answer."""
    shown = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - only compared
    while not ended.wait(0.05):
        with contextlib.suppress(OSError), socket.create_connection((shown, settings.port), timeout=1):
            address = f"http://{f'[{shown}]' if ':' in shown else shown}:{settings.port}/"
            click.echo(say(f"服务已启动：{address}  按 Ctrl+C 停止", f"Serving {address}  Ctrl+C stops it"))
            return


def refuse_taken_port(settings: Settings) -> None:
    """Say who to ask, instead of a stack of Rust, when another program has the port."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise _taken(settings, error.strerror or str(error)) from error


def _taken(settings: Settings, reason: str) -> click.ClickException:
    return click.ClickException(
        say(
            f"无法使用 {settings.host}:{settings.port}（{reason}）。请换端口：HUB_PORT=8001 hub serve",
            f"{settings.host}:{settings.port} cannot be used ({reason}). Try another port: HUB_PORT=8001 hub serve",
        )
    )
