"""One row of a register to one person, with every cell that cannot be taken named."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime

from referral_hub.codes.identity import IdNumber, check_id_number, check_phone
from referral_hub.i18n import Label
from referral_hub.importing.columns import tells_what_is_not_held
from referral_hub.importing.dates import read_date
from referral_hub.importing.header import Header
from referral_hub.importing.measures import MeasureReader
from referral_hub.importing.texts import as_text, name_text, shown
from referral_hub.importing.values import CaseloadRow, CellFault, Column, Contact, RowProblem, Value
from referral_hub.importing.wording import read_education, read_employment, read_housing, read_sex
from referral_hub.text import ValidationIssue
from referral_hub.text_limits import MAX_CASE_NOTE, MAX_PERSON

_NAME = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U0003ffff·A-Za-z .'\-]{2,50}")
_NOTHING = re.compile(r"^(无|暂无|没有|不详|未知|待补|待查|停机|空号|未提供|[\s/\\\-—–]*)$")
_PHONE_BREAKS = re.compile(r"[、,，;；/]|\s或\s|\n")
_PHONE_IN_TEXT = re.compile(r"(?:\+?86)?[\s\-]*1[3-9]\d(?:[\s\-]?\d){8}|0\d{2,3}[\s\-]?\d{7,8}|\d{7,11}")
_YEAR = re.compile(r"(?:19|20)\d{2}")
_MAX_CELL = 200
_MAX_TEXT = {**MAX_PERSON, "note": MAX_CASE_NOTE}

_WRITE_NAME = Label(zh="请填写姓名，只写名字，不带括号和说明。", en="Enter the name only, without brackets or remarks.")
NO_NAME = ValidationIssue(Label(zh="没有姓名。", en="The name is missing."), _WRITE_NAME)
ODD_NAME = ValidationIssue(
    Label(zh="姓名里有不该有的字符。", en="The name has characters that names do not have."), _WRITE_NAME
)
NOTHING_TO_KNOW_BY = ValidationIssue(
    Label(zh="没有身份证号，也没有电话。", en="There is neither an ID number nor a telephone number."),
    Label(zh="请至少填一项，否则无法发现重复。", en="Enter at least one, or duplicates cannot be found."),
)
SEX_DIFFERS = ValidationIssue(
    Label(zh="性别与身份证号不符。", en="The sex differs from the ID number."),
    Label(zh="请核对身份证号和性别。", en="Check the ID number and the sex."),
)
BIRTH_DIFFERS = ValidationIssue(
    Label(zh="出生日期与身份证号不符。", en="The birth date differs from the ID number."),
    Label(zh="请核对身份证号和出生日期。", en="Check the ID number and the birth date."),
)
ODD_SEX = ValidationIssue(
    Label(zh="看不懂性别。", en="The sex cannot be read."), Label(zh="请填男或女。", en="Enter 男 or 女.")
)
IN_FUTURE = ValidationIssue(
    Label(zh="日期在今天以后。", en="The date is in the future."), Label(zh="请核对年份。", en="Check the year.")
)
TOO_LONG = ValidationIssue(
    Label(zh="内容太长。", en="The text is too long."),
    Label(zh="请缩短，细节可在个案里补写。", en="Shorten it; details can be written in the case."),
)
NOT_A_CODE = ValidationIssue(
    Label(zh="没有对应的选项，这一格没有读。", en="No choice fits, so this cell was not taken."),
    Label(zh="导入后可在个案里补选。", en="Choose one in the case afterwards."),
)
NOTE_NOT_HELD = ValidationIssue(
    Label(
        zh="备注里有本系统不保存的内容（检测、用药史、风险等级等），这一格没有读。",
        en="The note speaks of what the hub does not hold (tests, use, risk), so it was not taken.",
    ),
    Label(zh="如需保留其余文字，请删去这些内容后再导入。", en="To keep the rest, delete those words and import again."),
)
ERROR_CELL = ValidationIssue(
    Label(zh="单元格是错误值。", en="The cell holds an error."),
    Label(zh="请改正公式，或直接填写内容。", en="Fix the formula, or type the content itself."),
)
UNSAVED_FORMULA = ValidationIssue(
    Label(zh="公式的结果没有保存在文件里。", en="The result of the formula was not saved in the file."),
    Label(
        zh="请用Excel或WPS打开文件，保存后再上传。", en="Open the file in Excel or WPS, save it and upload it again."
    ),
)


class RowReader:
    """Reads the rows of one sheet. `problems` collects what it found wrong, over all rows read."""

    def __init__(
        self, sheet: str, header: Header, *, epoch: datetime, today: date, demo: bool, measure_kind: str | None
    ) -> None:
        self._sheet = sheet
        self._epoch = epoch
        self._today = today
        self._demo = demo
        self._columns: dict[str, list[Column]] = {}
        for column in header.columns:
            self._columns.setdefault(column.field, []).append(column)
        self._measures = MeasureReader(header, epoch=epoch, kind=measure_kind, tell=self._tell)
        self._number = 0
        self._cells: tuple[Value, ...] = ()
        self.problems: list[RowProblem] = []

    def read(self, number: int, cells: tuple[Value, ...]) -> CaseloadRow | None:
        """The person of this row, or None if anything in it blocks."""
        self._number, self._cells = number, cells
        before = len(self.problems)
        self._tell_faults()
        name = self._name()
        id_number = self._id_number()
        phones = self._phones("phone")
        if not id_number and not phones and not self._has_problem_since(before):
            self._tell(self._first("id_number", "phone"), NOTHING_TO_KNOW_BY)
        row = CaseloadRow(
            sheet=self._sheet,
            number=number,
            name=name or "",
            id_number=id_number.text if id_number else None,
            phones=phones,
            sex=self._sex(id_number),
            birth_year=self._birth_year(id_number),
            aliases=tuple(part for part in re.split(r"[、,，;；/]", self._text("aliases") or "") if part.strip()),
            address=self._text("address"),
            registered_address=self._text("registered_address"),
            household_number=self._text("household_number"),
            contact=self._contact(),
            responsible=name_text(self._text("responsible") or "") or None,
            education=self._code("education", read_education),
            employment=self._code("employment", read_employment),
            housing=self._code("housing", read_housing),
            skills=self._text("skills"),
            opened_on=self._opened_on(),
            note=self._note(),
            measure=self._measures.read(cells),
        )
        return None if self._has_problem_since(before) else row

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

    def _tell_faults(self) -> None:
        for columns in self._columns.values():
            for column in columns:
                value = self._cells[column.index - 1] if column.index <= len(self._cells) else None
                if isinstance(value, CellFault):
                    self._tell(column, ERROR_CELL if value.kind == "error" else UNSAVED_FORMULA)

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

    def _id_number(self) -> IdNumber | None:
        for column, value in self._values("id_number"):
            text = as_text(value, exact=True)
            if _NOTHING.match(text):
                continue
            checked = check_id_number(text, today=self._today, demo=self._demo)
            if isinstance(checked, IdNumber):
                return checked
            self._tell(column, checked)
        return None

    def _phones(self, field: str) -> tuple[str, ...]:
        numbers: list[str] = []
        for column, value in self._values(field):
            for part in _PHONE_BREAKS.split(as_text(value, exact=True)):
                if _NOTHING.match(part):
                    continue
                checked = check_phone(part)
                if isinstance(checked, ValidationIssue):
                    self._tell(column, checked)
                    break
                numbers.append(checked)
        return tuple(dict.fromkeys(numbers))

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
        return id_number.birth_year if id_number else None

    def _contact(self) -> Contact | None:
        """A name with its telephone, in columns of their own or both in one cell."""
        words = " ".join(as_text(value) for field in ("contact", "contact_phone") for _, value in self._values(field))
        found = [re.sub(r"[\s\-]", "", match) for match in _PHONE_IN_TEXT.findall(words)]
        phone = next((checked for checked in map(check_phone, found) if isinstance(checked, str)), None)
        name = name_text(_PHONE_IN_TEXT.sub(" ", words).strip(" :：、,，()（）/;；-"))
        if not name or _NOTHING.match(name):
            name = ""
        if not name and not phone:
            return None
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
            if isinstance(day, ValidationIssue):
                self._tell(column, day)
            elif day and day > self._today:
                self._tell(column, IN_FUTURE)
            else:
                return day
        return None

    def _note(self) -> str | None:
        note = self._text("note")
        if note and tells_what_is_not_held(note):
            self._tell(self._first("note"), NOTE_NOT_HELD, blocks=False)
            return None
        return note
