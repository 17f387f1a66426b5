"""The ledger of assistance as a sheet, with the columns a civil-affairs office keeps (domain words: 台账)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from referral_hub.assistance.values import LedgerLine
from referral_hub.calendar.clock import local_datetime
from referral_hub.codes import (
    ASSISTANCE_DECISIONS,
    ASSISTANCE_TYPES,
    EVIDENCE_LEVELS,
    FOLLOW_UP_ANSWERS,
    HARDSHIPS,
    PAY_WAYS,
    REFUSAL_REASONS,
    UNITS,
)
from referral_hub.exporting.sheet import Column, Sheet, Value
from referral_hub.i18n import Label
from referral_hub.views.civil.ledger import LedgerFilter

COLUMNS: tuple[tuple[str, str, int], ...] = (
    ("序号", "No.", 0), ("受理日期", "Applied", 0), ("申请人", "Applicant", 0), ("户号", "Household", 0),
    ("家庭人口", "Household size", 0), ("地区代码", "Area", 0), ("联系电话", "Phone", 0), ("来源", "Source", 0),
    ("救助类型", "Type", 0), ("困难原因", "Hardship", 0), ("申请事项", "Applied for", 0), ("调查人", "Inquiry by", 0),
    ("调查日期", "Inquiry on", 0), ("公示开始", "Notice from", 0), ("公示结束", "Notice to", 0),
    ("审批单位", "Decided by", 0), ("审批结果", "Decision", 0), ("审批日期", "Decided", 0),
    ("不予原因", "Reason for refusal", 0), ("数量", "Quantity", 2), ("单位", "Unit", 0),
    ("金额或折价（元）", "Amount or value (yuan)", 2), ("已发（元）", "Paid (yuan)", 2), ("资金", "Fund", 0),
    ("急难先行", "Emergency advance", 0), ("发放日期", "Paid on", 0), ("发放方式", "Payment method", 0),
    ("凭证号", "Voucher", 0), ("回访日期", "Followed up", 0), ("回访结果", "Answer", 0), ("依据", "Evidence", 0),
    ("经办人", "Entered by", 0),
)  # fmt: skip
REMARKS = ("备注", "Remarks", 0)
SOURCES = {
    "referral": Label(zh="转介", en="Referral"),
    "application": Label(zh="主动申请", en="Application"),
    "found": Label(zh="主动发现", en="Identified by staff"),
}


def ledger_sheet(
    lines: Sequence[LedgerLine], wanted: LedgerFilter, at: datetime, language: str, *, remarks: bool
) -> Sheet:
    """Masked as on the page. A decision stands with its corrections and payments in it; remarks only if asked (R24)."""
    period = (wanted.since, wanted.until)
    return Sheet(
        title=in_language(language, "救助台账", "Assistance ledger"),
        above=[
            in_language(language, f"日期：{period[0]} 至 {period[1]}", f"Dates: {period[0]} to {period[1]}"),
            cut_off(at, language),
        ],
        columns=[Column(in_language(language, zh, en), decimals) for zh, en, decimals in _columns(remarks)],
        rows=[
            [*_row(number, line, language), *([line.note] if remarks else [])]
            for number, line in enumerate(lines, start=1)
        ],
        below=[
            in_language(language, "姓名、电话、户号已脱敏。", "Names, telephone and household numbers are masked."),
            in_language(
                language,
                "审批记录的数量和金额为更正后的数额；“更正”行为差额。",
                "Quantities and amounts of decisions are after corrections; correction lines show the difference.",
            ),
        ],
    )


def _columns(remarks: bool) -> Sequence[tuple[str, str, int]]:
    return (*COLUMNS, REMARKS) if remarks else COLUMNS


def _row(number: int, line: LedgerLine, language: str) -> list[Value]:
    def word(codes: Mapping[str, Label], code: str | None) -> str:
        return codes[code].text(language) if code is not None and code in codes else code or ""

    paid = line.payments[-1] if line.payments else None
    return [
        number, line.applied_on, line.applicant, line.household, line.household_size, line.area_code or "", line.phone,
        word(SOURCES, line.source), word(ASSISTANCE_TYPES, line.type), word(HARDSHIPS, line.hardship),
        word(ASSISTANCE_TYPES, line.applied_for), line.investigator or "", line.investigated_on, line.notice_from,
        line.notice_to, line.decided_by, word(ASSISTANCE_DECISIONS, line.kind), line.decided_on,
        word(REFUSAL_REASONS, line.reason), line.standing_quantity, word(UNITS, line.unit),
        Decimal(line.standing_fen) / 100, Decimal(line.paid_fen) / 100, line.fund or "",
        in_language(language, "是", "yes") if line.advance else "", _paid_on(line),
        word(PAY_WAYS, paid.pay_way if paid else line.pay_way), (paid.voucher if paid else line.voucher) or "",
        line.follow_up_on, word(FOLLOW_UP_ANSWERS, line.follow_up_answer), word(EVIDENCE_LEVELS, line.evidence),
        line.entered_by or "",
    ]  # fmt: skip


def _paid_on(line: LedgerLine) -> date | None:
    if line.kind == "payment":
        return line.happened_on
    return line.payments[-1].on if line.payments else None


def cut_off(at: datetime, language: str) -> str:
    when = f"{local_datetime(at):%Y-%m-%d %H:%M}"
    return in_language(language, f"截止时间：{when}", f"Cut-off: {when}")


def in_language(language: str, zh: str, en: str) -> str:
    return en if language == "en" else zh
