"""`hub modules try`: a throw-away hub around one module, for its author to look at in a browser."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from referral_hub.cli.say import language, say

if TYPE_CHECKING:
    from referral_hub.hub import Hub
    from referral_hub.settings import Settings

_GROUP = "referral_hub.modules"
_LOOK_SECONDS = 0.5


@click.command(
    "try",
    help=say(
        "用一个临时系统试用模块目录 DIR：虚构的转介已经发到模块的收件箱；改了文件会重新加载；Ctrl+C 结束后全部清除。"
        "模块另外用到的包不会自动安装。",
        "Try the module in DIR in a throw-away hub: made-up referrals wait in its inbox; changed files are loaded; "
        "Ctrl+C ends it and removes everything. Packages the module needs are not installed for it.",
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
def try_module(folder: Path, port: int | None, settings: tuple[str, ...]) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    key, package = find_package(folder)
    given = dict(pair.partition("=")[::2] for pair in settings)
    # It must never touch a real installation, whatever this terminal is set to.
    for name in [name for name in os.environ if name.startswith(("HUB_DATA", "DATABASE_"))]:
        del os.environ[name]
    data = Path(tempfile.mkdtemp(prefix="hub-try-"))
    os.environ |= {"HUB_DATA": str(data), "HUB_DEMO": "1"} | ({"HUB_PORT": str(port)} if port else {})
    try:
        _run(key, package, data, given)
    except KeyboardInterrupt:
        click.echo(say("已结束，临时数据已清除。", "Ended; the throw-away hub is removed."))
    finally:
        shutil.rmtree(data, ignore_errors=True)


def find_package(folder: Path) -> tuple[str, Path]:
    """The module's key and the folder of its package, as `pyproject.toml` names them."""
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
        ((key, package),) = project["project"]["entry-points"][_GROUP].items()
    except (OSError, tomllib.TOMLDecodeError, KeyError, ValueError) as error:
        raise click.ClickException(
            say(
                f"{folder} 不是模块目录：pyproject.toml 里要有一行 {_GROUP} 入口。用 hub modules new 可以生成一个。",
                f"{folder} is no module: its pyproject.toml needs one entry point {_GROUP}. "
                "`hub modules new` writes one.",
            )
        ) from error
    for home in (folder / package, folder / "src" / package):
        if (home / "__init__.py").is_file():
            return str(key), home
    raise click.ClickException(say(f"{folder} 里没有包 {package}。", f"There is no package {package} in {folder}."))


def _run(key: str, package: Path, data: Path, given: dict[str, str]) -> None:
    from referral_hub.access.passwords import new_password
    from referral_hub.cli.init import prepare
    from referral_hub.cli.serve import refuse_taken_port
    from referral_hub.demo.workshop import LOGINS, enable_unchecked, furnish
    from referral_hub.hub import open_hub
    from referral_hub.settings import Settings

    settings = Settings()
    refuse_taken_port(settings)
    seen = _times(package)
    _install(key, package, settings.modules_folder)
    click.echo(say("准备临时系统…", "Preparing a throw-away hub …"))
    database = prepare(settings)
    hub = open_hub(settings)
    server: subprocess.Popen[bytes] | None = None
    try:
        if not _usable(hub, key):
            raise SystemExit(1)
        enable_unchecked(hub, key, _settings(hub, key, given))
        password = new_password()
        furnish(hub, key, password)
        server = _serve()
        click.echo(f"http://127.0.0.1:{settings.port}/  " + say(f"密码 {password}", f"password {password}"))
        for login, (name, _) in LOGINS.items():
            click.echo(f"  {login:<10} {name}")
        while True:
            time.sleep(_LOOK_SECONDS)
            now = _times(package)
            if now != seen:
                seen = now
                server = _reload(hub, key, package, settings, given, server)
    finally:
        if server is not None:
            _end(server)
        hub.close()
        database.close()


def _reload(
    hub: Hub, key: str, package: Path, settings: Settings, given: dict[str, str], server: subprocess.Popen[bytes]
) -> subprocess.Popen[bytes]:
    """Take the changed files and serve anew; with a manifest that cannot be used the server stays as it is."""
    from referral_hub.demo.workshop import enable_unchecked

    _install(key, package, settings.modules_folder)
    hub.modules.discover()
    if not _usable(hub, key):
        return server
    enable_unchecked(hub, key, _settings(hub, key, given))
    _end(server)
    click.echo(say("文件有改动，已重新加载。", "Files changed; loaded anew."))
    return _serve()


def _usable(hub: Hub, key: str) -> bool:
    """Whether the module can be used; if not, says why and what to do."""
    row = next((module for module in hub.modules.modules() if module.key == key and module.origin == "folder"), None)
    if row is not None and row.state == "discovered":
        return True
    for label in (row.reason, row.action) if row else ():
        if label is not None:
            click.echo(label.text(language()), err=True)
    return False


def _settings(hub: Hub, key: str, given: dict[str, str]) -> dict[str, Any]:
    from referral_hub.testing import samples

    required = [field for field in hub.modules.manifest(key).settings if field.required]
    return {**samples.settings_of(required), **given}


def _install(key: str, package: Path, folder: Path) -> None:
    """Lay the package down as `pip install --target` would."""
    place = folder / key
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(package, place / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    info = place / f"{package.name}-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package.name}\nVersion: 0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[{_GROUP}]\n{key} = {package.name}\n", encoding="utf-8")


def _times(package: Path) -> dict[str, int]:
    files = (file for file in package.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return {str(file): file.stat().st_mtime_ns for file in files}


def _serve() -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl+C comes to us, and we end it.
    return subprocess.Popen(
        [sys.executable, "-m", "referral_hub", "serve"], stdout=subprocess.DEVNULL, start_new_session=True
    )


def _end(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
