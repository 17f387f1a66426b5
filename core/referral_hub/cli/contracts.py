"""`hub contracts`: who buys which service from whom, until when, and what counts for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from referral_hub.actor import system_actor
from referral_hub.cli.say import say

if TYPE_CHECKING:
    from referral_hub.hub import Hub, Transaction
    from referral_hub.views.directory.lists import ContractRow

BY = system_actor(via="cli", name="hub contracts")


@click.group(help=say("合同：查看、修改、延长、结束。", "Contracts: list, change, extend, end."))
def contracts() -> None:
    """Holds the commands below."""


def _day(_: click.Context, __: click.Parameter, value: datetime | None) -> date | None:
    return value.date() if value else None


_NUMBER = click.argument("number")


@contracts.command("list", help=say("列出合同。", "List contracts."))
def list_contracts() -> None:
    with _transaction() as (hub, session):
        for one in _all(hub, session):
            state = say("有效", "in force") if one.in_force else say("不在有效期", "not in force")
            counted = say(f"计入 {len(one.offerings)} 项服务", f"{len(one.offerings)} offerings count")
            if one.receipt_due_on:
                state = say(f"待回报，{one.receipt_due_on} 前", f"receipt due {one.receipt_due_on}")
            click.echo(
                f"{one.number}  {one.title}  {one.purchaser} → {one.provider}  {one.starts_on} — {one.ends_on}"
                f"  {state}  {counted}"
            )


@contracts.command(
    help=say(
        "修改一份合同：延长、改目标、改计入的服务。没有写的保持不变。",
        "Change a contract: extend it, change its targets and what counts. What is left out stays as it is.",
    )
)
@_NUMBER
@click.option("--title", help=say("名称", "Title"))
@click.option(
    "--ends-on", type=click.DateTime(["%Y-%m-%d"]), callback=_day, help=say("结束日期，例如 2027-12-31", "Last day")
)
@click.option(
    "--target",
    "targets",
    multiple=True,
    help=say("目标，例如 “课时 1200”，可写多次；写了就替换全部目标", "A target, “class hours 1200”; replaces all"),
)
@click.option(
    "--offering",
    "offerings",
    multiple=True,
    help=say("计入的服务名称，可写多次；写了就替换全部", "Title of an offering that counts; replaces all"),
)
def change(
    number: str, title: str | None, ends_on: date | None, targets: tuple[str, ...], offerings: tuple[str, ...]
) -> None:
    from referral_hub.directory.actions import change_contract
    from referral_hub.directory.contract_rules import parse_targets
    from referral_hub.views.directory.lists import offerings_for_list

    with _transaction() as (hub, session):
        contract = _contract(hub, session, number)
        at = hub.clock.now()
        named = None
        if offerings:
            offered = offerings_for_list(session, organisation_id=contract.provider_id, limit=1000, at=at).lines
            unknown = set(offerings) - {one.title for one in offered}
            if unknown:
                names = "、".join(sorted(unknown))
                raise click.UsageError(say(f"该机构没有服务“{names}”。", f"The provider does not offer “{names}”."))
            named = [one.id for one in offered if one.title in offerings]
        change_contract(
            session, contract_id=contract.id, title=title, ends_on=ends_on,
            targets=parse_targets("\n".join(targets)) if targets else None, offering_ids=named, by=BY, at=at,
        )  # fmt: skip
    click.echo(say(f"合同 {number} 已更新。", f"Contract {number} is updated."))


@contracts.command(help=say("提前结束一份合同。", "End a contract before its term."))
@_NUMBER
@click.option(
    "--last-day", required=True, type=click.DateTime(["%Y-%m-%d"]), callback=_day, help=say("最后一天", "The last day")
)
@click.option("--reason", required=True, help=say("原因", "Why"))
def end(number: str, last_day: date, reason: str) -> None:
    from referral_hub.directory.actions import end_contract

    with _transaction() as (hub, session):
        key = _contract(hub, session, number).id
        end_contract(session, contract_id=key, last_day=last_day, reason=reason, by=BY, at=hub.clock.now())
    click.echo(say(f"合同 {number} 到 {last_day} 为止。", f"Contract {number} ends on {last_day}."))


@contracts.command(
    help=say(
        "登记机构的回报：合同结束后信息已删除或退回。",
        "Record the provider's receipt: the data of an ended contract has been deleted or returned.",
    )
)
@_NUMBER
@click.option(
    "--how", required=True, type=click.Choice(["deleted", "returned"]), help=say("怎样处理的", "What was done")
)
@click.option(
    "--on", "on", required=True, type=click.DateTime(["%Y-%m-%d"]), callback=_day, help=say("日期", "The day")
)
def receipt(number: str, how: str, on: date) -> None:
    from referral_hub.directory.actions import record_receipt

    with _transaction() as (hub, session):
        key = _contract(hub, session, number).id
        record_receipt(session, contract_id=key, how=how, on=on, by=BY, at=hub.clock.now())
    click.echo(say(f"合同 {number} 的回报已登记。", f"The receipt for contract {number} is recorded."))


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


def _all(hub: Hub, session: Transaction) -> list[ContractRow]:
    from referral_hub.views.directory.lists import contracts_for_list

    found: list[ContractRow] = []
    after = None
    while True:
        page = contracts_for_list(session, after=after, limit=500, at=hub.clock.now())
        found += page.lines
        after = page.next
        if after is None:
            return found


def _contract(hub: Hub, session: Transaction, number: str) -> ContractRow:
    found = next((one for one in _all(hub, session) if one.number == number), None)
    if found is None:
        raise click.UsageError(say(f"没有编号为“{number}”的合同。", f"There is no contract “{number}”."))
    return found
