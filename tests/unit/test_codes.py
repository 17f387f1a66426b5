"""Code sets read in both languages, in neutral words, and each decline says what to do next."""

from __future__ import annotations

import pytest

from referral_hub import codes
from referral_hub.api import denied_words
from referral_hub.consent.rules import ASK_AGAIN_DAYS

CODE_SETS = {
    name: getattr(codes, name)
    for name in codes.__all__
    if isinstance(getattr(codes, name), dict) and name != "FIELD_CODES"
}


@pytest.mark.parametrize("name", sorted(CODE_SETS))
def test_every_code_has_neutral_words_in_both_languages(name: str) -> None:
    for code, words in CODE_SETS[name].items():
        label = getattr(words, "label", words)
        assert label.zh.strip(), code
        assert label.en.strip(), code
        assert denied_words(label.zh + label.en) == [], code


def test_every_decline_reason_has_a_next_step() -> None:
    assert set(codes.DECLINE_NEXT_STEPS) == set(codes.DECLINE_REASONS)


def test_the_advice_after_a_refusal_names_the_days_that_the_hub_waits() -> None:
    assert f"{ASK_AGAIN_DAYS}天" in codes.DECLINE_NEXT_STEPS["client_refused"].label.zh
