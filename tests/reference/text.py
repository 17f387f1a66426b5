"""Markdown from plain values."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, get_origin

import msgspec

_MODULE = re.compile(r"\b[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*\.(?=[A-Za-z])")
# Python 3.14 writes it so itself.
_OPTIONAL = re.compile(r"Optional\[((?:[^\[\]]|\[[^\]]*\])*)\]")
_NOTHING = ("", "—")


def cell(text: object) -> str:
    """Text as it may stand in a table."""
    return str(text).replace("|", r"\|").replace("\n", " ").strip()


def table(head: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table, with a line break at the end."""
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join('---' for _ in head)} |"]
    lines += [f"| {' | '.join(cell(value) for value in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def prose(docstring: str | None) -> str:
    """A docstring as paragraphs."""
    return inspect.cleandoc(docstring or "").strip()


def first_paragraph(docstring: str | None) -> str:
    return prose(docstring).partition("\n\n")[0].replace("\n", " ")


def type_text(kind: Any) -> str:
    """A type as an author would write it, without the modules it lives in."""
    text = _MODULE.sub("", inspect.formatannotation(kind)).replace("NoneType", "None")
    return _OPTIONAL.sub(r"\1 | None", text)


def fields_table(struct: type[msgspec.Struct], meanings: Mapping[str, str] | None = None) -> str:
    """The fields of a struct: name, type, default; with `meanings` (by `Struct.field`), what each is."""
    rows = [
        (
            f"`{field.encode_name}`",
            f"`{type_text(_plain(field.type))}`",
            _default(field),
            *([] if meanings is None else [meanings[f"{struct.__name__}.{field.name}"]]),
        )
        for field in msgspec.structs.fields(struct)
    ]
    head = ("Field", "Type", "Default", *([] if meanings is None else ["What it is"]))
    return table(head, rows) if rows else ""


def _plain(kind: Any) -> Any:
    """The type without what is said of it beside (`Annotated`)."""
    return kind.__origin__ if get_origin(kind) is Annotated else kind


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    if field.default_factory is not msgspec.NODEFAULT:
        assert callable(field.default_factory)
        made = field.default_factory()
        return f"`{made!r}`" if isinstance(made, list | dict) else "its own defaults"
    value = field.default
    if isinstance(value, msgspec.Struct):
        return "its own defaults"
    return f"`{value!r}`" if value not in _NOTHING else "empty"
