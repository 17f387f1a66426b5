"""Loading the days that the State Council announces each autumn, or that a province or an office adds."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy.dialects.postgresql import insert

from referral_hub.actor import Actor
from referral_hub.audit.entries import record_audit_entry
from referral_hub.audit.subjects import AuditSubject
from referral_hub.errors import Invalid
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.tables.jobs import CalendarDay

_WORKED = {"1": True, "上班": True, "working": True, "0": False, "休息": False, "放假": False, "off": False}


def read_days(lines: Iterable[str]) -> dict[date, tuple[bool, str | None]]:
    """Days of a CSV file: `2027-02-05,休息,春节`. A first line that holds no date is a heading.

    Raises `Invalid`, naming the line.
    """
    days = {}
    for number, row in enumerate(csv.reader(lines), start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        try:
            day, worked = date.fromisoformat(cells[0]), _WORKED[cells[1].lower()]
        except (ValueError, KeyError, IndexError):
            if number == 1:
                continue
            message = Label(
                zh=f"第 {number} 行无法识别：应为“2027-02-05,休息,春节”，第二栏写上班或休息",
                en=f"Line {number} is not understood: write 2027-02-05,off,note; the second is off or working",
            )
            raise Invalid(message=message) from None
        days[day] = worked, (cells[2] if len(cells) > 2 else "") or None
    return days


def load_days(session: Transaction, days: dict[date, tuple[bool, str | None]], *, by: Actor, at: datetime) -> int:
    """Keep `days` and count by them from now on; a day loaded before is replaced. Returns how many there are."""
    if days:
        statement = insert(CalendarDay).values(
            [{"day": day, "working": worked, "note": note} for day, (worked, note) in days.items()]
        )
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["day"],
                set_={"working": statement.excluded.working, "note": statement.excluded.note},
            )
        )
        record_audit_entry(
            session, "calendar.load", about=AuditSubject("calendar"), by=by, at=at, details={"days": len(days)}
        )
        session.hub.loaded_days.forget()
    return len(days)
