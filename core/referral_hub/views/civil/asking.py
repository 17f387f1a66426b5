"""Asking the database for protected figures and naming their rows. The protection itself is done there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, select, text
from sqlalchemy.exc import DataError, ProgrammingError
from sqlmodel import col

from referral_hub.assistance.errors import TableNotYours, TableUnusable
from referral_hub.codes import (
    ASSISTANCE_DECISIONS,
    ASSISTANCE_TYPES,
    EVIDENCE_SHOWN,
    FOLLOW_UP_ANSWERS,
    FUND_SOURCES,
    NEED_KINDS,
    NEED_STATES,
    OUTCOMES_SHOWN,
)
from referral_hub.hub import Transaction
from referral_hub.i18n import Label, untranslated
from referral_hub.modules.titles import service_title
from referral_hub.tables.directory import Organisation
from referral_hub.views.civil.figures import HIDDEN, NONE, ZERO, Figure
from referral_hub.views.civil.periods import Period, month_label

ALL = "*"
UNRECORDED = "?"
"""The key of what was left empty."""
_TOWNSHIP = 9
"""Digits of a township's area code; six are the county's."""
MAY_ASK = ("civil", "supervisor", "partner", "system")

BREAKDOWNS: dict[str, Label] = {
    "service": Label(zh="服务", en="Service"),
    "month": Label(zh="月份", en="Month"),
    "area": Label(zh="地区", en="Area"),
    "organisation": Label(zh="机构", en="Organisation"),
    "type": Label(zh="救助类型", en="Type of assistance"),
    "need": Label(zh="需求", en="Need"),
    "need_state": Label(zh="解决情况", en="Status of need"),
    "fund": Label(zh="资金来源", en="Source of funds"),
    "decision": Label(zh="审批结果", en="Decision"),
    "status": Label(zh="办理情况", en="Status"),
    "outcome": Label(zh="服务结果", en="Outcome"),
    "evidence": Label(zh="依据", en="Evidence"),
    "answer": Label(zh="回访结果", en="Answer"),
    "value": Label(zh="结果", en="Value"),
}
REFERRAL_STATUS: dict[str, Label] = {
    "waiting": Label(zh="待答复", en="Awaiting an answer"),
    "waitlisted": Label(zh="轮候", en="Wait-listed"),
    "accepted": Label(zh="受理", en="Accepted"),
    "declined": Label(zh="不受理", en="Declined"),
    "ended": Label(zh="撤回或过期", en="Withdrawn or expired"),
}
_CODES: dict[str, Mapping[str, Label]] = {
    "type": ASSISTANCE_TYPES,
    "need": NEED_KINDS,
    "need_state": NEED_STATES,
    "fund": FUND_SOURCES,
    "decision": ASSISTANCE_DECISIONS,
    "status": REFERRAL_STATUS,
    "outcome": OUTCOMES_SHOWN,
    "evidence": EVIDENCE_SHOWN,
    "answer": FOLLOW_UP_ANSWERS,
}
NOT_RECORDED = Label(zh="未登记", en="Not recorded")
_NO_SERVICE = Label(zh="未经转介", en="Without a referral")
_QUESTION = text(
    "SELECT * FROM hub_statistics(:name, :rows, :columns, CAST(:since AS date), CAST(:until AS date), :only)"
)


class Cell(msgspec.Struct, frozen=True):
    """What is known of one cell. Amounts in the unit the question was asked in, days on average."""

    persons: Figure = ZERO
    households: Figure = ZERO
    times: Figure = ZERO
    amount: Figure = NONE
    days: Figure = NONE
    more_days: Figure = NONE


class Cells(msgspec.Struct, frozen=True):
    """A protected table: row keys in order, without the total, and cells by row and column; `ALL` is the total."""

    rows: Sequence[str]
    columns: Sequence[str]
    cells: Mapping[tuple[str, str], Cell]

    def at(self, row: str, column: str = ALL) -> Cell:
        """A cell; where nothing happened it is nought."""
        return self.cells.get((row, column), Cell())


def ask(
    session: Transaction,
    name: str,
    *,
    rows: str,
    columns: str,
    period: Period,
    only: str | None = None,
    scale: int = 100,
) -> Cells:
    """The figures of one table. Raises `TableNotYours`, `TableUnusable`. `scale` divides amounts (fen to yuan)."""
    if session.actor.role not in MAY_ASK:
        raise TableNotYours
    asked = {"name": name, "rows": rows, "columns": columns, "only": only}
    try:
        found = session.execute(_QUESTION, {**asked, "since": period.since, "until": period.until}).all()
    except (DataError, ProgrammingError) as error:
        if getattr(error.orig, "sqlstate", "") == "22023":
            raise TableUnusable from error
        raise
    cells = {
        (row.row_key, row.column_key): Cell(
            persons=shown_figure(row.mark, row.persons),
            households=shown_figure("-" if row.mark else "", row.households),
            times=shown_figure(row.times_mark, row.times),
            amount=shown_figure(row.amount_mark, None if row.amount is None else row.amount / scale),
            days=_mean(row.mark, row.days_a),
            more_days=_mean(row.mark, row.days_b),
        )
        for row in found
    }
    keys = sorted({row for row, _ in cells if row != ALL})
    if rows == "month":
        keys = period.months
    return Cells(keys, sorted({column for _, column in cells if column != ALL}), cells)


def row_labels(session: Transaction, breakdown: str, keys: Sequence[str]) -> dict[str, Label]:
    """What the rows are called."""
    if breakdown == "organisation":
        return _organisation_names(session, [UUID(key) for key in keys])
    if breakdown == "area":
        return _area_names(session, keys)
    return {key: _label(session, breakdown, key) for key in keys}


def _label(session: Transaction, breakdown: str, key: str) -> Label:
    if breakdown == "service":
        return _NO_SERVICE if key == "-" else service_title(session, key)
    if key in ("?", "-"):
        return NOT_RECORDED
    if breakdown == "month":
        return month_label(key)
    return _CODES.get(breakdown, {}).get(key) or untranslated(key)


def _organisation_names(session: Transaction, keys: Sequence[UUID]) -> dict[str, Label]:
    rows = session.execute(
        select(col(Organisation.id), col(Organisation.short_name)).where(
            col(Organisation.id).in_(bindparam("keys", expanding=True))
        ),
        {"keys": list(keys)},
    )
    return {str(key): untranslated(name) for key, name in rows}


def _area_names(session: Transaction, keys: Sequence[str]) -> dict[str, Label]:
    """A township by the office responsible for it; what is not shown separately (R37) as the county."""
    rows = session.execute(
        select(col(Organisation.area_code), col(Organisation.short_name)).where(col(Organisation.kind) == "office")
    )
    offices: dict[str, list[str]] = {}
    for code, office in rows:
        offices.setdefault((code or "")[:_TOWNSHIP], []).append(office)

    def name(key: str) -> Label:
        if key == "?":
            return NOT_RECORDED
        if len(key) < _TOWNSHIP:
            return Label(zh=f"{key}（不分街道）", en=f"{key} (townships not separated)")
        known = offices.get(key, [])
        words = f"{known[0]} {key}" if len(known) == 1 else key
        return untranslated(words)

    return {key: name(key) for key in keys}


def shown_figure(mark: str, value: Decimal | int | None) -> Figure:
    """A figure as the database marks it: shown, one to four, or withheld."""
    if mark == "<":
        return Figure("few")
    return HIDDEN if mark == "-" or value is None else Figure("shown", Decimal(value))


def _mean(mark: str, value: Decimal | None) -> Figure:
    if mark:
        return HIDDEN
    return NONE if value is None else Figure("shown", value)
