"""What was understood of a register: sheets, columns, rows, problems. No database is behind these."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Literal

import msgspec

from referral_hub.i18n import Label


class CellFault(msgspec.Struct, frozen=True):
    """A cell without a usable value: an error such as #N/A, or a formula whose result was never saved."""

    kind: Literal["error", "formula"]
    shown: str


Gone = Literal["died", "custody", "over", "moved"]
Value = str | int | float | bool | datetime | date | time | timedelta | CellFault | None


class Sheet(msgspec.Struct, frozen=True):
    """One sheet of a file. `rows` holds the rows with anything in them, by row number.

    Merges are (left, top, right, bottom). A text file is one sheet without merges and without anything hidden.
    """

    name: str
    rows: dict[int, tuple[Value, ...]]
    epoch: datetime
    visible: bool = True
    merges: tuple[tuple[int, int, int, int], ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()


class Column(msgspec.Struct, frozen=True):
    """One column that was recognised. `header` is its heading as the office wrote it, parents joined by “/”."""

    index: int
    letter: str
    header: str
    field: str
    label: Label


class IgnoredColumn(msgspec.Struct, frozen=True):
    """One column that is not taken, and why. `not_held`: what the hub may not hold (R3, R4)."""

    index: int
    letter: str
    header: str
    kind: Literal["not_held", "not_needed", "unknown", "own", "repeated"]
    reason: Label


class RowProblem(msgspec.Struct, frozen=True):
    """One thing wrong in one row. `row` is the row number as the spreadsheet shows it.

    `shown` is what is written there, long numbers masked (R23). A problem that does not block is reported,
    and the row is imported without that cell.
    """

    sheet: str
    row: int
    column: str
    letter: str
    shown: str
    reason: Label
    fix: Label
    blocks: bool = True


class MeasureRead(msgspec.Struct, frozen=True):
    """What the law ordered, for the restricted compartment. `kind` and `status` are codes of `cases.measures`."""

    kind: str
    start: date | None = None
    end: date | None = None
    status: str | None = None

    def __repr__(self) -> str:
        return "MeasureRead(…)"


class Contact(msgspec.Struct, frozen=True):
    """A guardian or someone to call in an emergency."""

    name: str
    phone: str | None = None
    relation: str | None = None

    def __repr__(self) -> str:
        return "Contact(…)"


class CaseloadRow(msgspec.Struct, frozen=True):
    """One person of the register. Codes: sex GB/T 2261.1, education GB/T 4658, employment and housing the hub's.

    `phone_notes` are telephones with what was written beside them. `gone`: what the register says of someone for whom
    no case is opened unasked.
    """

    sheet: str
    number: int
    name: str
    id_number: str | None = None
    phones: tuple[str, ...] = ()
    phone_notes: tuple[str, ...] = ()
    sex: str = "0"
    birth_year: int | None = None
    aliases: tuple[str, ...] = ()
    address: str | None = None
    registered_address: str | None = None
    household_number: str | None = None
    contact: Contact | None = None
    responsible: str | None = None
    education: str | None = None
    employment: str | None = None
    housing: str | None = None
    skills: str | None = None
    opened_on: date | None = None
    note: str | None = None
    measure: MeasureRead | None = None
    gone: Gone | None = None

    def __repr__(self) -> str:
        """Names and numbers stay out of logs and tracebacks."""
        return f"CaseloadRow(sheet={self.sheet!r}, number={self.number})"


class SourceRow(msgspec.Struct, frozen=True):
    """A row as the office wrote it, kept to be returned in the report of rejected rows."""

    sheet: str
    number: int
    cells: tuple[Value, ...]

    def __repr__(self) -> str:
        return f"SourceRow(sheet={self.sheet!r}, number={self.number})"


class SheetRead(msgspec.Struct, frozen=True):
    """One sheet of the workbook and what its header says.

    `header_rows` is 2 for a header of two levels; `title` is what stands above it, with the sheet's name.
    """

    name: str
    header_row: int
    header_rows: int
    columns: tuple[Column, ...]
    ignored: tuple[IgnoredColumn, ...]
    headings: tuple[str, ...]
    title: str


class Understanding(msgspec.Struct, frozen=True):
    """All that was understood of a workbook; the person checks it before anything is imported.

    `rows` are those without a blocking problem. `sources` holds every row below the headers, good and bad.
    """

    filename: str
    sheets: tuple[SheetRead, ...]
    rows: tuple[CaseloadRow, ...]
    problems: tuple[RowProblem, ...]
    notes: tuple[Label, ...]
    sources: tuple[SourceRow, ...]

    @property
    def blocking(self) -> tuple[RowProblem, ...]:
        return tuple(problem for problem in self.problems if problem.blocks)

    @property
    def columns(self) -> tuple[Column, ...]:
        return tuple(column for sheet in self.sheets for column in sheet.columns)

    @property
    def ignored(self) -> tuple[IgnoredColumn, ...]:
        return tuple(column for sheet in self.sheets for column in sheet.ignored)

    @property
    def header_row(self) -> int:
        return self.sheets[0].header_row

    def __repr__(self) -> str:
        return f"Understanding({self.filename!r}, {len(self.rows)} rows, {len(self.problems)} problems)"


class EntryProblem(msgspec.Struct, frozen=True):
    """One thing wrong with an organisation or a service of a directory, named as the file names it."""

    name: str
    external_id: str
    reason: Label
    fix: Label
    blocks: bool = True
