"""`hub audit`: is the audit log as it was written?"""

from __future__ import annotations

import sys

import click

from referral_hub.cli.say import say


@click.group(help=say("审计记录。", "The audit log."))
def audit() -> None:
    """Holds the commands below."""


@audit.command(
    help=say(
        "逐一核对封存的记录：是否有改动、增加或缺失。正常时返回0，发现问题时返回1并指出是哪一条。\n\n"
        "最后打印的“封存号:校验值”请抄到别处保存；下次用 --expect 核对，可发现整段被重写的情况。",
        "Check every sealed entry for changes, additions and omissions. Exits with 0 when the log is intact, "
        "otherwise with 1, naming the entry.\n\nNote the value it prints somewhere else: given with --expect, it "
        "also reveals a log that was rewritten as a whole.",
    )
)
@click.option("--expect", metavar="HEAD", help=say("以前记下的“封存号:校验值”", "A value noted earlier"))
def verify(expect: str | None) -> None:
    from referral_hub.actor import system_actor
    from referral_hub.audit.sealing import verify as verify_audit_log
    from referral_hub.hub import open_hub
    from referral_hub.settings import Settings

    hub = open_hub(Settings())
    try:
        with hub.transaction(system_actor(via="cli")) as session:
            found = verify_audit_log(session, expected=expect)
    finally:
        hub.close()
    if found.broken is not None:
        kind, seal, seq = found.broken.kind, found.broken.seal, found.broken.seq
        told = {
            "altered": (f"第{seq}条记录被改动（封存{seal}）。", f"Entry {seq} was changed (seal {seal})."),
            "added": (f"第{seq}条记录是后来加入的（封存{seal}）。", f"Entry {seq} was added later (seal {seal})."),
            "missing": (f"第{seq}条记录缺失（封存{seal}）。", f"Entry {seq} is missing (seal {seal})."),
            "seal": (f"封存{seal}本身被改动或缺失。", f"Seal {seal} itself was changed or is missing."),
            "expected": (f"记下的封存{seal}不在现有记录中。", f"The noted seal {seal} is not in this log."),
        }
        click.echo(say(*told[kind]), err=True)
        sys.exit(1)
    click.echo(
        say(
            f"记录完好：{found.seals}次封存，{found.sealed}条记录，另有{found.unsealed}条尚未封存。",
            f"The log is intact: {found.seals} seals, {found.sealed} entries; {found.unsealed} not sealed yet.",
        )
    )
    if found.head:
        click.echo(found.head)
