"""The restricted measure, and the one date that may be derived from it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.cases.measures import MEASURE_KINDS, MEASURE_STATUS, bars_until, read_measure
from referral_hub.cases.occupations import BARRED, barred_families, suitable_families
from referral_hub.codes import JOB_FAMILIES
from referral_hub.errors import Invalid

TODAY = date(2026, 3, 2)
families = st.lists(st.sampled_from(sorted(JOB_FAMILIES)), unique=True)
days = st.one_of(st.none(), st.dates(date(2000, 1, 1), date(2060, 1, 1)))

TODAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("values", "until"),
    [
        ({"kind": "community_treatment", "planned_end": "2028-02-29"}, date(2031, 2, 28)),
        ({"kind": "community_rehabilitation", "status": "discharged", "actual_end": "2025-05-01"}, date(2028, 5, 1)),
        ({"kind": "community_treatment"}, date.max),
        ({"kind": "voluntary_treatment", "planned_end": "2028-02-29"}, None),
        ({"kind": "maintenance_treatment"}, None),
    ],
)
def test_bars_last_three_years_from_the_end_of_an_ordered_measure(values: dict[str, object], until: date) -> None:
    assert bars_until(read_measure(values, today=TODAY, birth_year=1990)) == until


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"kind": "other"},
        {"kind": "community_treatment", "status": "red"},
        {"kind": "community_treatment", "start": "yesterday"},
        {"kind": "community_treatment", "start": "2026-01-01", "planned_end": "2025-01-01"},
        {"kind": "community_treatment", "start": "2026-01-01", "actual_end": "2025-01-01"},
        {"kind": "community_treatment", "start": "2026-01-01", "report_by": "2025-12-31"},
        {"kind": "community_treatment", "start": "1989-12-31"},
        {"kind": "community_treatment", "planned_end": "2206-01-01"},
    ],
)
def test_what_no_list_has_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        read_measure(values, today=TODAY, birth_year=1990)


def test_a_measure_holds_no_test_level_or_place_of_a_person() -> None:
    measure = read_measure(
        {"kind": "community_treatment", "risk": "high", "test": "positive", "location": "x"},
        today=TODAY,
        birth_year=None,
    )
    assert set(measure.__struct_fields__) == {
        "kind", "status", "start", "planned_end", "actual_end", "report_by", "place_code",
    }  # fmt: skip


def test_every_kind_and_state_of_a_measure_has_words() -> None:
    assert all(label.zh and label.en for label in [*MEASURE_KINDS.values(), *MEASURE_STATUS.values()])


@given(wanted=families, until=days)
def test_only_what_is_wanted_and_open_is_released(wanted: list[str], until: date | None) -> None:
    released = suitable_families(wanted, until, TODAY)
    assert set(released) <= set(wanted)
    if until is not None and until >= TODAY:
        assert not set(released) & BARRED
    else:
        assert set(released) == set(wanted)


@given(until=days)
def test_nothing_wanted_releases_nothing(until: date | None) -> None:
    assert suitable_families([], until, TODAY) == []


def test_bars_end() -> None:
    assert barred_families(TODAY, TODAY) == ["driving", "public_transport", "children", "drone"]
    assert barred_families(date(2026, 3, 1), TODAY) == []
    assert barred_families(None, TODAY) == []
