"""`hub modules try`: a temporary hub around one module, for its author to look at in a browser."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from referral_hub.cli.say import language, say

if TYPE_CHECKING:
    from referral_hub.hub import Hub
    from referral_hub.scaffold.source import Source

_LOOK_SECONDS = 0.5
_SERVING_SECONDS = 60.0


@click.command(
    "try",
    help=say(
        "用一个临时系统试用模块目录 DIR：虚构的转介已经发到模块的收件箱，有新到的，也有办到一半和办结的；"
        "改了文件会重新加载，写错了会指出文件和行，改好后继续；Ctrl+C 结束后全部清除。"
        "模块另外用到的包装进它自己的文件夹，只用 wheel，不会装进系统的环境。",
        "Try the module in DIR in a temporary hub. Fictitious referrals are waiting in its inbox: new, under way "
        "and completed. Changed files are reloaded; an error is reported with file and line, and the trial "
        "continues once it is fixed. Ctrl+C ends the trial and removes everything. Packages the module needs are "
        "installed into its own folder, wheels only.",
    ),
)
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--port", type=click.IntRange(1, 65535), help=say("端口（HUB_PORT，默认 8000）", "Port (HUB_PORT, 8000)"))
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help=say("模块的设置，可写多次", "A setting of the module; may be repeated"),
)
@click.option(
    "--find-links",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help=say("放有所需 wheel 文件的文件夹", "A folder with wheels it needs"),
)
@click.option(
    "--download",
    is_flag=True,
    help=say("允许从软件源下载它需要的程序包", "Let pip download what it needs from the package index"),
)
def try_module(
    folder: Path, port: int | None, settings: tuple[str, ...], find_links: tuple[Path, ...], download: bool
) -> None:
    from referral_hub.scaffold.source import read_source

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    source = read_source(folder.resolve())
    # It must never touch a real installation, whatever this terminal is set to.
    for name in [name for name in os.environ if name.startswith(("HUB_DATA", "DATABASE_"))]:
        del os.environ[name]
    data = Path(tempfile.mkdtemp(prefix="hub-try-"))
    os.environ |= {"HUB_DATA": str(data), "HUB_DEMO": "1"} | ({"HUB_PORT": str(port)} if port else {})
    # What went wrong in the module is told in words; a line for every request would bury it.
    os.environ.setdefault("HUB_LOG", "error")
    given = dict(pair.partition("=")[::2] for pair in settings)
    try:
        _run(source, given, tuple(links.resolve() for links in find_links), download=download)
    except KeyboardInterrupt:
        click.echo(say("已结束，临时数据已清除。", "Ended; the temporary data has been removed."))
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _run(source: Source, given: dict[str, str], find_links: tuple[Path, ...], *, download: bool) -> None:
    from referral_hub.cli.init import prepare
    from referral_hub.cli.serve import refuse_taken_port
    from referral_hub.hub import open_hub
    from referral_hub.process import configure_log
    from referral_hub.scaffold.source import times_of
    from referral_hub.settings import Settings

    settings = Settings()
    configure_log(settings)
    refuse_taken_port(settings)
    click.echo(say("准备临时系统…", "Preparing a temporary hub …"))
    database = prepare(settings)
    hub = open_hub(settings)
    bench = _Bench(hub, source, given, find_links, download=download)
    seen: dict[str, int] = {}
    try:
        while True:
            now = times_of(source.folder)
            if now != seen:
                seen = now
                bench.load()
            bench.tell_faults()
            time.sleep(_LOOK_SECONDS)
    finally:
        bench.end_server()
        hub.close()
        database.close()


class _Bench:
    """The module at work in its temporary hub; `load` takes it as it lies on disk now."""

    def __init__(
        self, hub: Hub, source: Source, given: dict[str, str], find_links: tuple[Path, ...], *, download: bool
    ) -> None:
        self._hub = hub
        self._source = source
        self._given = given
        self._find_links = find_links
        self._download = download
        self._furnished = False
        self._server: subprocess.Popen[bytes] | None = None
        self._told_until: datetime | None = None

    def load(self) -> None:
        """Serve the module as it is now; where it has faults, tell them and wait for the next change."""
        faults = self._take()
        if faults:
            click.echo(say("模块现在还不能用：", "The module cannot be used yet:"), err=True)
            for fault in faults:
                click.echo(f"  {fault}", err=True)
            click.echo(say("改好后保存，会自动重新加载。", "Fix it and save; it is reloaded automatically."), err=True)
            return
        self._told_until = self._hub.clock.now()
        words = [say("文件有改动，已重新加载。", "Files changed; reloaded.")] if self._furnished else self._furnish()
        self.end_server()
        self._server = _serve(self._hub.settings.port)
        for line in words:
            click.echo(line)

    def tell_faults(self) -> None:
        """Say what went wrong in the module's code since the last time, with its file and line."""
        from referral_hub.demo.workshop import faults_since

        if self._told_until is None:
            return
        for fault in faults_since(self._hub, self._source.key, self._told_until):
            self._told_until = max(self._told_until, fault.last_at)
            click.echo(say("模块的代码出了错：", "An error in the module's code:"), err=True)
            click.echo(f"  {_place_first(fault.detail)}", err=True)

    def end_server(self) -> None:
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)
            try:
                self._server.wait(20)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        self._server = None

    def _take(self) -> list[str]:
        """Lay the module down and start it once. Returns what is wrong with it, in words."""
        from referral_hub.errors import HubError
        from referral_hub.isolation.errors import ModuleFailure
        from referral_hub.scaffold.source import faults_of, lay_down, read_source

        try:
            source = read_source(self._source.folder)
            faults = [fault.text(language()) for fault in faults_of(source)]
            if faults:
                return faults
            if source.key != self._source.key:
                return [say("模块代码变了，请重新运行命令。", "The module's key has changed; run the command again.")]
            place = self._hub.settings.modules_folder / source.key
            if source.needs != self._source.needs:
                shutil.rmtree(place, ignore_errors=True)
            lay_down(source, place, find_links=self._find_links, download=self._download)
            self._source = source
            return self._start()
        except ModuleFailure as failure:
            return [_place_first(str(failure.details["detail"]))]
        except HubError as error:
            return [error.label.text(language())]

    def _start(self) -> list[str]:
        """Import it in a worker, and ask whether its settings can be used. Raises a `ModuleFailure`."""
        from referral_hub.demo.workshop import enable_unchecked

        modules, key = self._hub.modules, self._source.key
        # The worker still has the code as it was before.
        modules.close()
        found = next((one for one in modules.discover() if one.key == key and one.origin == "folder"), None)
        if found is None or found.state != "discovered":
            return [label.text(language()) for label in ((found.reason, found.action) if found else ()) if label]
        enable_unchecked(self._hub, key, self._settings())
        modules.start(key)
        problems = modules.call(key, "hub_check_settings", settings=self._settings())
        hint = say("用 --set 键=值 给出设置。", "Provide settings with --set KEY=VALUE.")
        return [f"{problem.field}: {problem.message.text(language())} {hint}" for problem in problems]

    def _furnish(self) -> list[str]:
        """Fill the hub; how to get in."""
        from referral_hub.access.passwords import new_password
        from referral_hub.demo.workshop import LOGINS, furnish

        password = new_password()
        for label in furnish(self._hub, self._source.key, self._settings(), password):
            click.echo(label.text(language()), err=True)
        self._furnished = True
        address = f"http://127.0.0.1:{self._hub.settings.port}/"
        return [
            address + "  " + say(f"密码 {password}", f"password {password}"),
            *(f"  {login:<10} {name}" for login, (name, _) in LOGINS.items()),
        ]

    def _settings(self) -> dict[str, Any]:
        from referral_hub.testing import samples

        required = [field for field in self._hub.modules.manifest(self._source.key).settings if field.required]
        return {**samples.settings_of(required), **self._given}


def _place_first(detail: str) -> str:
    """`NameError: … (a.py:1 in x > hub_legal/__init__.py:27 in y)` as `hub_legal/__init__.py:27 in y  NameError: …`."""
    what, _, where = detail.removesuffix(")").rpartition(" (")
    return f"{where.rpartition(' > ')[2]}  {what}" if what else detail


def _serve(port: int) -> subprocess.Popen[bytes]:
    """Start the server and wait until it answers."""
    # A session of its own: Ctrl+C comes to us, and we end it.
    server = subprocess.Popen(
        [sys.executable, "-m", "referral_hub", "serve"], stdout=subprocess.DEVNULL, start_new_session=True
    )
    end = time.monotonic() + _SERVING_SECONDS
    while server.poll() is None and time.monotonic() < end:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                break
        except OSError:
            time.sleep(0.2)
    return server
