"""Finding the header of a register under its title rows, of one level or of two."""

from __future__ import annotations

import re

import msgspec
from openpyxl.utils import get_column_letter

from referral_hub.importing.columns import (
    FIELDS,
    REPEATED,
    VAGUE,
    VAGUE_VALUES,
    meaning_of,
    measure_kind_in,
    normal,
    why_ignored,
)
from referral_hub.importing.values import Column, IgnoredColumn, Sheet, Value
from referral_hub.importing.wording import read_gone, read_measure_kind, read_measure_status
from referral_hub.text import plain

LOOK_DOWN = 40
# A second column of these adds to the first instead of repeating it.
_MANY = frozenset(["phone", "note", "measure_range", "measure_start", "measure_end", "contact_phone"])
_DATA = re.compile(r"\d{6}|\d{4}\s*[-./年]\s*\d{1,2}\s*[-./月]\s*\d")
_DATES = frozenset(["measure_range", "measure_start", "measure_end"])


class Header(msgspec.Struct, frozen=True):
    """Where the header is and what it says. `kinds`: the measure each date column is about, by column index."""

    row: int
    depth: int
    columns: tuple[Column, ...]
    ignored: tuple[IgnoredColumn, ...]
    kinds: dict[int, str | None]
    headings: tuple[str, ...]
    title: str

    @property
    def last_row(self) -> int:
        return self.row + self.depth - 1

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(column.field for column in self.columns)

    @property
    def is_register(self) -> bool:
        """It names people and has something to know them by again."""
        return "name" in self.fields and bool(self.fields & {"id_number", "phone"})


class _Heading(msgspec.Struct, frozen=True):
    index: int
    text: str
    parent: str

    @property
    def shown(self) -> str:
        text = re.sub(r"\s+", " ", plain(self.text))
        return f"{re.sub(r' +', ' ', plain(self.parent))}/{text}" if self.parent else text


def find_header(sheet: Sheet) -> Header | None:
    """The best header within the first rows, or None. It may lack what a register needs: ask `is_register`."""
    best: Header | None = None
    for row in [number for number in sorted(sheet.rows) if number <= LOOK_DOWN]:
        for depth in (1, 2):
            header = _header_at(sheet, row, depth)
            if header.columns and (best is None or _weight(header) > _weight(best)):
                best = header
    return best


def is_card(sheet: Sheet) -> bool:
    """Whether labels and answers stand side by side, as on a form about one person: 姓名 | 张三 | 性别 | 男."""
    labels: dict[str, int] = {}
    for number in [number for number in sorted(sheet.rows) if number <= LOOK_DOWN]:
        for index, text in _texts(sheet, number).items():
            meaning = meaning_of(text)
            beside = sheet.rows[number][index : index + 1]
            if meaning and beside and not meaning_of(_text(beside[0])):
                labels.setdefault(meaning.field, number)
    return "name" in labels and bool(labels.keys() & {"id_number", "phone"}) and len(set(labels.values())) > 1


def _weight(header: Header) -> tuple[bool, int, int]:
    """Registers before others; then the more that is understood, then the fewer levels."""
    return header.is_register, len(header.columns), -header.depth


def _header_at(sheet: Sheet, row: int, depth: int) -> Header:
    headings = _headings(sheet, row, depth)
    columns: list[Column] = []
    ignored: list[IgnoredColumn] = []
    kinds: dict[int, str | None] = {}
    taken: set[tuple[str, str | None]] = set()
    for heading in headings:
        letter = get_column_letter(heading.index)
        meaning = meaning_of(heading.text, heading.parent)
        if meaning is None:
            kind, reason = why_ignored(heading.parent + heading.text if heading.parent else heading.text)
            ignored.append(IgnoredColumn(heading.index, letter, heading.shown, kind, reason))
            continue
        key = (meaning.field, meaning.kind)
        if columns and meaning.field == "measure_range" and _is_second_half(sheet, row, columns[-1], heading):
            first, kinds[heading.index] = columns.pop(), meaning.kind
            for part, index, at in (("start", first.index, first.letter), ("end", heading.index, letter)):
                field = f"measure_{part}"
                columns.append(Column(index, at, heading.shown, field, FIELDS[field]))
            continue
        if key in taken and meaning.field not in _MANY - _DATES:
            ignored.append(IgnoredColumn(heading.index, letter, heading.shown, "repeated", REPEATED))
            continue
        if normal(heading.text) in VAGUE and not _is_of_a_measure(sheet, row + depth, heading.index, meaning.field):
            ignored.append(IgnoredColumn(heading.index, letter, heading.shown, "unknown", VAGUE_VALUES))
            continue
        taken.add(key)
        columns.append(Column(heading.index, letter, heading.shown, meaning.field, FIELDS[meaning.field]))
        if meaning.field in _DATES:
            kinds[heading.index] = meaning.kind
    return Header(
        row=row,
        depth=depth,
        columns=tuple(columns),
        ignored=tuple(ignored),
        kinds=kinds,
        headings=_shown_by_index(headings),
        title=_title(sheet, row),
    )


