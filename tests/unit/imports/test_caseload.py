"""Registers as ugly as offices keep them."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from openpyxl import Workbook
from tests.unit.imports.registers import HEADINGS, fill, id_number, read, reasons, saved, workbook

from referral_hub.importing import errors
from referral_hub.importing.values import Contact, MeasureRead, Value

A, B, C = (id_number(sequence=number) for number in (1, 2, 3))  # a man, a woman, a man


def test_a_register_under_titles_with_two_levels_merged_cells_and_footers() -> None:
    data = workbook(
        ("青禾街道社区戒毒社区康复人员花名册",),
        ("填报单位：青禾街道", None, None, None, None, "填报日期：2026年3月5日"),
        (
            "序号",
            "姓 名",
            "性别",
            "公民身份\n号码",
            "联系方式",
            "监护人",
            None,
            "社区戒毒（康复）期限",
            None,
            "尿检结果",
            "责任社工",
            "类别",
        ),
        (None, None, None, None, None, "姓名", "电话", "起", "止"),
        (
            1,
            "张 三",
            "男",
            A,
            "138 0000 0000",
            "张母",
            "13900000000",
            "2024.3.1",
            datetime.fromisoformat("2027-02-28"),
            "阴性",
            "王社工",
            "社戒",
        ),
        (2, "李四", "女", B, 13800000001, None, None, 45000, "2028年3月5日", "阴性", None, "社区康复"),
        ("二、青松社区",),
        (3, "王五", "男", C, None, "王父 0571-87654321", None, None, None, None, "赵社工", "社区康复"),
        ("合计", 3),
        ("填表人：某甲", None, "审核人：某乙"),
        merges=["A1:L1", "F3:G3", "H3:I3", *(f"{c}3:{c}4" for c in "ABCDEJKL"), "K5:K6", "A7:L7"],
    )
    understanding = read(data)
    assert understanding.problems == ()
    assert (understanding.header_row, understanding.sheets[0].header_rows) == (3, 2)
    assert [(c.letter, c.kind) for c in understanding.ignored] == [("A", "not_needed"), ("J", "not_held")]
    first, second, third = understanding.rows
    assert (first.name, first.id_number, first.phones, first.number) == ("张三", A, ("13800000000",), 5)
    assert first.contact == Contact(name="张母", phone="13900000000")
    assert first.measure == MeasureRead("community_treatment", date(2024, 3, 1), date(2027, 2, 28))
    assert (second.responsible, second.phones) == ("王社工", ("13800000001",))  # merged down from the row above
    assert second.measure == MeasureRead("community_rehabilitation", date(2023, 3, 15), date(2028, 3, 5))
    assert third.contact == Contact(name="王父", phone="057187654321")
    assert third.measure == MeasureRead("community_rehabilitation")
    assert "第7、9、10行" in understanding.notes[0].zh


def test_what_the_hub_may_not_hold_goes_no_further_than_the_reading() -> None:
    understanding = read(
        workbook((*HEADINGS, "尿检结果", "风险等级", "爱好"), ("张三", A, "", "阳性", "高风险", "下棋"))
    )
    assert [(c.header, c.kind) for c in understanding.ignored] == [
        ("尿检结果", "not_held"),
        ("风险等级", "not_held"),
        ("爱好", "unknown"),
    ]
    cells = [cell for source in understanding.sources for cell in source.cells]
    assert "下棋" in cells
    assert "阳性" not in cells
    assert "高风险" not in cells


def test_a_note_about_tests_or_use_is_not_taken_and_the_rest_of_the_row_is() -> None:
    understanding = read(workbook((*HEADINGS, "备注"), ("张三", A, "", "上月尿检正常"), ("李四", B, "", "周三见面")))
    assert [row.note for row in understanding.rows] == [None, "周三见面"]
    assert [(p.row, p.blocks) for p in understanding.problems] == [(2, False)]


def test_nobodys_name_or_number_shows_in_a_log() -> None:
    understanding = read(
        workbook((*HEADINGS, "监护人", "社区戒毒起止日期"), ("张三", A, "", "张母", "2024.3.1-2027.2.28"))
    )
    shown = f"{understanding!r} {understanding.rows!r} {understanding.sources!r} {understanding.rows[0].measure!r}"
    for secret in ("张三", A, "张母", "2024"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("headings", "cells", "measure"),
    [
        (
            ("社区戒毒起止日期",),
            ("2024.3.1-2027.2.28",),
            MeasureRead("community_treatment", date(2024, 3, 1), date(2027, 2, 28)),
        ),
        (("社区康复起止日期",), ("2024.3.1至今",), MeasureRead("community_rehabilitation", date(2024, 3, 1))),
        (
            ("社区戒毒开始日期", "社区戒毒结束日期"),
            ("20240301", 46446),
            MeasureRead("community_treatment", date(2024, 3, 1), date(2027, 2, 28)),
        ),
        (
            ("措施类型", "起止日期"),
            ("社区康复", "2024.3.1—2027.2.28"),
            MeasureRead("community_rehabilitation", date(2024, 3, 1), date(2027, 2, 28)),
        ),
        (
            ("人员类别", "开始时间", "执行状态"),
            ("社戒", "2024/3/1", "中止"),
            MeasureRead("community_treatment", date(2024, 3, 1), None, "suspended"),
        ),
        (("措施类型",), ("强制隔离戒毒后待报到",), MeasureRead("awaiting_report")),
        (("措施类型", "起止日期"), ("无", None), None),
        (
            ("社区戒毒起止日期", "社区康复起止日期"),
            ("2020.1.1-2022.12.31", "2024.3.1"),
            MeasureRead("community_rehabilitation", date(2024, 3, 1)),
        ),
        (
            ("社区戒毒起止日期", "社区康复起止日期", "类别"),
            ("2020.1.1-2022.12.31", "2024.3.1", "社区戒毒"),
            MeasureRead("community_treatment", date(2020, 1, 1), date(2022, 12, 31)),
        ),
    ],
)
def test_the_measure_is_read_however_its_dates_are_laid_out(
    headings: tuple[str, ...], cells: tuple[Value, ...], measure: MeasureRead | None
) -> None:
    understanding = read(workbook((*HEADINGS, *headings), ("张三", A, "", *cells)))
    assert understanding.problems == ()
    assert understanding.rows[0].measure == measure


def test_one_heading_merged_over_two_columns_is_start_and_end() -> None:
    understanding = read(
        workbook(("姓名", "身份证号", "社区戒毒起止日期"), ("张三", A, "2024.3.1", "2027.2.28"), merges=["C1:D1"])
    )
    assert understanding.rows[0].measure == MeasureRead("community_treatment", date(2024, 3, 1), date(2027, 2, 28))


def test_a_note_that_begins_like_a_footer_does_not_hide_its_row() -> None:
    understanding = read(workbook(("姓名", "电话", "备注"), ("张三", "13800000001", "注：周三来访"), ("填表人：某甲",)))
    assert [row.name for row in understanding.rows] == ["张三"]


def test_the_title_or_the_sheets_name_may_say_which_measure_it_is() -> None:
    rows = ((*HEADINGS, "起止日期"), ("张三", A, "", "2024.3.1-2027.2.28"))
    by_title = read(workbook(("青禾街道社区康复人员名单",), *rows))
    by_name = read(workbook(*rows, title="社区康复"))
    by_choice = read(workbook(*rows), measure_kind="community_rehabilitation")
    for understanding in (by_title, by_name, by_choice):
        assert understanding.rows[0].measure is not None
        assert understanding.rows[0].measure.kind == "community_rehabilitation"


def test_dates_of_no_known_measure_are_reported_once_and_not_for_each_row() -> None:
    understanding = read(
        workbook(
            (*HEADINGS, "社区戒毒/社区康复起止日期"),
            *(("张三", id_number(sequence=n), "", "2024.3.1") for n in range(9)),
        )
    )
    assert [(p.row, p.letter) for p in understanding.problems] == [(1, "D")]
    assert "措施类型" in understanding.problems[0].fix.zh


@pytest.mark.parametrize(
    ("headings", "cells", "column", "told"),
    [
        ((), ("", A, ""), "姓名", "没有姓名"),
        ((), ("张三1", A, ""), "姓名", "不该有的字符"),
        ((), ("张三（小名）", A, ""), "姓名", "不该有的字符"),
        ((), ("张", A, ""), "姓名", "不该有的字符"),
        ((), ("张三", "12345", ""), "身份证号", "5位"),
        ((), ("张三", A[:-1] + "5", ""), "身份证号", "校验位"),
        ((), ("张三", 9.99999199003071e17, ""), "身份证号", "数字"),
        ((), ("张三", 999999199003070000, ""), "身份证号", "数字"),
        ((), ("张三", "9.99999E+17", ""), "身份证号", "数字"),
        ((), ("张三", A, "1380000"), "联系电话", "电话"),
        ((), ("张三", "", ""), "身份证号", "没有身份证号"),
        (("性别",), ("张三", A, "", "女"), "性别", "不符"),
        (("性别",), ("张三", A, "", "不男不女"), "性别", "无法识别"),
        (("出生日期",), ("张三", A, "", "1991.3.7"), "出生日期", "不符"),
        (("社区戒毒起止日期",), ("张三", A, "", "2027.3.1-2024.2.28"), "社区戒毒起止日期", "早于"),
        (
            ("社区戒毒开始日期", "社区戒毒结束日期"),
            ("张三", A, "", "2027.3.1", "2024.2.28"),
            "社区戒毒结束日期",
            "早于",
        ),
        (("社区戒毒起止日期",), ("张三", A, "", "去年到今年"), "社区戒毒起止日期", "无法识别"),
        (("社区戒毒开始日期",), ("张三", A, "", "2024.2.30"), "社区戒毒开始日期", "没有这一天"),
        (("措施类型", "起止日期"), ("张三", A, "", "", "2024.3.1"), "措施类型", "没有写明"),
        (("措施类型",), ("张三", A, "", "别的"), "措施类型", "无法识别"),
        (("建档日期",), ("张三", A, "", "2027.1.1"), "建档日期", "晚于今天"),
        (("现住址",), ("张三", A, "", "某" * 201), "现住址", "太长"),
    ],
)
def test_each_bad_cell_is_named_with_its_column_its_reason_and_its_remedy(
    headings: tuple[str, ...], cells: tuple[Value, ...], column: str, told: str
) -> None:
    understanding = read(workbook((*HEADINGS, *headings), cells))
    assert understanding.rows == ()
    (problem,) = understanding.blocking
    assert (problem.row, problem.column) == (2, column)
    assert told in problem.reason.zh
    assert problem.fix.zh
    assert problem.fix.en
    assert A not in problem.shown


def test_a_demonstrations_number_is_refused_in_a_real_hub() -> None:
    understanding = read(workbook(HEADINGS, ("张三", A, "")), demo=False)
    assert "演示" in understanding.problems[0].reason.zh


def test_an_error_cell_is_reported_wherever_it_is_needed() -> None:
    book = Workbook()
    fill(book.worksheets[0], [(*HEADINGS, "爱好"), ("张三", A, None, None)], title="Sheet1")
    for cell in ("C2", "D2"):
        book.worksheets[0][cell].value = "#N/A"
        book.worksheets[0][cell].data_type = "e"
    assert reasons(read(saved(book))) == [(2, "联系电话", "单元格是错误值。")]


def test_names_are_read_without_padding_and_with_one_kind_of_dot() -> None:
    rows = [
        ("张　三", id_number(sequence=1)),
        ("买买提•吐尔逊", id_number(sequence=3)),
        ("阿依古丽．艾则孜", id_number(sequence=4)),
    ]
    understanding = read(workbook(HEADINGS, *rows))
    assert [row.name for row in understanding.rows] == ["张三", "买买提·吐尔逊", "阿依古丽·艾则孜"]


def test_id_numbers_survive_apostrophes_spaces_and_every_kind_of_x() -> None:
    numbers = [n for n in (id_number(sequence=s) for s in range(200)) if n.endswith("X")][:3]
    typed = [f"'{numbers[0].lower()}", numbers[1].replace("X", "Ｘ"), f" {numbers[2][:6]} {numbers[2][6:]}　"]
    rows = [(name, number) for name, number in zip(("张三", "李四", "王五"), typed, strict=True)]
    assert [row.id_number for row in read(workbook(HEADINGS, *rows)).rows] == numbers


def test_several_telephones_are_all_read_and_a_dead_line_is_none() -> None:
    understanding = read(
        workbook(
            ("姓名", "身份证号", "联系电话1", "联系电话2"),
            ("张三", A, "13800000001、13800000002", "+86 138-0000-0003"),
            ("李四", B, "停机", "空号"),
        )
    )
    assert [row.phones for row in understanding.rows] == [("13800000001", "13800000002", "13800000003"), ()]


def test_the_same_person_twice_in_one_file_is_reported_at_the_later_row() -> None:
    understanding = read(workbook(HEADINGS, ("张三", A, ""), ("李四", B, ""), ("张三", f" {A}", "")))
    assert reasons(understanding) == [(4, "身份证号", "与第2行是同一个人。")]
    assert A not in understanding.problems[0].shown
    without = read(
        workbook(HEADINGS, ("张三", "", "13800000001"), ("张三", "", "13800000001"), ("李四", "", "13800000001"))
    )
    assert reasons(without) == [(3, "姓名", "与第2行是同一个人。")]


def test_blank_rows_numbered_rows_and_repeated_headers_are_skipped() -> None:
    understanding = read(
        workbook(
            ("序号", *HEADINGS),
            (1, "张三", A, ""),
            (),
            ("序号", *HEADINGS),
            (2, "李四", B, ""),
            (3,),
            (4, " ", None, ""),
        )
    )
    assert [row.number for row in understanding.rows] == [2, 5]
    assert understanding.problems == ()


def test_a_vague_heading_counts_only_when_its_values_are_of_a_measure() -> None:
    of_measure = read(workbook((*HEADINGS, "类别"), ("张三", A, "", "社区戒毒"), ("李四", B, "", "社区康复")))
    of_something_else = read(workbook((*HEADINGS, "类别"), ("张三", A, "", "低保户"), ("李四", B, "", "一般户")))
    assert [row.measure.kind for row in of_measure.rows if row.measure] == [
        "community_treatment",
        "community_rehabilitation",
    ]
    assert of_something_else.problems == ()
    assert of_something_else.ignored[0].header == "类别"


def test_words_that_fit_no_choice_are_reported_and_do_not_stop_the_row() -> None:
    understanding = read(
        workbook((*HEADINGS, "文化程度", "就业情况", "居住情况"), ("张三", A, "", "初中毕业", "务工", "与父母同住"))
    )
    (row,) = understanding.rows
    assert (row.education, row.employment, row.housing) == ("70", None, "family")
    assert [(p.column, p.blocks) for p in understanding.problems] == [("就业情况", False)]


def test_the_birth_year_is_kept_even_where_the_day_is_not_written() -> None:
    understanding = read(
        workbook(
            ("姓名", "电话", "出生年月", "性别"),
            ("张三", "13800000001", "1990.3", "男"),
            ("李四", "13800000002", 1985, "女"),
        )
    )
    assert [(row.birth_year, row.sex) for row in understanding.rows] == [(1990, "1"), (1985, "2")]


def test_the_first_register_is_read_and_the_others_are_named() -> None:
    book = Workbook()
    fill(book.worksheets[0], [("说明",), ("请按要求填写",)], title="说明")
    fill(book.create_sheet(), [HEADINGS, ("张三", A, "")], title="青禾社区")
    fill(book.create_sheet(), [HEADINGS, ("李四", B, ""), ("张三", A, "")], title="柳溪社区")
    first = read(saved(book))
    assert [row.name for row in first.rows] == ["张三"]
    assert "柳溪社区" in first.notes[0].zh
    chosen = read(saved(book), sheets=["柳溪社区"])
    assert [row.name for row in chosen.rows] == ["李四", "张三"]
    everything = read(saved(book), sheets=["*"])
    assert [(row.sheet, row.name) for row in everything.rows] == [("青禾社区", "张三"), ("柳溪社区", "李四")]
    assert reasons(everything) == [(3, "身份证号", "与第青禾社区!2行是同一个人。")]
    with pytest.raises(errors.SheetNotFound) as refused:
        read(saved(book), sheets=["没有"])
    assert "青禾社区、柳溪社区" in refused.value.label.zh


def test_a_file_without_a_header_says_what_came_nearest() -> None:
    with pytest.raises(errors.HeaderNotFound) as refused:
        read(workbook(("一月", "二月"), (1, 2)))
    assert "空白模板" in refused.value.label.zh
    with pytest.raises(errors.HeaderNotFound) as refused:
        read(workbook(("名单",), ("性别", "联系电话", "现住址"), ("男", "138", "某处")))
    assert "第2行，认出了：性别、联系电话、现住址" in refused.value.label.zh


def test_a_header_without_rows_says_so() -> None:
    with pytest.raises(errors.NoRows) as refused:
        read(workbook(("名单",), HEADINGS, ("合计", 0)))
    assert "第2行" in refused.value.label.zh


def test_a_two_level_header_without_merged_cells_is_read_too() -> None:
    understanding = read(
        workbook(
            ("基本情况", None, None, "社区戒毒", None, "监护人"),
            ("姓名", "身份证号", "电话", "开始日期", "结束日期", "姓名", "电话"),
            ("张三", A, "", "2024.3.1", "2027.2.28", "张母", "13900000000"),
        )
    )
    (row,) = understanding.rows
    assert row.measure == MeasureRead("community_treatment", date(2024, 3, 1), date(2027, 2, 28))
    assert row.contact == Contact(name="张母", phone="13900000000")


def test_the_workbook_of_an_old_macintosh_counts_days_from_1904() -> None:
    book = Workbook()
    book.epoch = datetime.fromisoformat("1904-01-01")
    fill(book.worksheets[0], [(*HEADINGS, "建档日期"), ("张三", A, "", 44624)], title="Sheet1")
    assert read(saved(book)).rows[0].opened_on == date(2026, 3, 5)


@pytest.mark.parametrize(
    ("cell", "phones", "notes"),
    [
        ("13800000001\n13800000002", ("13800000001", "13800000002"), ()),
        ("13800000001 13800000002", ("13800000001", "13800000002"), ()),
        ("13800000001（本人）", ("13800000001",), ()),
        ("手机：13800000001，座机0571-87654321", ("13800000001", "057187654321"), ()),
        ("0571-87654321转8001", ("057187654321",), ("057187654321转8001",)),
        ("0571-87654321-8001", ("057187654321",), ("057187654321转8001",)),
        ("138.0000.0001", ("13800000001",), ()),
        ("13800000001（晚上打）", ("13800000001",), ("13800000001（晚上打）",)),
        ("停机 13800000001", ("13800000001",), ()),
    ],
)
def test_telephones_are_read_with_what_is_written_beside_them(
    cell: str, phones: tuple[str, ...], notes: tuple[str, ...]
) -> None:
    understanding = read(workbook(HEADINGS, ("张三", A, cell)))
    assert understanding.problems == ()
    assert (understanding.rows[0].phones, understanding.rows[0].phone_notes) == (phones, notes)


@pytest.mark.parametrize("cell", ["母亲13800000002", "13800000002（妻子）", "家属：13800000002"])
def test_a_telephone_of_the_family_is_the_contacts_and_reported(cell: str) -> None:
    understanding = read(workbook(HEADINGS, ("张三", A, cell)))
    assert [problem.blocks for problem in understanding.problems] == [False]
    (row,) = understanding.rows
    assert row.phones == ()
    assert row.contact
    assert row.contact.phone == "13800000002"


@pytest.mark.parametrize("cell", ["1380000000113800000002", "13800000001、138000002", "138000000012"])
def test_a_digit_too_many_or_too_few_is_reported_and_never_passed_by(cell: str) -> None:
    assert read(workbook(HEADINGS, ("张三", A, cell))).rows == ()


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("张三、李四", f"{A}\n{id_number(sequence=125)}"),
        ("张三、李四", A),
        ("张三\n李四", f"{A} {id_number(sequence=125)}"),
        ("张三\n李四", ""),
    ],
)
def test_two_people_in_one_row_are_reported_as_such(name: str, number: str) -> None:
    understanding = read(workbook(HEADINGS, (name, number, "13800000001、13800000002")))
    assert reasons(understanding) == [(2, "姓名", "一格里写了两个人。")]


def test_one_long_name_broken_in_its_cell_is_one_person() -> None:
    assert read(workbook(HEADINGS, ("欧阳\n娜娜", A, ""))).rows[0].name == "欧阳娜娜"


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("E12345678", "护照"),
        ("EA1234567", "护照"),
        ("H1234567801", "港澳居民来往内地通行证"),
        ("USA110123456789", "外国人永久居留身份证"),
    ],
)
def test_another_document_is_named_and_stops_only_who_has_no_telephone(number: str, kind: str) -> None:
    with_phone = read(workbook(HEADINGS, ("张三", number, "13800000001")))
    without = read(workbook(HEADINGS, ("张三", number, "")))
    assert (len(with_phone.rows), len(without.rows)) == (1, 0)
    for understanding in (with_phone, without):
        assert kind in understanding.problems[0].reason.zh


@pytest.mark.parametrize(
    ("written", "told"),
    [(A[:-4] + "****", "遮住"), ("999999850506123", "15位")],
)
def test_a_number_that_is_no_more_whole_learns_why(written: str, told: str) -> None:
    assert told in read(workbook(HEADINGS, ("张三", written, "13800000001"))).problems[0].reason.zh


def test_the_word_id_card_before_the_number_is_no_part_of_it() -> None:
    assert read(workbook(HEADINGS, ("张三", f"身份证：{A}", ""))).rows[0].id_number == A


@pytest.mark.parametrize("name", ["刘〇", "〇明", "O’Brien", "买买提•吐尔逊"])
def test_every_sign_that_names_have_is_taken(name: str) -> None:
    assert len(read(workbook(HEADINGS, (name, A, ""))).rows) == 1


@pytest.mark.parametrize(
    ("headings", "cells", "told"),
    [
        (("措施类型", "社区戒毒开始日期"), ("社区康复", "2025.3.1"), "不一致"),
        (("出生日期",), ("1991-03-07",), "不符"),
        (("出生年月",), ("1991.3",), "不符"),
        (("社区戒毒开始日期",), ("1985.3.1",), "出生以前"),
        (("社区戒毒结束日期",), ("2099.3.1",), "太远"),
        (("建档日期",), ("1901.3.1",), "太早"),
    ],
)
def test_what_contradicts_itself_or_cannot_be_is_reported(
    headings: tuple[str, ...], cells: tuple[str, ...], told: str
) -> None:
    understanding = read(workbook((*HEADINGS, *headings), ("张三", A, "", *cells)))
    assert understanding.rows == ()
    assert told in understanding.blocking[0].reason.zh


def test_a_kind_against_the_title_is_reported() -> None:
    data = workbook(("社区戒毒人员登记表",), (*HEADINGS, "措施类型"), ("张三", A, "", "社区康复"))
    assert "不一致" in read(data).blocking[0].reason.zh


def test_a_date_without_its_day_is_reported_and_nothing_is_made_up() -> None:
    understanding = read(workbook((*HEADINGS, "社区戒毒开始日期"), ("张三", A, "", "2026年3月")))
    assert [problem.blocks for problem in understanding.problems] == [False]
    assert understanding.rows[0].measure is None


def test_formulas_without_results_are_reported_once_for_a_column_and_sex_follows_from_the_number() -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append((*HEADINGS, "性别", "现住址"))
    for serial in range(3):
        sheet.append((f"张{'一二三'[serial]}", id_number(sequence=200 + serial), "", "=B2", "=B2"))
    understanding = read(saved(book))
    assert [(p.row, p.column, p.blocks) for p in understanding.problems] == [(2, "性别", False), (2, "现住址", True)]
    assert "3行" in understanding.problems[0].reason.zh
    assert understanding.rows == ()


def test_a_form_about_one_person_is_reported_as_one() -> None:
    card = workbook(("登记表",), ("姓名", "张三", "性别", "男"), ("身份证号", A, "联系电话", "13800000001"))
    with pytest.raises(errors.CardOfOnePerson):
        read(card)


def test_hidden_columns_are_read_and_named() -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (HEADINGS, ("张三", A, "13800000001")):
        sheet.append(row)
    sheet.column_dimensions["C"].hidden = True
    assert any("C列是隐藏的" in note.zh for note in read(saved(book)).notes)


def test_the_signs_that_hold_an_emoji_together_stay_and_all_others_go() -> None:
    understanding = read(workbook((*HEADINGS, "备注"), ("张\u200d三", A, "", "👨\u200d👩\u200d👧约周三")))
    assert (understanding.rows[0].name, understanding.rows[0].note) == ("张三", "👨\u200d👩\u200d👧约周三")


@pytest.mark.parametrize("sex", ["男（已婚）", "男性", "M", "男"])
def test_remarks_beside_the_sex_do_not_hide_it(sex: str) -> None:
    assert read(workbook(("姓名", "性别", "联系电话"), ("张三", sex, "13800000001"))).rows[0].sex == "1"
