"""A text file of a table (.csv) to a sheet of values. Everything stays text, so no number loses its digits."""

from __future__ import annotations

import csv
from io import StringIO
from itertools import islice

from openpyxl.utils.datetime import WINDOWS_EPOCH

from referral_hub.importing.errors import BrokenTable, SwollenWorkbook, TooManyRows
from referral_hub.importing.values import Sheet
from referral_hub.importing.work_limits import MAX_CELL_TEXT, MAX_COLUMNS, MAX_ROWS

_NAME = "CSV"
_SEPARATORS = (",", "\t", ";", "，", "|")
_LINES_LOOKED_AT = 20


def read_table(data: bytes, encoding: str) -> Sheet:
    """The one sheet of a text file. Raises a `FileUnreadable` where it is no table or too large."""
    text = data.decode(encoding)
    rows: dict[int, tuple[str | None, ...]] = {}
    try:
        for number, cells in enumerate(csv.reader(StringIO(text, newline=""), delimiter=_separator(text)), start=1):
            if any(len(cell) > MAX_CELL_TEXT for cell in cells):
                raise SwollenWorkbook
            values = [cell if cell.strip() else None for cell in cells[:MAX_COLUMNS]]
            while values and values[-1] is None:
                values.pop()
            if values:
                rows[number] = tuple(values)
            if len(rows) > MAX_ROWS:
                raise TooManyRows(sheet=_NAME, limit=MAX_ROWS)
    except csv.Error as error:
        raise BrokenTable from error
    return Sheet(name=_NAME, rows=dict(rows), epoch=WINDOWS_EPOCH)


def _separator(text: str) -> str:
    """The sign that parts the first lines most often."""
    start = list(islice(StringIO(text), _LINES_LOOKED_AT))
    return max(_SEPARATORS, key=lambda sign: sum(line.count(sign) for line in start))
