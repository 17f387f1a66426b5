"""Code sets read in both languages, in neutral words, and each decline says what to do next."""

from __future__ import annotations

import pytest

from referral_hub import codes
from referral_hub.api import denied_words
from referral_hub.codes.declines import ASK_AGAIN_DAYS
from referral_hub.workflow.tasks import TASK_KINDS

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


@pytest.mark.parametrize("reason", sorted(codes.DECLINE_NEXT_STEPS))
def test_words_and_rule_of_a_decline_name_the_same_consequences(reason: str) -> None:
    step = codes.DECLINE_NEXT_STEPS[reason]
    for words in (step.label.zh, step.label.en):
        assert (str(ASK_AGAIN_DAYS) in words) == (step.rests is not None)
    assert ("已请对方" in step.label.zh) == (step.recipient_task is not None)
    assert bool(step.asked_again) == (step.rests is not None), "whoever is left out can be asked again for a reason"
    assert set(step.asked_again) <= set(codes.ASK_AGAIN_REASONS)
    assert step.recipient_task is None or TASK_KINDS[step.recipient_task].owner == "recipient"
