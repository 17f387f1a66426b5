"""Which versions the block list keeps out, by the order of PEP 440."""

from __future__ import annotations

import pytest

from referral_hub.api import Label
from referral_hub.registry.blocklist import Blocked


@pytest.mark.parametrize(
    ("version", "blocked"),
    [
        ("1.1.9", True),
        ("1.2.0.dev5", True),
        ("1.2.0a1", True),
        ("1.2.0rc1", True),
        ("1.2.0", False),
        ("1.2", False),
        ("1.2.0.post1", False),
        ("1.2.0+local", False),
        ("1.10.0", False),
        ("no version", True),
    ],
)
def test_what_comes_before_the_lowest_good_version_is_blocked(version: str, blocked: bool) -> None:
    entry = Blocked(key="legal", reason=Label(zh="会丢失回执", en="loses receipts"), lowest_good="1.2.0")
    assert entry.covers(version) is blocked


def test_without_a_good_version_all_are_blocked() -> None:
    assert Blocked(key="legal", reason=Label(zh="停用", en="withdrawn")).covers("99.0")
