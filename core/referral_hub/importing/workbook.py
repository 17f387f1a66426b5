"""Bytes to sheets of values: what kind of file this is, that it is safe to open, and what is in its cells."""

from __future__ import annotations

import math
import re
import warnings
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from xml.parsers import expat

import msgspec
from openpyxl import load_workbook
from openpyxl.utils.cell import column_index_from_string, get_column_letter, range_boundaries
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet._reader import WorkSheetParser

from referral_hub.importing.delimited import read_table
from referral_hub.importing.errors import (
    BinaryWorkbook,
    BrokenWorkbook,
    FileUnreadable,
    NotAWorkbook,
    OpenDocumentSheet,
    ProtectedWorkbook,
    StrictWorkbook,
    SwollenWorkbook,
    TooManyRows,
)
from referral_hub.importing.file_kinds import encoding_of_text
from referral_hub.importing.values import CellFault, Sheet, Value
from referral_hub.importing.work_limits import (
    MAX_CELL_TEXT,
    MAX_COLUMNS,
    MAX_ROWS,
    MAX_TEXT,
    check_cell,
    check_contents,
    check_package,
)

_LETTERS = re.compile(r"[A-Z]+")


class _Shape(msgspec.Struct):
    """What the streaming reader does not tell: merges, what is hidden, formulas without a saved result."""

    merges: list[tuple[int, int, int, int]]
    hidden_rows: set[int]
    hidden_columns: set[int]
    unsaved_formulas: set[tuple[int, int]]


def read_sheets(data: bytes) -> list[Sheet]:
    """Every worksheet of an .xlsx or .xlsm workbook, or the table of a text file. Macros and links are never followed.

    Raises a `FileUnreadable` that names the kind of file and how to fix it.
    """
    encoding = encoding_of_text(data)
    if encoding:
        return [read_table(data, encoding)]
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            check_package(package)
            _refuse_other_packages(package)
            check_contents(package)
            return list(_sheets(data, package))
    except FileUnreadable:
        raise
    except Exception as e:  # openpyxl lets through whatever a damaged part made it raise, of any kind
        raise BrokenWorkbook from e


def _refuse_other_packages(package: zipfile.ZipFile) -> None:
    names = {part.filename for part in package.infolist()}
    if any(part.flag_bits & 0x1 for part in package.infolist()):
        raise ProtectedWorkbook
    if "xl/workbook.bin" in names:
        raise BinaryWorkbook
    if "mimetype" in names and b"opendocument.spreadsheet" in package.read("mimetype"):
        raise OpenDocumentSheet
    if "xl/workbook.xml" not in names:
        raise NotAWorkbook
    if b"purl.oclc.org/ooxml" in package.read("xl/workbook.xml"):
        raise StrictWorkbook


def _sheets(data: bytes, package: zipfile.ZipFile) -> Iterator[Sheet]:
    text_left = MAX_TEXT
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions that do not matter here
        workbook = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            for worksheet in workbook.worksheets:
                if isinstance(worksheet, ReadOnlyWorksheet):
                    shape = _shape(package, worksheet)
                    rows = _rows(worksheet, shape)
                    text_left -= sum(len(v) for cells in rows.values() for v in cells if isinstance(v, str))
                    if text_left < 0:
                        raise SwollenWorkbook
                    yield Sheet(
                        name=worksheet.title,
                        visible=worksheet.sheet_state == "visible",
                        rows=rows,
                        merges=tuple(shape.merges),
                        hidden_rows=frozenset(shape.hidden_rows),
                        hidden_columns=frozenset(shape.hidden_columns),
                        epoch=workbook.epoch,
                    )
        finally:
            workbook.close()


