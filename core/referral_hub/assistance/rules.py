"""What a ledger line must be, and how its names are masked."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from referral_hub.assistance.errors import EntryUnusable
from referral_hub.assistance.values import Applicant, Application, Decision
from referral_hub.calendar.periods import check_day
from referral_hub.codes import ASSISTANCE_TYPES, EVIDENCE_LEVELS, HARDSHIPS, PAY_WAYS, REFUSAL_REASONS, UNITS
from referral_hub.codes.states import AID_DECIDED
from referral_hub.i18n import Label
from referral_hub.text import mask_number

SOURCES = ("referral", "application", "found")
MAX_HOUSEHOLD = 30
_MAX_DAYS_BACK = 3660
"""An entry is about the last ten years; narrower than the days of a life, which other forms ask for."""


def check_application(application: Application, today: date) -> None:
    """Raise `EntryUnusable` naming the field that is wrong."""
    _check_choices(
        type=(application.type, ASSISTANCE_TYPES),
        source=(application.source, SOURCES),
        hardship=(application.hardship, HARDSHIPS),
        evidence=(application.evidence, EVIDENCE_LEVELS),
    )
    if application.applied_on is not None:
        _check_day(
            "applied_on",
            application.applied_on,
            today,
            "受理日期不能晚于今天。",
            "The application date cannot be later than today.",
        )
    _check_household(application.household_size)


def check_decision(decision: Decision, applied_on: date, today: date) -> None:
    """Raise `EntryUnusable` naming the field that is wrong."""
    _check_choices(
        result=(decision.result, AID_DECIDED),
        type=(decision.type, ASSISTANCE_TYPES),
        unit=(decision.unit, UNITS),
        hardship=(decision.hardship, HARDSHIPS),
        pay_way=(decision.pay_way, PAY_WAYS),
        evidence=(decision.evidence, EVIDENCE_LEVELS),
        reason=(decision.reason, REFUSAL_REASONS),
    )
    _check_household(decision.household_size)
    if decision.amount_fen < 0 or decision.quantity < 0 or (decision.unit != "yuan" and decision.quantity == 0):
        raise _unusable(
            "amount_fen",
            "金额不能小于零，数量须大于零。",
            "The amount cannot be negative, and the quantity must be greater than zero.",
        )
    if decision.result != "granted" and decision.amount_fen:
        raise _unusable("amount_fen", "没有批准的决定不能有金额。", "Only a grant has an amount.")
    if decision.result == "refused" and decision.reason is None:
        raise _unusable("reason", "不予救助须选择原因。", "Choose the reason for the refusal.")
    decided_on = decision.decided_on or today
    _check_day(
        "decided_on", decided_on, today, "决定日期不能晚于今天。", "The decision date cannot be later than today."
    )
    if applied_on > decided_on:
        raise _unusable(
            "decided_on", "决定日期不能早于受理日期。", "The decision date cannot be earlier than the application date."
        )
    if decision.investigated_on is not None:
        _check_day(
            "investigated_on", decision.investigated_on, decided_on, "调查日期不能晚于决定日期。",
            "The inquiry date cannot be later than the decision date.",
        )  # fmt: skip
    _check_order(
        "notice_to",
        decision.notice_from,
        decision.notice_to,
        today,
        "公示结束早于开始，请核对。",
        "The public notice ends before it begins; please check the dates.",
    )
    _check_order(
        "period_end",
        decision.period_start,
        decision.period_end,
        today,
        "救助期间的起止日期不对。",
        "The start and end dates of the assistance period are not valid.",
    )


def check_payment(
    amount_fen: int, unit: str, quantity: Decimal, pay_way: str | None, paid_on: date, *, decided_on: date, today: date
) -> None:
    """Raise `EntryUnusable` naming the field that is wrong."""
    _check_choices(unit=(unit, UNITS), pay_way=(pay_way, PAY_WAYS))
    if amount_fen < 0 or (unit == "yuan" and amount_fen == 0) or (unit != "yuan" and quantity <= 0):
        raise _unusable(
            "amount_fen", "发放金额和数量须大于零。", "Amount and quantity of a payment must be greater than zero."
        )
    check_paid_on(paid_on, today)
    if paid_on < decided_on:
        raise _unusable(
            "paid_on", "发放日期不能早于批准日期。", "The payment date cannot be earlier than the date of the grant."
        )


def check_paid_on(paid_on: date, today: date) -> None:
    """Raise `EntryUnusable` for a payment that is not made yet."""
    _check_day("paid_on", paid_on, today, "发放日期不能晚于今天。", "The payment date cannot be later than today.")


def _check_choices(**choices: tuple[str | None, Collection[str]]) -> None:
    for field, (value, codes) in choices.items():
        if value is not None and value not in codes:
            raise _unusable(field, f"「{value}」不是可用的选项。", f"“{value}” is not one of the choices.")


def _check_day(field: str, day: date, latest: date, zh: str, en: str) -> None:
    if day > latest:
        raise _unusable(field, zh, en)
    check_day(day, field, today=latest)
    if (latest - day).days > _MAX_DAYS_BACK:
        raise _unusable(field, "日期太早，请核对年份。", "The date is too long ago; please check the year.")


def _check_order(field: str, first: date | None, last: date | None, today: date, zh: str, en: str) -> None:
    for day in (first, last):
        if day is not None:
            check_day(day, field, today=today)
    if last is not None and (first is None or first > last):
        raise _unusable(field, zh, en)


def _check_household(size: int | None) -> None:
    if size is not None and not 1 <= size <= MAX_HOUSEHOLD:
        raise _unusable(
            "household_size",
            f"家庭人口应在 1 至 {MAX_HOUSEHOLD} 之间。",
            f"Household size must be 1 to {MAX_HOUSEHOLD}.",
        )


def quantity_of(unit: str, quantity: Decimal, amount_fen: int) -> Decimal:
    """The quantity a line carries. Counted in yuan it is the amount itself, so that the two cannot disagree (R36)."""
    return Decimal(amount_fen) / 100 if unit == "yuan" else quantity


def yuan(fen: int) -> str:
    """`123456` → `1,234.56`."""
    return f"{Decimal(fen) / 100:,.2f}"


def masked(applicant: Applicant) -> Applicant:
    """As a list shows it: the surname's first character, the ends of the numbers (R23)."""
    return Applicant(
        name=applicant.name[:1] + "*" * max(1, len(applicant.name) - 1) if applicant.name else "",
        phone=mask_number(applicant.phone) if applicant.phone else "",
        household_number=mask_number(applicant.household_number) if applicant.household_number else "",
    )


def _unusable(field: str, zh: str, en: str) -> EntryUnusable:
    return EntryUnusable(field=field, message=Label(zh=zh, en=en))
