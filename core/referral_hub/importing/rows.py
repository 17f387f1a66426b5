"""One row of a register to one person, with every cell that cannot be taken named."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime

import msgspec

from referral_hub.calendar.periods import IN_FUTURE, day_issue
from referral_hub.codes.identity import IdNumber, check_id_number, check_phone, other_document
from referral_hub.codes.written_phones import WrittenPhone, read_written_phones
from referral_hub.i18n import Label
from referral_hub.importing.columns import tells_what_is_not_held
from referral_hub.importing.dates import NO_DAY, read_date
from referral_hub.importing.header import Header
from referral_hub.importing.measures import MeasureReader
from referral_hub.importing.row_issues import (
    BIRTH_DIFFERS,
    ERROR_CELL,
    NO_DAY_TAKEN,
    NO_NAME,
    NOT_A_CODE,
    NOTE_NOT_HELD,
    NOTHING_TO_KNOW_BY,
    ODD_NAME,
    ODD_SEX,
    OF_THE_FAMILY,
    SEX_DIFFERS,
    TOO_LONG,
    TWO_PEOPLE,
    UNSAVED_FORMULA,
)
from referral_hub.importing.row_signs import gone_of, holds_two
from referral_hub.importing.texts import as_text, shown
from referral_hub.importing.values import CaseloadRow, CellFault, Column, Contact, RowProblem, Value
from referral_hub.importing.wording import read_education, read_employment, read_housing, read_sex
from referral_hub.text import ValidationIssue, name_text
from referral_hub.text_limits import MAX_CASE_NOTE, MAX_PERSON

_NAME = re.compile(r"[〇㐀-鿿豈-﫿\U00020000-\U0003ffff·A-Za-z .'\-]{2,50}")
_NOTHING = re.compile(r"^(无|暂无|没有|不详|未知|待补|待查|停机|空号|未提供|[\s/\\\-—–]*)$")
_FROM_ID = ("sex", "birth_date")
_NO_LINE = re.compile(r"停机|空号|暂无|关机")
_PHONE_IN_TEXT = re.compile(r"(?:\+?86)?[\s\-]*1[3-9]\d(?:[\s\-]?\d){8}|0\d{2,3}[\s\-]?\d{7,8}|\d{7,11}")
_YEAR = re.compile(r"(?:19|20)\d{2}")
_MAX_CELL = 200
_MAX_TEXT = {**MAX_PERSON, "note": MAX_CASE_NOTE}


class _Unsaved(msgspec.Struct, frozen=True):
    """A column in which formulas have no saved result: its first such row, and how many there are."""

    column: Column
    row: int
    count: int
    blocks: bool


class RowReader:
    """Reads the rows of one sheet. `problems` collects what it found wrong, over all rows read."""

    def __init__(
        self, sheet: str, header: Header, *, epoch: datetime, today: date, demo: bool, measure_kind: str | None
    ) -> None:
        self._sheet = sheet
        self._epoch = epoch
        self._today = today
        self._header = header
        self._demo = demo
        self._columns: dict[str, list[Column]] = {}
        for column in header.columns:
            self._columns.setdefault(column.field, []).append(column)
        self._measures = MeasureReader(header, epoch=epoch, today=today, kind=measure_kind, tell=self._tell)
        self._number = 0
        self._cells: tuple[Value, ...] = ()
        self._unsaved: dict[int, _Unsaved] = {}
        self.problems: list[RowProblem] = []

    def read(self, number: int, cells: tuple[Value, ...]) -> CaseloadRow | None:
        """The person of this row, or None if anything in it blocks."""
        self._number, self._cells = number, cells
        before = len(self.problems)
        if holds_two(self._value(self._first("name")), [value for _, value in self._values("id_number")]):
            self._tell(self._first("name"), TWO_PEOPLE)
            return None
        name = self._name()
        written = self._phones()
        own = [each for each in written if not each.is_somebody_elses]
        phones = tuple(dict.fromkeys(each.number for each in own))
        id_number = self._id_number(has_phone=bool(phones))
        unsaved = self._tell_faults(id_number)
        if not id_number and not phones and not unsaved and not self._has_problem_since(before):
            self._tell(self._first("id_number", "phone"), NOTHING_TO_KNOW_BY)
        row = CaseloadRow(
            sheet=self._sheet,
            number=number,
            name=name or "",
            id_number=id_number.text if id_number else None,
            phones=phones,
            phone_notes=tuple(each.written for each in own if each.extension or each.says_more),
            sex=self._sex(id_number),
            birth_year=self._birth_year(id_number),
            aliases=tuple(part for part in re.split(r"[、,，;；/]", self._text("aliases") or "") if part.strip()),
            address=self._text("address"),
            registered_address=self._text("registered_address"),
            household_number=self._text("household_number"),
            contact=self._contact([each for each in written if each.is_somebody_elses]),
            responsible=name_text(self._text("responsible") or "") or None,
            education=self._code("education", read_education),
            employment=self._code("employment", read_employment),
            housing=self._code("housing", read_housing),
            skills=self._text("skills"),
            opened_on=self._opened_on(),
            note=self._note(),
            measure=self._measures.read(cells, birth_year=id_number.birth_year if id_number else None),
            gone=gone_of(cells, self._header),
        )
        return None if unsaved or self._has_problem_since(before) else row

    def tell_unsaved_formulas(self) -> None:
        """Each column once, at its first row: one saving of the file puts all of them right."""
        for unsaved in self._unsaved.values():
            self._number, self._cells = unsaved.row, ()
            reason = UNSAVED_FORMULA.reason
            if unsaved.count > 1:
                reason = Label(
                    zh=f"这一列有{unsaved.count}行公式的结果没有保存在文件里。",
                    en=f"The results of {unsaved.count} formulas in this column were not saved in the file.",
                )
            self._tell(unsaved.column, ValidationIssue(reason, UNSAVED_FORMULA.fix), blocks=unsaved.blocks)

    def _value(self, column: Column) -> Value:
        value = self._cells[column.index - 1] if column.index <= len(self._cells) else None
        return None if isinstance(value, CellFault) else value

    def _values(self, field: str) -> list[tuple[Column, Value]]:
        pairs = [(column, self._value(column)) for column in self._columns.get(field, [])]
        return [(column, value) for column, value in pairs if value is not None]

    def _first(self, *fields: str) -> Column:
        return next(self._columns[field][0] for field in fields if field in self._columns)

    def _tell(self, column: Column, mistake: ValidationIssue, *, blocks: bool = True) -> None:
        value = self._cells[column.index - 1] if column.index <= len(self._cells) else None
        self.problems.append(
            RowProblem(
                sheet=self._sheet,
                row=self._number,
                column=column.header,
                letter=column.letter,
                shown=shown(value, column.field),
                reason=mistake.reason,
                fix=mistake.fix,
                blocks=blocks,
            )
        )

    def _has_problem_since(self, before: int) -> bool:
        return any(problem.blocks for problem in self.problems[before:])

    def _tell_faults(self, id_number: IdNumber | None) -> bool:
        """Whether a formula without a result keeps the row out. Sex and birth follow from the ID number as well."""
        stops = False
        for field, columns in self._columns.items():
            blocks = not (id_number and field in _FROM_ID)
            for column in columns:
                value = self._cells[column.index - 1] if column.index <= len(self._cells) else None
                if not isinstance(value, CellFault):
                    continue
                if value.kind == "error":
                    self._tell(column, ERROR_CELL, blocks=blocks)
                    continue
                stops = stops or blocks
                known = self._unsaved.get(column.index)
                self._unsaved[column.index] = _Unsaved(
                    column=column,
                    row=known.row if known else self._number,
                    count=known.count + 1 if known else 1,
                    blocks=blocks or bool(known and known.blocks),
                )
        return stops

    def _text(self, field: str) -> str | None:
        """The text of the field's columns, joined; strokes and “无” count as nothing."""
        found = [(column, as_text(value)) for column, value in self._values(field)]
        texts = [text for _, text in found if not _NOTHING.match(text)]
        text = "；".join(dict.fromkeys(texts))
        if len(text) > _MAX_TEXT.get(field, _MAX_CELL):
            self._tell(found[0][0], TOO_LONG)
        return text or None

    def _name(self) -> str | None:
        column = self._first("name")
        value = self._value(column)
        name = name_text(as_text(value)) if value is not None else ""
        if not name:
            if not isinstance(self._cells[column.index - 1 : column.index], CellFault):
                self._tell(column, NO_NAME)
            return None
        if not _NAME.fullmatch(name):
            self._tell(column, ODD_NAME)
        return name

    def _id_number(self, *, has_phone: bool) -> IdNumber | None:
        for column, value in self._values("id_number"):
            text = as_text(value, exact=True)
            if _NOTHING.match(text):
                continue
            checked = check_id_number(text, today=self._today, demo=self._demo)
            if isinstance(checked, IdNumber):
                return checked
            # Whoever has a telephone can be found again without the number of another document.
            self._tell(column, checked, blocks=not (has_phone and other_document(text)))
        return None

    def _phones(self) -> list[WrittenPhone]:
        found: list[WrittenPhone] = []
        for column, value in self._values("phone"):
            text = as_text(value, exact=True)
            if _NOTHING.match(text) or (not re.search(r"\d", text) and _NO_LINE.search(text)):
                continue
            written = read_written_phones(_NO_LINE.sub(" ", text))
            if isinstance(written, ValidationIssue):
                self._tell(column, written)
                continue
            if any(each.is_somebody_elses for each in written):
                self._tell(column, OF_THE_FAMILY, blocks=False)
            found += written
        return found

    def _sex(self, id_number: IdNumber | None) -> str:
        for column, value in self._values("sex"):
            sex = read_sex(as_text(value))
            if sex is None:
                self._tell(column, ODD_SEX)
            elif id_number and sex in ("1", "2") and sex != id_number.sex:
                self._tell(column, SEX_DIFFERS)
            elif not id_number:
                return sex
        return id_number.sex if id_number else "0"

    def _birth_year(self, id_number: IdNumber | None) -> int | None:
        for column, value in self._values("birth_date"):
            born = read_date(value, self._epoch)
            if isinstance(born, date) and id_number and born != id_number.birth_date:
                self._tell(column, BIRTH_DIFFERS)
            elif isinstance(born, date) and not id_number:
                return born.year
            elif isinstance(born, ValidationIssue) and not id_number:
                year = _YEAR.search(as_text(value))  # “1990.3” still tells the year, which is all that is kept
                if year:
                    return int(year.group())
                self._tell(column, born)
            elif isinstance(born, ValidationIssue) and id_number:
                year = _YEAR.search(as_text(value))
                if year and int(year.group()) != id_number.birth_year:
                    self._tell(column, BIRTH_DIFFERS)
        return id_number.birth_year if id_number else None

    def _contact(self, others: list[WrittenPhone]) -> Contact | None:
        """A name with its telephone, in columns of their own or both in one cell, or beside the client's own."""
        words = " ".join(as_text(value) for field in ("contact", "contact_phone") for _, value in self._values(field))
        found = [re.sub(r"[\s\-]", "", match) for match in _PHONE_IN_TEXT.findall(words)]
        phone = next((checked for checked in map(check_phone, found) if isinstance(checked, str)), None)
        name = name_text(_PHONE_IN_TEXT.sub(" ", words).strip(" :：、,，()（）/;；-"))
        if not name or _NOTHING.match(name):
            name = ""
        if not name and not phone:
            if not others:
                return None
            name, phone = others[0].remark, others[0].number
        return Contact(name=name[:_MAX_CELL], phone=phone, relation=self._text("contact_relation"))

    def _code(self, field: str, read: Callable[[str], str | None]) -> str | None:
        for column, value in self._values(field):
            text = as_text(value)
            code = read(text)
            if code:
                return code
            if not _NOTHING.match(text):
                self._tell(column, NOT_A_CODE, blocks=False)
        return None

    def _opened_on(self) -> date | None:
        for column, value in self._values("opened_on"):
            day = read_date(value, self._epoch)
            if day is NO_DAY:
                self._tell(column, NO_DAY_TAKEN, blocks=False)
            elif isinstance(day, ValidationIssue):
                self._tell(column, day)
            elif day and day > self._today:
                self._tell(column, IN_FUTURE)
            elif day and (issue := day_issue(day, today=self._today)):
                self._tell(column, issue)
            else:
                return day
        return None

    def _note(self) -> str | None:
        note = self._text("note")
        if note and tells_what_is_not_held(note):
            self._tell(self._first("note"), NOTE_NOT_HELD, blocks=False)
            return None
        return note
