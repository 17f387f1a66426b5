"""`hub user`: the accounts of an installation, from its very first administrator on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast, get_args

import click

from referral_hub.actor import Role, system_actor
from referral_hub.cli.say import language, say
from referral_hub.hub import Transaction

if TYPE_CHECKING:
    from uuid import UUID

    from referral_hub.hub import Hub

ROLES = tuple(role for role in get_args(Role) if role != "system")
BY = system_actor(via="cli", name="hub user")


@click.group(help=say("账号：新建、查看、停用、重设密码。", "Accounts: add, list, close, reset a password."))
def user() -> None:
    """Holds the commands below."""


@user.command(
    help=say(
        "新建账号。LOGIN 是登录名，例如 wang.xm。密码只显示一次，首次登录时须更换。\n\n"
        "第一次安装：hub user add admin --name 管理员 --role admin --organisation 转介中心\n"
        "（机构还不存在时，管理员和审计员的机构会自动建立。）",
        "Create an account. LOGIN is the sign-in name, for example wang.xm. The password is shown once and must be "
        "changed at the first sign-in.\n\nOn a new installation: hub user add admin --name Admin --role admin "
        "--organisation Hub\n(for administrators and auditors the organisation is created if it does not exist).",
    )
)
@click.argument("login")
@click.option("--name", required=True, help=say("姓名", "The person's name"))
@click.option("--role", required=True, type=click.Choice(ROLES), help=say("角色", "Role"))
@click.option("--organisation", required=True, help=say("机构的名称或简称", "Name or short name of the organisation"))
@click.option("--phone", help=say("电话", "Telephone"))
@click.option(
    "--statutory",
    is_flag=True,
    help=say("法定职责人员，可看限制信息", "Has statutory duties and may read the restricted section"),
)
@click.option("--password-stdin", is_flag=True, help=say("从标准输入读取密码", "Read the password from standard input"))
def add(
    login: str, name: str, role: str, organisation: str, phone: str | None, statutory: bool, password_stdin: bool
) -> None:
    from referral_hub.access.actions import create_account
    from referral_hub.access.passwords import new_password

    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else new_password()
    with _transaction() as (hub, session):
        create_account(
            session,
            organisation_id=_organisation(hub, session, organisation, role),
            login=login,
            name=name,
            role=cast("Role", role),
            password=password,
            statutory=statutory,
            phone=phone,
            must_change_password=not password_stdin,
            by=BY,
            at=hub.clock.now(),
        )
    click.echo(say(f"账号 {login} 已建立。", f"The account {login} has been created."))
    if not password_stdin:
        _show_password(password)


@user.command("list", help=say("列出账号。", "List accounts."))
@click.option("--role", type=click.Choice(ROLES), help=say("只列这个角色", "List only this role"))
def list_accounts(role: str | None) -> None:
    from referral_hub.calendar.clock import local_datetime
    from referral_hub.views.admin.accounts import accounts_for_list

    with _transaction() as (_, session):
        after, begun = None, False
        while after or not begun:
            page = accounts_for_list(session, role=role or "", after=after, limit=200)
            after, begun = page.next, True
            for one in page.lines:
                seen = f"{local_datetime(one.signed_in_at):%Y-%m-%d %H:%M}" if one.signed_in_at else "—"
                state = "" if one.status == "active" else say("  （已停用）", "  (closed)")
                click.echo(f"{one.login:<24} {one.role:<11} {seen:<17} {one.name}{state}")


@user.command(
    help=say(
        "停用账号：不能再登录，记录保留姓名。",
        "Close an account: it can no longer sign in; past entries keep the name.",
    )
)
@click.argument("login")
def close(login: str) -> None:
    from referral_hub.access.actions import close_account

    with _transaction() as (hub, session):
        close_account(session, account_id=_account(session, login), by=BY, at=hub.clock.now())
    click.echo(say(f"账号 {login} 已停用。", f"The account {login} has been closed."))


@user.command(
    help=say(
        "重设密码并解除锁定。新密码只显示一次，首次登录时须更换。",
        "Reset the password and unlock the account. The new password is shown once and must be changed at the next "
        "sign-in.",
    )
)
@click.argument("login")
def password(login: str) -> None:
    from referral_hub.access.actions import reset_password
    from referral_hub.access.passwords import new_password

    fresh = new_password()
    with _transaction() as (hub, session):
        reset_password(session, account_id=_account(session, login), new=fresh, by=BY, at=hub.clock.now())
    _show_password(fresh)


@contextmanager
def _transaction() -> Iterator[tuple[Hub, Transaction]]:
    from referral_hub.hub import open_hub
    from referral_hub.settings import Settings

    hub = open_hub(Settings())
    try:
        with hub.transaction(BY) as session:
            yield hub, session
    finally:
        hub.close()


def _organisation(hub: Hub, session: Transaction, name: str, role: str) -> UUID:
    """The organisation of that name; for the hub's own staff it is made when it is not there."""
    from referral_hub.directory.actions import add_organisation
    from referral_hub.views.directory.lists import organisations_for_list

    at = hub.clock.now()
    found = [
        one for one in organisations_for_list(session, words=name, at=at).lines if name in (one.name, one.short_name)
    ]
    if found:
        return found[0].id
    if role not in ("admin", "auditor"):
        raise click.UsageError(
            say(
                f"没有名为“{name}”的机构，请先在“机构”页面登记。",
                f"There is no organisation named “{name}”; enter it on the Organisations page first.",
            )
        )
    return add_organisation(
        session, name=name, short_name=name, kind="operator", processor_role="entrusted", by=BY, at=at
    )


def _account(session: Transaction, login: str) -> UUID:
    from referral_hub.views.admin.accounts import accounts_for_list

    login = login.strip().lower()
    found = next((one for one in accounts_for_list(session, words=login, limit=200).lines if one.login == login), None)
    if found is None:
        raise click.UsageError(say(f"没有账号 {login}。", f"There is no account {login}."))
    return found.id


def _show_password(password: str) -> None:
    click.echo(say(f"密码（只显示这一次）：{password}", f"Password (shown only once): {password}"))
    if language() == "zh":
        click.echo("请当面或电话告知本人，首次登录时须更换。")
    else:
        click.echo("Tell the person in private; it must be changed at the first sign-in.")
