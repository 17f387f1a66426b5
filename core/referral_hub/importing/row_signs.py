"""What a row as a whole shows: that two people share it, or that its person is not there any more."""

from __future__ import annotations

import re
from collections.abc import Sequence

from referral_hub.importing.header import Header
from referral_hub.importing.texts import as_text
from referral_hub.importing.values import Gone, Value
from referral_hub.importing.wording import read_gone

_NAMES_APART = re.compile(r"[、,，;；/\n&]|\s和\s")
_SIGN = re.compile(r"[、,，;；/&]|\s和\s")
_ID_NUMBERS = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
_ABOUT_FAMILY = re.compile(r"家庭|家属|亲属|父|母|配偶|监护|子女|联系人")
_ANYWHERE = ("died", "custody")
_MAX_STATUS = 20


def holds_two(name: Value, id_numbers: Sequence[Value]) -> bool:
    """Two numbers in one cell, or two names parted by a sign; by a line break only where there is no one number."""
    if any(len(set(_ID_NUMBERS.findall(as_text(value, exact=True)))) > 1 for value in id_numbers):
        return True
    text = name if isinstance(name, str) else ""
    parts = [part for part in _NAMES_APART.split(text) if len(part.strip()) > 1]
    has_number = any(_ID_NUMBERS.search(as_text(value, exact=True)) for value in id_numbers)
    return len(parts) > 1 and not (has_number and not _SIGN.search(text))


def gone_of(cells: tuple[Value, ...], header: Header) -> Gone | None:
    """What the register says in its status column, or in any short cell that is of nobody else."""
    family = {column.index for column in header.ignored if _ABOUT_FAMILY.search(column.header)}
    family |= {column.index for column in header.columns if column.field.startswith("contact")}
    status = {column.index for column in header.columns if column.field in ("measure_status", "measure_kind")}
    for index, value in enumerate(cells, start=1):
        if not isinstance(value, str) or len(value) > _MAX_STATUS or index in family:
            continue
        gone = read_gone(value)
        if gone and (gone in _ANYWHERE or index in status):
            return gone
    return None
