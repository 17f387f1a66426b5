"""Bringing a register in: checked against the office's staff and cases, then all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import msgspec

from referral_hub.actor import Actor
from referral_hub.audit.entries import record_audit_entry
from referral_hub.audit.subjects import AuditSubject
from referral_hub.calendar.clock import local_date
from referral_hub.cases.actions import add_note, open_case
from referral_hub.cases.errors import DuplicatePerson
from referral_hub.errors import Invalid, NotAllowed
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.importing.check import (
    Answers,
    Check,
    check_caseload,
    is_left_out,
    office_of,
    place_of,
    problem_of,
    worker_for,
)
from referral_hub.importing.errors import ImportRefused, RowsAlreadyPresent
from referral_hub.importing.queries import Staff, area_of_office, staff_of_office
from referral_hub.importing.updates import apply_changes, guardian_of, profile_of
from referral_hub.importing.values import CaseloadRow, Understanding

_ENDED = ("terminated", "discharged")
_LOOK_AGAIN = Label(zh="请核对这一行后重新导入。", en="Check this row and import again.")


class Imported(msgspec.Struct, frozen=True):
    """How many cases were opened, how many people were updated, and how many rows were skipped."""

    opened: int
    skipped: int
    updated: int = 0


def import_caseload(
    session: Transaction,
    understanding: Understanding,
    *,
    by: Actor,
    at: datetime,
    answers: Answers | None = None,
    progress: Callable[[int], None] | None = None,
) -> Imported:
    """Open a case for every row, or for none; people who have one are updated or skipped, as answered.

    The measure goes into the restricted compartment, and only when a full-time officer imports (R3, R4). `progress`
    receives the number of rows done. Raises `ImportRefused` with every problem, `RowsAlreadyPresent`, `NotAllowed`.
    """
    answers = answers or Answers()
    check = check_caseload(session, understanding, by=by, answers=answers)
    if check.blocking:
        raise ImportRefused(check.blocking)
    if check.present and not (answers.skip_present or answers.update_present):
        raise RowsAlreadyPresent(count=len(check.present))
    updated = _update(session, understanding, check, by=by, at=at) if answers.update_present else 0
    opened = _open_all(session, understanding, check, answers, by=by, at=at, progress=progress)
    imported = Imported(opened=opened, updated=updated, skipped=len(check.present) + len(check.aside) - updated)
    record_audit_entry(
        session,
        "import.caseload",
        about=AuditSubject("import", office_id=office_of(by)),
        by=by,
        at=at,
        details={"opened": imported.opened, "updated": imported.updated, "skipped": imported.skipped},
    )
    return imported


def _update(session: Transaction, understanding: Understanding, check: Check, *, by: Actor, at: datetime) -> int:
    changed = {(each.sheet, each.row): each for each in check.changed}
    for row in understanding.rows:
        known = changed.get(place_of(row))
        if known:
            with _told_at(understanding, row):
                apply_changes(session, row, known.changes, case_id=known.case_id, by=by, at=at)
    return len(changed)


def _open_all(
    session: Transaction,
    understanding: Understanding,
    check: Check,
    answers: Answers,
    *,
    by: Actor,
    at: datetime,
    progress: Callable[[int], None] | None,
) -> int:
    office_id = office_of(by)
    known = {(each.sheet, each.row) for each in check.present}
    staff = staff_of_office(session, office_id)
    area = area_of_office(session, office_id)
    rows = [row for row in understanding.rows if place_of(row) not in known and not is_left_out(row, answers)]
    for done, row in enumerate(rows, start=1):
        responsible = _responsible(row, staff, answers) or by.account_id
        if responsible is None:
            raise NotAllowed
        with _told_at(understanding, row):
            _open(session, row, office_id=office_id, responsible_id=responsible, area=area, by=by, at=at)
        if progress:
            progress(done)
    return len(rows)


@contextmanager
def _told_at(understanding: Understanding, row: CaseloadRow) -> Iterator[None]:
    """What an action refuses is reported at its row."""
    try:
        yield
    except (Invalid, DuplicatePerson) as error:
        raise ImportRefused((problem_of(understanding, row, "name", error.label, _LOOK_AGAIN),)) from error


def _responsible(row: CaseloadRow, staff: Staff, answers: Answers) -> UUID | None:
    if not row.responsible:
        return answers.default_worker
    return worker_for(row.responsible, staff, answers)


def _open(
    session: Transaction,
    row: CaseloadRow,
    *,
    office_id: UUID,
    responsible_id: UUID,
    area: str | None,
    by: Actor,
    at: datetime,
) -> None:
    opened = open_case(
        session,
        office_id=office_id,
        name=row.name,
        sex=row.sex,
        id_number=row.id_number,
        phone=row.phones[0] if row.phones else None,
        birth_year=row.birth_year,
        aliases="、".join(row.aliases) or None,
        address=row.address,
        registered_address=row.registered_address,
        household_number=row.household_number,
        contact_note=_contact_note(row),
        guardian=guardian_of(row),
        responsible_id=responsible_id,
        opened_on=row.opened_on or local_date(at),
        area_code=area,
        profile=profile_of(row),
        measure=_measure(row) if by.statutory else None,
        by=by,
        at=at,
    )
    if row.note:
        add_note(session, case_id=opened.id, words=row.note, by=by, at=at)


def _contact_note(row: CaseloadRow) -> str | None:
    others = f"其他电话：{'、'.join(row.phones[1:])}" if row.phones[1:] else ""
    notes = f"电话说明：{'、'.join(row.phone_notes)}" if row.phone_notes else ""
    return "；".join(part for part in (others, notes) if part) or None


def _measure(row: CaseloadRow) -> dict[str, object] | None:
    if row.measure is None:
        return None
    measure = row.measure
    status = measure.status or ("awaiting_report" if measure.kind == "awaiting_report" else "running")
    values = {
        "kind": measure.kind,
        "status": status,
        "start": measure.start,
        "planned_end": measure.end,
        "actual_end": measure.end if status in _ENDED else None,
    }
    return {name: value for name, value in values.items() if value is not None}
