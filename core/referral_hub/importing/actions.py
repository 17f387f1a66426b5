"""Bringing a register in: checked against the office's staff and cases, then all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable
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
from referral_hub.importing.errors import ImportRefused, RowsAlreadyPresent
from referral_hub.importing.queries import Staff, area_of_office, open_cases_of, staff_of_office
from referral_hub.importing.texts import mask_person
from referral_hub.importing.values import CaseloadRow, RowProblem, Understanding

_ENDED = ("terminated", "discharged")


class AlreadyPresent(msgspec.Struct, frozen=True):
    """A row whose person has an open case at this office."""

    sheet: str
    row: int
    shown: str
    case_number: str


class Check(msgspec.Struct, frozen=True):
    """What would happen: `ready` rows open a case, `present` rows are people known already, `problems` stop it all."""

    ready: int
    present: tuple[AlreadyPresent, ...]
    problems: tuple[RowProblem, ...]
    notes: tuple[Label, ...]

    @property
    def blocking(self) -> tuple[RowProblem, ...]:
        return tuple(problem for problem in self.problems if problem.blocks)


class Imported(msgspec.Struct, frozen=True):
    """How many cases were opened, and how many rows were passed over because their people have one."""

    opened: int
    skipped: int


def check_caseload(
    session: Transaction, understanding: Understanding, *, by: Actor, default_responsible: UUID | None = None
) -> Check:
    """Compare what was understood with the office's staff and cases. Writes nothing.

    Rows without a responsible person go to `default_responsible`, or else to whoever imports.
    Raises `NotAllowed` unless a worker or supervisor acts for an office.
    """
    office_id = _office(by)
    staff = staff_of_office(session, office_id)
    cases = open_cases_of(session, office_id, understanding.rows) if understanding.rows else {}
    unmatched = [
        problem
        for row in understanding.rows
        if (row.sheet, row.number) not in cases and (problem := _responsible_problem(understanding, row, staff))
    ]
    problems = tuple(sorted([*understanding.problems, *unmatched], key=lambda p: (p.sheet, p.row)))
    bad = {(problem.sheet, problem.row) for problem in problems if problem.blocks}
    present = tuple(
        AlreadyPresent(row.sheet, row.number, mask_person(row.name, _number(row)), cases[row.sheet, row.number])
        for row in understanding.rows
        if (row.sheet, row.number) in cases
    )
    ready = sum((row.sheet, row.number) not in bad | cases.keys() for row in understanding.rows)
    return Check(ready=ready, present=present, problems=problems, notes=_notes(understanding, by))


def import_caseload(
    session: Transaction,
    understanding: Understanding,
    *,
    by: Actor,
    at: datetime,
    default_responsible: UUID | None = None,
    skip_present: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Imported:
    """Open a case for every row, or for none.

    `skip_present` leaves out, on the importer's word, the people who have a case here. The measure goes into the
    restricted compartment, and only when a full-time officer imports (R3, R4). `progress` is told the rows done.
    Raises `ImportRefused` with every problem, `RowsAlreadyPresent`, `NotAllowed`.
    """
    office_id = _office(by)
    check = check_caseload(session, understanding, by=by, default_responsible=default_responsible)
    if check.blocking:
        raise ImportRefused(check.blocking)
    if check.present and not skip_present:
        raise RowsAlreadyPresent(count=len(check.present))
    known = {(each.sheet, each.row) for each in check.present}
    staff = staff_of_office(session, office_id)
    area = area_of_office(session, office_id)
    rows = [row for row in understanding.rows if (row.sheet, row.number) not in known]
    for done, row in enumerate(rows, start=1):
        responsible = staff.by_name[row.responsible][0] if row.responsible else default_responsible or by.account_id
        if responsible is None:
            raise NotAllowed
        try:
            _open(session, row, office_id=office_id, responsible_id=responsible, area=area, by=by, at=at)
        except (Invalid, DuplicatePerson) as error:
            raise ImportRefused((_problem(understanding, row, "name", error.label, _LOOK_AGAIN),)) from error
        if progress:
            progress(done)
    imported = Imported(opened=len(rows), skipped=len(known))
    record_audit_entry(
        session,
        "import.caseload",
        about=AuditSubject("import", office_id=office_id),
        by=by,
        at=at,
        details={"opened": imported.opened, "skipped": imported.skipped},
    )
    return imported


_LOOK_AGAIN = Label(zh="请核对这一行后重新导入。", en="Check this row and import again.")


def _office(by: Actor) -> UUID:
    if by.role not in ("worker", "supervisor") or by.organisation_id is None:
        raise NotAllowed
    return by.organisation_id


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
        contact_note=f"其他电话：{'、'.join(row.phones[1:])}" if row.phones[1:] else None,
        guardian=_guardian(row),
        responsible_id=responsible_id,
        opened_on=row.opened_on or local_date(at),
        area_code=area,
        profile=_profile(row),
        measure=_measure(row) if by.statutory else None,
        by=by,
        at=at,
    )
    if row.note:
        add_note(session, case_id=opened.id, words=row.note, by=by, at=at)


def _guardian(row: CaseloadRow) -> str | None:
    if row.contact is None:
        return None
    relation = f"（{row.contact.relation}）" if row.contact.relation else ""
    return f"{row.contact.name}{relation} {row.contact.phone or ''}".strip()


def _profile(row: CaseloadRow) -> dict[str, object]:
    values = {
        "education": row.education,
        "employment_status": row.employment,
        "housing_status": row.housing,
        "skills": row.skills,
    }
    return {name: value for name, value in values.items() if value}


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


def _responsible_problem(understanding: Understanding, row: CaseloadRow, staff: Staff) -> RowProblem | None:
    if row.responsible is None:
        return None
    accounts = staff.by_name.get(row.responsible, [])
    if len(accounts) == 1:
        return None
    if accounts:
        return _problem(
            understanding,
            row,
            "responsible",
            Label(zh="本单位有两个同名账号。", en="Two accounts of this office have this name."),
            Label(
                zh="请管理员改一个账号的姓名以便区分，或留空后再指派。",
                en="Tell them apart in the account names, or leave this empty.",
            ),
        )
    return _problem(
        understanding,
        row,
        "responsible",
        Label(zh="本单位没有这个姓名的社工或督导账号。", en="No worker or supervisor of this office has this name."),
        Label(
            zh=f"请改成以下之一，或请管理员先建账号：{staff.names}。",
            en=f"Use one of these, or have the account made first: {staff.names}.",
        ),
    )


def _problem(understanding: Understanding, row: CaseloadRow, field: str, reason: Label, fix: Label) -> RowProblem:
    sheet = next(sheet for sheet in understanding.sheets if sheet.name == row.sheet)
    column = next(column for column in sheet.columns if column.field == field)
    return RowProblem(
        sheet=row.sheet,
        row=row.number,
        column=column.header,
        letter=column.letter,
        shown=(row.responsible or "") if field == "responsible" else mask_person(row.name, _number(row)),
        reason=reason,
        fix=fix,
    )


def _number(row: CaseloadRow) -> str:
    return row.id_number or row.phones[0]


def _notes(understanding: Understanding, by: Actor) -> tuple[Label, ...]:
    notes = list(understanding.notes)
    if any(row.measure for row in understanding.rows) and not by.statutory:
        notes.append(
            Label(
                zh="表中的措施类型和日期只有社区专职工作人员可以导入，这次不导入；其余照常。",
                en="Kind and dates of the measure may be imported by a full-time officer only; they are left out.",
            )
        )
    unassigned = sum(not row.responsible for row in understanding.rows)
    if unassigned:
        notes.append(
            Label(
                zh=f"有{unassigned}行没有写责任人，将由您指定的人或导入人负责。",
                en=f"{unassigned} rows name no responsible person; they go to the one you choose, or to you.",
            )
        )
    return tuple(notes)
