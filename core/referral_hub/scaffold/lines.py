"""The line of a manifest that a key path points to. TOML readers tell values and not places, so it is looked for."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PART = re.compile(r"(\w+)(?:\[(\d+)\])?")
_PLACE = re.compile(r"\(at line (\d+), column \d+\)")


def line_of(text: str, path: str) -> int | None:
    """The line, counted from 1, of a path such as `services[0].stages[1].next`; of the nearest part that is found.

    None for a path of which nothing is found.
    """
    lines = text.splitlines()
    found: int | None = None
    start, name = 0, ""
    for key, index in _PART.findall(path):
        name = f"{name}.{key}" if name else key
        place = _item(lines, start, name, key, int(index)) if index else _key(lines, start, key)
        if place is not None:
            found = start = place
    return None if found is None else found + 1


def line_of_fault(text: str, message: str) -> int | None:
    """The line that a TOML reader names in its message about a text, if it names one."""
    match = _PLACE.search(message)
    if match:
        return int(match[1])
    return len(text.splitlines()) if "at end of document" in message else None


def _item(lines: Sequence[str], start: int, name: str, key: str, index: int) -> int | None:
    """The `index`-th `[[name]]` from a line on, or the `index`-th table of a list written inline."""
    headers = [number for number, line in enumerate(lines) if number >= start and line.strip() == f"[[{name}]]"]
    if index < len(headers):
        return headers[index]
    opened = _key(lines, start, key)
    if opened is None or lines[opened].count("]") >= lines[opened].count("["):
        return opened  # all of the list is on one line
    items = []
    for number in range(opened, len(lines)):
        if number > opened and lines[number].startswith("]"):
            break
        if lines[number].lstrip().startswith("{"):
            items.append(number)
    return items[index] if index < len(items) else opened


def _key(lines: Sequence[str], start: int, key: str) -> int | None:
    """The first line from `start` on, within the same table, that gives the key a value."""
    pattern = re.compile(rf"(?:^|[{{,\s]){re.escape(key)}\s*=")
    for number in range(start, len(lines)):
        if number > start and lines[number].startswith("["):
            return None
        if pattern.search(lines[number]):
            return number
    return None
