from __future__ import annotations

import pytest

from referral_hub.api import denied_words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("职业服务", []),
        ("社区戒毒人员培训班", ["戒毒"]),
        ("美沙酮维持治疗", ["美沙酮"]),
        ("毒", ["毒"]),
        ("Drug history", ["drug"]),
        ("Career service", []),
        ("餐具消毒员培训", []),
        ("防病毒软件安装", []),
        ("食物中毒急救", []),
        ("Work in a drugstore", []),
        ("戒毒所消毒员", ["戒毒"]),
        ("A drugstore for drug users", ["drug"]),
    ],
)
def test_words_that_give_a_person_away_are_found(text: str, found: list[str]) -> None:
    assert denied_words(text) == found
