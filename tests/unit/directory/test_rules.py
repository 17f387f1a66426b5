"""Declared eligibility, areas and the order in which offerings are shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.api import Eligibility, Screening
from referral_hub.codes import AGE_BANDS
from referral_hub.codes.areas import nearness, read_area_code, serves_area
from referral_hub.directory.rules import _BAND_AGES, capacity_is_stale, narrowed, rank, screen, worse
from referral_hub.errors import Invalid

ages = st.one_of(st.none(), st.integers(0, 100))


@pytest.mark.parametrize(
    ("eligibility", "sex", "age", "band", "verdict"),
    [
        (Eligibility(), None, None, None, "eligible"),
        (Eligibility(sexes=["2"]), "2", None, None, "eligible"),
        (Eligibility(sexes=["2"]), "1", None, None, "not_eligible"),
        (Eligibility(sexes=["2"]), None, None, None, "perhaps"),
        (Eligibility(min_age=16), None, 17, None, "eligible"),
        (Eligibility(min_age=16), None, 16, None, "perhaps"),
        (Eligibility(min_age=16), None, 15, None, "not_eligible"),
        (Eligibility(max_age=60), None, 60, None, "eligible"),
        (Eligibility(max_age=60), None, 61, None, "perhaps"),
        (Eligibility(max_age=60), None, 62, None, "not_eligible"),
        (Eligibility(min_age=16), None, None, None, "perhaps"),
        (Eligibility(min_age=16, max_age=60), None, None, "25-34", "eligible"),
        (Eligibility(min_age=16), None, None, "14-17", "perhaps"),
        (Eligibility(min_age=18), None, None, "14-17", "not_eligible"),
    ],
)
def test_the_declared_eligibility_is_checked_first(
    eligibility: Eligibility, sex: str | None, age: int | None, band: str | None, verdict: str
) -> None:
    screening = screen(eligibility, sex=sex, age=age, age_band=band)
    assert screening.verdict == verdict
    assert bool(screening.reasons) == (verdict != "eligible")


def test_every_age_band_has_its_ages() -> None:
    assert set(_BAND_AGES) == set(AGE_BANDS)


@given(ages, ages, ages, ages, st.integers(1, 99))
def test_an_offering_only_narrows_its_service(
    low: int | None, high: int | None, own_low: int | None, own_high: int | None, age: int
) -> None:
    service = Eligibility(min_age=low, max_age=high)
    both = narrowed(service, {"min_age": own_low, "max_age": own_high})
    order = ("eligible", "perhaps", "not_eligible")
    wide = screen(service, sex=None, age=age, age_band=None).verdict
    narrow = screen(both, sex=None, age=age, age_band=None).verdict
    assert order.index(narrow) >= order.index(wide)


def test_an_offering_for_women_in_a_service_for_all() -> None:
    assert narrowed(Eligibility(), {"sexes": ["2"]}).sexes == ["2"]
    assert narrowed(Eligibility(sexes=["1", "2"]), {"sexes": ["2"]}).sexes == ["2"]


def test_two_answers_together_are_the_less_hopeful_one() -> None:
    assert worse(Screening(verdict="eligible"), Screening(verdict="perhaps")).verdict == "perhaps"
    assert worse(Screening(verdict="not_eligible"), Screening(verdict="perhaps")).verdict == "not_eligible"


def test_offerings_are_ranked_by_fit_then_place_then_nearness_then_speed() -> None:
    best = rank("eligible", has_place=True, nearness=9, answer_hours=4)
    assert best < rank("eligible", has_place=True, nearness=9, answer_hours=None)
    assert best < rank("eligible", has_place=True, nearness=6, answer_hours=1)
    assert best < rank("eligible", has_place=False, nearness=12, answer_hours=1)
    assert best < rank("perhaps", has_place=True, nearness=12, answer_hours=1)


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
