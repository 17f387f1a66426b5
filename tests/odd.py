"""Well-formed values of the wrong shape, for whatever reads what others wrote."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

Path = tuple[str | int, ...]

# What published files and programs really hold where another kind of value is expected, and what breaks readers.
ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    10**40,
    1e308,
    "",
    " ",
    "0",
    "²",
    "٣",
    "1e999",
    "NaN",
    "a\x00b",
    "\x1b[31m",
    "\u202eabc",
    "\U0010ffff",
    "\uffff",
    "长" * 3000,
    "9" * 400,
    "吸毒",
    "<b>" * 300,
    [],
    [[]],
    [None],
    ["x", 1],
    {},
    {"id": []},
    [{"id": {}}],
    {"id": {"id": 1}},
)

odd_values = st.sampled_from(ODD) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def paths(document: Any, at: Path = ()) -> Iterator[Path]:
    """The way to every value of a document, the document itself first."""
    yield at
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in inner:
        yield from paths(value, (*at, key))


def replaced(document: Any, at: Path, value: Any) -> Any:
    """The document with another value in that place."""
    if not at:
        return value
    changed = deepcopy(document)
    holder = changed
    for key in at[:-1]:
        holder = holder[key]
    holder[at[-1]] = value
    return changed


def misshapen(*documents: Any) -> st.SearchStrategy[Any]:
    """One of the documents with one or two of its values replaced by odd ones."""

    @st.composite
    def draw_one(draw: st.DrawFn) -> Any:
        document = draw(st.sampled_from(documents))
        for _ in range(draw(st.integers(1, 2))):
            document = replaced(document, draw(st.sampled_from(list(paths(document)))), draw(odd_values))
        return document

    return draw_one()
