"""The files that may leave the hub: tables of the return, and the masked ledger. Each is recorded (R24)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from referral_hub.actor import Actor
from referral_hub.assistance.values import LedgerLine
from referral_hub.audit.entries import record_audit_entry
from referral_hub.audit.subjects import AuditSubject
from referral_hub.calendar.clock import local_datetime
from referral_hub.codes import (
    ASSISTANCE_DECISIONS,
    ASSISTANCE_TYPES,
    EVIDENCE_LEVELS,
    FOLLOW_UP_ANSWERS,
    HARDSHIPS,
    PAY_WAYS,
    UNITS,
)
from referral_hub.exporting.errors import ExportTooLarge, PurposeMissing
from referral_hub.exporting.sheet import Column, Sheet, Stamp, Value, write_workbook
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
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
    session: Transaction, wanted: LedgerFilter, *, purpose: str, language: str, by: Actor, at: datetime
) -> File:
    """The acting organisation's own ledger, masked as on the page and without any free text.

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
    _record(session, purpose, {"tables": ["ledger"], "rows": len(lines)}, by=by, at=at)
    return File(
        name=f"ledger-{wanted.since:%Y%m%d}-{wanted.until:%Y%m%d}.xlsx",
        content=write_workbook(
            [_ledger_sheet(lines, wanted, at, language)], Stamp(by.name, at, purpose), language=language
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
            _said(language, f"期间：{table.since} 至 {table.until}", f"Period: {table.since} to {table.until}"),
            _cut_off(table.cut_off, language),
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


_LEDGER_COLUMNS: tuple[tuple[str, str, int], ...] = (
    ("序号", "No.", 0), ("受理日期", "Applied", 0), ("申请人", "Applicant", 0), ("户号", "Household", 0),
    ("家庭人口", "Household size", 0), ("地区代码", "Area", 0), ("联系电话", "Phone", 0), ("来源", "Source", 0),
    ("救助类型", "Type", 0), ("困难原因", "Hardship", 0), ("审批结果", "Decision", 0), ("审批日期", "Decided", 0),
    ("数量", "Quantity", 2), ("单位", "Unit", 0), ("金额（元）", "Amount (yuan)", 2), ("资金", "Fund", 0),
    ("急难先行", "Urgent", 0), ("发放日期", "Paid", 0), ("发放方式", "Way of payment", 0), ("凭证号", "Voucher", 0),
    ("回访日期", "Followed up", 0), ("回访结果", "Answer", 0), ("依据", "Evidence", 0), ("经办人", "Entered by", 0),
)  # fmt: skip
_SOURCES = {
    "referral": Label(zh="转介", en="Referral"),
    "application": Label(zh="主动申请", en="Application"),
    "found": Label(zh="主动发现", en="Found"),
}


def _ledger_sheet(lines: Sequence[LedgerLine], wanted: LedgerFilter, at: datetime, language: str) -> Sheet:
    return Sheet(
        title=_said(language, "救助台账", "Ledger of assistance"),
        above=[
            _said(language, f"决定日期：{wanted.since} 至 {wanted.until}", f"Decided {wanted.since} to {wanted.until}"),
            _cut_off(at, language),
        ],
        columns=[Column(_said(language, zh, en), decimals) for zh, en, decimals in _LEDGER_COLUMNS],
        rows=[
            _ledger_row(number, _as_it_stands(line) if wanted.decisions_only else line, language)
            for number, line in enumerate(lines, start=1)
        ],
        below=[
            _said(language, "姓名、电话、户号已脱敏。", "Names, telephone and household numbers are masked."),
            _said(language, "数量和金额为更正后的数额。", "Quantities and amounts are after corrections.")
            if wanted.decisions_only
            else _said(
                language,
                "“更正”行的数量和金额为与原记录的差额。",
                "A correction shows the difference it makes to the line it corrects.",
            ),
        ],
    )


def _as_it_stands(line: LedgerLine) -> LedgerLine:
    """A decision with its corrections and its payment in it, where those have no lines of their own."""
    paid = line.payment or line
    return msgspec.structs.replace(
        line,
        quantity=line.standing_quantity,
        amount_fen=line.standing_fen,
        paid_on=paid.paid_on,
        pay_way=paid.pay_way,
        voucher=paid.voucher,
    )


def _ledger_row(number: int, line: LedgerLine, language: str) -> list[Value]:
    def word(codes: Mapping[str, Label], code: str | None) -> str:
        return codes[code].text(language) if code is not None and code in codes else code or ""

    return [
        number, line.applied_on, line.applicant, line.household, line.household_size, line.area_code or "",
        line.phone, word(_SOURCES, line.source), word(ASSISTANCE_TYPES, line.type), word(HARDSHIPS, line.hardship),
        word(ASSISTANCE_DECISIONS, line.decision), line.decided_on, line.quantity, word(UNITS, line.unit),
        Decimal(line.amount_fen) / 100, line.fund or "", _said(language, "是", "yes") if line.urgent else "",
        line.paid_on, word(PAY_WAYS, line.pay_way), line.voucher or "", line.follow_up_on,
        word(FOLLOW_UP_ANSWERS, line.follow_up_answer), word(EVIDENCE_LEVELS, line.evidence), line.entered_by or "",
    ]  # fmt: skip


def _cut_off(at: datetime, language: str) -> str:
    when = f"{local_datetime(at):%Y-%m-%d %H:%M}"
    return _said(language, f"截止时间：{when}", f"Cut-off: {when}")


def _said(language: str, zh: str, en: str) -> str:
    return en if language == "en" else zh


def _checked(purpose: str) -> str:
    purpose = " ".join(purpose.split())
    if not 2 <= len(purpose) <= MAX_PURPOSE_OF_EXPORT:
        raise PurposeMissing(field="purpose")
    return purpose


def _record(session: Transaction, purpose: str, details: dict[str, object], *, by: Actor, at: datetime) -> None:
    record_audit_entry(
        session, "export.table", by=by, at=at, about=AuditSubject("table"), reason=purpose, details=details
    )
