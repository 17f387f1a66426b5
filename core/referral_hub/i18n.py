"""A text in both languages, and which of the two a person reads."""

from __future__ import annotations

from typing import Literal

import msgspec

Language = Literal["zh", "en"]
DEFAULT_LANGUAGE: Language = "zh"


class Label(msgspec.Struct, frozen=True):
    """One text, in Chinese and in English. Both are required: no page falls back to the other language."""

    zh: str
    en: str

    def text(self, language: str) -> str:
        """The text in `language` (`zh` or `en`); anything else reads Chinese."""
        return self.en if language == "en" else self.zh


def untranslated(text: str) -> Label:
    """A name, a number or a code as it is written, where a text in both languages is expected.

    Names of people, places and organisations have no translation (decision 0040).
    """
    return Label(zh=text, en=text)
