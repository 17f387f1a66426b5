"""`hub funds`: the funds of the organisations that give assistance."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import click

from referral_hub.actor import system_actor
from referral_hub.cli.say import say

if TYPE_CHECKING:
    from uuid import UUID

    from referral_hub.hub import Hub, Transaction

BY = system_actor(via="cli", name="hub funds")


@click.group(help=say("救助资金：设立、查看、调整、停用。", "Funds for assistance: open, list, change, close."))
def funds() -> None:
    """Holds the commands below."""


_ORGANISATION = click.option(
    "--organisation", required=True, help=say("机构的名称或简称", "Name or short name of the organisation")
)
_NAME = click.option("--name", required=True, help=say("资金名称", "Name of the fund"))
_YEAR = click.option("--year", required=True, type=int, help=say("年度，例如 2026", "The year, such as 2026"))


def _budget(_: click.Context, __: click.Parameter, text: str) -> int:
    """Yuan as typed, in fen."""
    try:
        fen = Decimal(text) * 100
    except InvalidOperation:
        fen = Decimal("NaN")
    if not fen.is_finite() or fen != fen.to_integral_value():
        raise click.BadParameter(say("请填写金额（元），例如 50000。", "Enter an amount in yuan, for example 50000."))
    return int(fen)


_BUDGET = click.option("--budget", required=True, callback=_budget, help=say("预算（元）", "Budget in yuan"))


@funds.command("open", help=say("设立一笔资金。", "Open a fund."))
@_ORGANISATION
@_NAME
@_YEAR
@click.option("--source", required=True, help=say("来源代码，例如 treasury", "Code of the source, such as treasury"))
@_BUDGET
def open_fund(organisation: str, name: str, year: int, source: str, budget: int) -> None:
    from referral_hub.assistance.actions import add_fund

    with _transaction() as (hub, session):
        add_fund(
            session, organisation_id=_organisation(hub, session, organisation), name=name, source=source, year=year,
            budget_fen=budget, by=BY, at=hub.clock.now(),
        )  # fmt: skip
    click.echo(say(f"资金“{name}”已设立。", f"The fund “{name}” has been opened."))


@funds.command("list", help=say("列出资金和余额。", "List funds and their balances."))
@_ORGANISATION
def list_funds(organisation: str) -> None:
    from referral_hub.assistance.queries import funds_for_organisation
    from referral_hub.assistance.rules import yuan

    with _transaction() as (hub, session):
        for fund in funds_for_organisation(session, _organisation(hub, session, organisation)):
            balance = fund.balance
            state = say("  （已停用）", "  (closed)") if fund.closed_on else ""
            figures = say(
                f"预算 {yuan(balance.budget)}  已发 {yuan(balance.spent)}  已批未发 {yuan(balance.reserved)}"
                f"  余额 {yuan(balance.left)}",
                f"budget {yuan(balance.budget)}  paid {yuan(balance.spent)}  reserved {yuan(balance.reserved)}"
                f"  free {yuan(balance.left)}",
            )
            click.echo(f"{fund.year}  {fund.name}  {fund.source}  {figures}{state}")


@funds.command(
    help=say("调整预算，不能低于已批准的金额。", "Change the budget; it cannot be less than what has been granted.")
)
@_ORGANISATION
@_NAME
@_YEAR
@_BUDGET
def change(organisation: str, name: str, year: int, budget: int) -> None:
    from referral_hub.assistance.actions import change_fund

    with _transaction() as (hub, session):
        key = _fund(hub, session, organisation, name, year)
        change_fund(session, fund_id=key, budget_fen=budget, by=BY, at=hub.clock.now())
    click.echo(say(f"资金“{name}”的预算已调整。", f"The budget of the fund “{name}” has been changed."))


@funds.command(
    help=say(
        "停用：不再用于新的批准，已批的仍可发放。", "Close a fund: no new grants; existing grants can still be paid."
    )
)
@_ORGANISATION
@_NAME
@_YEAR
def close(organisation: str, name: str, year: int) -> None:
    from referral_hub.assistance.actions import close_fund

    with _transaction() as (hub, session):
        close_fund(session, fund_id=_fund(hub, session, organisation, name, year), by=BY, at=hub.clock.now())
    click.echo(say(f"资金“{name}”已停用。", f"The fund “{name}” has been closed."))


@funds.command(help=say("恢复使用。", "Reopen a closed fund."))
@_ORGANISATION
@_NAME
@_YEAR
def reopen(organisation: str, name: str, year: int) -> None:
    from referral_hub.assistance.actions import reopen_fund

    with _transaction() as (hub, session):
        reopen_fund(session, fund_id=_fund(hub, session, organisation, name, year), by=BY, at=hub.clock.now())
    click.echo(say(f"资金“{name}”已恢复使用。", f"The fund “{name}” has been reopened."))


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


def _organisation(hub: Hub, session: Transaction, name: str) -> UUID:
    from referral_hub.views.directory.lists import organisations_for_list

    at = hub.clock.now()
    listed = organisations_for_list(session, words=name, at=at).lines
    found = [one for one in listed if name in (one.name, one.short_name)]
    if not found:
        raise click.UsageError(say(f"没有名为“{name}”的机构。", f"There is no organisation named “{name}”."))
    return found[0].id


def _fund(hub: Hub, session: Transaction, organisation: str, name: str, year: int) -> UUID:
    from referral_hub.assistance.queries import funds_for_organisation

    funds = funds_for_organisation(session, _organisation(hub, session, organisation), year=year)
    found = next((fund for fund in funds if fund.name == name), None)
    if found is None:
        raise click.UsageError(say(f"{year}年没有资金“{name}”。", f"There is no fund “{name}” for {year}."))
    return found.id
