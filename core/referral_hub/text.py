"""What people type: cleaned of what the eye cannot see, and what to say when it is wrong."""

from __future__ import annotations

import re

import msgspec

from referral_hub.errors import Invalid
from referral_hub.i18n import Label

# Letters, digits and the signs of numbers; commas, brackets and the like are full-width in Chinese text and stay.
_FULL_WIDTH = {
    code: code - 0xFEE0
    for code in range(0xFF01, 0xFF5F)
    if chr(code - 0xFEE0).isalnum() or chr(code) in "＋－．／＠＿＇＊＃％"
}
_SPACES = dict.fromkeys([0x00A0, 0x3000, 0x2002, 0x2003, 0x2007, 0x2009, 0x202F, 0x0009, 0x000A, 0x000B, 0x000D], " ")
_UNSEEN = dict.fromkeys([0x00AD, 0x200B, 0x200C, 0x200E, 0x200F, 0x202A, 0x202C, 0x202D, 0x2060, 0xFEFF])
# Commands to a terminal, halves of a pair and what is no character: no database, workbook or page takes them.
_NO_CHARACTERS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF])
_CLEANING = {**_NO_CHARACTERS, **_FULL_WIDTH, **_SPACES, **_UNSEEN}
_MANY_SPACES = re.compile(r" {2,}")
# Emoji made of several parts are held together by a sign that is otherwise unseen.
_EMOJI = "\u2600-\u27bf\ufe0f\U0001f000-\U0001faff"
_LONE_JOINER = re.compile(f"(?<![{_EMOJI}])\u200d|\u200d(?![{_EMOJI}])")
_SPACE_IN_CHINESE = re.compile(r"(?<=[^\x00-\x7f]) +(?=[^\x00-\x7f])")
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ＇`´", "'"))
_DOTS = str.maketrans({**dict.fromkeys("•・･‧∙⋅●.．", "·"), **dict.fromkeys("○◯", "〇")})
_SHORT = 9
# Nine digits and more; dates, which hyphens part, stay readable.
_LONG_NUMBER = re.compile(r"[0-9](?: ?[0-9]){8,}[Xx]?|1[3-9][0-9]-[0-9]{4}-[0-9]{4}")


class ValidationIssue(msgspec.Struct, frozen=True):
    """Why something typed cannot be taken, and how to put it right. Neither text repeats the value."""

    reason: Label
    fix: Label


def plain(text: str) -> str:
    """Full-width letters and digits made half-width, odd spaces made plain and single, unseen characters removed.

    Chinese characters and punctuation stay as they are: normalising by Unicode NFKC would change some people's names.
    """
    text = text.translate(_CLEANING)
    if "\u200d" in text:
        text = _LONE_JOINER.sub("", text)
    return _MANY_SPACES.sub(" ", text).strip()


def name_text(text: str) -> str:
    """A name as it is kept, whichever door it came in by.

    Without the spaces that pad it (张 三), its middle dot, its round zero and its apostrophe written one way
    (买买提·吐尔逊, 刘〇, O'Brien).
    """
    name = _SPACE_IN_CHINESE.sub("", plain(text).translate(_APOSTROPHES))
    return name if name.isascii() else name.translate(_DOTS)


def invalid(field: str, mistake: ValidationIssue) -> Invalid:
    """The error a form shows at `field`."""
    both = Label(
        zh=f"{mistake.reason.zh}{mistake.fix.zh}",
        en=f"{mistake.reason.en} {mistake.fix.en}",
    )
    return Invalid(field=field, message=both)


def mask_number(number: str) -> str:
    """`110***********002X`, `138****0000`: the ends only, enough to tell two people of one list apart (R23)."""
    head, tail = (3, 4) if len(number) > _SHORT else (1, 1)
    hidden = len(number) - head - tail
    return number[:head] + "*" * hidden + number[-tail:] if hidden > 0 else "*" * len(number)


def mask(text: str) -> str:
    """The text with every long number in it (ID, telephone, bank account) shown by its ends only."""
    return _LONG_NUMBER.sub(lambda found: mask_number(found.group()), text)
