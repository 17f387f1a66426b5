"""`hub service`: start with the machine, by systemd."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from referral_hub.cli.say import say
from referral_hub.service import machine
from referral_hub.service.errors import CommandFailed, NeedsRoot, UserServiceOfRoot
from referral_hub.service.unit import NAME, Unit
from referral_hub.settings import Settings

ACCOUNT = "referral-hub"
_SETTINGS = ("HUB_", "DATABASE_")


def _scope(command: Any) -> Any:
    """`--user` or `--system`, one of them, on every command of the group."""
    system = click.option(
        "--system",
        "scope",
        flag_value="system",
        help=say(
            "整台机器的服务，用专门的账号（需要 root）",
            "A system service under a dedicated account; needs root",
        ),
    )
    user = click.option(
        "--user",
        "scope",
        flag_value="user",
        callback=_one_scope,
        help=say("本账号的服务", "A service of the current account"),
    )
    return system(user(command))


def _one_scope(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str:
    if value not in ("system", "user"):
        raise click.UsageError(say("请写明 --system 或 --user", "Specify --system or --user"))
    return value


_account = click.option(
    "--account",
    help=say(
        f"服务使用的系统账号；默认是数据目录的所有者，否则 {ACCOUNT}（没有就新建）",
        f"The system account to run as; unless set, the data folder's owner, else {ACCOUNT}, made if missing",
    ),
)


@click.group(help=say("开机自动启动（systemd）", "Start automatically at boot (systemd)"))
def service() -> None:
    """Holds the commands below."""


@service.command(
    help=say(
        "安装服务。数据目录是 HUB_DATA；还没有数据时先运行 hub init。当前的 HUB_* 和 DATABASE_* 设置写入只有 root"
        "（或本账号）能读的文件；已有的文件保持不变。",
        "Install the service. The data folder is HUB_DATA; `hub init` is run first where there is no data yet. The "
        "HUB_* and DATABASE_* settings in force are written to a file that only root (or this account) can read; one "
        "that exists is left as it is.",
    )
)
@_scope
@_account
@click.option("--now", is_flag=True, help=say("立即启动，并在开机时启动", "Start it now and at boot"))
def install(*, scope: str, account: str | None, now: bool) -> None:
    system = scope == "system"
    machine.require_systemd()
    _refuse_wrong_user(system=system)
    unit = _unit(system=system, account=account)
    if unit.account:
        _prepare_account(unit, unit.account)
    _write_settings(unit)
    path = machine.write_unit(_folder(system=system), unit.text())
    click.echo(say(f"单元文件：{path}", f"Unit: {path}"))
    if complaint := machine.verify(path, user=not system):
        click.echo(say(f"systemd 对它有意见：\n{complaint}", f"systemd reports a problem:\n{complaint}"), err=True)
    machine.systemctl("daemon-reload", user=not system)
    if now:
        machine.systemctl("enable", "--now", NAME, user=not system)
    _say_what_next(unit, system=system, now=now)


@service.command(
    help=say("显示将要写入的单元文件，不做任何改动", "Print the unit file that would be written; change nothing")
)
@_scope
@_account
def show(*, scope: str, account: str | None) -> None:
    click.echo(_unit(system=scope == "system", account=account).text(), nl=False)


@service.command(
    help=say(
        "停止服务并删除单元文件；数据、密钥、设置文件和账号保留。",
        "Stop the service and remove its unit file; data, keys, the settings file and the account are kept.",
    )
)
@_scope
def uninstall(*, scope: str) -> None:
    system = scope == "system"
    machine.require_systemd()
    _refuse_wrong_user(system=system)
    path = _folder(system=system) / NAME
    if not path.exists():
        raise click.ClickException(say(f"没有安装：{path} 不存在", f"It is not installed: there is no {path}"))
    machine.systemctl("disable", "--now", NAME, user=not system)
    path.unlink()
    machine.systemctl("daemon-reload", user=not system)
    click.echo(
        say(
            f"服务已删除。数据和密钥仍在 {Settings().data}。",
            f"The service has been removed. Data and keys are still in {Settings().data}.",
        )
    )


def _refuse_wrong_user(*, system: bool) -> None:
    if system and os.geteuid() != 0:
        raise NeedsRoot
    if not system and os.geteuid() == 0:
        raise UserServiceOfRoot


def _unit(*, system: bool, account: str | None) -> Unit:
    data = Settings().data
    if not system:
        return Unit(program=machine.program(), data=data, environment_file=machine.user_environment())
    return Unit(
        program=machine.program(),
        data=data,
        environment_file=machine.SYSTEM_ENVIRONMENT,
        account=account or machine.owner_of(data) or ACCOUNT,
    )


def _folder(*, system: bool) -> Path:
    return machine.SYSTEM_UNITS if system else machine.user_units()


def _prepare_account(unit: Unit, account: str) -> None:
    if machine.make_account(account, unit.data):
        click.echo(say(f"新建系统账号：{account}", f"New system account: {account}"))
    machine.give_data_folder(unit.data, account)
    machine.try_program(unit.program, account)
    if (unit.data / "keys.json").exists():
        return
    click.echo(say("准备密钥和数据库…", "Keys and database …"))
    done = machine.as_account([*unit.program, "init"], account, **_settings(), HUB_DATA=str(unit.data))
    if done.returncode:
        raise CommandFailed(command="hub init", reason=done.stderr.strip() or done.stdout.strip())
    click.echo(done.stdout, nl=False)


def _settings() -> dict[str, str]:
    """Those in force now, without the data folder, which the unit names, and the language of this terminal."""
    return {
        name: value
        for name, value in sorted(os.environ.items())
        if name.startswith(_SETTINGS) and name not in ("HUB_DATA", "HUB_LANG") and value
    }


def _write_settings(unit: Unit) -> None:
    lines = ["# Settings of the referral hub, one NAME=value a line: docs/reference/settings.md"]
    lines += [f"{name}={_as_written(value)}" for name, value in _settings().items()]
    path = unit.environment_file
    if machine.write_environment(path, "\n".join(lines) + "\n"):
        click.echo(say(f"设置：{path}", f"Settings: {path}"))
    else:
        click.echo(say(f"设置：{path}（已有，保持不变）", f"Settings: {path} (was there, left as it is)"))


def _as_written(value: str) -> str:
    inside = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inside}"'


def _say_what_next(unit: Unit, *, system: bool, now: bool) -> None:
    control = "systemctl" if system else "systemctl --user"
    journal = "journalctl -u" if system else "journalctl --user -u"
    if now:
        click.echo(say("服务已启动，开机也会启动。", "The service is running and will start at boot."))
    else:
        click.echo(say(f"启动：{control} enable --now {NAME}", f"Start it: {control} enable --now {NAME}"))
    if not system:
        click.echo(
            say(
                "退出登录后继续运行：loginctl enable-linger",
                "To keep it running after you sign out: loginctl enable-linger",
            )
        )
    click.echo(say(f"查看日志：{journal} {NAME} -f", f"View its log: {journal} {NAME} -f"))
