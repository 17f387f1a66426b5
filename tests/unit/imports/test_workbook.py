"""Files that are broken, disguised, locked or hostile: each is refused with a sentence that says how to fix it."""

from __future__ import annotations

import contextlib
import re
import zipfile
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.chart import BarChart
from tests.chance import examples
from tests.unit.imports.registers import HEADINGS, id_number, read, saved, workbook

from referral_hub.importing import errors
from referral_hub.importing.file_kinds import MAX_BYTES
from referral_hub.importing.work_limits import MAX_ROWS
from referral_hub.importing.workbook import read_sheets

GOOD = workbook(HEADINGS, ("张三", id_number(), "13800000000"))
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def package(**parts: bytes) -> bytes:
    """A zip of these parts; `__` in a name stands for `/`."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for name, content in parts.items():
            target.writestr(name.replace("__", "/"), content)
    return stream.getvalue()


def changed(data: bytes, name: str, change: str, to: str) -> bytes:
    """The workbook with one part of its package rewritten (pattern, replacement)."""
    stream = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as source, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.namelist():
            content = source.read(part)
            if part == name:
                content = re.sub(change, to, content.decode(), flags=re.DOTALL).encode()
            target.writestr(part, content)
    return stream.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
BROKEN = {
    "empty": (b"", errors.FileEmpty),
    "too large": (b"PK" + b"\0" * MAX_BYTES, errors.FileTooLarge),
    "old .xls": (OLE + b"\0" * 4096 + "Workbook".encode("utf-16-le"), errors.OldWorkbook),
    "with a password": (OLE + b"\0" * 4096 + "EncryptedPackage".encode("utf-16-le"), errors.ProtectedWorkbook),
    "web page called .xls": (b"<html><body><table><tr><td>1</td></tr></table>", errors.WebPageFile),
    "XML spreadsheet of 2003": (b'<?xml version="1.0"?><Workbook/>', errors.WebPageFile),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), errors.NotAWorkbook),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\x00\x01\x02", errors.NotAWorkbook),
    "zip of something else": (package(word__document=b"x"), errors.NotAWorkbook),
    "binary workbook": (package(**{"xl/workbook.bin": b"x"}), errors.BinaryWorkbook),
    "OpenDocument": (
        package(mimetype=b"application/vnd.oasis.opendocument.spreadsheet", **{"content.xml": b"x"}),
        errors.OpenDocumentSheet,
    ),
    "strict": (
        changed(GOOD, "xl/workbook.xml", "http://schemas.openxmlformats.org/", "http://purl.oclc.org/ooxml/"),
        errors.StrictWorkbook,
    ),
    "cut in half": (GOOD[: len(GOOD) // 2], errors.BrokenWorkbook),
    "only the first bytes": (GOOD[:4], errors.BrokenWorkbook),
    "without its sheets": (package(**{"xl/workbook.xml": b"<workbook/>"}), errors.BrokenWorkbook),
    "sheet that is not XML": (changed(GOOD, SHEET, ".*", "not xml"), errors.BrokenWorkbook),
    "sheet with entities": (changed(GOOD, SHEET, "^", '<!DOCTYPE x [<!ENTITY a "b">]>'), errors.BrokenWorkbook),
    "date number out of range": (changed(GOOD, SHEET, 'r="A1"', 'r="%%%"'), errors.BrokenWorkbook),
}


@pytest.mark.parametrize(("data", "error"), BROKEN.values(), ids=BROKEN)
def test_a_file_that_is_no_workbook_is_refused_by_name(data: bytes, error: type[errors.FileUnreadable]) -> None:
    with pytest.raises(errors.FileUnreadable) as refused:
        read(data)
    assert type(refused.value) is error
    assert "请" in refused.value.label.zh
    assert refused.value.status == 422


@settings(max_examples=examples(150))
@given(data=st.data())
def test_a_workbook_damaged_anywhere_is_read_or_refused_and_never_a_crash(data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(GOOD) - 1))
    byte = data.draw(st.integers(0, 255))
    damaged = GOOD[:position] + bytes([byte]) + GOOD[position + 1 :]
    with contextlib.suppress(errors.FileUnreadable):
        read(damaged)


@settings(max_examples=examples(50))
@given(st.binary(max_size=300))
def test_any_bytes_at_all_are_refused_and_never_a_crash(data: bytes) -> None:
    for start in (b"", b"PK\x03\x04", OLE):
        with pytest.raises(errors.FileUnreadable):
            read(start + data)


def test_a_zip_bomb_is_refused_without_unpacking() -> None:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("xl/workbook.xml", b"<workbook/>")
        for part in range(2):
            target.writestr(f"xl/media/{part}.bin", b"\0" * (80 * 1024 * 1024))
    assert len(stream.getvalue()) < 1024 * 1024
    with pytest.raises(errors.SwollenWorkbook):
        read(stream.getvalue())


def test_a_package_of_very_many_parts_is_refused() -> None:
    with pytest.raises(errors.SwollenWorkbook):
        read(package(**{"xl/workbook.xml": b"x"}, **{f"x/{n}": b"" for n in range(5_001)}))


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(errors.TooManyRows) as refused:
        read(workbook(HEADINGS, *(("张三", n) for n in range(MAX_ROWS))))
    assert str(MAX_ROWS) in refused.value.label.zh


def test_a_row_number_beyond_the_last_does_not_keep_the_reader_counting() -> None:
    far = changed(GOOD, SHEET, '<row r="2"', '<row r="999999999"')
    with pytest.raises(errors.FarCell):
        read(far)


def test_a_sheet_formatted_to_its_last_row_reads_as_what_is_in_it() -> None:
    empty = '<row r="1048576" spans="1:3"><c r="A1048576" s="0"/></row></sheetData>'
    understanding = read(changed(GOOD, SHEET, "</sheetData>", empty))
    assert len(understanding.rows) == 1


def test_a_wrong_size_written_by_another_program_does_not_hide_rows() -> None:
    understanding = read(changed(GOOD, SHEET, '<dimension ref="[^"]*"', '<dimension ref="A1"'))
    assert len(understanding.rows) == 1


def test_rows_and_cells_without_their_addresses_are_read() -> None:
    bare = changed(changed(GOOD, SHEET, '<row r="\\d+"', "<row"), SHEET, '<c r="[A-Z]+\\d+"', "<c")
    assert [row.name for row in read(bare).rows] == ["张三"]


def test_a_formula_gives_its_saved_result_or_is_reported_as_unsaved() -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(HEADINGS)
    sheet.append(("张三", id_number(), "=A1"))
    unsaved = read(saved(book))
    assert [(p.row, p.column) for p in unsaved.problems] == [(2, "联系电话")]
    assert "保存" in unsaved.problems[0].fix.zh
    cached = changed(saved(book), SHEET, "<f>A1</f><v ?/?>(</v>)?", "<f>A1</f><v>13800000000</v>")
    assert read(cached).rows[0].phones == ("13800000000",)
    empty = changed(saved(book), SHEET, '<c r="C2"[^>]*><f>A1</f><v ?/?>(</v>)?', '<c r="C2" t="str"><f>A1</f><v></v>')
    assert read(empty).rows[0].phones == ()


def test_macros_hidden_sheets_and_hidden_rows_are_distinguished() -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "花名册"
    for row in (HEADINGS, ("张三", id_number(), ""), ("李四", id_number(sequence=4), "")):
        sheet.append(row)
    sheet.row_dimensions[3].hidden = True
    hidden = book.create_sheet("旧表", 0)
    hidden.append(HEADINGS)
    hidden.sheet_state = "hidden"
    book.create_chartsheet("图").add_chart(BarChart())
    sheets = read_sheets(saved(book))
    assert [(s.name, s.visible, sorted(s.hidden_rows)) for s in sheets] == [("旧表", False, []), ("花名册", True, [3])]
    understanding = read(saved(book))
    assert [row.name for row in understanding.rows] == ["张三", "李四"]
    assert "第3行是隐藏的" in understanding.notes[0].zh
