"""Texts of HSDS in the words of the directory: hours, languages, areas, descriptions without markup."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from referral_hub.text import plain
from referral_hub.text_limits import MAX_LINE

_BREAK = re.compile(r"</?(?:p|br|div|ul|ol|li|h[1-6]|t[rdh]|table)\b[^<>]{0,200}>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_MARKDOWN = re.compile(r"(?m)^\s{0,3}(#{1,6}|[-*+]|>)\s+|\*{1,3}|_{2,3}|`+")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_AREA = re.compile(r"(?<![\d.])([1-9]\d{5}(?:\d{3}){0,2})(?!\d)")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_DAYS = {"MO": "周一", "TU": "周二", "WE": "周三", "TH": "周四", "FR": "周五", "SA": "周六", "SU": "周日"}
_ORDER = list(_DAYS)
_LANGUAGES = {
    "zh": ("zh", "zho", "chi", "cmn", "普通话", "汉语", "中文", "mandarin", "chinese"),
    "yue": ("yue", "粤语", "广东话", "cantonese"),
    "bo": ("bo", "bod", "tib", "藏语", "tibetan"),
    "ug": ("ug", "uig", "维吾尔语", "维语", "uyghur"),
    "mn": ("mn", "mon", "蒙古语", "蒙语", "mongolian"),
    "za": ("za", "zha", "壮语", "zhuang"),
    "ii": ("ii", "iii", "彝语", "yi"),
    "sign": ("csl", "sgn", "手语", "sign language"),
    "en": ("en", "eng", "英语", "english"),
}
_CODE_OF = {word: code for code, words in _LANGUAGES.items() for word in words}
_MAX_DESCRIPTION_LENGTH = 10_000  # of which the directory shows a tenth


def text_of(raw: dict[str, Any], key: str) -> str:
    """A text of the object, cleaned; a number as text; anything else is empty."""
    value = raw.get(key)
    if isinstance(value, str):
        return "\n".join(plain(line) for line in value.splitlines()).strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def without_markup(text: str) -> str:
    """The words of a description that may hold HTML or Markdown, on one line."""
    words = html.unescape(_TAG.sub("", _BREAK.sub(" ", text[:_MAX_DESCRIPTION_LENGTH])))
    return plain(_MARKDOWN.sub("", _LINK.sub(r"\1", words)).replace("\n", " "))


def language_codes(entries: list[dict[str, Any]]) -> tuple[str, ...]:
    """Our codes (`codes.LANGUAGES`) of the languages a service speaks."""
    codes = []
    for entry in entries:
        words = [text_of(entry, key).lower() for key in ("code", "name")]
        primary = [word.split("-")[0] for word in words]
        known = next((_CODE_OF[word] for word in [*words, *primary] if word in _CODE_OF), None)
        if known or any(words):
            codes.append(known or "other")
    return tuple(dict.fromkeys(codes))


def area_codes_in(area: dict[str, Any]) -> Iterator[str]:
    """Administrative codes (GB/T 2260, GB/T 10114) written anywhere in a service area."""
    for key in ("extent", "name", "uri", "description"):
        text = text_of(area, key)
        if len(text) < 500:  # a polygon's coordinates are not codes
            yield from _AREA.findall(text)


def hours_of(schedules: list[dict[str, Any]]) -> str:
    """One line such as “周一至周五 09:00–17:00；周六 09:00–12:00”, or the publisher's own words."""
    lines = []
    for schedule in schedules:
        days = _days(text_of(schedule, "byday"))
        opens, closes = (_clock(text_of(schedule, key)) for key in ("opens_at", "closes_at"))
        times = f"{opens}–{closes}" if opens and closes else ""
        line = f"{days} {times}".strip() or without_markup(text_of(schedule, "description"))
        if line:
            lines.append(line)
    whole = "；".join(dict.fromkeys(lines))
    return whole if len(whole) <= MAX_LINE else whole[: MAX_LINE - 1] + "…"


def _days(byday: str) -> str:
    found = [day for day in _ORDER if re.search(rf"(?<![A-Z]){day}(?![A-Z])", byday.upper())]
    positions = [_ORDER.index(day) for day in found]
    if len(found) > 2 and positions == list(range(positions[0], positions[0] + len(found))):
        return f"{_DAYS[found[0]]}至{_DAYS[found[-1]]}"
    return "、".join(_DAYS[day] for day in found)


def _clock(text: str) -> str:
    found = _CLOCK.match(text.removeprefix("T"))
    return f"{int(found[1]):02}:{found[2]}" if found else ""
