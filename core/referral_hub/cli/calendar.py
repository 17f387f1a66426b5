"""`hub calendar`: the holidays and make-up days of a year, as announced."""

from __future__ import annotations

from pathlib import Path

import click

from referral_hub.actor import system_actor
from referral_hub.cli.say import say
from referral_hub.hub import open_hub
from referral_hub.importing.holidays import load_days, read_days
from referral_hub.settings import Settings


@click.command(
    help=say(
        "导入国务院办公厅公布的放假调休安排（CSV，UTF-8）。每行一天：日期,上班或休息,说明。例如：\n\n"
        "2027-02-05,休息,春节\n\n只需写与平常周一至周五不同的日子；同一天再次导入则以新的为准。",
        "Import the public holidays and make-up days announced by the State Council (CSV, UTF-8). One day per "
        "line: date, working or off, note. For example:\n\n2027-02-05,off,Spring Festival\n\nOnly days that differ "
        "from the regular Monday-to-Friday week are needed; a day imported again is replaced.",
    )
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def calendar(file: Path) -> None:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        days = read_days(lines)
    hub = open_hub(Settings())
    try:
        by = system_actor(via="cli")
        with hub.transaction(by) as session:
            count = load_days(session, days, by=by, at=hub.clock.now())
    finally:
        hub.close()
    click.echo(say(f"已导入 {count} 天。", f"{count} days imported."))
