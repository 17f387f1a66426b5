"""For how long a client may agree: never past the day that the notice on the same page names."""

from __future__ import annotations

import pytest

from referral_ui.pages.refer_consent import valid_days


@pytest.mark.parametrize(
    ("longest", "offered"),
    [(180, ["30", "90", "180"]), (120, ["30", "90", "120"]), (90, ["30", "90"]), (9, ["9"])],
)
def test_no_choice_goes_past_the_day_of_the_notice(longest: int, offered: list[str]) -> None:
    found = valid_days(longest)
    assert [choice.code for choice in found] == offered
    assert all(choice.label.zh and choice.label.en for choice in found)
