"""How a code set is written down."""

from __future__ import annotations

from referral_hub.i18n import Label

Codes = dict[str, Label]


def make_codes(**words: tuple[str, str]) -> Codes:
    """Each code with its words in Chinese and in English, in the order a form shows them."""
    return {code: Label(zh=zh, en=en) for code, (zh, en) in words.items()}
