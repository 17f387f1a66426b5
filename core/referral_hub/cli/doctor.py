"""`hub doctor`: the findings of `health`, one a line."""

from __future__ import annotations

import sys

import click

from referral_hub.cli.say import language, say
from referral_hub.health.doctor import examine
from referral_hub.settings import Settings

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "wrong": ("✗", "red")}


@click.command(
    help=say(
        "逐项检查安装，不做任何改动：每项或正常，或指出问题和解决办法。有必须解决的问题时退出码为 1。",
        "Check the installation and change nothing: each line is in order, or states what is wrong and how to fix it. "
        "Exits with 1 when something must be fixed.",
    )
)
@click.option(
    "--start", is_flag=True, help=say("启动内置数据库以便检查", "Start the embedded database to look into it")
)
@click.option(
    "--fields",
    is_flag=True,
    help=say("逐个解密全部加密字段，费时", "Decrypt every encrypted field, which takes a while"),
)
def doctor(*, start: bool, fields: bool) -> None:
    wrong = 0
    for finding in examine(Settings(), start=start, fields=fields):
        mark, colour = _MARKS[finding.state]
        words = f"{finding.subject.text(language())}{say('：', ': ')}{finding.found.text(language())}"
        click.echo(f"{click.style(mark, fg=colour)} {words}")
        if finding.fix:
            click.echo(f"    → {finding.fix.text(language())}")
        wrong += finding.state == "wrong"
    if wrong:
        click.echo(say(f"有 {wrong} 项需要解决。", f"Items to fix: {wrong}."))
        sys.exit(1)
    click.echo(say("一切正常，可以运行。", "Everything is in order; the hub can run."))
