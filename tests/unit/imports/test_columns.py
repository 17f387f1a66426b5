"""Headings of registers."""

from __future__ import annotations

import pytest

from referral_hub.cases.measures import MEASURE_KINDS, MEASURE_STATUS
from referral_hub.codes import EDUCATION, EMPLOYMENT_STATUS, HOUSING_STATUS, SEX
from referral_hub.importing import wording
from referral_hub.importing.columns import FIELDS, meaning_of, why_ignored

TREATMENT, REHABILITATION = "community_treatment", "community_rehabilitation"


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("姓名", "name"),
        (" 姓 名 ", "name"),
        ("姓\n名", "name"),
        ("服务对象姓名", "name"),
        ("*姓名（必填）", "name"),
        ("身份证号", "id_number"),
        ("公民身份\n号码", "id_number"),
        ("身份证号码（18位）", "id_number"),
        ("证件号码", "id_number"),
        ("联系电话", "phone"),
        ("手机号", "phone"),
        ("联系电话2", "phone"),
        ("电话:", "phone"),
        ("户籍地", "registered_address"),
        ("户籍地址（详细到门牌号）", "registered_address"),
        ("现住址", "address"),
        ("现居住地", "address"),
        ("责任人", "responsible"),
        ("责任社工", "responsible"),
        ("专职工作人员", "responsible"),
        ("文化程度", "education"),
        ("就业情况", "employment"),
        ("监护人/紧急联系人", "contact"),
        ("与本人关系", "contact_relation"),
        ("户号", "household_number"),
        ("备 注", "note"),
        ("建档日期", "opened_on"),
        ("措施类型", "measure_kind"),
    ],
)
def test_a_heading_and_its_variants_mean_a_field(heading: str, field: str) -> None:
    meaning = meaning_of(heading)
    assert meaning is not None
    assert meaning.field == field


@pytest.mark.parametrize(
    ("heading", "parent", "field", "kind"),
    [
        ("社区戒毒起止日期", "", "measure_range", TREATMENT),
        ("社区康复起止时间", "", "measure_range", REHABILITATION),
        ("社区戒毒/社区康复 起止日期", "", "measure_range", None),
        ("社区戒毒（康复）期限", "", "measure_range", None),
        ("社戒时间", "", "measure_range", TREATMENT),
        ("社区戒毒开始日期", "", "measure_start", TREATMENT),
        ("社区康复结束时间", "", "measure_end", REHABILITATION),
        ("社区康复截止日期", "", "measure_end", REHABILITATION),
        ("起止日期", "", "measure_range", None),
        ("报到时间", "", "measure_start", None),
        ("起", "社区戒毒", "measure_start", TREATMENT),
        ("止", "社区康复期限", "measure_end", REHABILITATION),
        ("开始日期", "社区戒毒/社区康复起止日期", "measure_start", None),
        ("结束日期", "社区戒毒/社区康复起止日期", "measure_end", None),
        ("截止", "戒毒期限", "measure_end", None),
    ],
)
def test_dates_of_a_measure_are_known_by_heading_and_parent(
    heading: str, parent: str, field: str, kind: str | None
) -> None:
    meaning = meaning_of(heading, parent)
    assert meaning is not None
    assert (meaning.field, meaning.kind) == (field, kind)


@pytest.mark.parametrize(
    ("heading", "field"), [("姓名", "contact"), ("电话", "contact_phone"), ("关系", "contact_relation")]
)
@pytest.mark.parametrize("parent", ["监护人", "紧急联系人", "紧急联系人信息", "家属"])
def test_under_guardian_a_name_is_the_guardians(parent: str, heading: str, field: str) -> None:
    meaning = meaning_of(heading, parent)
    assert meaning is not None
    assert meaning.field == field


def test_what_stands_in_brackets_may_say_whose_it_is() -> None:
    for heading, field in {
        "联系电话（本人）": "phone",
        "联系电话（家属）": "contact_phone",
        "电话(监护人)": "contact_phone",
    }.items():
        meaning = meaning_of(heading)
        assert meaning is not None
        assert meaning.field == field
    assert meaning_of("联系电话（责任民警）") is None


def test_the_telephone_of_the_worker_is_not_the_clients() -> None:
    assert meaning_of("电话", "责任社工") is None
    assert meaning_of("联系电话", "社区民警") is None
    assert meaning_of("责任社工电话") is None


@pytest.mark.parametrize(
    "heading",
    [
        *(
            "尿检结果",
            "尿检次数",
            "风险等级",
            "毒品种类",
            "吸食毒品种类",
            "强制隔离戒毒起止日期",
            "强戒次数",
            "管控级别",
        ),
        *(
            "照片",
            "违法记录",
            "驾驶证",
            "平安关爱等级",
            "动态管控",
            "美沙酮门诊",
            "责任民警",
            "是否复吸",
            "初次查获时间",
        ),
    ],
)
def test_what_the_hub_may_not_hold_is_named_as_such(heading: str) -> None:
    assert meaning_of(heading) is None
    assert why_ignored(heading)[0] == "not_held"


@pytest.mark.parametrize("heading", ["婚姻状况", "民族", "政治面貌", "宗教信仰", "年龄", "序号", "编 号"])
def test_what_nobody_needs_is_not_taken(heading: str) -> None:
    assert meaning_of(heading) is None
    assert why_ignored(heading)[0] == "not_needed"


def test_an_unknown_heading_is_reported() -> None:
    kind, reason = why_ignored("爱好")
    assert kind == "unknown"
    assert "空白模板" in reason.zh


def test_every_field_reads_its_own_label() -> None:
    """So that a workbook made from the labels, such as the template, reads back."""
    for field, label in FIELDS.items():
        meaning = meaning_of(label.zh)
        assert meaning is not None, label.zh
        assert meaning.field == field


@pytest.mark.parametrize(
    ("codes", "read"),
    [
        (SEX, wording.read_sex),
        (EDUCATION, wording.read_education),
        (EMPLOYMENT_STATUS, wording.read_employment),
        (HOUSING_STATUS, wording.read_housing),
        (MEASURE_KINDS, wording.read_measure_kind),
        (MEASURE_STATUS, wording.read_measure_status),
    ],
)
def test_every_code_is_read_from_its_own_words(codes: dict[str, object], read: object) -> None:
    assert callable(read)
    for code, label in codes.items():
        assert read(getattr(label, "zh", "")) == code


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("大专", "30"),
        ("职高", "40"),
        ("高中肄业", "60"),
        ("初中毕业", "70"),
        ("文盲", "90"),
        ("大学", "20"),
        ("火星", None),
    ],
)
def test_education_is_read_as_offices_write_it(words: str, code: str | None) -> None:
    assert wording.read_education(words) == code


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("无业", "unemployed"),
        ("待业", "unemployed"),
        ("打零工", "flexible"),
        ("个体户", "self_employed"),
        ("务工", None),
    ],
)
def test_employment_is_read_as_offices_write_it(words: str, code: str | None) -> None:
    assert wording.read_employment(words) == code
