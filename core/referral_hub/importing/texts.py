"""Values of cells as text: for reading on, and for showing back."""

from __future__ import annotations

import re
from datetime import date, datetime

from referral_hub.importing.values import CellFault, Value
from referral_hub.text import mask, mask_number, plain

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")  # how the file format writes characters that XML lacks
_EXACT_DIGITS = 15  # a spreadsheet keeps no more of a number
_MAX_SHOWN_LENGTH = 40


def as_text(value: Value, *, exact: bool = False) -> str:
    """Cleaned text. With `exact`, a number too long for a spreadsheet reads in scientific form, for it lost digits."""
    if value is None or isinstance(value, CellFault):
        return ""
    if isinstance(value, str):
        return plain(_ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), value))
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _digits(value, exact)
    return str(value)


def shown(value: Value, field: str) -> str:
    """What stands in a cell, short, long numbers masked; of a name, the first character only."""
    if isinstance(value, CellFault):
        return value.shown
    text = as_text(value)
    if field in ("name", "aliases", "contact"):
        return text[:1] + "*" * min(len(text[1:]), 3)
    if field in ("registered_address", "address", "note"):
        return text[:6] + "…" if len(text) > 6 else text
    text = mask(text)
    return text if len(text) <= _MAX_SHOWN_LENGTH else text[:_MAX_SHOWN_LENGTH] + "…"


def mask_person(name: str, number: str) -> str:
    """Enough to find the row by, no more (R23)."""
    return f"{name[:1]}** {mask_number(number)}"


def _digits(value: float, exact: bool) -> str:
    whole = int(value) if value == int(value) else None
    if whole is None:
        return repr(value)
    if exact and len(str(abs(whole))) > _EXACT_DIGITS and (isinstance(value, float) or whole % 1000 == 0):
        return f"{value:.14E}"
    return str(whole)
