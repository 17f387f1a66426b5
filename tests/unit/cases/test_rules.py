"""Ages, names and masks; what a need may become; when a case may close."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.cases.rules import (
    NEED_MOVES,
    age_band,
    mask_id_number,
    mask_name,
    mask_phone,
    need_state_at_closing,
    polite_name,
    report_in_by,
)
from referral_hub.codes import AGE_BANDS, CASE_CLOSING_REASONS, NEED_STATES
from referral_hub.storage.personal_fields import normal_name

TODAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("born", "band"),
    [(2013, "0-13"), (2012, "14-17"), (2008, "18-24"), (1988, "35-44"), (1961, "65+"), (None, None)],
)
def test_a_partner_learns_an_age_band(born: int | None, band: str | None) -> None:
    assert age_band(born, TODAY) == band


@given(st.integers(1900, 2026))
def test_every_age_has_a_band_with_words(born: int) -> None:
    assert age_band(born, TODAY) in AGE_BANDS


@pytest.mark.parametrize(
    ("name", "sex", "polite"),
    [
        ("张伟", "1", "张先生"),
        ("欧阳娜", "2", "欧阳女士"),
        ("张伟", "0", "张*"),
        ("司马", "1", "司先生"),
        ("阿依古丽·买买提", "2", "阿女士"),
        ("Alex", "1", "A**"),
    ],
)
def test_who_stated_no_wish_is_called_politely(name: str, sex: str, polite: str) -> None:
    assert polite_name(name, sex) == polite


@given(st.text(min_size=2, max_size=12).filter(lambda text: "*" not in text))
def test_a_masked_name_keeps_the_surname_and_nothing_else(name: str) -> None:
    shown = mask_name(name)
    assert shown.rstrip("*") in (name[:1], name[:2])
    assert "*" in shown


def test_numbers_show_their_ends_only() -> None:
    assert mask_phone("13812341234") == "138****1234"
    assert mask_id_number("11010519491231002X") == "110***********002X"
    assert mask_phone(None) is None


def test_a_name_is_one_name_however_it_is_spaced() -> None:
    assert normal_name(" 张　伟 ") == normal_name("张伟") == "张伟"
    assert normal_name("Ａlex") == "alex"


def test_every_need_state_has_its_moves() -> None:
    assert set(NEED_MOVES) == set(NEED_STATES)
    assert all(after in NEED_STATES and after != before for before, moves in NEED_MOVES.items() for after in moves)


@pytest.mark.parametrize("reason", sorted(CASE_CLOSING_REASONS))
def test_every_closing_says_what_becomes_of_open_needs(reason: str) -> None:
    state = need_state_at_closing(reason)
    assert state in (None, "unmet", "withdrawn")
    assert (state is None) == (reason == "goals_met")


def test_reporting_in_is_due_within_fifteen_days() -> None:
    assert report_in_by(date(2026, 2, 20)) == date(2026, 3, 7)
