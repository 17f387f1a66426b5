"""The rule of R37 against an attacker who knows every cell and total that is shown."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import product

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.chance import SHARED, examples

Matrix = list[list[int]]

FAR = 10**6


@st.composite
def tables(draw: st.DrawFn) -> Matrix:
    """A table with its totals in the last row and the last column."""
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    number = st.one_of(st.just(0), st.integers(1, 4), st.integers(0, 30))
    cells = [[draw(number) for _ in range(columns)] for _ in range(rows)]
    for row in cells:
        row.append(sum(row))
    return [*cells, [sum(column) for column in zip(*cells, strict=True)]]


def withhold(owner: psycopg.Connection, table: Matrix) -> list[list[str]]:
    found = owner.execute("SELECT hub_withhold(%s::bigint[], %s::bigint[])", [table, table]).fetchone()
    assert found is not None
    labels: list[list[str]] = found[0]
    return labels


@given(table=tables())
@settings(max_examples=examples(150), suppress_health_check=SHARED)
def test_no_number_below_five_can_be_worked_out_from_what_is_shown(owner: psycopg.Connection, table: Matrix) -> None:
    labels = withhold(owner, table)
    for row, column in _cells(table):
        if 1 <= table[row][column] <= 4:
            assert labels[row][column] != ""
            assert len(_possible(table, labels, row, column)) > 1, (table, labels, row, column)


@given(table=tables())
@settings(max_examples=examples(60), suppress_health_check=SHARED)
def test_below_five_is_said_of_one_to_four_only_and_a_table_of_large_numbers_is_shown_whole(
    owner: psycopg.Connection, table: Matrix
) -> None:
    labels = withhold(owner, table)
    cells = list(_cells(table))
    assert all(1 <= table[row][column] <= 4 for row, column in cells if labels[row][column] == "<")
    if not any(1 <= table[row][column] <= 4 for row, column in cells):
        assert all(labels[row][column] == "" for row, column in cells)


@pytest.mark.parametrize("size", [12, 60])
def test_a_large_table_of_small_numbers_takes_less_than_a_second(owner: psycopg.Connection, size: int) -> None:
    cells = [[(row * 7 + column * 3) % 9 for column in range(12)] for row in range(size)]
    for row in cells:
        row.append(sum(row))
    table = [*cells, [sum(column) for column in zip(*cells, strict=True)]]
    owner.execute("SET statement_timeout = '1s'")
    assert "<" in withhold(owner, table)[0]


def _cells(table: Matrix) -> Iterator[tuple[int, int]]:
    return product(range(len(table)), range(len(table[0])))


def _possible(table: Matrix, labels: list[list[str]], row: int, column: int) -> set[int]:
    """The value and its neighbours that fit everything shown: exact, by the flow of units through the table."""
    value = table[row][column]
    down = {value - 1} if _can_move(table, labels, row, column, -1) else set()
    up = {value + 1} if _can_move(table, labels, row, column, 1) else set()
    return {value} | down | up


def _can_move(table: Matrix, labels: list[list[str]], row: int, column: int, by: int) -> bool:
    """Whether this cell can change by one with the others following.

    A table with its totals is a circulation: source to row (its total), row to column (the cell), column to sink (its
    total), sink to source (the grand total). A unit more through one edge exists if a way back exists.
    """
    low, high = _bounds(labels[row][column], table[row][column])
    if not low <= table[row][column] + by <= high:
        return False
    start, end = _edge(table, row, column)
    origin, goal = (end, start) if by == 1 else (start, end)
    ways = _ways(table, labels, but=(row, column))
    seen, queue = {origin}, deque([origin])
    while queue:
        for following in ways.get(queue.popleft(), set()) - seen:
            seen.add(following)
            queue.append(following)
    return goal in seen


def _ways(table: Matrix, labels: list[list[str]], *, but: tuple[int, int]) -> dict[str, set[str]]:
    """Where a unit could go: along an edge that may carry more, back along one that may carry less."""
    ways: dict[str, set[str]] = {}
    for row, column in _cells(table):
        if (row, column) == but:
            continue
        start, end = _edge(table, row, column)
        low, high = _bounds(labels[row][column], table[row][column])
        if table[row][column] < high:
            ways.setdefault(start, set()).add(end)
        if table[row][column] > low:
            ways.setdefault(end, set()).add(start)
    return ways


def _edge(table: Matrix, row: int, column: int) -> tuple[str, str]:
    start = "sink" if row == len(table) - 1 and column == len(table[0]) - 1 else f"row{row}"
    end = "source" if start == "sink" else f"column{column}"
    if start != "sink" and row == len(table) - 1:
        return end, "sink"
    if start != "sink" and column == len(table[0]) - 1:
        return "source", start
    return start, end


def _bounds(label: str, value: int) -> tuple[int, int]:
    return {"": (value, value), "<": (1, 4), "-": (0, FAR)}[label]
