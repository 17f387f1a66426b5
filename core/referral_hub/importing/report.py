"""Workbooks returned: the rejected rows, to be fixed and loaded again, and an empty register."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from io import BytesIO

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from referral_hub.cases.measures import MEASURE_KINDS, MEASURE_STATUS
from referral_hub.codes import EDUCATION, EMPLOYMENT_STATUS, HOUSING_STATUS
from referral_hub.importing.caseload import REJECTED_SHEET, REST_SHEET
from referral_hub.importing.columns import FIELDS
from referral_hub.importing.texts import as_text
from referral_hub.importing.values import CellFault, RowProblem, SheetRead, SourceRow, Understanding, Value

_WRONG = PatternFill("solid", fgColor="FFF2CC")
_HEAD = PatternFill("solid", fgColor="E7EEF7")
_TOP = Alignment(vertical="top", wrap_text=True)
_TEMPLATE_ROWS = 2_000
_TEMPLATE = (
    ("name", True, "只写名字，例如：张三"),
    ("aliases", False, "没有可不填；几个用顿号隔开"),
    ("sex", False, "男或女；有身份证号可不填"),
    ("id_number", True, "18位；与联系电话至少填一项"),
    ("phone", False, "11位手机号，或区号加固定电话；几个用顿号隔开"),
    ("registered_address", False, ""),
    ("address", False, ""),
    ("household_number", False, ""),
    ("education", False, "从列表中选"),
    ("employment", False, "从列表中选"),
    ("housing", False, "从列表中选"),
    ("skills", False, ""),
    ("contact", False, "监护人或紧急联系人的姓名"),
    ("contact_phone", False, ""),
    ("contact_relation", False, "例如：母亲"),
    ("measure_kind", False, "从列表中选；只有专职工作人员能看"),
    ("measure_status", False, "从列表中选"),
    ("measure_start", False, "例如：2026-03-05"),
    ("measure_end", False, "例如：2029-03-04"),
    ("responsible", False, "与系统中的账号姓名一致"),
    ("opened_on", False, "例如：2026-03-05；不填为导入当天"),
    ("note", False, "不要写检测、用药史、风险等级等内容"),
)
_CHOICES: dict[str, Iterable[str]] = {
    "sex": ("男", "女"),
    "education": [label.zh for label in EDUCATION.values()],
    "employment": [label.zh for label in EMPLOYMENT_STATUS.values()],
    "housing": [label.zh for label in HOUSING_STATUS.values()],
    "measure_kind": [*(label.zh for label in MEASURE_KINDS.values()), "无"],
    "measure_status": [label.zh for label in MEASURE_STATUS.values()],
}
_DATES = ("measure_start", "measure_end", "opened_on")


def rejected_workbook(understanding: Understanding, problems: Sequence[RowProblem] | None = None) -> bytes:
    """The rejected rows with their columns as they were, row number before, problem and remedy behind (.xlsx).

    The rows without a problem follow on a sheet of their own: an import takes all or nothing, so the fixed file as
    it stands is the whole register again. `problems`, if given, are those of the check against the database.
    Columns that the hub may not hold are left out. The file holds personal data: give it to the importer only (R24).
    """
    told = understanding.problems if problems is None else problems
    by_row: dict[tuple[str, int], list[RowProblem]] = {}
    for problem in told:
        by_row.setdefault((problem.sheet, problem.row), []).append(problem)
    blocked = {place for place, found in by_row.items() if any(problem.blocks for problem in found)}
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for first, wanted in ((REJECTED_SHEET, True), (REST_SHEET, False)):
        for position, read in enumerate(understanding.sheets, start=1):
            rows = [
                source
                for source in understanding.sources
                if source.sheet == read.name and ((source.sheet, source.number) in blocked) is wanted
            ]
            if rows:
                _write_rows(workbook.create_sheet(first if position == 1 else f"{first}{position}"), read, rows, by_row)
    if not workbook.worksheets:
        workbook.create_sheet(REJECTED_SHEET)
    return _saved(workbook)


def template_workbook() -> bytes:
    """An empty register with every column the hub reads, the choices as lists, and how to fill it in (.xlsx)."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "服务对象登记表"
    for index, (field, required, _) in enumerate(_TEMPLATE, start=1):
        letter = get_column_letter(index)
        _head(_cell(sheet, 1, index), FIELDS[field].zh + ("*" if required else ""))
        sheet.column_dimensions[letter].width = 22 if field in ("id_number", "address", "registered_address") else 14
        sheet.column_dimensions[letter].number_format = "yyyy-mm-dd" if field in _DATES else "@"
        if field in _CHOICES:
            choices = DataValidation(type="list", formula1=f'"{",".join(_CHOICES[field])}"', allow_blank=True)
            choices.add(f"{letter}2:{letter}{_TEMPLATE_ROWS}")
            sheet.add_data_validation(choices)
    sheet.freeze_panes = "B2"
    guide = workbook.create_sheet("填写说明")
    for column, width in (("A", 26), ("B", 8), ("C", 60)):
        guide.column_dimensions[column].width = width
    for index, text in enumerate(("列名", "必填", "怎样填"), start=1):
        _head(_cell(guide, 1, index), text)
    for row, (field, required, how) in enumerate(_TEMPLATE, start=2):
        guide.cell(row, 1, FIELDS[field].zh)
        guide.cell(row, 2, "是" if required else "")
        guide.cell(row, 3, how)
    return _saved(workbook)


