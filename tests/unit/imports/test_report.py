"""What is returned: the rejected rows, to be fixed and loaded again, and the empty register."""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from tests.unit.imports.registers import HEADINGS, id_number, read, saved, workbook

from referral_hub.importing.report import rejected_workbook, template_workbook
from referral_hub.importing.values import Understanding

A, B, C = (id_number(sequence=number) for number in (1, 2, 3))


def rejected(understanding: Understanding) -> dict[str, Worksheet]:
    return {sheet.title: sheet for sheet in load_workbook(BytesIO(rejected_workbook(understanding))).worksheets}


def values(sheet: Worksheet) -> list[list[object]]:
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def test_rejected_rows_come_back_as_they_were_with_problem_and_remedy() -> None:
    understanding = read(
        workbook((*HEADINGS, "爱好", "尿检"), ("张三", A, "", "", "阴"), ("李四", "123", "456", "下棋", "阴"))
    )
    sheets = rejected(understanding)
    assert list(sheets) == ["要改的行", "其余各行"]
    _, head, row = values(sheets["要改的行"])
    assert head == ["行号", "姓名", "身份证号", "联系电话", "爱好", "问题", "怎样改"]
    assert row[:5] == [3, "李四", "123", "456", "下棋"]
    assert "身份证号：身份证号应为18位" in str(row[5])
    assert "联系电话" in str(row[5])
    assert "逐位核对" in str(row[6])
    assert sheets["要改的行"]["C3"].fill.fgColor.rgb.endswith("FFF2CC")
    assert sheets["要改的行"]["B3"].fill.fill_type is None


def test_fixed_it_loads_again_as_the_whole_register() -> None:
    original = read(
        workbook(
            ("青禾街道社区戒毒人员名单",),
            ("基本情况", None, None, "期限", None, "监护人"),
            ("姓名", "身份证号", "电话", "起", "止", "姓名"),
            ("张三", A, 13800000001, datetime.fromisoformat("2024-03-01"), "2027.2.28", "张母"),
            ("李四", "9.99999E+17", None, 45000, "2028年3月5日", None),
            ("王五", C, None, None, None, None),
            merges=["A2:C2", "D2:E2"],
        )
    )
    assert [problem.row for problem in original.problems] == [5]
    book = load_workbook(BytesIO(rejected_workbook(original)))
    sheet = book["要改的行"]
    assert sheet["C3"].value == "9.99999E+17"
    sheet["C3"].value = B
    fixed = read(saved(book))
    assert fixed.problems == ()
    assert {row.name: row.id_number for row in fixed.rows} == {"张三": A, "李四": B, "王五": C}
    first = next(row for row in fixed.rows if row.name == "张三")
    assert first.measure is not None
    assert (first.measure.kind, first.measure.start, first.measure.end) == (
        "community_treatment",  # the title went with it
        date(2024, 3, 1),
        date(2027, 2, 28),
    )
    assert first.contact is not None
    assert first.contact.name == "张母"


def test_loaded_again_unfixed_it_names_the_same_problems() -> None:
    original = read(workbook(HEADINGS, ("张三", 9.99999199003071e17, "12"), ("李四", "x", ""), ("王五", C, "")))
    again = read(rejected_workbook(original))
    assert [(p.column, p.reason) for p in again.problems] == [(p.column, p.reason) for p in original.problems]
    twice = read(rejected_workbook(again))
    assert [column.header for column in twice.columns] == list(HEADINGS) * 2


def test_nothing_an_office_wrote_becomes_a_formula() -> None:
    understanding = read(
        workbook((*HEADINGS, "备注"), ("张三", "123", "", "'=HYPERLINK(1)"), ("李四", "123", "", "-1+1"))
    )
    understanding = read(rejected_workbook(understanding))
    sheet = rejected(understanding)["要改的行"]
    for row in sheet.iter_rows():
        assert all(cell.data_type != "f" for cell in row)


def test_the_rows_of_several_sheets_come_back_apart() -> None:
    book = load_workbook(BytesIO(workbook(HEADINGS, ("张三", "1", ""), title="青禾")))
    other = book.create_sheet("柳溪")
    for row in (("姓名", "手机"), ("李四", "1"), ("王五", "13800000005")):
        other.append(row)
    sheets = rejected(read(saved(book), sheets=["*"]))
    assert list(sheets) == ["要改的行", "要改的行2", "其余各行2"]
    assert values(sheets["要改的行2"])[1] == ["行号", "姓名", "手机", "问题", "怎样改"]


def test_with_nothing_rejected_every_row_is_among_the_rest() -> None:
    assert list(rejected(read(workbook(HEADINGS, ("张三", A, ""))))) == ["其余各行"]


def test_the_template_filled_in_is_understood_without_a_question() -> None:
    book = load_workbook(BytesIO(template_workbook()))
    sheet = book.worksheets[0]
    filled: dict[str, str | datetime] = {
        "姓名*": "张三",
        "性别": "男",
        "身份证号*": A,
        "联系电话": "13800000001",
        "户籍地": "示范街道",
        "现住址": "示范路1号",
        "户号": "12",
        "文化程度": "初中",
        "就业情况": "灵活就业",
        "居住情况": "租房",
        "措施类型": "社区康复",
        "执行状态": "执行中",
        "措施开始日期": datetime.fromisoformat("2025-01-01"),
        "措施结束日期": datetime.fromisoformat("2027-12-31"),
        "责任人": "王社工",
        "与本人关系": "母亲",
        "监护人或紧急联系人": "张母",
        "监护人或紧急联系人电话": "13900000000",
    }
    for cell in sheet[1]:
        if cell.value in filled:
            sheet.cell(2, cell.column, filled[str(cell.value)])
    understanding = read(saved(book))
    assert understanding.problems == ()
    assert understanding.ignored == ()
    (row,) = understanding.rows
    assert (row.education, row.employment, row.housing, row.household_number) == ("70", "flexible", "rented", "12")
    assert row.measure is not None
    assert (row.measure.kind, row.measure.status) == ("community_rehabilitation", "running")
    assert row.contact is not None
    assert (row.contact.phone, row.contact.relation) == ("13900000000", "母亲")
