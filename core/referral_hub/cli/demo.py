"""`hub demo`: a made-up district, ready to click through."""

from __future__ import annotations

import os
import shutil
import sys

import click

from referral_hub.access.passwords import new_password
from referral_hub.cli.init import prepare, say_where_programs_are
from referral_hub.cli.say import say
from referral_hub.cli.serve import refuse_taken_port, run_server
from referral_hub.demo.district import ACCOUNTS, ORGANISATIONS
from referral_hub.demo.seed import SHOWN, seed_demo, set_passwords
from referral_hub.hub import Hub, open_hub
from referral_hub.registry.registry import ModuleRegistry
from referral_hub.settings import Settings
from referral_hub.storage.database import Database, embedded_server
from referral_hub.storage.files import lock_file, private_folder, read_json, write_json

_LOCK = "demo.lock"
_ROLES = {
    "worker": ("社工", "worker"),
    "supervisor": ("督导", "supervisor"),
    "partner": ("服务机构", "partner"),
    "civil": ("民政", "civil affairs"),
    "admin": ("管理员", "administrator"),
    "auditor": ("审计", "auditor"),
}


@click.command(
    help=say(
        "启动演示：第一次运行时生成虚构辖区（虚构人员，证件号地区码 999999），之后直接启动。"
        "密码取自 HUB_DEMO_PASSWORD，未设置时随机生成并显示。演示数据放在 HUB_DATA；已有正式数据的目录不会被使用。",
        "Start the demonstration. The first run generates a fictitious district (fictitious people, ID numbers "
        "with the place code 999999); later runs start at once. The password is HUB_DEMO_PASSWORD, or a random one "
        "that is shown. The data is kept in HUB_DATA; a folder with a real installation is never used.",
    )
)
@click.option(
    "--reset", is_flag=True, help=say("清空演示数据，重新生成", "Discard the demonstration data and generate it again")
)
@click.option(
    "--no-serve", is_flag=True, help=say("只生成数据，不启动服务", "Only generate the data, do not start the server")
)
def demo(*, reset: bool, no_serve: bool) -> None:
    os.environ["HUB_DEMO"] = "1"  # for the worker processes as well
    os.environ.setdefault("HUB_LOG", "warning")
    settings = Settings()
    _refuse_real_data(settings)
    if not no_serve:
        refuse_taken_port(settings)
    if reset or not settings.demo_file.exists():
        _refuse_without_modules(settings)
    private_folder(settings.data)
    with (settings.data / _LOCK).open("ab") as alone:
        if not lock_file(alone, exclusive=True, wait=False):
            click.echo(say("另一个 hub demo 正在准备，请稍候…", "Another `hub demo` is being prepared; waiting …"))
            lock_file(alone, exclusive=True, wait=True)
        marker = read_json(settings.demo_file)
        if marker and (reset or not marker.get("complete")):
            _throw_away(settings)
            marker = {}
        if not marker:
            marker = _make(settings)
    hub = open_hub(settings)
    try:
        say_where_programs_are(hub.database)
        _show_accounts(_password(hub, marker["password"]))
        if not no_serve:
            run_server(hub)
    finally:
        hub.close()


def _make(settings: Settings) -> dict[str, str]:
    """Make keys, tables and the district. Until all is done the folder is marked as incomplete."""
    password = new_password()
    write_json(settings.demo_file, {"password": password, "complete": False})
    click.echo(say("1/2 准备密钥和数据库…", "1/2 Keys and database …"))
    prepare(settings).close()
    click.echo(say("2/2 生成虚构辖区（约一分钟）…", "2/2 A fictitious district (about a minute) …"))
    hub = open_hub(settings)
    try:
        with click.progressbar(length=100, file=sys.stderr) as bar:
            seed_demo(hub, password, progress=lambda done, total: bar.update(done * 100 // max(total, 1) - bar.pos))
    finally:
        hub.close()
    marker = {"password": password, "complete": True}
    write_json(settings.demo_file, marker)
    return read_json(settings.demo_file)


def _password(hub: Hub, kept: str) -> str:
    """The password of the accounts: the one kept, unless HUB_DEMO_PASSWORD now says another."""
    told = hub.settings.demo_password
    if told is None or told.get_secret_value() == kept:
        return kept
    password = told.get_secret_value()
    set_passwords(hub, password)
    write_json(hub.settings.demo_file, {"password": password, "complete": True})
    return password


def _refuse_real_data(settings: Settings) -> None:
    if settings.keys_file.exists() and not settings.demo_file.exists():
        raise click.ClickException(
            say(
                f"{settings.data} 里是正式数据，演示不会使用它。换一个目录：HUB_DATA=./demo-data hub demo",
                f"{settings.data} contains a real installation, which the demonstration does not use. Choose "
                "another folder: HUB_DATA=./demo-data hub demo",
            )
        )


def _refuse_without_modules(settings: Settings) -> None:
    """The district has nobody to refer to without them: the package `referral-hub` alone brings none."""
    if not ModuleRegistry.from_settings(settings).modules():
        raise click.ClickException(
            say(
                "没有服务模块，演示无法生成。请安装：pip install 'referral-hub[modules]'；"
                "若设置了 HUB_SAFE_MODE，请去掉。",
                "There is no service module, so the demonstration cannot be generated. Install the modules: pip "
                "install 'referral-hub[modules]'; unset HUB_SAFE_MODE if it is set.",
            )
        )


def _throw_away(settings: Settings) -> None:
    """Remove the demonstration's data: only ever a folder that its own file marks as one."""
    click.echo(say("清空上一次的演示数据…", "Discarding the previous demonstration data …"))
    marker = read_json(settings.demo_file)
    # Wherever this is interrupted, the next start finds an incomplete demonstration and begins again.
    write_json(settings.demo_file, {**marker, "complete": False})
    if settings.database_url is not None:
        Database(settings).empty()
    elif not embedded_server(settings).discard():
        write_json(settings.demo_file, marker)
        raise click.ClickException(
            say("演示还在运行。请先停止它（Ctrl+C）。", "The demonstration is still running. Stop it first (Ctrl+C).")
        )
    for entry in settings.data.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry not in (settings.demo_file, settings.data / _LOCK):
            entry.unlink()


def _show_accounts(password: str) -> None:
    click.echo(say(f"演示账号（密码都是 {password}）：", f"Demonstration accounts (password for all: {password}):"))
    for login in SHOWN:
        name, organisation, role, _ = ACCOUNTS[login]
        click.echo(f"  {login:<20} {say(*_ROLES[role])}  {ORGANISATIONS[organisation][1]} {name}")
