"""Understanding a register: from the bytes of a workbook to people and problems, without any database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from referral_hub.i18n import Label, untranslated
from referral_hub.importing.errors import CardOfOnePerson, HeaderNotFound, NoRows, SheetNotFound
from referral_hub.importing.header import Header, find_header, is_card
from referral_hub.importing.register import read_register
from referral_hub.importing.texts import mask_person
from referral_hub.importing.values import CaseloadRow, RowProblem, Sheet, Understanding
from referral_hub.importing.workbook import read_sheets

REJECTED_SHEET = "要改的行"
REST_SHEET = "其余各行"
ALL_SHEETS = ("*",)


def understand(
    data: bytes,
    filename: str,
    *,
    today: date,
    demo: bool = False,
    sheets: Sequence[str] = (),
    measure_kind: str | None = None,
) -> Understanding:
    """Read a register as an office keeps it.

    `sheets` names the ones to read; empty, the first that looks like a register; `ALL_SHEETS`, every such sheet.
    `measure_kind` answers for the whole file which measure its dates are of, where neither the headings nor the rows
    do. `demo` allows made-up people. Raises a `FileUnreadable` if nothing can be read at all.
    """
    found = read_sheets(data)
    registers, left_out = _choose(found, sheets)
    results = [
        read_register(sheet, header, today=today, demo=demo, measure_kind=measure_kind) for sheet, header in registers
    ]
    if not any(result.sources for result in results):
        raise NoRows(sheet=registers[0][0].name, row=registers[0][1].row)
    rows = [row for result in results for row in result.rows]
    repeated = _repeated(rows, {sheet.name: header for sheet, header in registers})
    bad = {(problem.sheet, problem.row) for problem in repeated}
    return Understanding(
        filename=filename,
        sheets=tuple(result.read for result in results),
        rows=tuple(row for row in rows if (row.sheet, row.number) not in bad),
        problems=tuple(sorted([p for r in results for p in r.problems] + repeated, key=lambda p: (p.sheet, p.row))),
        notes=tuple([note for result in results for note in result.notes] + left_out),
        sources=tuple(source for result in results for source in result.sources),
    )


def _choose(found: list[Sheet], names: Sequence[str]) -> tuple[list[tuple[Sheet, Header]], list[Label]]:
    known = {sheet.name for sheet in found}
    for name in names:
        if name not in known and tuple(names) != ALL_SHEETS:
            raise SheetNotFound(sheet=name, sheets="、".join(sheet.name for sheet in found))
    asked = set(names) & known
    headers = [(sheet, find_header(sheet)) for sheet in found if sheet.name in asked or (not asked and sheet.visible)]
    registers = [(sheet, header) for sheet, header in headers if header and header.is_register]
    if not registers:
        card = next((sheet for sheet in found if sheet.visible and is_card(sheet)), None)
        if card:
            raise CardOfOnePerson(sheet=card.name)
        raise HeaderNotFound(looked=_nearest([(s, h) for s, h in headers if h]))
    if names:
        return registers, []
    ours = [pair for pair in registers if pair[0].name.startswith((REJECTED_SHEET, REST_SHEET))]
    chosen = ours if registers[0] in ours else registers[:1]
    others = "、".join(sheet.name for sheet, _ in registers if sheet.name not in {s.name for s, _ in chosen})
    if not others:
        return chosen, []
    return chosen, [
        Label(
            zh=f"只读了工作表“{chosen[0][0].name}”。{others}也像登记表，这次没有读；要读请选择工作表。",
            en=f"Only sheet “{chosen[0][0].name}” was read. {others} also look like registers; choose them to have "
            "them read.",
        )
    ]


def _nearest(headers: list[tuple[Sheet, Header]]) -> Label:
    if not headers:
        return untranslated("")
    sheet, header = max(headers, key=lambda pair: len(pair[1].columns))
    names = "、".join(column.header for column in header.columns)
    return Label(
        zh=f"最像表头的是工作表“{sheet.name}”第{header.row}行，认出了：{names}。",
        en=f"The closest match is row {header.row} of sheet “{sheet.name}”, where these columns were recognised: "
        f"{names}.",
    )


def _repeated(rows: list[CaseloadRow], headers: dict[str, Header]) -> list[RowProblem]:
    """Rows about someone an earlier row is about: the same ID number, or without one the same name and telephone."""
    first: dict[tuple[str, ...], CaseloadRow] = {}
    problems = []
    for row in rows:
        key = (row.id_number,) if row.id_number else (row.name, *row.phones[:1])
        earlier = first.setdefault(key, row)
        if earlier is row:
            continue
        field = "id_number" if row.id_number else "name"
        column = next(column for column in headers[row.sheet].columns if column.field == field)
        where = f"{earlier.number}" if earlier.sheet == row.sheet else f"{earlier.sheet}!{earlier.number}"
        problems.append(
            RowProblem(
                sheet=row.sheet,
                row=row.number,
                column=column.header,
                letter=column.letter,
                shown=mask_person(row.name, row.id_number or row.phones[0]),
                reason=Label(zh=f"与第{where}行是同一个人。", en=f"Row {where} is about the same person."),
                fix=Label(zh="请只保留一行，把内容并在一起。", en="Keep one row only and merge the two."),
            )
        )
    return problems