def _is_second_half(sheet: Sheet, row: int, before: Column, heading: _Heading) -> bool:
    """Whether one heading for both dates is merged over two columns, with no heading below: the first is the start."""
    below = _texts(sheet, row + 1).get(heading.index, "")
    if below and meaning_of(below, heading.text):
        return False
    return before.field == "measure_range" and any(
        left == before.index and right == heading.index == left + 1 and top <= row <= bottom
        for left, top, right, bottom in sheet.merges
    )


def _headings(sheet: Sheet, row: int, depth: int) -> list[_Heading]:
    top = _filled_across(sheet, row)
    if depth == 1:
        return [_Heading(index, text, "") for index, text in sorted(top.items())]
    below = _texts(sheet, row + 1)
    headings = []
    parent, parent_at = "", 0
    for index in sorted(top.keys() | below.keys()):
        if index in top:
            parent, parent_at = top[index], index
        if index not in below:
            headings.append(_Heading(index, top[index], ""))
        elif index in top:
            headings.append(_Heading(index, below[index], parent))
        else:
            # Without merging, a parent stands over the next columns that only the lower row names.
            near = parent_at and all(i in below for i in range(parent_at, index))
            headings.append(_Heading(index, below[index], parent if near else ""))
    return headings


def _texts(sheet: Sheet, row: int) -> dict[int, str]:
    cells = sheet.rows.get(row, ())
    return {index: text for index, value in enumerate(cells, start=1) if (text := _heading_text(value))}


def _filled_across(sheet: Sheet, row: int) -> dict[int, str]:
    """The texts of a row, with a cell merged across repeated in every column it covers."""
    texts = _texts(sheet, row)
    for left, top, right, bottom in sheet.merges:
        if top <= row <= bottom and right > left and left in texts and right - left < 20:
            texts.update({index: texts[left] for index in range(left, right + 1) if index not in texts})
    return texts


def _heading_text(value: Value) -> str:
    """A heading is in words; numbers, dates and what holds a date or a long number are data."""
    text = _text(value)
    return "" if _DATA.search(text) else text


def _text(value: Value) -> str:
    return plain(value.replace("_x000D_", " ")) if isinstance(value, str) else ""


def _shown_by_index(headings: list[_Heading]) -> tuple[str, ...]:
    last = max((heading.index for heading in headings), default=0)
    by_index = {heading.index: heading.shown for heading in headings}
    return tuple(by_index.get(index, "") for index in range(1, last + 1))


def _title(sheet: Sheet, row: int) -> str:
    above = (_text(value) for number in sorted(sheet.rows) if number < row for value in sheet.rows[number])
    return " ".join([*(text for text in above if text), sheet.name])


def _is_of_a_measure(sheet: Sheet, first_row: int, index: int, field: str) -> bool:
    """Whether at least half of what stands below a vague heading are words of a measure."""
    read = read_measure_kind if field == "measure_kind" else _read_status_or_gone
    texts = [
        cells[index - 1]
        for number, cells in sheet.rows.items()
        if number >= first_row and len(cells) >= index and isinstance(cells[index - 1], str)
    ]
    return bool(texts) and sum(read(str(text)) is not None for text in texts) * 2 >= len(texts)


def _read_status_or_gone(text: str) -> str | None:
    return read_measure_status(text) or read_gone(text)


def title_measure(header: Header) -> str | None:
    """The measure the sheet as a whole is about, by its title or its name."""
    return measure_kind_in(normal(header.title))
