"""How much work a file may ask for. A workbook of a few kilobytes can claim a billion cells, so what is limited is
what has to be read, counted before any of it is.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections import Counter
from xml.parsers import expat

from referral_hub.importing.errors import BrokenWorkbook, FarCell, SwollenWorkbook

MAX_UNPACKED_BYTES = 150 * 1024 * 1024  # with pictures
MAX_XML_BYTES = 64 * 1024 * 1024
MAX_PARTS = 5_000
MAX_SHEETS = 100
MAX_ROWS = 20_000
MAX_COLUMNS = 200
MAX_LAST_ROW = 100_000  # of a cell with something in it; below are the rows that were only formatted
MAX_SHEET_ELEMENTS = 1_300_000  # 20,000 rows of 30 cells, or a sheet formatted to its last row
MAX_STRING_ELEMENTS = 1_300_000  # the texts that cells share
MAX_OTHER_ELEMENTS = 100_000  # styles, properties and so on
MAX_MERGES = 5_000
MAX_CELL_TEXT = 32_767  # the most a spreadsheet keeps in a cell
MAX_TEXT = 40 * 1024 * 1024  # of all cells together: they may share one long text
_RELATIONS = "xl/_rels/workbook.xml.rels"


def check_package(package: zipfile.ZipFile) -> None:
    """Judge the package by its table of contents; `zipfile` never unpacks more of a part than it declares."""
    parts = package.infolist()
    xml = sum(part.file_size for part in parts if part.filename.endswith((".xml", ".rels")))
    if len(parts) > MAX_PARTS or xml > MAX_XML_BYTES or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise SwollenWorkbook


def check_contents(package: zipfile.ZipFile) -> None:
    """Count the elements of every part that is read, and see that no part is read twice."""
    counts: Counter[str] = Counter()
    for part in package.infolist():
        if not part.filename.endswith((".xml", ".rels")):
            continue
        kind = _kind_of_part(part.filename)
        counter = _Counter(part.filename, allowed=_ALLOWED[kind] - counts[kind])
        counter.read(package)
        counts[kind] += counter.count
        counts["merges"] += counter.merges
        if len(counter.sheets) > MAX_SHEETS or counts["merges"] > MAX_MERGES:
            raise SwollenWorkbook
        for names in (counter.sheets, counter.targets):
            if len(set(names)) < len(names):
                raise BrokenWorkbook


def check_cell(address: str, *, row: int, column: int) -> None:
    """A cell with something in it stands near the others. Raises `FarCell`."""
    if row > MAX_LAST_ROW or column > MAX_COLUMNS:
        raise FarCell(cell=address)


def _kind_of_part(name: str) -> str:
    if name.startswith("xl/worksheets/"):
        return "sheets"
    return "strings" if name.lower().endswith("sharedstrings.xml") else "others"


_ALLOWED = {"sheets": MAX_SHEET_ELEMENTS, "strings": MAX_STRING_ELEMENTS, "others": MAX_OTHER_ELEMENTS}


class _Counter:
    """Elements of one part, until there are more than allowed."""

    def __init__(self, name: str, *, allowed: int) -> None:
        self._name = name
        self._allowed = allowed
        self.count = self.merges = 0
        self.sheets: list[str] = []
        self.targets: list[str] = []

    def read(self, package: zipfile.ZipFile) -> None:
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.StartDoctypeDeclHandler = self._doctype
        with package.open(self._name) as part:
            while chunk := part.read(1 << 16):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > self._allowed:
            raise SwollenWorkbook
        tag = name.rpartition(":")[2]
        if tag == "mergeCell":
            self.merges += 1
        elif tag == "sheet" and self._name == "xl/workbook.xml":
            self.sheets.append(next((value for key, value in attributes.items() if key.endswith(":id")), name))
        elif tag == "Relationship" and self._name == _RELATIONS and "Target" in attributes:
            self.targets.append(posixpath.normpath(posixpath.join("/xl", attributes["Target"])))

    def _doctype(self, *_declaration: object) -> None:
        raise BrokenWorkbook
