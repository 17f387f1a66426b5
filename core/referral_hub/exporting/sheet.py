"""Writing one Excel sheet: title, who made it and why, notes, a header row and the rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import msgspec
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from referral_hub.calendar.clock import local_datetime

Value = str | Decimal | int | date | None

_BAD_TITLE = re.compile(r"[\\/*?:\[\]]")
_GREY = PatternFill("solid", fgColor="EDF1F5")
_LINE = Border(bottom=Side(style="thin", color="8A97A6"))
_SMALL = Font(size=9, color="5B6773")


class Stamp(msgspec.Struct, frozen=True):
    """Who made the file, when and what for: on the sheet and at the foot of every printed page (R24)."""

    who: str
    at: datetime
    purpose: str

    def line(self, language: str) -> str:
        when = f"{local_datetime(self.at):%Y-%m-%d %H:%M}"
        if language == "en":
            return f"Exported by {self.who}, {when}, for: {self.purpose}"
        return f"导出人：{self.who}　时间：{when}　用途：{self.purpose}"


class Column(msgspec.Struct, frozen=True):
    """A heading, and how many decimals its numbers show."""

    heading: str
    decimals: int = 0


class Sheet(msgspec.Struct, frozen=True):
    """One sheet. `bold` marks rows that are totals, by their place."""

    title: str
    above: Sequence[str]
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    below: Sequence[str] = ()
    bold: frozenset[int] = frozenset()


def write_workbook(sheets: Iterable[Sheet], stamp: Stamp, *, language: str) -> bytes:
    """The file as Excel reads it. Text stays text: nothing typed by anyone is ever run as a formula."""
    book = Workbook()
    book.properties.creator = stamp.who
    book.remove(book.worksheets[0])
    for sheet in sheets:
        _write(book.create_sheet(_BAD_TITLE.sub(" ", sheet.title)[:31]), sheet, stamp.line(language))
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _write(page: Worksheet, sheet: Sheet, watermark: str) -> None:
    for place, line in enumerate((sheet.title, *sheet.above, watermark), start=1):
        cell = _put(page, place, 1, line)
        cell.font = Font(bold=True, size=14) if place == 1 else _SMALL
    header = len(sheet.above) + 4
    for number, column in enumerate(sheet.columns, start=1):
        cell = _put(page, header, number, column.heading)
        cell.font, cell.fill, cell.border = Font(bold=True), _GREY, _LINE
        cell.alignment = Alignment(wrap_text=True, vertical="center")
    for place, row in enumerate(sheet.rows):
        for number, (column, value) in enumerate(zip(sheet.columns, row, strict=True), start=1):
            cell = _put(page, header + 1 + place, number, value, column.decimals)
            cell.font = Font(bold=place in sheet.bold)
    last = header + len(sheet.rows)
    for place, line in enumerate(sheet.below, start=last + 2):
        _put(page, place, 1, line).font = _SMALL
    _lay_out(page, sheet, header, watermark)


def _put(page: Worksheet, row: int, column: int, value: Value, decimals: int = 0) -> Cell:
    cell = page.cell(row, column)
    assert isinstance(cell, Cell)
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
        cell.data_type = "s"
        # A heading such as "=1+1" or "@x" would be a formula, here or once the file is saved as CSV.
        cell.quotePrefix = value[:1] in ("=", "+", "-", "@")
    elif value is not None:
        cell.value = value
        if not isinstance(value, date):
            cell.number_format = "#,##0" + ("." + "0" * decimals if decimals else "")
    if value in ("—", "<5"):
        cell.alignment = Alignment(horizontal="right")
    return cell


def _lay_out(page: Worksheet, sheet: Sheet, header: int, watermark: str) -> None:
    for number, column in enumerate(sheet.columns, start=1):
        texts = [column.heading, *(str(row[number - 1] or "") for row in sheet.rows[:200])]
        page.column_dimensions[get_column_letter(number)].width = min(max(map(_width, texts)) + 2, 40)
    page.freeze_panes = f"B{header + 1}"
    page.print_title_rows = f"{header}:{header}"
    page.page_setup.orientation = "landscape"
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    foot = page.oddFooter
    assert foot is not None
    # An ampersand begins a command in a footer.
    foot.left.text = watermark.replace("&", "&&")
    foot.right.text = "&P / &N"


def _width(text: str) -> int:
    """In columns of digits; a Chinese character takes two."""
    return sum(2 if ord(character) > 0x2E80 else 1 for character in text)
