"""Whatever layout an office chose, what it wrote is what is read."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from tests.chance import examples
from tests.unit.imports.registers import id_number, read

from referral_hub.importing.values import CaseloadRow, MeasureRead

HEADINGS = {
    "name": ["姓名", "姓 名", "服务对象姓名", "人员姓名", "姓名（必填）", "*姓名", "姓\n名"],
    "id_number": ["身份证号", "公民身份号码", "身份证号码", "公民身份\n号码", "证件号码", "身份证号（18位）"],
    "phone": ["联系电话", "手机号", "联系方式", "电话", "手机号码", "联系电话:"],
    "address": ["现住址", "现居住地", "居住地址", "家庭住址"],
    "registered_address": ["户籍地", "户籍地址", "户籍所在地"],
    "responsible": ["责任人", "责任社工", "专职工作人员", "社工"],
    "note": ["备注", "备 注"],
}
TITLES = [[], ["青禾街道花名册"], ["青禾街道花名册", "填报单位：青禾街道　　填报日期：2026年3月"]]
NOISE = [("序号", "1"), ("民族", "汉"), ("尿检结果", "阴性"), ("爱好", "下棋"), ("婚姻状况", "未婚")]
DATES = ["{0:%Y-%m-%d}", "{0.year}.{0.month}.{0.day}", "{0.year}年{0.month}月{0.day}日", "{0:%Y%m%d}", "{0:%Y/%m/%d}"]
LAYOUTS = ["range", "two columns", "two levels", "kind column"]
WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
KINDS = {"community_treatment": "社区戒毒", "community_rehabilitation": "社区康复"}

names = st.text("赵钱孙李周吴郑王冯陈伟芳娜强磊洋艳勇军杰", min_size=2, max_size=4)
texts = st.sampled_from([None, "示范路1号", "青禾里 3 幢 502 室", "甲，乙；丙"])
starts = st.dates(date(2020, 1, 1), date(2026, 1, 1))


@st.composite
def people(draw: st.DrawFn, serial: int) -> CaseloadRow:
    born = draw(st.dates(date(1950, 1, 1), date(2008, 1, 1)))
    number = id_number(born, serial)
    measure = None
    if draw(st.booleans()):
        start = draw(starts)
        end = draw(st.none() | st.just(start + timedelta(days=1095)))
        measure = MeasureRead(draw(st.sampled_from(list(KINDS))), start, end)
    return CaseloadRow(
        sheet="Sheet1",
        number=0,
        name=draw(names),
        id_number=number,
        phones=draw(st.sampled_from([(), (f"138{serial:08}",), (f"138{serial:08}", "057187654321")])),
        sex="1" if serial % 2 else "2",
        birth_year=born.year,
        address=draw(texts),
        registered_address=draw(texts),
        responsible=draw(st.sampled_from([None, "王晓梅", "李国强"])),
        note=draw(st.sampled_from([None, "周三见面"])),
        measure=measure,
    )


registers = st.integers(1, 5).flatmap(lambda n: st.tuples(*(people(serial) for serial in range(1, n + 1))))


@settings(max_examples=examples(120))
@given(people=registers, data=st.data())
def test_a_register_in_any_layout_reads_back_to_the_same_values(
    people: tuple[CaseloadRow, ...], data: st.DataObject
) -> None:
    workbook, first_row, step = write(people, data.draw)
    understanding = read(workbook)
    assert understanding.problems == ()
    expected = [_at(person, first_row + step * position) for position, person in enumerate(people)]
    assert [_values(row) for row in understanding.rows] == [_values(row) for row in expected]


def write(people: tuple[CaseloadRow, ...], draw: Any) -> tuple[bytes, int, int]:
    """The register in a layout of the office's choice; the first data row and the step between rows."""
    layout = draw(st.sampled_from(LAYOUTS))
    columns = draw(st.permutations(list(HEADINGS)))
    noise = draw(st.lists(st.sampled_from(NOISE), unique=True, max_size=3))
    titles = draw(st.sampled_from(TITLES))
    step = draw(st.sampled_from([1, 1, 2]))
    sheet = Workbook().worksheets[0]
    sheet.title = "Sheet1"
    for row, title in enumerate(titles, start=1):
        sheet.cell(row, 1, title)
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=8)
    head = len(titles) + 1
    levels = 2 if layout == "two levels" else 1
    column = 1
    for text, _ in noise:
        _heading(sheet, head, levels, column, text)
        column += 1
    places: dict[str, int] = {}
    for field in columns:
        _heading(sheet, head, levels, column, draw(st.sampled_from(HEADINGS[field])))
        places[field] = column
        column += 1
    dates = _date_headings(sheet, head, column, layout, draw)
    for position, person in enumerate(people):
        row = head + levels + position * step
        for number, (_, value) in enumerate(noise, start=1):
            sheet.cell(row, number, value)
        _write_person(sheet, row, person, places, draw)
        _write_dates(sheet, row, person.measure, dates, draw)
    stream = BytesIO()
    assert sheet.parent is not None
    sheet.parent.save(stream)
    return stream.getvalue(), head + levels, step


