"""Putting protected figures together into a table: which columns, what each shows, and the total."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.views.civil.asking import ALL, BREAKDOWNS, Cell, Cells, row_labels
from referral_hub.views.civil.figures import ZERO, Figure, Indicator, Line, Measure, Table, Unit
from referral_hub.views.civil.periods import Period

Pick = Callable[[Cells, str], Figure]

TOTAL = Label(zh="合计", en="Total")


def make_table(
    session: Transaction,
    key: str,
    title: Label,
    rows: str,
    cells: Cells,
    measures: Sequence[tuple[Measure, Pick]],
    period: Period,
    at: datetime,
    *,
    notes: Sequence[Label],
    indicators: Sequence[Indicator] = (),
    beside: Sequence[Cells] = (),
) -> Table:
    """A table of what was asked, its rows named. The total is the database's own, never a sum of what is shown.

    A row has its line also where only what is asked `beside` has it. Months are those of the period.
    """
    keys = cells.rows if rows == "month" else sorted({key for asked in (cells, *beside) for key in asked.rows})
    labels = row_labels(session, rows, keys)

    def line(row: str, label: Label) -> Line:
        return Line(row, label, {measure.key: pick(cells, row) for measure, pick in measures})

    return Table(
        key=key,
        title=title,
        rows_by=rows,
        rows_label=BREAKDOWNS[rows],
        measures=[measure for measure, _ in measures],
        lines=[line(row, labels[row]) for row in keys],
        total=line(ALL, TOTAL),
        indicators=indicators,
        notes=notes,
        since=period.since,
        until=period.until,
        cut_off=at,
    )


def column(key: str, zh: str, en: str, unit: Unit) -> Measure:
    """A column and what it is called."""
    return Measure(key, Label(zh=zh, en=en), unit)


def counts_of(key: str) -> Pick:
    """What a column of the question counts, such as a decision or where a referral stands."""
    return lambda cells, row: cells.at(row, key).times


def sum_of(cell: Cell) -> Figure:
    """An amount; of nothing it is nought."""
    return ZERO if cell.amount.state == "none" else cell.amount