def _rows(worksheet: Any, shape: _Shape) -> dict[int, tuple[Value, ...]]:
    # `Any`: the stubs do not describe a sheet that is streamed.
    rows: dict[int, tuple[Value, ...]] = {}
    for number, cells in _cells_by_row(worksheet):
        values: list[Value] = []
        for cell in cells:
            value = _value(cell, shape, number)
            if value is None:
                continue
            column: int = cell["column"]
            check_cell(f"{get_column_letter(column)}{number}", row=number, column=column)
            values += [None] * (column - len(values))
            values[column - 1] = value
        if values:
            rows[number] = tuple(values)
            if len(rows) > MAX_ROWS:
                raise TooManyRows(sheet=worksheet.title, limit=MAX_ROWS)
    return rows


def _cells_by_row(worksheet: Any) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """The rows that are in the file. The sheet's own iterator makes up all that are missing between two of them."""
    workbook = worksheet.parent
    with worksheet._get_source() as source:  # noqa: SLF001 - the only way to the part of the package
        parser = WorkSheetParser(
            source,
            worksheet._shared_strings,  # noqa: SLF001
            data_only=True,
            epoch=workbook.epoch,
            date_formats=workbook._date_formats,  # noqa: SLF001
            timedelta_formats=workbook._timedelta_formats,  # noqa: SLF001
        )
        yield from parser.parse()


def _value(cell: dict[str, Any], shape: _Shape, row: int) -> Value:
    value: Value = cell["value"]
    if (row, cell["column"]) in shape.unsaved_formulas:
        return CellFault(kind="formula", shown="")
    if value is not None and cell["data_type"] == "e":
        return CellFault(kind="error", shown=str(value))
    if isinstance(value, float) and not math.isfinite(value):
        return CellFault(kind="error", shown="")  # the format allows 1e999, which no spreadsheet can show
    if isinstance(value, str):
        if len(value) > MAX_CELL_TEXT:
            raise SwollenWorkbook
        return value if value.strip() else None
    return value


def _shape(package: zipfile.ZipFile, worksheet: Any) -> _Shape:
    """One pass over the sheet's XML beside openpyxl's, which leaves these out when it streams."""
    scan = _Scan()
    parser = expat.ParserCreate()
    parser.StartElementHandler = scan.start
    parser.EndElementHandler = scan.end
    parser.CharacterDataHandler = scan.text
    # Only this attribute tells which part of the package holds the sheet.
    with package.open(worksheet._worksheet_path) as part:  # noqa: SLF001
        while chunk := part.read(1 << 20):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    return scan.shape


class _Scan:
    """Handlers of the pass. A formula's result is saved if its cell has text, or is marked as an empty text."""

    def __init__(self) -> None:
        self.shape = _Shape(merges=[], hidden_rows=set(), hidden_columns=set(), unsaved_formulas=set())
        self.row = self.column = 0
        self.formula = self.saved = self.in_value = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "c":
            letters = _LETTERS.match(attributes.get("r", ""))
            self.column = column_index_from_string(letters.group()) if letters else self.column + 1
            self.formula, self.saved = False, attributes.get("t") == "str"
        elif tag in ("v", "is"):
            self.in_value = True
        elif tag == "f":
            self.formula = True
        elif tag == "row":
            self.row, self.column = int(attributes.get("r", self.row + 1)), 0
            if _is_hidden(attributes):
                self.shape.hidden_rows.add(self.row)
        elif tag == "col":
            if _is_hidden(attributes):
                last = min(int(attributes["max"]), MAX_COLUMNS)
                self.shape.hidden_columns.update(range(int(attributes["min"]), last + 1))
        elif tag == "mergeCell":
            left, top, right, bottom = range_boundaries(attributes["ref"])
            if left and top and right and bottom:
                self.shape.merges.append((left, top, right, bottom))

    def text(self, _characters: str) -> None:
        if self.in_value:
            self.saved = True

    def end(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        if tag in ("v", "is"):
            self.in_value = False
        elif tag == "c" and self.formula and not self.saved:
            self.shape.unsaved_formulas.add((self.row, self.column))


def _is_hidden(attributes: dict[str, str]) -> bool:
    return attributes.get("hidden") in ("1", "true")