def _heading(sheet: Any, row: int, levels: int, column: int, text: str) -> None:
    sheet.cell(row, column, text)
    if levels == 2:
        letter = get_column_letter(column)
        sheet.merge_cells(f"{letter}{row}:{letter}{row + 1}")


def _date_headings(sheet: Any, row: int, column: int, layout: str, draw: Any) -> dict[str, int]:
    if layout == "range":
        for offset, words in enumerate(KINDS.values()):
            sheet.cell(
                row, column + offset, words + draw(st.sampled_from(["起止日期", "起止时间", "期限", "\n起止日期"]))
            )
        return {kind: column + offset for offset, kind in enumerate(KINDS)}
    if layout == "kind column":
        for offset, words in enumerate(("措施类型", draw(st.sampled_from(["起止日期", "社区戒毒/社区康复 起止日期"])))):
            sheet.cell(row, column + offset, words)
        return {"kind": column, "range": column + 1}
    places = {}
    for offset, (kind, words) in enumerate(KINDS.items()):
        left = column + 2 * offset
        if layout == "two columns":
            for add, end in enumerate(draw(st.sampled_from([("开始日期", "结束日期"), ("起始时间", "截止时间")]))):
                sheet.cell(row, left + add, words + end)
        else:
            sheet.cell(row, left, words + draw(st.sampled_from(["", "期限", "起止日期"])))
            sheet.merge_cells(start_row=row, start_column=left, end_row=row, end_column=left + 1)
            for add, end in enumerate(draw(st.sampled_from([("起", "止"), ("开始日期", "结束日期")]))):
                sheet.cell(row + 1, left + add, end)
        places[f"{kind} start"], places[f"{kind} end"] = left, left + 1
    return places


def _write_person(sheet: Any, row: int, person: CaseloadRow, places: dict[str, int], draw: Any) -> None:
    number = person.id_number or ""
    written = {
        "name": draw(st.sampled_from([person.name, f" {person.name}　", "　".join(person.name)])),
        "id_number": draw(
            st.sampled_from([number, number.translate(WIDE), f"'{number}", f"{number[:6]} {number[6:]}"])
        ),
        "phone": _phones(person.phones, draw),
        "address": person.address,
        "registered_address": person.registered_address,
        "responsible": person.responsible,
        "note": person.note,
    }
    for field, value in written.items():
        sheet.cell(row, places[field], value)


def _phones(phones: tuple[str, ...], draw: Any) -> Any:
    if not phones:
        return draw(st.sampled_from([None, "无", "/"]))
    first = phones[0]
    mobile = draw(
        st.sampled_from([first, f"{first[:3]} {first[3:7]} {first[7:]}", f"+86 {first}", first.translate(WIDE)])
    )
    if phones[1:]:
        return f"{mobile}{draw(st.sampled_from(['、', '/', '，', ';']))}0571-87654321"
    return draw(st.sampled_from([mobile, int(first)]))


def _write_dates(sheet: Any, row: int, measure: MeasureRead | None, places: dict[str, int], draw: Any) -> None:
    if measure is None:
        return
    if "kind" in places:
        sheet.cell(row, places["kind"], KINDS[measure.kind])
        sheet.cell(row, places["range"], _range(measure, draw))
    elif measure.kind in places:
        sheet.cell(row, places[measure.kind], _range(measure, draw))
    else:
        sheet.cell(row, places[f"{measure.kind} start"], _day(measure.start, draw))
        if measure.end:
            sheet.cell(row, places[f"{measure.kind} end"], _day(measure.end, draw))


def _range(measure: MeasureRead, draw: Any) -> Any:
    way = draw(st.sampled_from(DATES))
    between = draw(st.sampled_from(["至", "-", "~", "—", " 至 "]))
    return way.format(measure.start) + (
        between + way.format(measure.end) if measure.end else draw(st.sampled_from(["", "至今"]))
    )


def _day(day: date | None, draw: Any) -> Any:
    assert day is not None
    serial = (day - date(1899, 12, 30)).days
    return draw(st.sampled_from([day, serial, *(way.format(day) for way in DATES)]))


def _at(person: CaseloadRow, row: int) -> CaseloadRow:
    values = {field: getattr(person, field) for field in person.__struct_fields__}
    return CaseloadRow(**{**values, "number": row})


def _values(row: CaseloadRow) -> dict[str, object]:
    return {field: getattr(row, field) for field in row.__struct_fields__}
