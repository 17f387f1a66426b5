"""`hub import`: a register an office keeps in Excel, or a directory someone publishes as JSON."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from referral_hub.actor import Actor, system_actor
from referral_hub.calendar.clock import local_date
from referral_hub.cli.import_show import show_check, show_directory, show_plan, show_understanding, verdict
from referral_hub.cli.say import say
from referral_hub.hub import Hub, Transaction, open_hub
from referral_hub.importing.actions import import_caseload
from referral_hub.importing.caseload import understand
from referral_hub.importing.check import Answers, Check, check_caseload
from referral_hub.importing.directory import import_directory
from referral_hub.importing.directory_plan import plan_directory
from referral_hub.importing.hsds import read_directory
from referral_hub.importing.report import rejected_workbook, template_workbook
from referral_hub.settings import Settings
from referral_hub.storage.files import PRIVATE_FILE
from referral_hub.views.admin.accounts import accounts_for_list

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, path_type=Path)
_KINDS = ("community_treatment", "community_rehabilitation")


@click.group(
    help=say(
        "导入已有的资料。先显示识别结果，确认后全部导入；有一处问题就一行也不导入。",
        "Import existing data: the hub shows what it recognised, then imports everything, or nothing.",
    )
)
def imports() -> None:
    """Groups what follows."""


@imports.command(
    help=say(
        "导入单位原有的服务对象花名册（.xlsx 或 .csv）。\n\n自动寻找表头，识别常见列名和日期写法；"
        "证号、电话写错的行逐一指出。"
        "--report 把要改的行写成表格，改好后可直接再导入。操作记录记在 --as 的账号名下。",
        "Import the register of clients that an office keeps (.xlsx or .csv).\n\nFinds the header, recognises the "
        "usual column names and date formats, and lists every row that cannot be imported. With --report those "
        "rows are written to a workbook, to be corrected and imported again. The audit log names the account.",
    )
)
@click.argument("file", type=_FILE)
@click.option("--as", "login", required=True, help=say("以哪个社工或督导账号导入", "Login of the worker or supervisor"))
@click.option("--responsible", help=say("没写责任人的行归哪个账号（默认导入人）", "Account for rows naming no one"))
@click.option(
    "--sheet", "sheets", multiple=True, help=say("只读这个工作表，可重复；* 为全部", "Sheet to read; * for all")
)
@click.option(
    "--measure", type=click.Choice(_KINDS), help=say("全表日期属于哪种措施", "The measure that all dates belong to")
)
@click.option("--skip-present", is_flag=True, help=say("跳过本单位已有个案的人", "Skip people with a case here"))
@click.option("--update", is_flag=True, help=say("更新已有个案的人", "Update people who already have a case"))
@click.option(
    "--worker",
    "workers",
    multiple=True,
    metavar="NAME=LOGIN",
    help=say("表里的责任人由哪个账号负责，可重复", "The account for a responsible person's name; repeatable"),
)
@click.option(
    "--open-ended",
    is_flag=True,
    help=say("措施已解除、迁出或收监的人也建案", "Open cases also for people released, moved or in custody"),
)
@click.option("--report", type=_NEW_FILE, help=say("把要改的行写到这个表格", "Write rejected rows to this workbook"))
@click.option("--check", "only_check", is_flag=True, help=say("只检查，不导入", "Check only, write nothing"))
@click.option("--yes", is_flag=True, help=say("不再询问", "Do not ask for confirmation"))
def caseload(
    file: Path,
    *,
    login: str,
    responsible: str | None,
    sheets: Sequence[str],
    measure: str | None,
    skip_present: bool,
    update: bool,
    workers: Sequence[str],
    open_ended: bool,
    report: Path | None,
    only_check: bool,
    yes: bool,
) -> None:
    settings = Settings()
    hub = open_hub(settings)
    try:
        at = hub.clock.now()
        understanding = understand(
            file.read_bytes(),
            file.name,
            today=local_date(at),
            demo=settings.demo,
            sheets=sheets,
            measure_kind=measure,
        )
        by = _actor(hub, login)
        answers = Answers(
            default_worker=_actor(hub, responsible).account_id if responsible else None,
            workers=dict(_pair(text) for text in workers),
            update_present=update,
            skip_present=skip_present,
            open_gone=open_ended,
        )
        with hub.transaction(by) as session:
            check = check_caseload(session, understanding, by=by, answers=answers)
        show_understanding(understanding)
        show_check(check)
        if report and check.problems:
            _write_private(report, rejected_workbook(understanding, check.problems))
            click.echo(
                say(
                    f"要改的行已写入 {report}（含个人信息，用后请删除）。",
                    f"Rejected rows are in {report} (personal data: delete it after use).",
                )
            )
        if check.blocking or (check.present and not (skip_present or update)):
            _stop(check)
        click.echo(verdict(check, update=update))
        if (
            only_check
            or not (check.ready or (update and check.changed))
            or not _confirmed(say("导入？", "Import?"), yes)
        ):
            return
        with (
            hub.transaction(by) as session,
            click.progressbar(length=check.ready, label=say("正在导入", "Importing"), file=sys.stderr) as bar,
        ):
            done = import_caseload(
                session,
                understanding,
                by=by,
                at=at,
                answers=answers,
                progress=lambda _: bar.update(1),
            )
        click.echo(
            say(
                f"已导入{done.opened}人，更新{done.updated}人，跳过{done.skipped}人。",
                f"Imported {done.opened}, updated {done.updated}, skipped {done.skipped}.",
            )
        )
    finally:
        hub.close()


@imports.command(
    help=say(
        "写一份空白花名册（.xlsx），列名和选项都是系统认识的。",
        "Write an empty register (.xlsx) with every column that the hub reads.",
    )
)
@click.argument("file", type=_NEW_FILE)
def template(file: Path) -> None:
    if file.exists():
        raise click.ClickException(say(f"{file} 已存在，请换个名字。", f"{file} already exists. Choose another name."))
    file.write_bytes(template_workbook())
    click.echo(say(f"已写入 {file}", f"Wrote {file}"))


@imports.command(
    help=say(
        "导入机构和服务目录（Open Referral HSDS 3.x 的 JSON，可同时给几页）。\n\n按id认出已有条目，重复导入只更新。"
        "新机构处于“准备中”，登记个人信息保护影响评估后才能接收转介。",
        "Import organisations and services (Open Referral HSDS 3.x JSON; several pages at once).\n\nKnown entries "
        "are recognised by their id and updated. New organisations receive no referrals until their impact "
        "assessment is recorded.",
    )
)
@click.argument("files", type=_FILE, nargs=-1, required=True)
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="NAME=SERVICE",
    help=say("服务名、id或分类=本系统服务", "A service's name, id or term = our service"),
)
@click.option(
    "--set",
    "answers",
    multiple=True,
    metavar="SERVICE.KEY=VALUE",
    help=say("服务设置，如 living.assistance.fund=charity", "A setting, such as living.assistance.fund=charity"),
)
@click.option("--skip-unmapped", is_flag=True, help=say("跳过对应不上的服务", "Skip services that match none of ours"))
@click.option(
    "--role",
    type=click.Choice(("independent", "entrusted")),
    default="independent",
    show_default=True,
    help=say("新机构是独立处理者还是受委托方（须有合同）", "New organisations' role; entrusted ones need a contract"),
)
@click.option("--check", "only_check", is_flag=True, help=say("只检查，不导入", "Check only, write nothing"))
@click.option("--yes", is_flag=True, help=say("不再询问", "Do not ask for confirmation"))
def directory(
    files: Sequence[Path],
    *,
    mapping: Sequence[str],
    answers: Sequence[str],
    skip_unmapped: bool,
    role: str,
    only_check: bool,
    yes: bool,
) -> None:
    read = read_directory(file.read_bytes() for file in files)
    hub = open_hub(Settings())
    try:
        plan = plan_directory(
            read,
            hub.modules.services(),
            mapping=dict(_pair(text) for text in mapping),
            settings=_settings(answers),
            skip_unmapped=skip_unmapped,
        )
        show_plan(plan)
        if plan.blocking:
            count = len(plan.blocking)
            click.echo(say(f"有{count}处问题，没有导入。", f"{count} problems: nothing was imported."), err=True)
            sys.exit(1)
        organisations, offerings = len(plan.organisations), len(plan.offerings)
        click.echo(
            say(
                f"可以导入：{organisations}家机构，{offerings}项服务。",
                f"Ready to import: {organisations} organisations, {offerings} services.",
            )
        )
        if only_check or not _confirmed(say("导入？", "Import?"), yes):
            return
        by = system_actor("cli")
        with hub.transaction(by) as session:
            done = import_directory(session, plan, processor_role=role, by=by, at=hub.clock.now())
        show_directory(done)
    finally:
        hub.close()


def _actor(hub: Hub, login: str) -> Actor:
    """The account of that login, acting from the command line."""
    with hub.transaction(system_actor("cli")) as session:
        account = _account(session, login)
    if account is None:
        raise click.ClickException(say(f"没有在用的账号 {login}。", f"There is no active account {login}."))
    return account


def _account(session: Transaction, login: str) -> Actor | None:
    found = [
        a
        for a in accounts_for_list(session, words=login, limit=1000).lines
        if a.login == login and a.status == "active"
    ]
    return next(
        (
            Actor(
                account_id=account.id,
                organisation_id=account.organisation_id,
                role=account.role,
                name=account.name,
                statutory=account.statutory,
                via="cli",
            )
            for account in found
        ),
        None,
    )


def _write_private(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE), "wb") as file:
        file.write(data)


def _confirmed(question: str, yes: bool) -> bool:
    return yes or click.confirm(question, default=False)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.rpartition("=")
    if not equals or not name.strip() or not value.strip():
        raise click.BadParameter(say(f"应写成 名称=值：{text}", f"Write NAME=VALUE: {text}"))
    return name.strip(), value.strip()


def _settings(answers: Sequence[str]) -> dict[str, dict[str, str]]:
    settings: dict[str, dict[str, str]] = {}
    for text in answers:
        place, value = _pair(text)
        service, dot, question = place.rpartition(".")
        if not dot:
            raise click.BadParameter(say(f"应写成 服务.设置=值：{text}", f"Write SERVICE.KEY=VALUE: {text}"))
        settings.setdefault(service, {})[question] = value
    return settings


def _stop(check: Check) -> None:
    if check.blocking:
        count = len(check.blocking)
        words = say(f"有{count}处问题，一行也没有导入。", f"{count} problems: nothing was imported.")
    else:
        words = say(
            f"有{len(check.present)}人已有个案，没有导入。要更新他们，加 --update；要跳过，加 --skip-present。",
            f"{len(check.present)} people already have a case here: nothing was imported. Add --update to update "
            "them, or --skip-present to skip them.",
        )
    click.echo(words, err=True)
    sys.exit(1)
