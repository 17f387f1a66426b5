"""Reading Open Referral HSDS 3.x in every shape it is published in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.imports.directories import attribute, encoded, full_service, key, nested, organisation, service

from referral_hub.importing import errors
from referral_hub.importing.hsds import CapacityRead, DirectoryRead, Term, read_directory
from referral_hub.importing.hsds_texts import area_codes_in, hours_of, language_codes, without_markup

COOKING, TALKS = service("烹饪技能班"), service("心理辅导", "counselling")
CENTRE = organisation()
SHORT = {"id": CENTRE["id"], "name": CENTRE["name"]}
WITH_PHONE = organisation(phones=[{"id": key("p"), "number": "0571-87654321"}])

SHAPES = {
    "an organisation with its services": {**CENTRE, "services": [COOKING, TALKS]},
    "a list of organisations": [{**CENTRE, "services": [COOKING, TALKS]}],
    "organisations under their name": {"organizations": [{**CENTRE, "services": [COOKING, TALKS]}]},
    "flat lists": {
        "organizations": [CENTRE],
        "services": [{**COOKING, "organization_id": CENTRE["id"]}, {**TALKS, "organization_id": CENTRE["id"]}],
    },
    "a page of services": {"contents": [{**COOKING, "organization": SHORT}, {**TALKS, "organization": SHORT}]},
    "a page of organisations": {"total_pages": 1, "contents": [{**CENTRE, "services": [COOKING, TALKS]}]},
    "a page of services at locations": {
        "contents": [{"id": key(s["name"]), "service": {**s, "organization": SHORT}} for s in (COOKING, TALKS)]
    },
    "a list of services": [{**COOKING, "organization": SHORT}, {**TALKS, "organization": SHORT}],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_organisation_and_services(shape: str) -> None:
    read = read_directory([encoded(SHAPES[shape])])
    assert [each.name for each in read.organisations] == [CENTRE["name"]]
    assert sorted(each.name for each in read.services) == ["心理辅导", "烹饪技能班"]
    assert {each.organisation_id for each in read.services} == {CENTRE["id"]}
    assert {each.terms[0].code for each in read.services} == {"employment", "counselling"}


def test_one_service_alone_is_read_with_its_organisation() -> None:
    read = read_directory([encoded({**COOKING, "organization": SHORT})])
    assert ([each.name for each in read.services], len(read.organisations)) == (["烹饪技能班"], 1)


def test_tables_that_point_at_each_other_are_brought_together() -> None:
    tables = {
        "organizations.csv": [CENTRE],
        "services.csv": [{"id": "s", "organization_id": CENTRE["id"], "name": "烹饪技能班", "status": "active"}],
        "phones.csv": [{"id": "p", "service_id": "s", "number": "0571-87654321"}],
        "attributes.csv": [{"id": "a", "link_id": "s", "taxonomy_term_id": "t"}],
        "taxonomy_terms.csv": [{"id": "t", "code": "employment", "name": "就业", "taxonomy": "local"}],
        "service_at_location.csv": [{"id": "x", "service_id": "s", "location_id": "l"}],
        "locations.csv": [{"id": "l", "location_type": "physical"}],
        "addresses.csv": [{"id": "d", "location_id": "l", "address_1": "示范路1号"}],
        "schedules.csv": [{"id": "w", "service_id": "s", "byday": "SA", "opens_at": "9:00", "closes_at": "12:00Z"}],
        "service_capacities.csv": [{"id": "c", "service_id": "s", "unit_id": "u", "available": "3", "maximum": "5"}],
        "units.csv": [{"id": "u", "name": "座位"}],
    }
    (read,) = read_directory([encoded(tables)]).services
    assert read.terms == (Term("employment", "就业", "local"),)
    assert (read.phones, read.addresses, read.hours) == (("0571-87654321",), ("示范路1号",), "周六 09:00–12:00")
    assert read.capacities == (CapacityRead("座位", 3, 5),)


def test_all_that_the_hub_takes_over_is_read() -> None:
    (read,) = read_directory([nested(full_service())]).services
    assert read.description == "八周课程，免费。 含教材"
    assert (read.eligibility, read.application, read.documents) == ("愿意学习的成年人", "电话预约", ("身份证",))
    assert (read.minimum_age, read.maximum_age, read.languages) == (18, 55, ("zh", "yue"))
    assert (read.hours, read.phones) == ("周一至周五 09:00–17:00", ("0571-8765 4321",))
    assert (read.area_codes, read.addresses) == (("999999",), ("示范省示范市示范路1号",))
    assert read.capacities == (CapacityRead("座位", 3, 5),)


def test_an_organisations_credit_code_is_found_among_its_identifiers() -> None:
    entries = [{"id": "1", "identifier": "1234567"}, {"id": "2", "identifier": "91350100M000100Y43"}]
    (read,) = read_directory([encoded(organisation(organization_identifiers=entries))]).organisations
    assert read.credit_code == "91350100M000100Y43"


def test_attributes_of_our_own_taxonomy_answer_a_modules_questions() -> None:
    told = [attribute("fund", taxonomy="referral-hub", value="charity"), attribute("living")]
    (read,) = read_directory([nested(service("临时救助", attributes=told))]).services
    assert read.settings == {"fund": "charity"}
    assert [term.code for term in read.terms] == ["living"]


def test_pages_are_read_together_and_a_missing_one_is_noticed() -> None:
    page = {"total_pages": 3, "contents": [{**COOKING, "organization": SHORT}]}
    second = {"total_pages": 3, "contents": [{**COOKING, "organization": WITH_PHONE}, {**TALKS, "organization": SHORT}]}
    read = read_directory([encoded(page), encoded(second)])
    assert (len(read.services), read.missing_pages) == (2, 1)
    assert read.organisations[0].phones == ("0571-87654321",)  # the fuller of two


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", errors.FileEmpty),
        (b"  \n", errors.FileEmpty),
        (b"{", errors.NotJson),
        (b"PK\x03\x04", errors.NotJson),
        ("姓名,电话".encode("gb18030"), errors.NotJson),
        (b"[" * 100_000, errors.NotJson),
        (b"{}", errors.NotADirectory),
        (b"[]", errors.NotADirectory),
        (b"null", errors.NotADirectory),
        (b'"text"', errors.NotADirectory),
        (b'{"organizations": []}', errors.NotADirectory),
        (b'{"contents": [1, null, "x"]}', errors.NotADirectory),
    ],
)
def test_a_file_that_is_no_directory_is_refused_by_name(data: bytes, error: type[errors.FileUnreadable]) -> None:
    with pytest.raises(error) as refused:
        read_directory([data])
    assert refused.value.label.zh


def test_a_mark_at_the_start_of_the_file_does_no_harm() -> None:
    assert len(read_directory([b"\xef\xbb\xbf" + nested(COOKING)]).services) == 1


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["id", "name", "status", "services", "organizations", "organization", "contents", "attributes", "taxonomy_term",
         "phones", "schedules", "capacities", "unit", "service", "locations", "addresses", "minimum_age", "byday"]
    ), inner, max_size=6),
    max_leaves=30,
)  # fmt: skip


@given(document=anything)
def test_any_json_at_all_is_read_or_refused_and_never_a_crash(document: object) -> None:
    try:
        read = read_directory([encoded(document)])
    except errors.FileUnreadable:
        return
    assert isinstance(read, DirectoryRead)


@pytest.mark.parametrize(
    ("schedules", "hours"),
    [
        ([{"byday": "MO,TU,WE,TH,FR", "opens_at": "09:00", "closes_at": "17:00:00+08:00"}], "周一至周五 09:00–17:00"),
        ([{"byday": "SU,MO"}], "周一、周日"),
        ([{"byday": "1MO", "opens_at": "9:30", "closes_at": "11:00"}], "周一 09:30–11:00"),
        ([{"description": "需要<b>预约</b>"}, {"description": "需要预约"}], "需要预约"),
        ([{}], ""),
        ([{"description": "长" * 200}], "长" * 99 + "…"),
    ],
)
def test_hours_are_one_line_of_words(schedules: list[dict[str, object]], hours: str) -> None:
    assert hours_of(schedules) == hours


def test_languages_areas_and_markup_are_read_as_they_come() -> None:
    assert language_codes([{"code": "zh-CN"}, {"name": "English"}, {"name": "克林贡语"}, {}]) == ("zh", "en", "other")
    assert list(area_codes_in({"name": "示范区 999999，青禾街道 999999001", "extent": "120.123456,30.1"})) == [
        "999999",
        "999999001",
    ]
    assert without_markup("# 标题\n**粗** &amp; <a href='x'>链接</a>") == "标题 粗 & 链接"
