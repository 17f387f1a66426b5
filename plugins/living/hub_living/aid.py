"""Aid worked out of what was typed: payments, what came before a decision, and what stands against it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hub_living import funds
from referral_hub.api import Assistance, Document, Entry, Label, Problem

RECORD = "record"
Record = dict[str, Any]


def fund_problems(entry: Entry, amount: int) -> list[Problem]:
    available = funds.available_fen(entry.referral.offering)
    if available is None or amount <= available:
        return []
    return [
        problem(
            "amount",
            f"资金余额不足，目前可用 {yuan(available)} 元。",
            f"The fund's balance is not sufficient; {yuan(available)} yuan are available.",
        )
    ]


def double_problems(entry: Entry, record: Record, aid_type: str, start: date, end: date) -> list[Problem]:
    """Aid of one kind in one period is paid once; a reason put in writing lets an office go on."""
    own = record.get("payments", [])
    given = funds.same_aid_given(entry.referral.offering, aid_type, start, end, own=own)
    if entry.values.get("double_reason") or not given:
        return []
    return [
        problem(
            "double_reason",
            "同一人或同一户同期已有同类救助，请核实；确需再次救助的请写明理由。",
            "The same person or household already receives assistance of this kind in the period. Please verify; "
            "if more is needed, state why.",
        )
    ]


def date_problems(entry: Entry, key: str) -> list[Problem]:
    if date.fromisoformat(entry.values[key]) <= entry.on:
        return []
    return [problem(key, "发放日期不能晚于填表日期。", "The payment date cannot be later than the date of the form.")]


def payment_of(entry: Entry, record: Record, aid_type: str, amount: int, *, unit: str, quantity: int) -> Assistance:
    grant = record.get("grant", {})
    start, end = grant.get("period_start"), grant.get("period_end")
    return Assistance(
        type=aid_type,
        quantity=Decimal(quantity),
        unit=unit,
        amount_fen=amount,
        fund=fund_of(entry),
        pay_way=entry.values["pay_way"],
        last=bool(entry.values.get("last")),
        paid_on=date.fromisoformat(entry.values["paid_on"]),
        voucher=entry.values.get("voucher"),
        period_start=date.fromisoformat(start) if start else None,
        period_end=date.fromisoformat(end) if end else None,
    )


def procedure(entry: Entry, record: Record) -> dict[str, Any]:
    """What came before the decision, for the ledger."""
    return {
        "on": entry.on,
        "household_size": record.get("household_size"),
        "investigator": record.get("investigator"),
        **{
            key: date.fromisoformat(record[key])
            for key in ("investigated_on", "notice_from", "notice_to")
            if record.get(key)
        },
    }


def fund_of(entry: Entry) -> str | None:
    source: str | None = entry.referral.offering.settings.get("fund")
    return source


def with_payment(record: Record, entry: Entry, aid_type: str, amount: int) -> Document:
    payment = {"on": entry.values["paid_on"], "type": aid_type, "amount_fen": amount}
    return kept(
        record,
        paid_fen=record.get("paid_fen", 0) + amount,
        payments=[*record.get("payments", []), payment],
    )


def problem(field: str, zh: str, en: str) -> Problem:
    return Problem(field=field, message=Label(zh=zh, en=en))


def yuan(fen: int) -> str:
    return f"{Decimal(fen) / 100:,.2f}"


def kept(record: Record, **changes: object) -> Document:
    return Document(name=RECORD, content={**record, **changes})
