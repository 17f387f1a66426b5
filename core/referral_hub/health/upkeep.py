"""Backup and restore: whether one was begun and not ended, and how old the last backup is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import psycopg

from referral_hub.health.finding import Finding, State
from referral_hub.i18n import Label
from referral_hub.settings import Settings
from referral_hub.storage.backup import last_backup_at
from referral_hub.storage.restoring import unfinished_restore

BACKUP = Label(zh="备份", en="Backup")
_OLD = timedelta(days=2)
_TOO_OLD = timedelta(days=8)


def restore(settings: Settings) -> Iterator[Finding]:
    """Only what is wrong: most installations were never restored."""
    found = unfinished_restore(settings)
    if found is not None:
        source = found.source
        yield Finding(
            Label(zh="恢复", en="Restore"),
            "wrong",
            Label(zh=f"从 {source} 的恢复没有完成，数据不完整", en=f"that of {source} did not finish"),
            Label(zh=f"再次运行 hub restore {source}", en=f"Run `hub restore {source}` again"),
        )


def backup(connection: psycopg.Connection, settings: Settings, at: datetime) -> Finding:
    """When the last backup was made, by any machine that uses this database."""
    subject = BACKUP
    fix = Label(zh="每天运行 hub backup（docs/how-to/back-up-and-restore.md）", en="Run `hub backup` every night")
    made_at = last_backup_at(connection)
    if made_at is None:
        state: State = "ok" if settings.demo or settings.demo_file.exists() else "warning"
        return Finding(
            subject, state, Label(zh="还没有做过备份", en="no backup has been made yet"), None if state == "ok" else fix
        )
    age = at - made_at
    days = max(age.days, 0)
    found = Label(zh=f"最近一次在 {days} 天前", en=f"the last one is {days} days old")
    if age < _OLD:
        return Finding(subject, "ok", found)
    return Finding(subject, "wrong" if age > _TOO_OLD else "warning", found, fix)
