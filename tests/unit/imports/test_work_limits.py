"""Workbooks that are cheap to make and would be dear to read: each is refused before the work is done."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest
from openpyxl import Workbook
from tests.unit.imports.registers import HEADINGS, id_number, read, saved, workbook
from tests.unit.imports.test_workbook import GOOD, SHEET, changed

from referral_hub.importing import errors
from referral_hub.importing.work_limits import MAX_LAST_ROW, MAX_MERGES, MAX_SHEETS

FEW_BYTES = 600_000


def far_cell(address: str) -> bytes:
    book = Workbook()
    book.worksheets[0].append(HEADINGS)
    book.worksheets[0][address] = "x"
    return saved(book)


def with_part(data: bytes, name: str, content: str) -> bytes:
    """The workbook with one part more, or with another in its place."""
    stream = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as source, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.namelist():
            if part != name:
                target.writestr(part, source.read(part))
        target.writestr(name, content)
    return stream.getvalue()


def sheet_xml(rows: str, *, after: str = "") -> str:
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return f"<worksheet {space}><sheetData>{rows}</sheetData>{after}</worksheet>"


def many_cells() -> bytes:
    row = "<row>" + "<c><v>1</v></c>" * 30 + "</row>"
    return with_part(GOOD, SHEET, sheet_xml(row * 25_000))


def many_empty_rows() -> bytes:
    return with_part(GOOD, SHEET, sheet_xml("<row/>" * 1_400_000))


def many_merges() -> bytes:
    merges = "".join(f'<mergeCell ref="A{n}:B1048576"/>' for n in range(1, MAX_MERGES + 2))
    return with_part(GOOD, SHEET, sheet_xml("<row><c><v>1</v></c></row>", after=f"<mergeCells>{merges}</mergeCells>"))


def many_shared_texts() -> bytes:
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return with_part(GOOD, "xl/sharedStrings.xml", f"<sst {space}>" + "<si><t>x</t></si>" * 700_000 + "</sst>")


def one_long_text_shared_by_many_cells() -> bytes:
    book = Workbook()
    for _ in range(3_000):
        book.worksheets[0].append(["长" * 32_000])
    return saved(book)


def a_text_longer_than_a_cell_holds() -> bytes:
    return with_part(GOOD, SHEET, sheet_xml(f'<row><c t="str"><v>{"长" * 40_000}</v></c></row>'))


def many_styles() -> bytes:
    return changed(GOOD, "xl/styles.xml", "<fonts.*?</fonts>", "<fonts>" + "<font/>" * 100_001 + "</fonts>")


def many_sheets() -> bytes:
    book = Workbook()
    for _ in range(MAX_SHEETS):
        book.create_sheet()
    return saved(book)


def much_xml() -> bytes:
    return with_part(GOOD, "docProps/custom.xml", "<x>" + " " * (70 * 1024 * 1024) + "</x>")


SWOLLEN = (
    many_cells,
    many_empty_rows,
    many_merges,
    many_shared_texts,
    one_long_text_shared_by_many_cells,
    a_text_longer_than_a_cell_holds,
    many_styles,
    many_sheets,
    much_xml,
)


@pytest.mark.parametrize("make", SWOLLEN, ids=lambda make: make.__name__)
def test_a_small_file_that_unpacks_to_endless_work_is_refused(make: Callable[[], bytes]) -> None:
    data = make()
    assert len(data) < FEW_BYTES
    with pytest.raises(errors.SwollenWorkbook) as refused:
        read(data)
    assert "请" in refused.value.label.zh


@pytest.mark.parametrize("address", ["XFD1048576", "A1048576", "XFD1", f"A{MAX_LAST_ROW + 1}"])
def test_a_cell_far_from_the_table_is_named_and_nothing_between_is_made_up(address: str) -> None:
    with pytest.raises(errors.FarCell) as refused:
        read(far_cell(address))
    assert address in refused.value.label.zh


def test_a_size_claimed_by_the_file_costs_nothing() -> None:
    claimed = changed(GOOD, SHEET, '<dimension ref="[^"]*"', '<dimension ref="A1:XFD1048576"')
    assert [row.number for row in read(claimed).rows] == [2]


def test_two_sheets_that_are_one_part_are_refused() -> None:
    """Else a hundred sheets would each cost the reading of the whole."""
    book = Workbook()
    book.create_sheet()
    twice = changed(saved(book), "xl/_rels/workbook.xml.rels", "sheet2.xml", "../worksheets/sheet1.xml")
    with pytest.raises(errors.BrokenWorkbook):
        read(twice)


def test_a_large_register_of_an_office_is_read() -> None:
    rows = [(f"张{n}", id_number(sequence=n % 1000), f"138{n:08}", *["字"] * 17) for n in range(3_000)]
    understanding = read(workbook((*HEADINGS, *(f"备{n}" for n in range(17))), *rows))
    assert len(understanding.sources) == 3_000
