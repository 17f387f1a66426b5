"""The approval sheet of a module as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from referral_hub.api import Manifest
from referral_hub.calendar.clock import local_datetime
from referral_hub.cli.say import say
from referral_hub.i18n import Language
from referral_hub.module_admin.approval_sheet import Sheet
from referral_hub.module_admin.conformance import Checked
from referral_hub.module_admin.pages import ModulePage

_FAULTS_TOLD = 10


def sheet_lines(page: ModulePage, speak: Language) -> Iterator[str]:
    """Everything an administrator reads before approving."""
    line, sheet = page.line, page.sheet
    yield f"{line.name.text(speak)} · {line.key} {line.version or ''} · {line.state_label.text(speak)}"
    if line.problem:
        yield "  ! " + line.problem.text(speak)
    if line.action:
        yield "    " + line.action.text(speak)
    if line.provider:
        yield say("提供者：", "Provider: ") + line.provider.text(speak)
    yield say("程序包：", "Package: ") + f"{line.distribution or '—'} {line.version or ''}"
    yield say("装在：", "Installed in: ") + (
        say("自己的文件夹", "a folder of its own") if line.own_folder else say("系统环境", "the hub's own environment")
    )
    yield say("文件摘要：", "Digest of the files: ") + (sheet.files_digest or "—")
    yield say("本机可达到的隔离：", "Isolation on this machine: ") + (sheet.attainable or "—")
    manifest = sheet.upgrade.manifest if sheet.upgrade else page.manifest
    if sheet.upgrade:
        yield (
            say("等待核准的升级：", "Upgrade awaiting approval: ")
            + f"{sheet.upgrade.version} {sheet.upgrade.files_digest}"
        )
    for change in sheet.changes:
        yield f"  {'+' if change.widens else '·'} {change.label.text(speak)}"
    if manifest:
        yield from _declared(manifest, speak)
    yield from _grounds(sheet, speak)
    for one in sheet.open:
        yield f"  {one.office}  {one.service.text(speak)}  {one.state.text(speak)}  {one.number}"
    for fault in page.faults[:_FAULTS_TOLD]:
        when = f"{local_datetime(fault.last_at):%Y-%m-%d %H:%M}"
        news = (
            say("对方系统传来的进展没有采用：", "An update from the partner's system was not used. ")
            if fault.what == "news"
            else ""
        )
        yield f"  ! {when} ×{fault.times}  {news}{fault.words.text(speak)}  {fault.detail}"
    for event in page.events:
        before = event.before.text(speak) if event.before else "—"
        when = f"{local_datetime(event.at):%Y-%m-%d %H:%M}"
        yield f"{when}  {before} → {event.after.text(speak)}  {event.by}  {event.reason}"


def check_lines(checked: Checked, speak: Language) -> Iterator[str]:
    """The result of a check, one line each; beneath one that failed why, and how its author fixes it."""
    levels = {"required": say("必须", "required"), "recommended": say("建议", "recommended")}
    for result in checked.results:
        mark = "✓" if result.state == "passed" else "✗"
        yield f"  {mark} {result.title.text(speak)} · {levels[result.level]} · {result.name}"
        if result.words:
            yield f"      {result.words.text(speak)}"
            yield f"      → {result.fix.text(speak)}"
    verdict = say("通过", "passed") if checked.passed else say("没有通过", "not passed")
    yield say("检查：", "Checks: ") + f"{verdict} · {checked.version} · {checked.isolation}"


def _declared(manifest: Manifest, speak: Language) -> Iterator[str]:
    yield say("网络：", "Network: ") + (", ".join(manifest.network) or say("不联网", "none"))
    for service in manifest.services:
        yield f"  {service.key}  {service.title.text(speak)}"
        for field in service.fields:
            days = say(f"{field.retention_days} 天", f"{field.retention_days} days")
            yield f"    {field.name:<20} {field.category:<10} {days:<10} {field.purpose.text(speak)}"
        for question in service.intake:
            yield f"    {question.key:<20} {question.category or 'need':<10} {'':<10} {question.label.text(speak)}"


def _grounds(sheet: Sheet, speak: Language) -> Iterator[str]:
    if sheet.check:
        yield from check_lines(sheet.check, speak)
        if not sheet.check_is_current:
            yield say("  检查之后文件有变化，需要重新检查。", "  The files have changed since; check them again.")
    if sheet.approval:
        on = sheet.approval.assessment_on.isoformat() if sheet.approval.assessment_on else "—"
        yield say("核准：", "Approved: ") + f"{sheet.approval.version} {sheet.approval.by} {sheet.approval.reason}"
        yield say("影响评估：", "Impact assessment: ") + f"{sheet.approval.assessment_reference or '—'} {on}"
