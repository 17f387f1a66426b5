"""What a module may propose for the ledger of assistance: codes the hub has, amounts that can be."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal

from referral_hub.api import AidApplication, AidDecision, Assistance, Changes
from referral_hub.codes import ASSISTANCE_TYPES, FUND_SOURCES, HARDSHIPS, PAY_WAYS, REFUSAL_REASONS, UNITS

_A_CODE = re.compile(r"[a-z][a-z0-9_.]{0,39}")
_MAX_ITEMS = 200
_MAX_TEXT_LENGTH = 200
_MAX_FEN = 10**10
_MAX_QUANTITY = Decimal(100_000)


def problem_of_aid(changes: Changes) -> str | None:
    """The first rule that what is proposed for the ledger breaks, for the administrator; None when it breaks none."""
    return next(_problems(changes), None)


def _problems(changes: Changes) -> Iterator[str]:
    for name, items in (("decisions", changes.decisions), ("assistance", changes.assistance)):
        if len(items) > _MAX_ITEMS:
            yield f"more than {_MAX_ITEMS} {name}"
    if changes.application is not None:
        yield from _of_application(changes.application)
    for decision in changes.decisions:
        yield from _of_decision(decision)
    for assistance in changes.assistance:
        yield from _of_assistance(assistance)


def _of_application(application: AidApplication) -> Iterator[str]:
    yield from _unknown("assistance type", application.type, ASSISTANCE_TYPES)
    yield from _unknown("hardship", application.hardship, HARDSHIPS)


def _of_decision(decision: AidDecision) -> Iterator[str]:
    yield from _shared(decision.type, decision.fund, decision.unit, decision.amount_fen)
    yield from _unknown("hardship", decision.hardship, HARDSHIPS)
    yield from _unknown("refusal reason", decision.reason, REFUSAL_REASONS)
    if not decision.quantity.is_finite() or not 0 <= decision.quantity <= _MAX_QUANTITY:
        yield "the quantity of a decision is below zero, or too large"
    for text in (decision.investigator, decision.overlap_reason):
        if text is not None and len(text) > _MAX_TEXT_LENGTH:
            yield "a text of a decision is too long"
    if decision.result != "granted" and decision.amount_fen:
        yield "only a grant carries an amount"
    if decision.result == "refused" and decision.reason is None:
        yield "a refusal has a reason"
    yield from _order(decision.period_start, decision.period_end)


def _of_assistance(assistance: Assistance) -> Iterator[str]:
    yield from _shared(assistance.type, assistance.fund, assistance.unit, assistance.amount_fen)
    yield from _unknown("way of payment", assistance.pay_way, PAY_WAYS)
    if not assistance.quantity.is_finite() or not 0 < assistance.quantity <= _MAX_QUANTITY:
        yield "the quantity of assistance is not above zero, or too large"
    if assistance.voucher is not None and len(assistance.voucher) > _MAX_TEXT_LENGTH:
        yield "a voucher number is too long"
    yield from _order(assistance.period_start, assistance.period_end)


def _shared(aid_type: str, fund: str | None, unit: str, amount_fen: int) -> Iterator[str]:
    yield from _unknown("assistance type", aid_type, ASSISTANCE_TYPES)
    yield from _unknown("fund", fund, FUND_SOURCES)
    yield from _unknown("unit", unit, UNITS, " (R36)")
    if not 0 <= amount_fen <= _MAX_FEN:
        yield "an amount is negative or too large"


def _unknown(what: str, code: str | None, known: Collection[str], rule: str = "") -> Iterator[str]:
    """What is no code may be an answer about a client that went astray: it is not quoted."""
    if code is not None and code not in known:
        yield f"the hub has no {what} {code if _A_CODE.fullmatch(code) else '(no code)'}{rule}"


def _order(first: date | None, last: date | None) -> Iterator[str]:
    if first is not None and last is not None and first > last:
        yield "the period of assistance ends before it begins"
