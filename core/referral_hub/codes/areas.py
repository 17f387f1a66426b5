"""Administrative areas by code: county (6 digits, GB/T 2260), township (9), village (12, GB/T 10114)."""

from __future__ import annotations

import re
from collections.abc import Collection

from referral_hub.errors import Invalid
from referral_hub.i18n import Label
from referral_hub.text import plain

_CODE = re.compile(r"[1-9]\d{5}(\d{3}){0,2}")


def read_area_code(text: str | None, *, field: str = "area_code") -> str | None:
    """The code without spaces; nothing for nothing. Raises `Invalid` at `field`. Lists of codes lag, so no list."""
    code = plain(text or "").replace(" ", "")
    if not code:
        return None
    if not _CODE.fullmatch(code):
        raise Invalid(
            field=field,
            message=Label(
                zh="行政区划代码应为6位（县）、9位（街道乡镇）或12位（村居）数字。",
                en="An area code has 6 digits (county), 9 (township) or 12 (village).",
            ),
        )
    return code


def serves_area(served: Collection[str], area: str | None) -> bool:
    """Whether an offering for the areas `served` serves `area`; no area named on either side is no bar.

    A province or city is written as its county-shaped code: 330000 serves 330108, 330100 serves 330108.
    """
    return not served or area is None or any(_holds(code, area) or _holds(area, code) for code in served)


def nearness(served: Collection[str], home: str | None, area: str | None) -> int:
    """How near an offering is, by the shared front of the codes: 12 the same village … 0 another province.

    `home` is where the organisation is. Near is a hint for sorting, not a distance.
    """
    if area is None:
        return 0
    return max((_shared(code, area) for code in [*served, *([home] if home else [])]), default=0)


def _holds(outer: str, inner: str) -> bool:
    return inner.startswith(_significant(outer))


def _significant(code: str) -> str:
    """The code without the zeros that stand for "all of it"."""
    return code.removesuffix("00").removesuffix("00") if len(code) == 6 else code


def _shared(one: str, other: str) -> int:
    return max((size for size in (12, 9, 6, 4, 2) if len(one) >= size and one[:size] == other[:size]), default=0)
