"""What each stage form leads to: who may be paid what, from which fund, and never twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from hub_living import funds
from referral_hub.api import (
    Assistance,
    Changes,
    Document,
    Entry,
    Label,
    Outcome,
    Problem,
    ServiceEvent,
    Settings,
)

RECORD = "record"
_EMERGENCY = "temporary_emergency"
_COMPLETED = frozenset({"goal_met", "goal_partly_met", "referred_on", "no_longer_needed"})
_NOT_MEASURES = frozenset({"outcome", "advice"})

Record = dict[str, Any]


def apply(entry: Entry, documents: list[Document], settings: Settings) -> Changes:
    record = next((dict(document.content) for document in documents if document.name == RECORD), {})
    return _FORMS[entry.form](entry, record, settings)


def _take_up(entry: Entry, record: Record, settings: Settings) -> Changes:
    kept = _kept(
        record,
        taken_up_on=entry.on.isoformat(),
        kind=entry.values["kind"],
        missing_papers=entry.values.get("missing_papers"),
        notes=_noted(entry, record),
    )
    return Changes(stage="inquiry", events=[_time(entry, "taken_up")], documents=[kept])


def _advance(entry: Entry, record: Record, settings: Settings) -> Changes:
    """Aid first, paperwork after (急难型). Fund and double payment are checked all the same."""
    amount, paid_on = entry.values["amount"], date.fromisoformat(entry.values["paid_on"])
    limit = settings.get("advance_limit")
    problems = [
        *_fund_problems(entry, amount),
        *_double_problems(entry, record, _EMERGENCY, paid_on, paid_on),
        *_date_problems(entry, "paid_on"),
    ]
    if isinstance(limit, int) and amount > limit:
        problems.append(
            _problem(
                "amount",
                f"先行救助每次最高 {_yuan(limit)} 元，超过的请走审批。",
                f"An advance is {_yuan(limit)} yuan at most; more needs a decision.",
            )
        )
    if problems:
        return Changes(problems=problems)
    return Changes(
        stage="advanced",
        events=[_time(entry, "advance")],
        assistance=[_payment(entry, record, _EMERGENCY, amount, unit="time", quantity=1)],
        documents=[_paid(record, entry, _EMERGENCY, amount)],
    )


def _inquiry(entry: Entry, record: Record, settings: Settings) -> Changes:
    finding = entry.values["finding"]
    onward = "notice" if settings.get("notice_required") else "review"
    stage = {"proceed": onward, "supplement": "supplement", "unclear": entry.stage}[finding]
    kept = _kept(record, household_size=entry.values.get("household_size"), notes=_noted(entry, record))
    return Changes(stage=stage, events=[_time(entry, "inquiry")], documents=[kept])


def _supplied(entry: Entry, record: Record, settings: Settings) -> Changes:
    return Changes(stage=entry.values["next_step"])


def _notice(entry: Entry, record: Record, settings: Settings) -> Changes:
    if entry.values["to_day"] < entry.values["from_day"]:
        return Changes(problems=[_problem("to_day", "公示结束早于开始，请核对。", "The notice ends before it begins.")])
    return Changes(stage="inquiry" if entry.values["objection"] else "review")


def _review(entry: Entry, record: Record, settings: Settings) -> Changes:
    opinion = entry.values["opinion"]
    return Changes(stage="decision" if opinion == "submit" else opinion)


def _decide(entry: Entry, record: Record, settings: Settings) -> Changes:
    return _grant(entry, record) if entry.values["result"] == "granted" else _refuse(entry, record)


def _grant(entry: Entry, record: Record) -> Changes:
    problems = [
        _problem(key, f"批准时须填写{zh}。", f"To grant aid, fill in the {en}.")
        for key, zh, en in (("type", "救助类型", "type of aid"), ("amount", "批准总额", "amount"))
        if entry.values.get(key) is None
    ]
    if problems:
        return Changes(problems=problems)
    start = date.fromisoformat(entry.values.get("period_from", entry.on.isoformat()))
    end = date.fromisoformat(entry.values.get("period_to", start.isoformat()))
    if end < start:
        return Changes(problems=[_problem("period_to", "救助期结束早于开始。", "The period ends before it begins.")])
    amount = entry.values["amount"]
    # What was advanced is part of the sum granted: only the rest still has to come out of the fund.
    problems = [
        *_fund_problems(entry, amount - record.get("paid_fen", 0)),
        *_double_problems(entry, record, entry.values["type"], start, end),
    ]
    if problems:
        return Changes(problems=problems)
    grant = {
        "type": entry.values["type"],
        "amount_fen": amount,
        "period_start": start.isoformat(),
        "period_end": end.isoformat(),
    }
    return Changes(stage="payment", documents=[_kept(record, decision="granted", grant=grant)])


def _refuse(entry: Entry, record: Record) -> Changes:
    """A refusal carries its reason, and the person was told in writing how to appeal (暂行办法 art. 11)."""
    problems = []
    if entry.values.get("refusal") is None:
        problems.append(_problem("refusal", "不予救助须选择原因。", "A refusal needs its reason."))
    if not entry.values.get("told_appeal"):
        problems.append(
            _problem(
                "told_appeal",
                "请先书面告知理由和申诉办法，再登记不予救助。",
                "Tell the person in writing why and how to appeal before recording the refusal.",
            )
        )
    if problems:
        return Changes(problems=problems)
    kept = _kept(record, decision="refused", refusal_reason=entry.values["refusal"], appeal_told=True)
    return Changes(stage="refused", documents=[kept])


def _pay(entry: Entry, record: Record, settings: Settings) -> Changes:
    amount, grant = entry.values["amount"], record["grant"]
    left = grant["amount_fen"] - record.get("paid_fen", 0)
    problems = _date_problems(entry, "paid_on")
    if amount > left:
        problems.append(
            _problem(
                "amount", f"批准总额只剩 {_yuan(left)} 元未发。", f"Only {_yuan(left)} yuan of the grant are left."
            )
        )
    goods = entry.values["pay_way"] == "goods"
    unit = entry.values.get("goods_unit", "") if goods else "time"
    quantity = entry.values.get("goods_quantity", 0) if goods else 1
    if not unit or not quantity:
        problems.append(_problem("goods_unit", "实物请填写单位和数量。", "For goods, give unit and quantity."))
    if problems:
        return Changes(problems=problems)
    return Changes(
        stage="revisit" if entry.values["last"] else "payment",
        events=[_time(entry, "payment")],
        assistance=[_payment(entry, record, grant["type"], amount, unit=unit, quantity=quantity)],
        documents=[_paid(record, entry, grant["type"], amount)],
    )


def _revisit(entry: Entry, record: Record, settings: Settings) -> Changes:
    hardship = entry.values["hardship"]
    visits = {**record.get("hardship", {}), entry.values["months"]: hardship}
    return Changes(
        events=[_time(entry, "revisit")],
        flags=["in_need_still"] if hardship == "yes" else [],
        documents=[_kept(record, hardship=visits, notes=_noted(entry, record))],
    )


def _reconsider(entry: Entry, record: Record, settings: Settings) -> Changes:
    return Changes(stage="review", documents=[_kept(record, reconsidered=entry.values["why"])])


def _close(entry: Entry, record: Record, settings: Settings) -> Changes:
    """What the record knows need not be typed twice (R29)."""
    known: Record = {
        "decision": record.get("decision", "none"),
        "refusal_reason": record.get("refusal_reason"),
        "appeal_told": record.get("appeal_told"),
        "granted_amount": record.get("grant", {}).get("amount_fen"),
        "paid_amount": record.get("paid_fen"),
        "days_to_money": _days_to_money(record),
        **{f"hardship_{months}": answer for months, answer in record.get("hardship", {}).items()},
    }
    typed = {key: value for key, value in entry.values.items() if key not in _NOT_MEASURES}
    code = entry.values["outcome"]
    told = code in _COMPLETED or known["decision"] == "refused"
    return Changes(
        stage="done" if told else "ended",
        outcome=Outcome(
            code=code,
            measures={key: value for key, value in {**known, **typed}.items() if value is not None},
        ),
    )


_FORMS: dict[str, Callable[[Entry, Record, Settings], Changes]] = {
    "take_up": _take_up,
    "advance": _advance,
    "inquiry": _inquiry,
    "supplied": _supplied,
    "notice": _notice,
    "review": _review,
    "decide": _decide,
    "pay": _pay,
    "revisit": _revisit,
    "reconsider": _reconsider,
    "close": _close,
}


def _fund_problems(entry: Entry, amount: int) -> list[Problem]:
    available = funds.available_fen(entry.referral.offering)
    if available is None or amount <= available:
        return []
    return [
        _problem(
            "amount",
            f"资金余额不足，目前可用 {_yuan(available)} 元。",
            f"The fund does not hold that much; {_yuan(available)} yuan are available.",
        )
    ]


def _double_problems(entry: Entry, record: Record, aid_type: str, start: date, end: date) -> list[Problem]:
    """Aid of one kind in one period is paid once; a reason put in writing lets an office go on."""
    own = record.get("payments", [])
    given = funds.same_aid_given(entry.referral.offering, aid_type, start, end, own=own)
    if entry.values.get("double_reason") or not given:
        return []
    return [
        _problem(
            "double_reason",
            "同一人或同一户同期已有同类救助，请核实；确需再次救助的请写明理由。",
            "The same person or household has aid of this kind in the period. Check, or say why again.",
        )
    ]


def _date_problems(entry: Entry, key: str) -> list[Problem]:
    if date.fromisoformat(entry.values[key]) <= entry.on:
        return []
    return [_problem(key, "发放日期不能晚于填表日期。", "A payment cannot be dated after the form.")]


def _payment(entry: Entry, record: Record, aid_type: str, amount: int, *, unit: str, quantity: int) -> Assistance:
    grant = record.get("grant", {})
    start, end = grant.get("period_start"), grant.get("period_end")
    return Assistance(
        type=aid_type,
        quantity=Decimal(quantity),
        unit=unit,
        amount_fen=amount,
        fund=entry.referral.offering.settings.get("fund"),
        paid_on=date.fromisoformat(entry.values["paid_on"]),
        voucher=entry.values.get("voucher"),
        period_start=date.fromisoformat(start) if start else None,
        period_end=date.fromisoformat(end) if end else None,
    )


def _paid(record: Record, entry: Entry, aid_type: str, amount: int) -> Document:
    payment = {"on": entry.values["paid_on"], "type": aid_type, "amount_fen": amount}
    return _kept(
        record,
        paid_fen=record.get("paid_fen", 0) + amount,
        payments=[*record.get("payments", []), payment],
    )


def _days_to_money(record: Record) -> int | None:
    taken_up = record.get("taken_up_on")
    paid = min((payment["on"] for payment in record.get("payments", [])), default=None)
    if not taken_up or not paid:
        return None
    return max((date.fromisoformat(paid) - date.fromisoformat(taken_up)).days, 0)


def _time(entry: Entry, kind: str) -> ServiceEvent:
    return ServiceEvent(on=entry.on, unit="time", kind=kind)


def _noted(entry: Entry, record: Record) -> list[dict[str, str]]:
    notes: list[dict[str, str]] = record.get("notes", [])
    text = entry.values.get("notes")
    return [*notes, {"on": entry.on.isoformat(), "text": text}] if text else notes


def _kept(record: Record, **changes: object) -> Document:
    return Document(name=RECORD, content={**record, **changes})


def _problem(field: str, zh: str, en: str) -> Problem:
    return Problem(field=field, message=Label(zh=zh, en=en))


def _yuan(fen: int) -> str:
    return f"{Decimal(fen) / 100:,.2f}"
