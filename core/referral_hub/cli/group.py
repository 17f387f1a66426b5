"""`hub` itself: which commands there are, and what happens when one fails."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple, NoReturn

import click

from referral_hub.cli.say import language, say
from referral_hub.errors import HubError


class Entry(NamedTuple):
    """Where a command is found, and its line in `hub --help`."""

    place: str
    zh: str
    en: str


# In the order in which an office meets them. The place is `module:attribute`, imported when the command is called.
COMMANDS = {
    "demo": Entry("demo:demo", "演示：虚构辖区的数据，一步启动", "A demonstration with a fictitious district"),
    "init": Entry("init:init", "安装或升级：数据目录、密钥、数据库", "Install or upgrade: data folder, keys, database"),
    "serve": Entry("serve:serve", "启动服务", "Start the server (pages and API)"),
    "service": Entry("service:service", "开机自动启动（systemd）", "Start automatically at boot (systemd)"),
    "doctor": Entry("doctor:doctor", "检查安装，指出问题和解决办法", "Check the installation and show how to fix it"),
    "backup": Entry("backup:backup", "备份数据库和密钥到一个文件", "Back up the database and the keys into one file"),
    "restore": Entry("backup:restore", "从备份文件恢复", "Restore from a backup file"),
    "keys": Entry("keys:keys", "密钥：换用新密钥", "Keys: switch to a new key"),
    "user": Entry("user:user", "账号：新建、停用、重设密码", "Accounts: add, close, reset a password"),
    "funds": Entry("funds:funds", "救助资金：设立、查看、停用", "Funds for assistance: open, list, close"),
    "contracts": Entry("contracts:contracts", "合同：查看、修改、结束", "Contracts: list, change, end"),
    "import": Entry("imports:imports", "导入花名册（Excel）或机构目录（JSON）", "Import a register or a directory"),
    "calendar": Entry("calendar:calendar", "导入放假调休安排（CSV）", "Import holidays and make-up days (CSV)"),
    "modules": Entry("modules:modules", "服务模块：查看、核准、停用", "Service modules: list, approve, disable"),
    "audit": Entry("audit:audit", "审计记录：查证是否被改动", "Audit log: verify that nothing was changed"),
}


class LazyGroup(click.Group):
    """A group whose help needs no command's code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, attribute = entry.place.split(":")
        command = getattr(import_module(f"referral_hub.cli.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(say("命令", "Commands")):
            formatter.write_dl([(name, say(entry.zh, entry.en)) for name, entry in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help=say(
        "服务转介系统。每个命令加 --help 查看说明。\n\n设置取自环境变量：HUB_DATA（数据目录，默认 ./hub-data）、"
        "HUB_PORT、DATABASE_URL 等；不设 DATABASE_URL 时使用内置数据库。",
        "The referral hub. Add --help to any command.\n\nSettings are environment variables: HUB_DATA (the data "
        "folder, default ./hub-data), HUB_PORT, DATABASE_URL …; without DATABASE_URL the embedded database is used.",
    ),
)
@click.version_option(package_name="referral-hub", prog_name="hub")
def hub() -> None:
    """Runs one of the commands above."""


def _refusal(error: Exception) -> str | None:
    """What the person is told: our own refusals, and what a database or a disk refuses. None for a mistake of ours."""
    if isinstance(error, HubError):
        return error.label.text(language())
    if (settings := _refused_settings(error)) is not None:
        return settings
    # The database's driver takes time to load, and most commands never come here.
    from referral_hub.storage.outage import outage_of

    outage = outage_of(error)
    if outage is None:
        return None
    text = outage.label.text(language())
    return f"{text} ({outage.reason})" if outage.reason else text


def _refused_settings(error: Exception) -> str | None:
    """Which variable has a value that is not possible. Its value is not repeated: it may be a password."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError) or error.title != "Settings":
        return None
    names = {str(problem["loc"][0]) for problem in error.errors(include_input=False) if problem["loc"]}
    shown = ", ".join(sorted(name if name.isupper() else f"HUB_{name.upper()}" for name in names))
    reason = "; ".join(problem["msg"] for problem in error.errors(include_input=False, include_url=False))
    return say(
        f"设置 {shown} 的值不对：{reason}。各项设置见 docs/reference/settings.md。",
        f"The setting {shown} has an impossible value: {reason}. See docs/reference/settings.md.",
    )


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave the process: 0 done, 1 refused or failed, 2 called wrongly."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character must not end a command half-way.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        hub.main(arguments, prog_name="hub")
    except Exception as error:
        if (refusal := _refusal(error)) is None:
            raise
        click.echo(refusal, err=True)
        sys.exit(1)
    sys.exit(0)
