"""The files that may leave the hub: tables of the return, and the masked ledger. Each is recorded (R24)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from referral_hub.actor import Actor
from referral_hub.audit.entries import record_audit_entry
from referral_hub.audit.subjects import AuditSubject
from referral_hub.exporting.errors import ExportTooLarge, PurposeMissing
from referral_hub.exporting.ledger import cut_off, in_language, ledger_sheet
from referral_hub.exporting.sheet import Column, Sheet, Stamp, Value, write_workbook
from referral_hub.hub import Transaction
from referral_hub.text_limits import MAX_PURPOSE_OF_EXPORT
from referral_hub.views.civil.figures import DECIMALS, UNIT_WORDS, Figure, Line, Measure, Table
from referral_hub.views.civil.ledger import LedgerFilter, read_ledger

LEDGER_LIMIT = 5000
_PAGE = 500


class File(msgspec.Struct, frozen=True):
    """A file to download; the name says nothing about persons (R20)."""

    name: str
    content: bytes
    media_type: str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def export_tables(
    session: Transaction, tables: Sequence[Table], *, purpose: str, language: str, by: Actor, at: datetime
) -> File:
    """Statistical tables as they are shown, one sheet each, with cut-off, notes and what the rates are made of.

    Raises `PurposeMissing`.
    """
    purpose = _checked(purpose)
    sheets = [_table_sheet(table, language) for table in tables]
    _record(session, purpose, {"tables": [table.key for table in tables]}, by=by, at=at)
    first = tables[0]
    return File(
        name=f"{first.key}-{first.since:%Y%m}-{first.until:%Y%m}.xlsx",
        content=write_workbook(sheets, Stamp(by.name, at, purpose), language=language),
    )


def export_ledger(
    session: Transaction,
    wanted: LedgerFilter,
    *,
    purpose: str,
    language: str,
    remarks: bool = False,
    by: Actor,
    at: datetime,
) -> File:
    """The acting organisation's own ledger, masked as on the page, and without free text unless `remarks` (R24).

    Raises `PurposeMissing`, `ExportTooLarge`, `NotAllowed`.
    """
    purpose = _checked(purpose)
    page = read_ledger(session, wanted=wanted, limit=_PAGE, by=by, at=at)
    if page.total_lines > LEDGER_LIMIT:
        raise ExportTooLarge(rows=page.total_lines, limit=LEDGER_LIMIT)
    lines = list(page.lines)
    while page.next is not None:
        page = read_ledger(session, wanted=wanted, after=page.next, limit=_PAGE, by=by, at=at)
        lines += page.lines
    _record(session, purpose, {"tables": ["ledger"], "rows": len(lines), "remarks": remarks}, by=by, at=at)
    return File(
        name=f"ledger-{wanted.since:%Y%m%d}-{wanted.until:%Y%m%d}.xlsx",
        content=write_workbook(
            [ledger_sheet(lines, wanted, at, language, remarks=remarks)], Stamp(by.name, at, purpose), language=language
        ),
    )


def _table_sheet(table: Table, language: str) -> Sheet:
    def heading(measure: Measure) -> str:
        unit = UNIT_WORDS[measure.unit].text(language)
        return f"{measure.label.text(language)}（{unit}）" if unit else measure.label.text(language)

    lines = [*table.lines, table.total]
    rates = [
        f"{rate.label.text(language)}: {rate.percent.text('percent') or '—'}% = "
        f"{rate.numerator.text()}（{rate.numerator_label.text(language)}） / "
        f"{rate.denominator.text()}（{rate.denominator_label.text(language)}）"
        for rate in table.indicators
    ]
    return Sheet(
        title=table.title.text(language),
        above=[
            in_language(language, f"期间：{table.since} 至 {table.until}", f"Period: {table.since} to {table.until}"),
            cut_off(table.cut_off, language),
        ],
        columns=[
            Column(table.rows_label.text(language)),
            *(Column(heading(measure), DECIMALS.get(measure.unit, 0)) for measure in table.measures),
        ],
        rows=[_row(line, table.measures, language) for line in lines],
        below=[*rates, *(note.text(language) for note in table.notes)],
        bold=frozenset({len(lines) - 1}),
    )


def _row(line: Line, measures: Sequence[Measure], language: str) -> list[Value]:
    return [line.label.text(language), *(_value(line.figures[measure.key]) for measure in measures)]


def _value(figure: Figure) -> Value:
    return figure.value if figure.state == "shown" else figure.text()


def _checked(purpose: str) -> str:
    purpose = " ".join(purpose.split())
    if not 2 <= len(purpose) <= MAX_PURPOSE_OF_EXPORT:
        raise PurposeMissing(field="purpose")
    return purpose


def _record(session: Transaction, purpose: str, details: dict[str, object], *, by: Actor, at: datetime) -> None:
    record_audit_entry(
        session, "export.table", by=by, at=at, about=AuditSubject("table"), reason=purpose, details=details
    )
