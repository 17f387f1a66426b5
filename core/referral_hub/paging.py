"""Lists in pages: one more row is read than is shown, and the key of the last one shown fetches the next page.

A key is text for an address. One typed by hand that is none means the first page, in every list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

T = TypeVar("T")
Line = TypeVar("Line")

_BETWEEN = "~"
_MAX_NUMBER = 2**63 - 1


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Lines in the order of the list. `next` is the key that fetches the next page, None at the end."""

    lines: list[T]
    next: str | None

    def showing(self, lines: list[Line]) -> Page[Line]:
        """The same page with what is shown of each row."""
        return Page(lines, self.next)


def take(rows: Sequence[T], limit: int, key: Callable[[T], tuple[object, ...]]) -> Page[T]:
    """A page of rows that were read with `limit + 1`; `key` gives what the list is ordered by."""
    shown = list(rows[:limit])
    return Page(shown, _write(key(shown[-1])) if shown and len(rows) > limit else None)


def read_key(text: str | None, *kinds: type[Any]) -> tuple[Any, ...] | None:
    """The values of a key of these kinds; None for the first page."""
    parts = (text or "").split(_BETWEEN, len(kinds) - 1)
    if not text or len(parts) != len(kinds):
        return None
    try:
        return tuple(_READERS[kind](part) for kind, part in zip(kinds, parts, strict=True))
    except ValueError:
        return None


def read_only_key(text: str | None, kind: type[Any]) -> Any:
    """The value of a key of one part; None for the first page."""
    key = read_key(text, kind)
    return key[0] if key else None


def _write(values: tuple[object, ...]) -> str:
    return _BETWEEN.join(value.isoformat() if isinstance(value, date) else str(value) for value in values)


def _number(text: str) -> int:
    number = int(text)
    if not 0 <= number <= _MAX_NUMBER:
        raise ValueError(text)
    return number


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(text)
    return instant


def _text(text: str) -> str:
    if "\0" in text:
        raise ValueError(text)
    return text


_READERS: dict[type[Any], Callable[[str], Any]] = {
    UUID: UUID,
    int: _number,
    str: _text,
    date: date.fromisoformat,
    datetime: _instant,
}
