"""No workbook whose cells hold something unexpected ends in a traceback: it is read, or the cell is named."""

from __future__ import annotations

import zipfile
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl.utils.exceptions import IllegalCharacterError
from tests.odd import ODD
from tests.unit.imports.registers import id_number, read, workbook

from referral_hub.errors import HubError
from referral_hub.importing.errors import FileUnreadable
from referral_hub.importing.report import rejected_workbook

ROW: tuple[object, ...] = (
    "张三", "男", date(1990, 3, 7), id_number(), "13800000000", "示范路1号", "李四", "高中", "无业",
    "王晓梅", "2024.3.1-2027.2.28", date(2024, 1, 1), "周三见面", "社区戒毒", "执行中",
)  # fmt: skip
HEADINGS = (
    "姓名", "性别", "出生日期", "身份证号", "联系电话", "现住址", "紧急联系人", "文化程度", "就业状况",
    "责任人", "起止时间", "建档日期", "备注", "措施类型", "执行状态",
)  # fmt: skip
# Any cell that a workbook can hold, escapes of characters that its format lacks among them.
cells = st.sampled_from([odd for odd in ODD if not isinstance(odd, list | dict)] + [
    "_x0000_", "_xD800_", "张_x001B_三", "=1/0", "#N/A", "0000-00-00", "٢٠٢٦-٠٣-٠٥", "99999", datetime(9999, 12, 31),  # noqa: DTZ001
    datetime(1900, 1, 1),  # noqa: DTZ001
    date(2999, 1, 1), time(1, 2), timedelta(days=3), -1e300,
]) | st.text(max_size=8)  # fmt: skip


@given(row=st.integers(0, 2), column=st.integers(0, len(ROW) - 1), value=cells)
@example(row=2, column=0, value="_x0000_")
@example(row=2, column=5, value="_xD800_")
@example(row=0, column=0, value="_x001B_[31m")
def test_a_register_with_any_value_in_any_cell_is_read_or_refused_and_returned(
    row: int, column: int, value: Any
) -> None:
    rows: list[list[Any]] = [["登记表", *[None] * (len(ROW) - 1)], list(HEADINGS), list(ROW)]
    rows[row][column] = value
    try:
        data = workbook(*rows)
    except (IllegalCharacterError, ValueError):
        return  # no program can write such a workbook
    with suppress(HubError):
        read_and_hand_back(data)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "1e308", "9" * 400, "0x10", ""])
@pytest.mark.parametrize("column", range(len(ROW)))
def test_a_number_that_no_spreadsheet_can_show_is_read_or_refused(column: int, number: str) -> None:
    row = [7.25 if index == column else value for index, value in enumerate(ROW)]
    data = rewritten(workbook(HEADINGS, row), "<v>7.25</v>", f"<v>{number}</v>")
    with suppress(FileUnreadable):
        read_and_hand_back(data)


def read_and_hand_back(data: bytes) -> None:
    """As a page or the command does it: what was understood is shown, kept, and the wrong rows are returned."""
    understanding = read(data)
    rejected_workbook(understanding, understanding.problems)
    for row in understanding.rows:
        msgspec.json.encode(row)
        assert all("\x00" not in text for text in (row.name, row.address or "", row.note or ""))


def rewritten(data: bytes, old: str, new: str) -> bytes:
    """The workbook with a piece of its first sheet's XML replaced."""
    stream = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as source, zipfile.ZipFile(stream, "w") as target:
        for part in source.infolist():
            content = source.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode())
            target.writestr(part.filename, content)
    return stream.getvalue()
