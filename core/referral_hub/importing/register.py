"""Reading the rows of one sheet: which are people, which are totals, headings and footers."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date

import msgspec

from referral_hub.i18n import Label
from referral_hub.importing.columns import normal
from referral_hub.importing.header import Header, title_measure
from referral_hub.importing.measures import KIND_UNKNOWN_FOR_ALL
from referral_hub.importing.rows import RowReader
from referral_hub.importing.texts import as_text
from referral_hub.importing.values import CaseloadRow, RowProblem, Sheet, SheetRead, SourceRow, Value

_FOOTER = re.compile(
    r"^(合计|总计|小计|共计|累计|填表|填报|填写|制表|审核|审批|复核|单位负责人|主管|统计人|本表|共\d+人"
    r"|(负责人|联系人|经办人|单位|注|备注|说明|日期|盖章)[:：(（])"
)
_SECTION = re.compile(r"^([一二三四五六七八九十]+、|[（(][一二三四五六七八九十]+[)）]|第[一二三四五六七八九十]+[部组])")
_MANY_NUMBERS = 12  # so many row numbers are listed before “…”


class SheetResult(msgspec.Struct):
    """What one sheet gave."""

    read: SheetRead
    rows: list[CaseloadRow]
    problems: list[RowProblem]
    notes: list[Label]
    sources: list[SourceRow]


def read_register(sheet: Sheet, header: Header, *, today: date, demo: bool, measure_kind: str | None) -> SheetResult:
    """Every person below `header`. What the hub may not hold is dropped here and goes no further (R4)."""
    kind = measure_kind or title_measure(header)
    reader = RowReader(sheet.name, header, epoch=sheet.epoch, today=today, demo=demo, measure_kind=kind)
    dropped = {column.index for column in header.ignored if column.kind == "not_held"}
    rows: list[CaseloadRow] = []
    sources: list[SourceRow] = []
    passed_over: list[int] = []
    spread = _spread_rows(sheet)
    for number, cells in _body(sheet, header):
        what = _what_is(cells, header, sheet.rows[number], spread=number in spread)
        if what == "data":
            kept = tuple(None if index in dropped else value for index, value in enumerate(cells, start=1))
            sources.append(SourceRow(sheet.name, number, kept))
            row = reader.read(number, cells)
            if row:
                rows.append(row)
        elif what == "other":
            passed_over.append(number)
    reader.tell_unsaved_formulas()
    headings = tuple("" if index in dropped else text for index, text in enumerate(header.headings, start=1))
    return SheetResult(
        read=SheetRead(sheet.name, header.row, header.depth, header.columns, header.ignored, headings, header.title),
        rows=rows,
        problems=_kind_problem(sheet, header, kind) + reader.problems,
        notes=_notes(sheet, header, sources, passed_over),
        sources=sources,
    )


def _body(sheet: Sheet, header: Header) -> Iterator[tuple[int, tuple[Value, ...]]]:
    """The rows below the header, a cell merged downwards repeated in every row it covers."""
    numbers = sorted(sheet.rows)
    filled: dict[int, dict[int, Value]] = {}
    for left, top, _right, bottom in sheet.merges:
        if bottom > top > header.last_row and len(sheet.rows.get(top, ())) >= left:
            for number in numbers[bisect_right(numbers, top) : bisect_right(numbers, bottom)]:
                filled.setdefault(number, {})[left] = sheet.rows[top][left - 1]
    for number in numbers:
        if number <= header.last_row:
            continue
        cells = list(sheet.rows[number])
        for column, value in filled.get(number, {}).items():
            cells += [None] * (column - len(cells))
            cells[column - 1] = value if cells[column - 1] is None else cells[column - 1]
        yield number, tuple(cells)


def _spread_rows(sheet: Sheet) -> frozenset[int]:
    """The rows that a cell merged sideways stands in."""
    numbers = sorted(sheet.rows)
    spread: set[int] = set()
    for left, top, right, bottom in sheet.merges:
        if left < right:
            spread.update(numbers[bisect_left(numbers, top) : bisect_right(numbers, bottom)])
    return frozenset(spread)


def _what_is(cells: tuple[Value, ...], header: Header, own: tuple[Value, ...], *, spread: bool) -> str:
    """`data`, `blank`, or `other`: a footer, a sub-heading, or the header printed again on the next page."""
    mapped = {c.field: own[c.index - 1] for c in header.columns if c.index <= len(own) and own[c.index - 1] is not None}
    if not mapped and not any(isinstance(value, str) for value in own):
        return "blank"
    if _repeats_header(cells, header):
        return "other"
    texts = [as_text(value) for value in own if isinstance(value, str)]
    if not mapped.get("id_number") and _is_footer(texts, known={"name", "phone"} <= mapped.keys()):
        return "other"
    alone = sum(value is not None for value in own) == 1
    if alone and texts and (spread or _SECTION.match(texts[0]) or not mapped.keys() & {"name", "id_number", "phone"}):
        return "other"
    return "data" if mapped else "blank"


def _is_footer(texts: list[str], *, known: bool) -> bool:
    """Of a row with a name and a telephone only the first text counts: a note may begin with “注：”."""
    return any(_FOOTER.match(text) for text in (texts[:1] if known else texts))


def _repeats_header(cells: tuple[Value, ...], header: Header) -> bool:
    same = sum(
        1
        for column in header.columns
        if column.index <= len(cells)
        and isinstance(value := cells[column.index - 1], str)
        and normal(value) in (normal(column.header), normal(column.header.rpartition("/")[2]))
    )
    return same >= 2


def _kind_problem(sheet: Sheet, header: Header, kind: str | None) -> list[RowProblem]:
    """Reported once for the sheet, not once for each of its rows."""
    undecided = [column for column in header.columns if header.kinds.get(column.index, "known") is None]
    if kind or not undecided or "measure_kind" in header.fields:
        return []
    column = undecided[0]
    return [
        RowProblem(
            sheet=sheet.name,
            row=header.row,
            column=column.header,
            letter=column.letter,
            shown=column.header,
            reason=KIND_UNKNOWN_FOR_ALL.reason,
            fix=KIND_UNKNOWN_FOR_ALL.fix,
        )
    ]


def _notes(sheet: Sheet, header: Header, sources: list[SourceRow], passed_over: list[int]) -> list[Label]:
    notes = []
    if passed_over:
        numbers = _listed(passed_over)
        notes.append(
            Label(
                zh=f"工作表“{sheet.name}”第{numbers}行看作小标题、合计或填表说明，没有读。",
                en=f"Rows {numbers} of sheet “{sheet.name}” were treated as headings, totals or notes and not read.",
            )
        )
    hidden = [source.number for source in sources if source.number in sheet.hidden_rows]
    if hidden:
        numbers = _listed(hidden)
        notes.append(
            Label(
                zh=f"工作表“{sheet.name}”第{numbers}行是隐藏的，也读了。",
                en=f"Rows {numbers} of sheet “{sheet.name}” are hidden and were read too.",
            )
        )
    columns = [column.letter for column in header.columns if column.index in sheet.hidden_columns]
    if columns:
        letters = "、".join(columns)
        notes.append(
            Label(
                zh=f"工作表“{sheet.name}”{letters}列是隐藏的，也读了。",
                en=f"Columns {letters} of sheet “{sheet.name}” are hidden and were read too.",
            )
        )
    return notes


def _listed(numbers: list[int]) -> str:
    text = "、".join(str(number) for number in numbers[:_MANY_NUMBERS])
    return text + "…" if len(numbers) > _MANY_NUMBERS else text
