"""What `hub import` shows: what was understood, what is wrong, what was done."""

from __future__ import annotations

from collections.abc import Sequence

import click

from referral_hub.cli.say import language, say
from referral_hub.i18n import Label
from referral_hub.importing.check import Check
from referral_hub.importing.directory import DirectoryImported
from referral_hub.importing.directory_plan import DirectoryPlan
from referral_hub.importing.values import EntryProblem, IgnoredColumn, RowProblem, Understanding

_MAX_LINES = 30


def show_understanding(understanding: Understanding) -> None:
    for sheet in understanding.sheets:
        click.echo(
            say(
                f"工作表“{sheet.name}”，表头在第{sheet.header_row}行。",
                f"Sheet “{sheet.name}”, header in row {sheet.header_row}.",
            )
        )
        for column in sheet.columns:
            click.echo(f"  {column.letter}  {column.header} → {column.label.text(language())}")
        for ignored in sheet.ignored:
            click.echo(_ignored(ignored))


def _ignored(column: IgnoredColumn) -> str:
    return click.style(
        f"  {column.letter}  {column.header}: {say('没有读。', 'not taken. ')}{column.reason.text(language())}",
        dim=True,
    )


def show_check(check: Check) -> None:
    _say_all(check.notes)
    for problem in check.problems[:_MAX_LINES]:
        click.echo(_problem(problem))
    _more(len(check.problems))
    for row in check.present[:_MAX_LINES]:
        click.echo(
            say(
                f"= 第{row.row}行 {row.shown}：已有个案 {row.case_number}",
                f"= Row {row.row} {row.shown}: case {row.case_number} exists",
            )
            + (f"；{row.gone.text(language())}" if row.gone else "")
        )
        for change in row.changes:
            label, before, after = (text.text(language()) for text in (change.label, change.before, change.after))
            click.echo(f"    {label}: {before} → {after}")
    _more(len(check.present))
    for left in check.aside[:_MAX_LINES]:
        click.echo(
            say(
                f"− 第{left.row}行 {left.shown}：{left.reason.zh}，不建案",
                f"− Row {left.row} {left.shown}: {left.reason.en}; no case is opened",
            )
        )
    _more(len(check.aside))
    for near in check.similar[:_MAX_LINES]:
        click.echo(
            say(
                f"? 第{near.row}行 {near.shown}：个案 {near.case_number}。{near.reason.zh}",
                f"? Row {near.row} {near.shown}: case {near.case_number}. {near.reason.en}",
            )
        )
    _more(len(check.similar))


def verdict(check: Check, *, update: bool) -> str:
    """The last line of a check: what would happen if it went on."""
    changed = len(check.changed) if update else 0
    passed = len(check.present) - changed + len(check.aside)
    return say(
        f"可以导入：新建{check.ready}个个案，更新{changed}人，跳过{passed}人。",
        f"Ready to import: {check.ready} new cases, {changed} people updated, {passed} skipped.",
    )


def _problem(problem: RowProblem) -> str:
    mark = "✗" if problem.blocks else "·"
    place = say(
        f"第{problem.row}行 {problem.letter}列 {problem.column}", f"row {problem.row} {problem.letter} {problem.column}"
    )
    return f"{mark} {place} [{problem.shown}] {problem.reason.text(language())} {problem.fix.text(language())}"


def _more(count: int) -> None:
    if count > _MAX_LINES:
        rest = count - _MAX_LINES
        click.echo(
            say(f"  ……还有{rest}处。用 --report 写成表格查看。", f"  … and {rest} more. See them all with --report.")
        )


def show_plan(plan: DirectoryPlan) -> None:
    for offering in plan.offerings:
        click.echo(f"  {offering.values['title']} → {offering.service_key}")
    for problem in plan.problems:
        click.echo(_entry(problem))
    _say_all(plan.notes)


def _entry(problem: EntryProblem) -> str:
    mark = "✗" if problem.blocks else "·"
    return f"{mark} {problem.name}: {problem.reason.text(language())} {problem.fix.text(language())}"


def show_directory(done: DirectoryImported) -> None:
    click.echo(
        say(
            f"机构：新增{done.organisations_added}，更新{done.organisations_changed}，不变{done.organisations_same}。"
            f"服务：新增{done.offerings_added}，更新{done.offerings_changed}，不变{done.offerings_same}。"
            f"名额：新增{done.places_added}。",
            f"Organisations: {done.organisations_added} new, {done.organisations_changed} changed, "
            f"{done.organisations_same} the same. Services: {done.offerings_added} new, "
            f"{done.offerings_changed} changed, {done.offerings_same} the same. Places: {done.places_added} new.",
        )
    )
    _say_all(done.notes)


def _say_all(notes: Sequence[Label]) -> None:
    for note in notes:
        click.echo(f"· {note.text(language())}")
