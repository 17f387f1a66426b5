"""Registers saved as text: whatever the encoding and the separator, they read as the same table."""

from __future__ import annotations

import pytest
from tests.unit.imports.registers import id_number, read

from referral_hub.importing import errors

_ROWS = [
    ["姓名", "身份证号", "联系电话", "备注"],
    ["张三", id_number() + "\t", "13800000000", "约周三，见面"],
    ["李四", id_number(sequence=125), "", ""],
]


def table(separator: str) -> str:
    return "\r\n".join(
        separator.join(f'"{cell}"' if set(cell) & set("，\t") else cell for cell in row) for row in _ROWS
    )


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_a_register_saved_as_text_is_read_with_every_digit(encoding: str, separator: str) -> None:
    understanding = read(table(separator).encode(encoding))
    assert understanding.problems == ()
    assert [(row.number, row.name, row.id_number) for row in understanding.rows] == [
        (2, "张三", id_number()),
        (3, "李四", id_number(sequence=125)),
    ]
    assert understanding.rows[0].phones == ("13800000000",)
    assert understanding.rows[0].note == "约周三，见面"


def test_a_long_register_in_gb18030_is_distinguished_from_utf_8() -> None:
    rows = "".join(f"张三,{id_number(sequence=n)},138{n:08}\n" for n in range(400))
    assert len(read(("姓名,身份证号,联系电话\n" + rows).encode("gb18030")).rows) == 400


def test_digits_that_a_spreadsheet_lost_before_saving_are_reported() -> None:
    understanding = read("姓名,身份证号,联系电话\n张三,9.99999E+17,13800000000\n".encode())
    assert [(p.row, p.reason.zh) for p in understanding.problems] == [(2, "号码被表格当成数字，后几位已丢失。")]


def test_a_text_that_is_no_table_says_what_a_register_needs() -> None:
    with pytest.raises(errors.HeaderNotFound):
        read("今天的会议记录。\n大家都到了。".encode())


def test_a_field_that_never_ends_is_refused() -> None:
    with pytest.raises(errors.FileUnreadable):
        read(('姓名,身份证号\n"' + "长" * 200_000).encode())