def _write_rows(
    sheet: Worksheet, read: SheetRead, rows: list[SourceRow], by_row: dict[tuple[str, int], list[RowProblem]]
) -> None:
    # The title stays above: it may be what says which measure the dates are of.
    _write(_cell(sheet, 1, 1), read.title)
    kept = [index for index, heading in enumerate(read.headings, start=1) if heading]
    headings = ["行号", *(read.headings[index - 1] for index in kept), "问题", "怎样改"]
    for index, heading in enumerate(headings, start=1):
        _head(_cell(sheet, 2, index), heading)
        sheet.column_dimensions[get_column_letter(index)].width = 40 if heading in ("问题", "怎样改") else 18
    for number, source in enumerate(rows, start=3):
        problems = by_row.get((source.sheet, source.number), [])
        wrong = {problem.letter for problem in problems}
        sheet.cell(number, 1, source.number)
        for place, index in enumerate(kept, start=2):
            cell = _cell(sheet, number, place)
            _write(cell, source.cells[index - 1] if index <= len(source.cells) else None)
            if get_column_letter(index) in wrong:
                cell.fill = _WRONG
        texts = (
            "\n".join(f"{problem.column}：{problem.reason.zh}" for problem in problems),
            "\n".join(dict.fromkeys(problem.fix.zh for problem in problems)),
        )
        for place, text in enumerate(texts, start=len(kept) + 2):
            cell = _cell(sheet, number, place)
            _write(cell, text)
            cell.alignment = _TOP
    sheet.freeze_panes = "B3"


def _cell(sheet: Worksheet, row: int, column: int) -> Cell:
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)  # nothing here is merged
    return cell


def _head(cell: Cell, text: str) -> None:
    cell.value = text
    cell.font = Font(bold=True)
    cell.fill = _HEAD
    cell.alignment = Alignment(vertical="center", wrap_text=True)


def _write(cell: Cell, value: Value) -> None:
    """Text stays text: no number is rounded, and nothing an office wrote becomes a formula."""
    if value is None or value == "":
        return
    if isinstance(value, datetime | date):
        cell.value = value
        cell.number_format = "yyyy-mm-dd"
        return
    cell.value = value.shown if isinstance(value, CellFault) else as_text(value, exact=True)
    cell.data_type = "s"
    cell.number_format = "@"


def _saved(workbook: Workbook) -> bytes:
    stream = BytesIO()
    workbook.save(stream)
    return stream.getvalue()
