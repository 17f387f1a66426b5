"""Table A: assistance applied for and decided, beside the year so far and the same months of the year before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.views.civil.asking import Cell, Cells, ask
from referral_hub.views.civil.figures import CORRECTED, DISTINCT, HIDDEN, NONE, SUPPRESSION, Figure, Measure, Table
from referral_hub.views.civil.periods import Period, month_before, month_of
from referral_hub.views.civil.tables import Pick, column, make_table, sum_of

_Columns = list[tuple[Measure, Pick]]
COMPARED = Label(
    zh="“年初至今”从期间末所在年份的一月起，到期间末；“上年同期”为上一年的相同月份。按月份分时不列年初至今。",
    en="“Year so far” runs from January of the period's last month to the end of the period; “year before” is the same "
    "months a year earlier. By month there is no year so far.",
)
COUNTED = Label(
    zh="“人次”为批准次数；“户次”按户计，同一户同一天同类救助算一次。“急难先行”为先救助、后补手续的件数，已含在批准中。",
    en="Times are grants; household-times count a household once for the same aid on one day. Emergency advances "
    "are already included in the grants.",
)


def assistance_table(
    session: Transaction, *, rows: str = "type", period: Period, at: datetime, brief: bool = False
) -> Table:
    """Applications in the month they were made, decisions in theirs. `brief`: without what takes a question more."""
    cells = ask(session, "assistance", rows=rows, columns="decision", period=period)
    by_household, more, beside = ([], [], []) if brief else _further(session, rows, period)
    measures: _Columns = [
        (column("applied", "申请", "Applications", "time"), _of("application", lambda cell: cell.times)),
        (column("applicants", "申请", "Applicants", "person"), _of("application", lambda cell: cell.persons)),
        (
            column("applicant_households", "申请", "Households that applied", "household"),
            _of("application", lambda cell: cell.households),
        ),
        (column("persons", "批准", "Persons granted", "person"), _of("granted", lambda cell: cell.persons)),
        (column("households", "批准", "Households granted", "household"), _of("granted", lambda cell: cell.households)),
        (column("granted", "批准", "Grants", "time"), _of("granted", lambda cell: cell.times)),
        *by_household,
        (column("refused_persons", "不予", "Persons refused", "person"), _of("refused", lambda cell: cell.persons)),
        (column("refused", "不予", "Refusals", "time"), _of("refused", lambda cell: cell.times)),
        (column("amount", "金额", "Amount", "yuan"), _of("granted", sum_of)),
        (column("average", "平均金额", "Average amount", "yuan"), _average),
        (column("days", "平均办理", "Average time to decision", "day"), _of("granted", lambda cell: cell.days)),
        *more,
    ]
    title = Label(zh="救助发放情况", en="Assistance delivered")
    notes = (SUPPRESSION, DISTINCT, CORRECTED) if brief else (SUPPRESSION, DISTINCT, COUNTED, CORRECTED, COMPARED)
    return make_table(session, "assistance", title, rows, cells, measures, period, at, notes=notes, beside=beside)


def this_month_beside_last(session: Transaction, *, rows: str = "type", at: datetime) -> tuple[Table, Table]:
    """Table A of this month so far and of the month before, for the first page of civil affairs."""
    this, last = (
        assistance_table(session, rows=rows, period=period, at=at, brief=True)
        for period in (month_of(at), month_before(at))
    )
    return this, last


def _of(decision: str, figure: Callable[[Cell], Figure]) -> Pick:
    return lambda cells, row: figure(cells.at(row, decision))


def _further(session: Transaction, rows: str, period: Period) -> tuple[_Columns, _Columns, list[Cells]]:
    """Columns with a question of their own: household-times, the others, and the answers that may have more rows."""

    def asked(of: Period, only: str | None = None) -> Cells:
        return ask(session, "assistance", rows=rows, columns="decision", period=of, only=only)

    household_times, advanced = asked(period, "household_times"), asked(period, "advance")
    before = asked(period.before())

    def then(row: str) -> Cell:
        return before.at(_year_before(row) if rows == "month" else row, "granted")

    by_household: _Columns = [
        (
            column("household_times", "批准", "Grants to households", "household_time"),
            lambda _, row: household_times.at(row, "granted").times,
        )
    ]
    first: _Columns = [
        (
            column("advanced", "急难先行", "Given before the paperwork", "piece"),
            lambda _, row: advanced.at(row, "granted").times,
        )
    ]
    earlier: _Columns = [
        (column("granted_before", "上年同期批准", "Grants in the year before", "time"), lambda _, row: then(row).times),
        (
            column("amount_before", "上年同期金额", "Amount in the year before", "yuan"),
            lambda _, row: sum_of(then(row)),
        ),
    ]
    if rows == "month":
        return by_household, [*first, *earlier], [before]
    year = asked(period.year_so_far())
    so_far: _Columns = [
        (
            column("granted_year", "年初至今批准", "Grants this year so far", "time"),
            lambda _, row: year.at(row, "granted").times,
        ),
        (
            column("amount_year", "年初至今金额", "Amount this year so far", "yuan"),
            lambda _, row: sum_of(year.at(row, "granted")),
        ),
    ]
    return by_household, [*first, *so_far, *earlier], [year, before]


def _year_before(month: str) -> str:
    """`2025-03` of `2026-03`; a total stays one."""
    return f"{int(month[:4]) - 1}{month[4:]}" if month[:4].isdecimal() else month


def _average(cells: Cells, row: str) -> Figure:
    cell = cells.at(row, "granted")
    if cell.amount.value is None or not cell.times.value:
        return HIDDEN if cell.amount.state == "withheld" else NONE
    return Figure("shown", round(cell.amount.value / cell.times.value, 2))
