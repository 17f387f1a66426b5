"""Bytes to sheets of values: what kind of file this is, that it is safe to open, and what is in its cells."""

from __future__ import annotations

import math
import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from typing import Any
from xml.parsers import expat

import msgspec
from openpyxl import load_workbook
from openpyxl.utils.cell import column_index_from_string, range_boundaries
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from referral_hub.importing.errors import (
    BinaryWorkbook,
    BrokenWorkbook,
    FileEmpty,
    FileTooLarge,
    FileUnreadable,
    NotAWorkbook,
    OldWorkbook,
    OpenDocumentSheet,
    ProtectedWorkbook,
    StrictWorkbook,
    SwollenWorkbook,
    TextFile,
    TooManyRows,
    WebPageFile,
)
from referral_hub.importing.values import CellFault, Value

MAX_BYTES = 20 * 1024 * 1024
MAX_UNPACKED_BYTES = 150 * 1024 * 1024
MAX_PARTS = 5_000
MAX_ROWS = 20_000
MAX_COLUMNS = 200
_LAST_ROW = 1_048_576  # of any workbook; a file that claims more would keep the reader counting
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LETTERS = re.compile(r"[A-Z]+")


class Sheet(msgspec.Struct, frozen=True):
    """One sheet. `rows` holds the rows with anything in them, by row number; merges are (left, top, right, bottom)."""

    name: str
    visible: bool
    rows: dict[int, tuple[Value, ...]]
    merges: tuple[tuple[int, int, int, int], ...]
    hidden_rows: frozenset[int]
    epoch: datetime


class _Shape(msgspec.Struct):
    """What the streaming reader does not tell: merges, hidden rows, true width, formulas without a saved result."""

    merges: list[tuple[int, int, int, int]]
    hidden_rows: set[int]
    unsaved_formulas: set[tuple[int, int]]
    width: int = 1


def read_sheets(data: bytes) -> list[Sheet]:
    """Every worksheet of an .xlsx or .xlsm workbook, streamed. Macros and links are never followed.

    Raises a `FileUnreadable` that names the kind of file and how to fix it.
    """
    _refuse_other_kinds(data)
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            _refuse_unsafe(package)
            return list(_sheets(data, package))
    except FileUnreadable:
        raise
    except Exception as e:  # openpyxl lets through whatever a damaged part made it raise, of any kind
        raise BrokenWorkbook from e


def _refuse_other_kinds(data: bytes) -> None:
    if not data:
        raise FileEmpty
    if len(data) > MAX_BYTES:
        raise FileTooLarge(limit=MAX_BYTES // 1024 // 1024)
    if data.startswith(_OLE):
        # A workbook with a password is kept inside an old container, in a stream of this name.
        raise ProtectedWorkbook if "EncryptedPackage".encode("utf-16-le") in data else OldWorkbook
    if data.startswith(b"PK"):
        return
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<?xml")) or b"<table" in start:
        raise WebPageFile
    if _looks_like_text(data[:4096]):
        raise TextFile
    raise NotAWorkbook


def _looks_like_text(start: bytes) -> bool:
    wide = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if wide else ("utf-8", "gb18030"):
        try:
            text = start.decode(encoding)
        except UnicodeDecodeError as e:
            if e.start < len(start) - 4:
                continue
            text = start[: e.start].decode(encoding)  # cut inside a character
        if all(c.isprintable() or c in "\r\n\t\ufeff" for c in text):
            return True
    return False


def _refuse_unsafe(package: zipfile.ZipFile) -> None:
    """Judge the package by its table of contents; `zipfile` never unpacks more of a part than it declares."""
    parts = package.infolist()
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise SwollenWorkbook
    names = {part.filename for part in parts}
    if any(part.flag_bits & 0x1 for part in parts):
        raise ProtectedWorkbook
    if "xl/workbook.bin" in names:
        raise BinaryWorkbook
    if "mimetype" in names and b"opendocument.spreadsheet" in package.read("mimetype"):
        raise OpenDocumentSheet
    if "xl/workbook.xml" not in names:
        raise NotAWorkbook
    if b"purl.oclc.org/ooxml" in package.read("xl/workbook.xml"):
        raise StrictWorkbook
    for name in names:
        if name.endswith((".xml", ".rels")):
            with package.open(name) as part:
                if b"<!DOCTYPE" in part.read(4096):
                    raise BrokenWorkbook


def _sheets(data: bytes, package: zipfile.ZipFile) -> Iterator[Sheet]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions that do not matter here
        workbook = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            for worksheet in workbook.worksheets:
                if isinstance(worksheet, ReadOnlyWorksheet):
                    shape = _shape(package, worksheet)
                    yield Sheet(
                        name=worksheet.title,
                        visible=worksheet.sheet_state == "visible",
                        rows=_rows(worksheet, shape),
                        merges=tuple(shape.merges),
                        hidden_rows=frozenset(shape.hidden_rows),
                        epoch=workbook.epoch,
                    )
        finally:
            workbook.close()


def _rows(worksheet: Any, shape: _Shape) -> dict[int, tuple[Value, ...]]:
    # `Any`: the stubs do not describe a sheet that is streamed.
    worksheet.reset_dimensions()  # other programs write sizes that are wrong
    cells_by_row = worksheet.iter_rows(min_row=1, max_row=_LAST_ROW, max_col=min(shape.width, MAX_COLUMNS))
    rows: dict[int, tuple[Value, ...]] = {}
    for number, cells in enumerate(cells_by_row, start=1):
        values: list[Value] = []
        for column, cell in enumerate(cells, start=1):
            value: Value = cell.value
            if (number, column) in shape.unsaved_formulas:
                value = CellFault(kind="formula", shown="")
            elif value is not None and cell.data_type == "e":
                value = CellFault(kind="error", shown=str(value))
            elif isinstance(value, float) and not math.isfinite(value):
                # The format allows 1e999, which no spreadsheet can show.
                value = CellFault(kind="error", shown="")
            elif isinstance(value, str) and not value.strip():
                value = None
            values.append(value)
        while values and values[-1] is None:
            values.pop()
        if values:
            rows[number] = tuple(values)
            if len(rows) > MAX_ROWS:
                raise TooManyRows(sheet=worksheet.title, limit=MAX_ROWS)
    return rows


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
        self.shape = _Shape(merges=[], hidden_rows=set(), unsaved_formulas=set())
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
            self.shape.width = max(self.shape.width, self.column)
        elif tag == "f":
            self.formula = True
            self.shape.width = max(self.shape.width, self.column)
        elif tag == "row":
            self.row, self.column = int(attributes.get("r", self.row + 1)), 0
            if attributes.get("hidden") in ("1", "true"):
                self.shape.hidden_rows.add(self.row)
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
