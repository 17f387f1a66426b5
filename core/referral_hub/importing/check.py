"""What would happen if a register were imported: compared with the office's staff and cases. Writes nothing."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import msgspec

from referral_hub.actor import Actor
from referral_hub.errors import NotAllowed
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.importing.measures import KIND_UNKNOWN_FOR_ALL
from referral_hub.importing.queries import KnownCase, Staff, StaffMember, known_cases_of, staff_of_office
from referral_hub.importing.texts import mask_person
from referral_hub.importing.updates import FieldChange, PersonInCase, changes_of, people_in
from referral_hub.importing.values import CaseloadRow, Gone, RowProblem, Understanding

GONE: dict[Gone, Label] = {
    "died": Label(zh="登记表写明已死亡", en="The register states that the person has died"),
    "custody": Label(zh="登记表写明收监、服刑或强制隔离", en="The register states that the person is in custody"),
    "over": Label(zh="登记表写明措施已解除或终止", en="The register states that the measure has ended"),
    "moved": Label(zh="登记表写明已迁出或变更执行地", en="The register states that the person has moved away"),
}


class Answers(msgspec.Struct, frozen=True):
    """What the importer decided on seeing the check.

    `workers`: the login for each name that is no worker's of the office, or two workers'. `open_gone`: cases also for
    people whom the register calls released, moved or in custody; for the dead none is ever opened.
    """

    default_worker: UUID | None = None
    workers: dict[str, str] = {}
    update_present: bool = False
    skip_present: bool = False
    open_gone: bool = False


class AlreadyPresent(msgspec.Struct, frozen=True):
    """A row whose person has an open case at this office, and what the register says differently."""

    sheet: str
    row: int
    shown: str
    case_number: str
    case_id: UUID
    changes: tuple[FieldChange, ...] = ()
    gone: Label | None = None


class Aside(msgspec.Struct, frozen=True):
    """A row for which no case is opened unasked, and why."""

    sheet: str
    row: int
    shown: str
    reason: Label
    may_open: bool


class Similar(msgspec.Struct, frozen=True):
    """A row that may be someone the office knows: of a closed case, or by the telephone alone."""

    sheet: str
    row: int
    shown: str
    case_number: str
    reason: Label


class WorkerQuestion(msgspec.Struct, frozen=True):
    """A name under “responsible” that is nobody's here or two people's: asked once, however many rows have it."""

    name: str
    rows: int
    choices: tuple[StaffMember, ...]


class Check(msgspec.Struct, frozen=True):
    """`ready` rows open a case, `present` rows are people known already, `problems` stop it all."""

    ready: int
    present: tuple[AlreadyPresent, ...]
    aside: tuple[Aside, ...]
    similar: tuple[Similar, ...]
    questions: tuple[WorkerQuestion, ...]
    problems: tuple[RowProblem, ...]
    notes: tuple[Label, ...]

    @property
    def blocking(self) -> tuple[RowProblem, ...]:
        return tuple(problem for problem in self.problems if problem.blocks)

    @property
    def only_questions(self) -> bool:
        """Whether choosing the workers is all that is left to do."""
        return bool(self.questions) and len(self.blocking) == len(self.questions)

    @property
    def changed(self) -> tuple[AlreadyPresent, ...]:
        return tuple(each for each in self.present if each.changes)


def check_caseload(
    session: Transaction, understanding: Understanding, *, by: Actor, answers: Answers | None = None
) -> Check:
    """Compare what was understood with the office's staff and cases.

    Rows without a responsible person go to the default worker, or else to whoever imports. Raises `NotAllowed` unless
    a worker or supervisor acts for an office.
    """
    answers = answers or Answers()
    office_id = office_of(by)
    staff = staff_of_office(session, office_id)
    known = known_cases_of(session, office_id, understanding.rows) if understanding.rows else {}
    present = {place: case for place, case in known.items() if case.match == "open"}
    people = people_in(session, {case.id for case in present.values()}) if present else {}
    rows = [row for row in understanding.rows if place_of(row) not in present]
    aside = [row for row in rows if is_left_out(row, answers)]
    opened = [row for row in rows if not is_left_out(row, answers)]
    questions = _questions([row for row in opened if row.responsible], staff, answers)
    problems = [*_problems(understanding, by), *(_worker_problem(understanding, opened, each) for each in questions)]
    return Check(
        ready=len(opened),
        present=tuple(
            _present(session, row, present[place_of(row)], people)
            for row in understanding.rows
            if place_of(row) in present
        ),
        aside=tuple(_aside(row) for row in aside),
        similar=tuple(_similar(row, known[place_of(row)]) for row in opened if place_of(row) in known),
        questions=questions,
        problems=tuple(sorted(problems, key=lambda problem: (problem.sheet, problem.row))),
        notes=_notes(understanding, by),
    )


def office_of(by: Actor) -> UUID:
    if by.role not in ("worker", "supervisor") or by.organisation_id is None:
        raise NotAllowed
    return by.organisation_id


def place_of(row: CaseloadRow) -> tuple[str, int]:
    return row.sheet, row.number


def is_left_out(row: CaseloadRow, answers: Answers) -> bool:
    return row.gone is not None and (row.gone == "died" or not answers.open_gone)


def worker_for(name: str, staff: Staff, answers: Answers) -> UUID | None:
    """Who is meant: as answered, or the one worker of that name."""
    login = answers.workers.get(name)
    meant = [each for each in staff.members if each.login == login] if login else staff.by_name.get(name, [])
    return meant[0].id if len(meant) == 1 else None


def shown_person(row: CaseloadRow) -> str:
    return mask_person(row.name, row.id_number or next(iter(row.phones), ""))


def problem_of(understanding: Understanding, row: CaseloadRow, field: str, reason: Label, fix: Label) -> RowProblem:
    sheet = next(sheet for sheet in understanding.sheets if sheet.name == row.sheet)
    column = next(column for column in sheet.columns if column.field == field)
    return RowProblem(
        sheet=row.sheet,
        row=row.number,
        column=column.header,
        letter=column.letter,
        shown=(row.responsible or "") if field == "responsible" else shown_person(row),
        reason=reason,
        fix=fix,
    )


def _problems(understanding: Understanding, by: Actor) -> list[RowProblem]:
    """Which measure the dates are of matters only where the measure comes in at all."""
    if by.statutory:
        return list(understanding.problems)
    return [problem for problem in understanding.problems if problem.reason != KIND_UNKNOWN_FOR_ALL.reason]


def _questions(rows: list[CaseloadRow], staff: Staff, answers: Answers) -> tuple[WorkerQuestion, ...]:
    counted = Counter(row.responsible for row in rows)
    return tuple(
        WorkerQuestion(name=name, rows=count, choices=tuple(staff.by_name.get(name, staff.members)))
        for name, count in counted.items()
        if name and worker_for(name, staff, answers) is None
    )


def _worker_problem(understanding: Understanding, rows: list[CaseloadRow], question: WorkerQuestion) -> RowProblem:
    first = next(row for row in rows if row.responsible == question.name)
    names = "、".join(f"{member.name}（{member.login}）" for member in question.choices)
    twice = all(member.name == question.name for member in question.choices)
    if twice:
        reason = Label(
            zh=f"本单位有两个同名账号（共{question.rows}行）。",
            en=f"Two accounts of this office have this name (rows: {question.rows}).",
        )
    else:
        reason = Label(
            zh=f"本单位没有这个姓名的社工或督导账号（共{question.rows}行）。",
            en=f"No worker or supervisor of this office has this name (rows: {question.rows}).",
        )
    fix = Label(zh=f"请选择由谁负责：{names}。", en=f"Choose who is responsible: {names}.")
    return problem_of(understanding, first, "responsible", reason, fix)


def _present(
    session: Transaction, row: CaseloadRow, case: KnownCase, people: dict[UUID, PersonInCase]
) -> AlreadyPresent:
    return AlreadyPresent(
        sheet=row.sheet,
        row=row.number,
        shown=shown_person(row),
        case_number=case.number,
        case_id=case.id,
        changes=changes_of(session, row, people[case.id]),
        gone=GONE[row.gone] if row.gone else None,
    )


def _aside(row: CaseloadRow) -> Aside:
    assert row.gone  # only such rows are left out
    return Aside(row.sheet, row.number, shown_person(row), GONE[row.gone], may_open=row.gone != "died")


def _similar(row: CaseloadRow, case: KnownCase) -> Similar:
    reason = {
        "closed": Label(
            zh="此前的个案已结案，将为同一个人再建一个个案。",
            en="An earlier case is closed; a new case will be opened for the same person.",
        ),
        "telephone": Label(
            zh="电话相同、姓名不同：可能是同一个人，也可能是家人。",
            en="Same telephone number, different name: possibly the same person, possibly a relative.",
        ),
    }[case.match]
    return Similar(row.sheet, row.number, shown_person(row), case.number, reason)


def _notes(understanding: Understanding, by: Actor) -> tuple[Label, ...]:
    notes = list(understanding.notes)
    if any(row.measure for row in understanding.rows) and not by.statutory:
        notes.append(
            Label(
                zh="表中的措施类型和日期只有社区专职工作人员可以导入，这次不导入；其余照常。",
                en="Only full-time officers may import the kind and dates of a measure; these are left out and the "
                "rest is imported.",
            )
        )
    unassigned = sum(not row.responsible for row in understanding.rows)
    if unassigned:
        notes.append(
            Label(
                zh=f"有{unassigned}行没有写责任人，将由您指定的人或导入人负责。",
                en=f"{unassigned} rows name no responsible person; they are assigned to the person you choose, or "
                "to you.",
            )
        )
    return tuple(notes)
