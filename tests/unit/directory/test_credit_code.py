"""Social credit codes (GB 32100-2015). The codes here are made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_hub.codes.credit_code import check_character, check_credit_code, read_credit_code
from referral_hub.errors import Invalid
from referral_hub.text import ValidationIssue

CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
BODY = "52999999MJ0000001"
CODE = BODY + check_character(BODY)


def test_a_published_code_passes() -> None:
    assert check_credit_code("91350100M000100Y43") == "91350100M000100Y43"  # the example of GB 32100-2015


def test_full_width_spaces_and_small_letters_are_cleaned() -> None:
    assert check_credit_code(f" {CODE[:8].lower()} {CODE[8:].lower()}　") == CODE
    assert check_credit_code("".join(chr(ord(c) + 0xFEE0) for c in CODE)) == CODE


@given(st.text(CHARACTERS, min_size=17, max_size=17))
def test_every_body_with_its_check_character_is_taken(body: str) -> None:
    code = body + check_character(body)
    assert check_credit_code(code) == code


@given(position=st.integers(0, 16), other=st.sampled_from(CHARACTERS))
def test_one_wrong_character_is_always_found(position: int, other: str) -> None:
    changed = CODE[:position] + other + CODE[position + 1 :]
    assert (changed == CODE) or isinstance(check_credit_code(changed), ValidationIssue)


@pytest.mark.parametrize(("typed", "told"), [("", "18位"), (CODE[:-1], "17位"), ("O" * 18, "不含I")])
def test_each_kind_of_error_is_named(typed: str, told: str) -> None:
    mistake = check_credit_code(typed)
    assert isinstance(mistake, ValidationIssue)
    assert told in mistake.reason.zh


def test_a_form_is_reported_at_its_field() -> None:
    with pytest.raises(Invalid) as refused:
        read_credit_code("123")
    assert refused.value.field == "credit_code"
