"""Fields as a mapping that notes which names were asked for, for the author's kit: only declared ones may be.

A module is given nothing that it did not declare, so asking for more finds nothing; but it shows that the module counts
on what no consent covers, and would read it on the day someone gives it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec


class Seen(msgspec.Struct, frozen=True):
    """What was noticed of one call: fields asked for that were not declared, bytes printed during it and before it."""

    undeclared: list[str]
    printed: int
    printed_before: int = 0


class FieldAccessMonitor(dict[str, Any]):
    """A mapping that adds every name asked for, and not declared, to `undeclared`."""

    def __init__(self, values: Mapping[str, Any], declared: Collection[str], undeclared: set[str]) -> None:
        super().__init__(values)
        self._declared = declared
        self._undeclared = undeclared

    def __getitem__(self, name: str) -> Any:
        self._note(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._note(name)
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._note(name)
        return super().get(name, default)

    def pop(self, name: str, *default: Any) -> Any:
        self._note(name)
        return super().pop(name, *default)

    def _note(self, name: object) -> None:
        if name not in self._declared:
            self._undeclared.add(str(name))


def watch_fields(args: Mapping[str, Any], declared: Collection[str]) -> tuple[dict[str, Any], set[str]]:
    """The arguments of a call with every `fields` in them watched, and the set that names asked for will be in."""
    undeclared: set[str] = set()
    return {name: _watched(value, declared, undeclared) for name, value in args.items()}, undeclared


def _watched(value: Any, declared: Collection[str], undeclared: set[str]) -> Any:
    """An enquiry or a referral with watched fields, an entry with a watched referral; anything else as it is."""
    if not isinstance(value, msgspec.Struct):
        return value
    fields, referral = getattr(value, "fields", None), getattr(value, "referral", None)
    if isinstance(fields, dict):
        return msgspec.structs.replace(value, fields=FieldAccessMonitor(fields, declared, undeclared))
    if referral is not None:
        return msgspec.structs.replace(value, referral=_watched(referral, declared, undeclared))
    return value
