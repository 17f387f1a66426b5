"""What each stage form leads to: who may be paid what, from which fund, and never twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from hub_living.aid import (
    RECORD,
    Record,
    date_problems,
    double_problems,
    fund_of,
    fund_problems,
    kept,
    payment_of,
    problem,
    procedure,
    with_payment,
    yuan,
)
from referral_hub.api import (
    AidApplication,
    AidDecision,
    Changes,
    Document,
    Entry,
    Outcome,
    ServiceEvent,
    Settings,
)

_EMERGENCY = "temporary_emergency"
_COMPLETED = frozenset({"goal_met", "goal_partly_met", "referred_on", "no_longer_needed"})
_NOT_MEASURES = frozenset({"outcome", "advice"})


def apply(entry: Entry, documents: list[Document], settings: Settings) -> Changes:
    record = next((dict(document.content) for document in documents if document.name == RECORD), {})
    return _FORMS[entry.form](entry, record, settings)


def _take_up(entry: Entry, record: Record, settings: Settings) -> Changes:
    record_kept = kept(
        record,
        taken_up_on=entry.on.isoformat(),
        kind=entry.values["kind"],
        missing_papers=entry.values.get("missing_papers"),
        notes=_noted(entry, record),
    )
    hardships = entry.referral.fields.get("hardship") or []
    application = AidApplication(
        type=entry.referral.fields.get("aid_wanted", "other"),
        on=entry.on,
        hardship=hardships[0] if hardships else None,
    )
    return Changes(stage="inquiry", events=[_time(entry, "taken_up")], application=application, documents=[record_kept])


def _advance(entry: Entry, record: Record, settings: Settings) -> Changes:
    """Aid first, paperwork after (急难型). Fund and double payment are checked all the same."""
    amount, paid_on = entry.values["amount"], date.fromisoformat(entry.values["paid_on"])
    limit = settings.get("advance_limit")
    problems = [
        *fund_problems(entry, amount),
        *double_problems(entry, record, _EMERGENCY, paid_on, paid_on),
        *date_problems(entry, "paid_on"),
    ]
    if isinstance(limit, int) and amount > limit:
        problems.append(
            problem(
                "amount",
                f"先行救助每次最高 {yuan(limit)} 元，超过的请走审批。",
                f"An emergency advance is limited to {yuan(limit)} yuan; a larger amount needs a decision.",
            )
        )
    if problems:
        return Changes(problems=problems)
    return Changes(
        stage="advanced",
        events=[_time(entry, "advance")],
        decisions=[
            AidDecision(
                result="granted",
                type=_EMERGENCY,
                amount_fen=amount,
                fund=fund_of(entry),
                on=paid_on,
                advance=True,
                household_size=record.get("household_size"),
                overlap_reason=entry.values.get("double_reason"),
            )
        ],
        assistance=[payment_of(entry, record, _EMERGENCY, amount, unit="time", quantity=1)],
        documents=[with_payment(record, entry, _EMERGENCY, amount)],
    )


def _inquiry(entry: Entry, record: Record, settings: Settings) -> Changes:
    finding = entry.values["finding"]
    onward = "notice" if settings.get("notice_required") else "review"
    stage = {"proceed": onward, "supplement": "supplement", "unclear": entry.stage}[finding]
    record_kept = kept(
        record,
        household_size=entry.values.get("household_size"),
        investigated_on=entry.on.isoformat(),
        investigator=entry.values.get("investigator"),
        notes=_noted(entry, record),
    )
    return Changes(stage=stage, events=[_time(entry, "inquiry")], documents=[record_kept])


def _supplied(entry: Entry, record: Record, settings: Settings) -> Changes:
    return Changes(stage=entry.values["next_step"])


def _notice(entry: Entry, record: Record, settings: Settings) -> Changes:
    if entry.values["to_day"] < entry.values["from_day"]:
        return Changes(
            problems=[
                problem(
                    "to_day",
                    "公示结束早于开始，请核对。",
                    "The public notice ends before it begins; please check the dates.",
                )
            ]
        )
    record_kept = kept(record, notice_from=entry.values["from_day"], notice_to=entry.values["to_day"])
    return Changes(stage="inquiry" if entry.values["objection"] else "review", documents=[record_kept])


def _review(entry: Entry, record: Record, settings: Settings) -> Changes:
    opinion = entry.values["opinion"]
    return Changes(stage="decision" if opinion == "submit" else opinion)


def _decide(entry: Entry, record: Record, settings: Settings) -> Changes:
    return _grant(entry, record) if entry.values["result"] == "granted" else _refuse(entry, record)


def _grant(entry: Entry, record: Record) -> Changes:
    problems = [
        problem(key, f"批准时须填写{zh}。", f"To grant aid, fill in the {en}.")
        for key, zh, en in (("type", "救助类型", "type of aid"), ("amount", "批准总额", "amount"))
        if entry.values.get(key) is None
    ]
    if problems:
        return Changes(problems=problems)
    start = date.fromisoformat(entry.values.get("period_from", entry.on.isoformat()))
    end = date.fromisoformat(entry.values.get("period_to", start.isoformat()))
    if end < start:
        return Changes(
            problems=[problem("period_to", "救助期结束早于开始。", "The assistance period ends before it begins.")]
        )
    amount = entry.values["amount"]
    # What was advanced is part of the sum granted and was taken from the fund then.
    rest = max(amount - record.get("paid_fen", 0), 0)
    problems = [
        *fund_problems(entry, rest),
        *double_problems(entry, record, entry.values["type"], start, end),
    ]
    if problems:
        return Changes(problems=problems)
    grant = {
        "type": entry.values["type"],
        "amount_fen": amount,
        "period_start": start.isoformat(),
        "period_end": end.isoformat(),
    }
    decision = AidDecision(
        result="granted",
        type=entry.values["type"],
        amount_fen=rest,
        fund=fund_of(entry),
        period_start=start,
        period_end=end,
        overlap_reason=entry.values.get("double_reason"),
        **procedure(entry, record),
    )
    return Changes(stage="payment", decisions=[decision], documents=[kept(record, decision="granted", grant=grant)])


def _refuse(entry: Entry, record: Record) -> Changes:
    """A refusal carries its reason, and the applicant was informed in writing how to appeal (暂行办法 art. 11)."""
    problems = []
    if entry.values.get("refusal") is None:
        problems.append(problem("refusal", "不予救助须选择原因。", "Choose the reason for the refusal."))
    if not entry.values.get("told_appeal"):
        problems.append(
            problem(
                "told_appeal",
                "请先书面告知理由和申诉办法，再登记不予救助。",
                "Inform the applicant in writing of the reason and how to appeal before recording the refusal.",
            )
        )
    if problems:
        return Changes(problems=problems)
    record_kept = kept(record, decision="refused", refusal_reason=entry.values["refusal"], appeal_told=True)
    decision = AidDecision(
        result="refused",
        type=entry.values.get("type") or entry.referral.fields.get("aid_wanted", "other"),
        reason=entry.values["refusal"],
        **procedure(entry, record),
    )
    return Changes(stage="refused", decisions=[decision], documents=[record_kept])


def _pay(entry: Entry, record: Record, settings: Settings) -> Changes:
    amount, grant = entry.values["amount"], record["grant"]
    left = grant["amount_fen"] - record.get("paid_fen", 0)
    problems = date_problems(entry, "paid_on")
    if amount > left:
        problems.append(
            problem(
                "amount", f"批准总额只剩 {yuan(left)} 元未发。", f"Only {yuan(left)} yuan of the grant remain unpaid."
            )
        )
    goods = entry.values["pay_way"] == "goods"
    unit = entry.values.get("goods_unit", "") if goods else "time"
    quantity = entry.values.get("goods_quantity", 0) if goods else 1
    if not unit or not quantity:
        problems.append(problem("goods_unit", "实物请填写单位和数量。", "For goods, enter unit and quantity."))
    if problems:
        return Changes(problems=problems)
    return Changes(
        stage="revisit" if entry.values["last"] else "payment",
        events=[_time(entry, "payment")],
        assistance=[payment_of(entry, record, grant["type"], amount, unit=unit, quantity=quantity)],
        documents=[with_payment(record, entry, grant["type"], amount)],
    )


def _revisit(entry: Entry, record: Record, settings: Settings) -> Changes:
    hardship = entry.values["hardship"]
    visits = {**record.get("hardship", {}), entry.values["months"]: hardship}
    return Changes(
        events=[_time(entry, "revisit")],
        flags=["in_need_still"] if hardship == "yes" else [],
        documents=[kept(record, hardship=visits, notes=_noted(entry, record))],
    )


def _reconsider(entry: Entry, record: Record, settings: Settings) -> Changes:
    return Changes(stage="review", documents=[kept(record, reconsidered=entry.values["why"])])


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
