"""Registers as offices write them, made by code. Everyone in them is made up: the place 999999 does not exist."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from io import BytesIO

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from referral_hub.codes.identity import check_character
from referral_hub.importing.caseload import understand
from referral_hub.importing.values import Understanding

TODAY = date(2026, 3, 5)
HEADINGS = ("姓名", "身份证号", "联系电话")


def id_number(born: date = date(1990, 3, 7), sequence: int = 123) -> str:
    body = f"999999{born:%Y%m%d}{sequence:03}"
    return body + check_character(body)


def workbook(*rows: Sequence[object], title: str = "Sheet1", merges: Sequence[str] = ()) -> bytes:
    """One sheet with these rows from the top, texts kept as texts."""
    book = Workbook()
    fill(book.worksheets[0], rows, title=title, merges=merges)
    return saved(book)


def fill(sheet: Worksheet, rows: Sequence[Sequence[object]], *, title: str, merges: Sequence[str] = ()) -> None:
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    for merge in merges:
        sheet.merge_cells(merge)


def saved(book: Workbook) -> bytes:
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def read(
    data: bytes, *, demo: bool = True, sheets: Sequence[str] = (), measure_kind: str | None = None
) -> Understanding:
    return understand(data, "登记表.xlsx", today=TODAY, demo=demo, sheets=sheets, measure_kind=measure_kind)


def reasons(understanding: Understanding) -> list[tuple[int, str, str]]:
    return [(problem.row, problem.column, problem.reason.zh) for problem in understanding.problems]
