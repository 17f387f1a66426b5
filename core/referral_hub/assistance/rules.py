"""What a ledger line must be, and how its names are masked."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from referral_hub import api
from referral_hub.assistance.errors import EntryUnusable
from referral_hub.assistance.values import Applicant, Decision
from referral_hub.calendar.periods import check_day
from referral_hub.codes import ASSISTANCE_TYPES, EVIDENCE_LEVELS, HARDSHIPS, PAY_WAYS, UNITS
from referral_hub.i18n import Label
from referral_hub.text import mask_number

SOURCES = ("referral", "application", "found")


def check_entry(assistance: api.Assistance, decision: Decision, today: date) -> None:
    """Raise `EntryUnusable` naming the field that is wrong."""
    choices = {
        "type": (assistance.type, ASSISTANCE_TYPES),
        "unit": (assistance.unit, UNITS),
        "source": (decision.source, SOURCES),
        "hardship": (decision.hardship, HARDSHIPS),
        "pay_way": (decision.pay_way, PAY_WAYS),
        "evidence": (decision.evidence, EVIDENCE_LEVELS),
    }
    for field, (value, codes) in choices.items():
        if value is not None and value not in codes:
            raise _unusable(field, f"「{value}」不是可用的选项。", f"“{value}” is not one of the choices.")
    if assistance.amount_fen < 0 or assistance.quantity <= 0:
        raise _unusable(
            "amount_fen", "金额不能小于零，数量须大于零。", "The amount cannot be below zero, nor the quantity zero."
        )
    if not decision.granted and assistance.amount_fen:
        raise _unusable("amount_fen", "不予救助的记录不能有金额。", "A refusal carries no amount.")
    _check_days(assistance, decision, today=today)
    if assistance.paid_on is not None and assistance.paid_on > today:
        raise _unusable("paid_on", "发放日期不能晚于今天。", "The day of payment cannot be after today.")
    decided_on = decision.decided_on or today
    if decided_on > today:
        raise _unusable("decided_on", "决定日期不能晚于今天。", "The day of the decision cannot be after today.")
    if decision.applied_on is not None and decision.applied_on > decided_on:
        raise _unusable(
            "applied_on", "受理日期不能晚于决定日期。", "The application cannot be later than the decision."
        )
    if assistance.period_end is not None and (
        assistance.period_start is None or assistance.period_start > assistance.period_end
    ):
        raise _unusable("period_start", "救助期间的起止日期不对。", "The period's first and last day do not fit.")


def _check_days(assistance: api.Assistance, decision: Decision, *, today: date) -> None:
    days = {
        "paid_on": assistance.paid_on,
        "decided_on": decision.decided_on,
        "applied_on": decision.applied_on,
        "period_start": assistance.period_start,
        "period_end": assistance.period_end,
    }
    for field, day in days.items():
        if day is not None:
            check_day(day, field, today=today)


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
