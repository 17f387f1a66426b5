"""`hub modules`: what is installed, how it is, and whether it takes referrals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from referral_hub.access.actor import system_actor
from referral_hub.cli.modules_new import new
from referral_hub.cli.modules_try import try_module
from referral_hub.cli.say import language, say
from referral_hub.words import Label

if TYPE_CHECKING:
    from sqlmodel import Session

    from referral_hub.hub import Hub

BY = system_actor(via="cli", name="hub modules")
SHARED = Label(
    zh="注意：装在系统自己的环境里，系统启动时它可以运行代码。请卸载后用 hub modules install 安装。",
    en="Note: it shares the hub's own environment and can run code when the hub starts. "
    "Uninstall it and use hub modules install.",
)
_REASON = click.option("--reason", required=True, help=say("原因，写入记录", "Why; it goes on record"))


@click.group(
    help=say("服务模块：安装、查看、核准、启用、停用。", "Service modules: install, show, approve, enable, disable.")
)
def modules() -> None:
    """Holds the commands below."""


@modules.command(
    help=say(
        "安装模块。PACKAGE 是 wheel 文件，或装有 wheel 的文件夹、zip。"
        "装进自己的文件夹，安装时不运行它的代码；核准后才能启用。",
        "Install a module. PACKAGE is a wheel, or a folder or zip of wheels. It gets a folder of its own, nothing of "
        "it runs while it is installed, and it waits for approval.",
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
    from referral_hub.modules.installing import install_module
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
    click.echo(say(f"查看并核准：hub modules show {done.key}", f"Read and approve it: hub modules show {done.key}"))


@modules.command("list", help=say("列出模块和状态。", "List the modules with their states."))
def list_modules() -> None:
    from referral_hub.modules.queries import modules_for_list

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


@modules.command(help=say("一个模块的声明和经过。", "What one module declares, and what happened to it."))
@click.argument("key")
def show(key: str) -> None:
    from referral_hub.modules.queries import module_for_page
    from referral_hub.schedule.clock import local_datetime

    with _transaction() as (_, session):
        found = module_for_page(session, key)
    speak = language()
    line = found.line
    click.echo(f"{line.name.text(speak)} · {line.key} {line.version or ''} · {line.state_label.text(speak)}")
    if line.provider:
        click.echo(say("提供者：", "Provider: ") + line.provider.text(speak))
    if found.manifest:
        network = ", ".join(found.manifest.network) or say("不联网", "none")
        click.echo(say("网络：", "Network: ") + network)
        for service in found.manifest.services:
            click.echo(f"  {service.key}  {service.title.text(speak)}")
            for field in service.fields:
                click.echo(f"    {field.name:<20} {field.category:<10} {field.purpose.text(speak)}")
    for event in found.events:
        before = event.before.text(speak) if event.before else "—"
        when = f"{local_datetime(event.at):%Y-%m-%d %H:%M}"
        click.echo(f"{when}  {before} → {event.after.text(speak)}  {event.by}  {event.reason}")


@modules.command(help=say("核准模块声明的内容。", "Approve what a module declares."))
@click.argument("key")
@_REASON
def approve(key: str, reason: str) -> None:
    from referral_hub.modules.actions import approve_module

    with _transaction() as (hub, session):
        approve_module(session, key=key, reason=reason, by=BY, at=hub.clock.now())
    click.echo(say(f"模块 {key} 已核准。", f"The module {key} is approved."))


@modules.command(help=say("启用模块，让它接收转介。", "Let a module take referrals."))
@click.argument("key")
@_REASON
def enable(key: str, reason: str) -> None:
    from referral_hub.modules.actions import enable_module

    with _transaction() as (hub, session):
        enable_module(session, key=key, reason=reason, by=BY, at=hub.clock.now())
    click.echo(say(f"模块 {key} 已启用。", f"The module {key} is enabled."))


@modules.command(
    help=say(
        "停用模块：不再收新转介；有未结的转介时照常办完，然后自动停用。",
        "Disable a module: it takes no new referrals; with some open it serves them to the end first.",
    )
)
@click.argument("key")
@_REASON
def disable(key: str, reason: str) -> None:
    from referral_hub.modules.actions import disable_module

    with _transaction() as (hub, session):
        state = disable_module(session, key=key, reason=reason, by=BY, at=hub.clock.now())
    if state == "draining":
        click.echo(say(f"模块 {key} 已停收新转介，未结的办完后停用。", f"The module {key} takes no new referrals now."))
    else:
        click.echo(say(f"模块 {key} 已停用。", f"The module {key} is disabled."))


@contextmanager
def _transaction() -> Iterator[tuple[Hub, Session]]:
    """Looks at what is installed first, so that a module put there a moment ago is in the list."""
    from referral_hub.hub import open_hub
    from referral_hub.modules.actions import register_installed
    from referral_hub.settings import Settings

    hub = open_hub(Settings())
    try:
        register_installed(hub)
        with hub.transaction(BY) as session:
            yield hub, session
    finally:
        hub.close()


modules.add_command(new)
modules.add_command(try_module)
