"""Declared eligibility, areas and the order in which offerings are shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.api import Eligibility
from referral_hub.codes.areas import nearness, read_area_code, serves_area
from referral_hub.directory.rules import capacity_is_stale, conditions, rank
from referral_hub.errors import Invalid
from referral_hub.workflow.eligibility import ORDER, Client, assess

ages = st.one_of(st.none(), st.integers(0, 100))


@given(ages, ages, ages, ages, st.integers(1, 99))
def test_an_offering_only_narrows_its_service(
    low: int | None, high: int | None, own_low: int | None, own_high: int | None, age: int
) -> None:
    service = Eligibility(min_age=low, max_age=high)
    client = Client(ages=(age - 1, age))
    wide = assess(client, conditions(service, {})).answer
    narrow = assess(client, conditions(service, {"min_age": own_low, "max_age": own_high})).answer
    assert ORDER[narrow] >= ORDER[wide]


def test_an_offering_for_women_in_a_service_for_all() -> None:
    assert conditions(Eligibility(), {"sexes": ["2"]}).sexes == ("2",)
    assert conditions(Eligibility(sexes=["1", "2"]), {"sexes": ["2"]}).sexes == ("2",)
    assert conditions(Eligibility(), {}).sexes is None


def test_a_service_for_men_with_an_offering_for_women_serves_nobody_rather_than_everyone() -> None:
    nobody = conditions(Eligibility(sexes=["1"]), {"sexes": ["2"]})
    for sex in ("1", "2"):
        assert assess(Client(sex=sex), nobody).answer == "no"


def test_offerings_are_ranked_by_fit_then_place_then_nearness_then_speed() -> None:
    best = rank("yes", has_place=True, nearness=9, answer_hours=4)
    assert best < rank("yes", has_place=True, nearness=9, answer_hours=None)
    assert best < rank("yes", has_place=True, nearness=6, answer_hours=1)
    assert best < rank("yes", has_place=False, nearness=12, answer_hours=1)
    assert best < rank("unknown", has_place=True, nearness=12, answer_hours=1)


def test_a_capacity_goes_stale_after_a_week() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    assert capacity_is_stale(None, now)
    assert not capacity_is_stale(now - timedelta(days=7), now)
    assert capacity_is_stale(now - timedelta(days=7, seconds=1), now)


@pytest.mark.parametrize(
    ("served", "area", "serves"),
    [
        ([], "330108001", True),
        (["330108"], None, True),
        (["330108"], "330108001", True),
        (["330108001"], "330108", True),
        (["330100"], "330108001", True),
        (["330000"], "330108001", True),
        (["330106"], "330108001", False),
        (["330108002"], "330108001", False),
        (["330106", "330108"], "330108001005", True),
    ],
)
def test_an_area_holds_what_lies_in_it(served: list[str], area: str | None, serves: bool) -> None:
    assert serves_area(served, area) is serves


def test_the_nearer_shares_more_of_the_code() -> None:
    assert nearness(["330108001"], None, "330108001005") == 9
    assert nearness(["330108"], "110101", "330108001") == 6
    assert nearness(["330100"], None, "330108001") == 4
    assert nearness([], None, "330108001") == 0


@pytest.mark.parametrize("code", ["12", "33010", "3301080", "x30108", "030108", "3301080010050"])
def test_a_code_of_another_shape_is_refused(code: str) -> None:
    with pytest.raises(Invalid):
        read_area_code(code)


def test_an_area_code_is_cleaned() -> None:
    assert read_area_code(" ３３０１０８ ") == "330108"
    assert read_area_code("") is None
