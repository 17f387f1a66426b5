"""`hub modules`: what is installed, how it is, and whether it takes referrals."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from referral_hub.actor import system_actor
from referral_hub.cli.modules_new import new
from referral_hub.cli.modules_try import try_module
from referral_hub.cli.say import language, say
from referral_hub.i18n import Label

if TYPE_CHECKING:
    from referral_hub.hub import Hub, Transaction
    from referral_hub.workflow.tasks import ReassignmentRequest


def _who() -> str:
    """The account of the system that typed the command, for the audit log."""
    with suppress(KeyError, OSError):
        return getpass.getuser()
    return "?"


BY = system_actor(via="cli", name=f"hub modules（{_who()}）")
SHARED = Label(
    zh="注意：装在系统自己的环境里，系统启动时它可以运行代码。请卸载后用 hub modules install 安装。",
    en="Note: it shares the hub's own environment and can run code when the hub starts. "
    "Uninstall it and use hub modules install.",
)
_REASON = click.option("--reason", required=True, help=say("原因，写入记录", "Reason, written to the audit log"))


@click.group(
    help=say("服务模块：安装、查看、核准、启用、停用。", "Service modules: install, show, approve, enable, disable.")
)
def modules() -> None:
    """Holds the commands below."""


@modules.command(
    help=say(
        "安装模块。PACKAGE 是 wheel 文件，或装有 wheel 的文件夹、zip。"
        "装进自己的文件夹，安装时不运行它的代码；核准后才能启用。",
        "Install a module. PACKAGE is a wheel, or a folder or zip of wheels. It is installed into its own folder "
        "without running its code and can be enabled only after approval.",
    )
)
@click.argument("package", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--find-links",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help=say("另一个放有所需 wheel 文件的文件夹", "Another folder with wheels it needs"),
)
@click.option(
    "--download",
    is_flag=True,
    help=say("允许从软件源下载它需要的程序包", "Let pip download what it needs from the package index"),
)
def install(package: Path, find_links: tuple[Path, ...], download: bool) -> None:
    from referral_hub.hub import open_hub
    from referral_hub.module_admin.install_actions import install_module
    from referral_hub.settings import Settings

    hub = open_hub(Settings())
    try:
        done = install_module(hub, package.resolve(), find_links=find_links, download=download, by=BY)
    finally:
        hub.close()
    name = done.name.text(language())
    click.echo(
        say(f"已安装 {name} {done.version}（{done.key}）。", f"{name} {done.version} ({done.key}) is installed.")
    )
    if done.waits:
        click.echo(
            say(
                "新版本要的比核准过的多，核准以前仍用旧版本。",
                "It asks for more than was approved: the previous version stays in use until approval.",
            )
        )
    if done.waits or done.state == "discovered":
        click.echo(say(f"查看：hub modules show {done.key}", f"Review it: hub modules show {done.key}"))


@modules.command("list", help=say("列出模块和状态。", "List the modules with their states."))
def list_modules() -> None:
    from referral_hub.module_admin.pages import modules_for_list

    with _transaction() as (_, session):
        for one in modules_for_list(session):
            state = one.state_label.text(language())
            level = one.level or "—"
            waiting = f"{one.open_referrals}/{one.waiting.count}"
            click.echo(
                f"{one.key:<16} {one.version or '—':<10} {level:<9} {waiting:>8}  {state}  {one.name.text(language())}"
            )
            if not one.own_folder and not one.shipped and one.state != "missing":
                click.echo(f"    {SHARED.text(language())}")
            if one.problem:
                click.echo(f"    {one.problem.text(language())}")
    click.echo(
        say(
            "各列：代码、版本、隔离级别、未结转介/待投递、状态、名称",
            "Columns: key, version, isolation, open/waiting, state, name",
        )
    )


@modules.command(
    help=say(
        "一个模块的核准单：要哪些信息、用途、连到哪里、检查结果和经过。",
        "The approval sheet of a module: the information it asks for and why, its network access, check results "
        "and history.",
    )
)
@click.argument("key")
def show(key: str) -> None:
    from referral_hub.cli.module_sheet import sheet_lines
    from referral_hub.module_admin.pages import module_for_page

    with _transaction() as (_, session):
        found = module_for_page(session, key)
    for line in sheet_lines(found, language()):
        click.echo(line)


@modules.command(
    help=say(
        "核准模块声明的内容；有升级等待核准时，核准升级。",
        "Approve what a module declares, or the upgrade awaiting approval.",
    )
)
@click.argument("key")
@_REASON
@click.option("--assessment", default="", help=say("影响评估的文号", "Reference of the impact assessment"))
@click.option(
    "--assessed-on",
    type=click.DateTime(formats=["%Y-%m-%d"]),
    help=say("影响评估的日期", "Date of the impact assessment"),
)
def approve(key: str, reason: str, assessment: str, assessed_on: datetime | None) -> None:
    from referral_hub.module_admin.install_actions import approve_upgrade
    from referral_hub.module_admin.installer import waiting_module
    from referral_hub.module_admin.lifecycle_actions import approve_module

    day = assessed_on.date() if assessed_on else None
    with _hub() as hub:
        if waiting_module(hub.settings.modules_folder, key):
            version = approve_upgrade(
                hub, key=key, reason=reason, assessment_reference=assessment, assessment_on=day, by=BY
            )
            click.echo(say(f"模块 {key} 已升级到 {version}。", f"The module {key} has been upgraded to {version}."))
            return
        with hub.transaction(BY) as session:
            approve_module(
                session,
                key=key,
                reason=reason,
                assessment_reference=assessment,
                assessment_on=day,
                by=BY,
                at=hub.clock.now(),
            )
    click.echo(say(f"模块 {key} 已核准。", f"The module {key} has been approved."))


@modules.command(
    help=say(
        "检查已安装的模块：像真的一样调用它，看答复是否合规。装在自己文件夹里的模块通过后才能启用。",
        "Check an installed module by calling it as the hub does and validating its replies. A module in its own "
        "folder must pass before it can be enabled.",
    )
)
@click.argument("key")
def check(key: str) -> None:
    from referral_hub.cli.module_sheet import check_lines
    from referral_hub.module_admin.conformance import check_module

    with _hub() as hub:
        checked = check_module(hub, key, by=BY)
    for line in check_lines(checked, language()):
        click.echo(line)
    if not checked.passed:
        raise SystemExit(1)


@modules.command(help=say("启用模块，让它接收转介。", "Enable a module so that it receives referrals."))
@click.argument("key")
@_REASON
def enable(key: str, reason: str) -> None:
    from referral_hub.module_admin.lifecycle_actions import enable_module

    with _transaction() as (hub, session):
        enable_module(session, key=key, reason=reason, by=BY, at=hub.clock.now())
    click.echo(say(f"模块 {key} 已启用。", f"The module {key} has been enabled."))


@modules.command(
    help=say(
        "停收新转介；未结的照常办完，然后自动停用。",
        "Stop accepting new referrals; open ones are completed, then the module is disabled automatically.",
    )
)
@click.argument("key")
@_REASON
def drain(key: str, reason: str) -> None:
    from referral_hub.module_admin.lifecycle_actions import drain_module

    with _transaction() as (hub, session):
        state = drain_module(session, key=key, reason=reason, by=BY, at=hub.clock.now())
    if state == "draining":
        click.echo(
            say(
                f"模块 {key} 已停收新转介，未结的办完后停用。",
                f"The module {key} no longer accepts new referrals; it is disabled once open ones have ended.",
            )
        )
    else:
        click.echo(say(f"模块 {key} 已停用。", f"The module {key} has been disabled."))


@modules.command(
    help=say(
        "立即停用模块。还有未结的转介时须加 --force，它们作为待办交还给转出社工。",
        "Disable a module immediately. With open referrals --force is needed: each is returned to its sender as a "
        "task.",
    )
)
@click.argument("key")
@_REASON
@click.option("--force", is_flag=True, help=say("交还未结的转介", "Return open referrals"))
def disable(key: str, reason: str, force: bool) -> None:
    from referral_hub.module_admin.lifecycle_actions import disable_module

    with _transaction() as (hub, session):
        number = disable_module(session, key=key, reason=reason, force=force, by=BY, at=hub.clock.now())
    click.echo(say(f"模块 {key} 已停用。", f"The module {key} has been disabled."))
    if number:
        click.echo(say(f"已把 {number} 件转介交还给转出社工。", f"{number} referrals were returned to their senders."))


@modules.command(
    "request-reassignment",
    help=say(
        "模块不再收转介时，请转出社工改派或结束未结的转介，或者收回这个请求。",
        "When a module no longer accepts referrals: ask the senders of open referrals to redirect or end them, or "
        "cancel that request.",
    ),
)
@click.argument("key")
@_REASON
@click.option(
    "--ask",
    type=click.Choice(["redirect", "close", "wait"]),
    default="redirect",
    show_default=True,
    help=say("请他们改派、结束，或继续等", "Redirect, end, or wait"),
)
@click.option(
    "--number", "numbers", multiple=True, help=say("只办这个编号的转介，可重复", "Only this referral; can be repeated")
)
def request_reassignment(key: str, reason: str, ask: ReassignmentRequest, numbers: tuple[str, ...]) -> None:
    from referral_hub.module_admin.lifecycle_actions import request_module_reassignment

    with _transaction() as (hub, session):
        number = request_module_reassignment(
            session, key=key, reason=reason, numbers=numbers or None, ask=ask, by=BY, at=hub.clock.now()
        )
    click.echo(say(f"已转告 {number} 件转介的转出社工。", f"The senders of {number} referrals have been notified."))


@modules.command(
    help=say(
        "卸载已停用的模块。以前的转介、表格和结果仍可查看。",
        "Uninstall a disabled module. Its referrals, forms and outcomes remain readable.",
    )
)
@click.argument("key")
@_REASON
def remove(key: str, reason: str) -> None:
    from referral_hub.module_admin.install_actions import remove_module

    with _hub() as hub:
        remove_module(hub, key=key, reason=reason, by=BY)
    click.echo(say(f"模块 {key} 已卸载。", f"The module {key} has been uninstalled."))


@contextmanager
def _hub() -> Iterator[Hub]:
    """Looks at what is installed first, so that a module put there a moment ago is known."""
    from referral_hub.hub import open_hub
    from referral_hub.module_admin.lifecycle_actions import register_installed
    from referral_hub.settings import Settings

    hub = open_hub(Settings())
    try:
        register_installed(hub)
        yield hub
    finally:
        hub.close()


@contextmanager
def _transaction() -> Iterator[tuple[Hub, Transaction]]:
    with _hub() as hub, hub.transaction(BY) as session:
        yield hub, session


modules.add_command(new)
modules.add_command(try_module)
