"""What an action is told: one declaration of its fields, for the form of a page and for the body of a program.

    class NewNeed(Body, frozen=True, kw_only=True):
        kind: Annotated[str, ask("choice", Label(zh="种类", en="Kind"), codes=NEED_KINDS)]
        words: Annotated[str, ask("long", Label(zh="本人的说法", en="In the client's own words"), max=MAX_NEED)]

A program sends it as JSON. A page asks for it and reads it back as the same value:

    typed = Form(inputs_of(NewNeed), form)
    with typed.shown_again("worker/need.html", head=head):
        told = typed.read(NewNeed)

Both are checked by the same rules (`referral_hub.registry.forms`) and refused with the same sentence at the same field.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec

from referral_hub.api import Field
from referral_hub.calendar.periods import day_issue
from referral_hub.i18n import Label
from referral_hub.registry.forms import check_values
from referral_ui.formats import today
from referral_ui.forms import FieldsInvalid, Input, InputType, as_field, choices


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every body: a misspelt field is an error that names it, never ignored."""

    def __post_init__(self) -> None:
        """Refuse what the questions of the fields refuse, a day that cannot be true, and the one character of JSON
        that no database keeps. The error becomes an answer that names its place.
        """
        for field in self.__struct_fields__:
            place = _place_of_nul(getattr(self, field), field)
            if place:
                raise ValueError(f"`{place}` holds the character U+0000. Remove it")
            value = getattr(self, field)
            issue = day_issue(value, today=today()) if isinstance(value, date) else None
            if issue:
                raise ValueError(f"`{field}`: {issue.reason.en} {issue.fix.en}")
        asked = _checks(type(self))
        given = {field.key: _plain(field, getattr(self, field.key)) for field in asked}
        problems = check_values(asked, {key: value for key, value in given.items() if value is not None})
        if problems:
            raise FieldsInvalid(problems)


def ask(kind: InputType, label: Label, *, codes: Mapping[str, Label] | None = None, **more: Any) -> Input:
    """The question to a field of a body; its key, and whether it must be answered, are the field's own.

    A choice without `codes` is one of what the page and the action find in the database.
    """
    return Input("", kind, label, choices=choices(codes or {}), **more)


def inputs_of(body: type[Body], *keys: str, **changes: Mapping[str, Any]) -> tuple[Input, ...]:
    """The questions of a body, all of them or `keys` in their order, with what only one page knows of one of them."""
    asked = _asked(body)
    return tuple(msgspec.structs.replace(asked[key], **changes.get(key, {})) for key in keys or asked)


@cache
def _asked(body: type[Body]) -> dict[str, Input]:
    return {
        field.name: msgspec.structs.replace(
            mark, key=field.name, required=field.required or mark.required, body=_declaring(body, field.name)
        )
        for field in msgspec.structs.fields(body)
        for mark in getattr(field.type, "__metadata__", ())
        if isinstance(mark, Input)
    }


def _declaring(body: type[Body], field: str) -> type[Body]:
    """The body itself, or the one below it that has the field already."""
    return next(each for each in reversed(body.__mro__) if issubclass(each, Body) and field in each.__struct_fields__)


@cache
def _checks(body: type[Body]) -> tuple[Field, ...]:
    """What can be checked without a database: which people or rooms there are is known to the action."""
    return tuple(as_field(one) for one in _asked(body).values() if one.choices or one.type not in ("choice", "choices"))


def _plain(field: Field, value: object) -> object:
    """A value as the readers of forms leave it."""
    if isinstance(value, Decimal):
        return float(value)
    return str(value) if value is not None and (isinstance(value, date) or field.type == "choice") else value


def _place_of_nul(value: object, place: str) -> str | None:
    """Where in a value, at any depth, the character U+0000 stands."""
    if isinstance(value, str):
        return place if "\0" in value else None
    if isinstance(value, list):
        inner = [(part, f"{place}[{index}]") for index, part in enumerate(value)]
    elif isinstance(value, dict):
        inner = [(part, f"{place}.{key}") for key, part in value.items()] + [(key, place) for key in value]
    else:
        return None
    return next((found for part, at in inner if (found := _place_of_nul(part, at))), None)
