"""The questions of the ledger's forms, and what is typed in them as values for the actions."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import asdict

from referral_hub.api import Choice
from referral_hub.assistance.rules import yuan
from referral_hub.assistance.values import Decision, FundView, LedgerLine
from referral_hub.codes import UNITS
from referral_hub.i18n import Label
from referral_hub.text_limits import MAX_REASON
from referral_ui.bodies.assistance import NewApplication, NewDecision, NewPayment
from referral_ui.bodies.base import inputs_of
from referral_ui.forms import Input, choices

_GOODS = ("item", "set", "month", "meal", "day")
APPLICATION = inputs_of(NewApplication)
_AMOUNT_IS = Label(zh="应为金额", en="Correct amount")
_REASON = Input(
    "reason",
    "text",
    Label(zh="更正原因", en="Reason for the correction"),
    help=Label(
        zh="写明哪里录错，不要写服务对象的情况。", en="State what was entered wrongly; do not write about the client."
    ),
    required=True,
    max=MAX_REASON,
)


def decision_fields(funds: Sequence[FundView]) -> tuple[Input, ...]:
    """The whole decision; what only a grant needs is asked of a grant by the rules."""
    goods = {"choices": choices(UNITS, keys=_GOODS)}
    return inputs_of(NewDecision, fund={"choices": _open_funds(funds)}, unit=goods)


def advance_fields(funds: Sequence[FundView]) -> tuple[Input, ...]:
    """Aid given before the decision (先行救助): granted and paid in one action."""
    decision = inputs_of(
        NewDecision,
        "amount_fen",
        "fund",
        "overlap_reason",
        amount_fen={"label": Label(zh="金额（元）", en="Amount (yuan)"), "required": True, "group": None},
        fund={"choices": _open_funds(funds), "group": None},
        overlap_reason={"group": None},
    )
    return (*decision[:2], *inputs_of(NewPayment, "pay_way", "paid_on", "voucher"), *decision[2:])


def payment_fields(line: LedgerLine) -> tuple[Input, ...]:
    left = yuan(line.unpaid_fen)
    unpaid = Label(zh=f"还有 {left} 元未发。", en=f"{left} yuan remain unpaid.")
    goods = () if line.unit == "yuan" else ("quantity",)
    return inputs_of(NewPayment, "amount_fen", *goods, "paid_on", "pay_way", "voucher", amount_fen={"help": unpaid})


def correction_fields(unit: str) -> tuple[Input, ...]:
    """Counted in yuan the quantity is the amount itself (R36), and is not asked twice."""
    amount = Input(
        "amount_fen",
        "money",
        _AMOUNT_IS,
        help=Label(
            zh="填更正后的总额。整笔撤销就填 0。",
            en="The total after correction. To reverse the entry, enter 0.",
        ),
        required=True,
        min=0,
    )
    quantity = _quantity(
        Label(zh="应为数量", en="Correct quantity"),
        Label(zh="整笔撤销时也填 0。", en="To reverse the entry, enter 0 here as well."),
    )
    return (amount, _REASON) if unit == "yuan" else (quantity, amount, _REASON)


def decision_of(told: NewDecision, line: LedgerLine) -> Decision:
    """What the form holds beyond its result is left out: the fields of a grant, or the reason of a refusal."""
    granted = told.result == "granted"
    return Decision(
        **asdict(told)
        | {
            "type": told.type or line.applied_for,
            "unit": told.unit if granted else "yuan",
            "fund": told.fund if granted else None,
            "reason": told.reason if told.result == "refused" else None,
        }
    )


def _open_funds(funds: Sequence[FundView]) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            code=str(fund.id),
            label=Label(
                zh=f"{fund.name}（可用 {yuan(fund.balance.left)} 元）",
                en=f"{fund.name} ({yuan(fund.balance.left)} yuan available)",
            ),
        )
        for fund in funds
        if fund.closed_on is None
    )


def _quantity(label: Label, help: Label | None = None) -> Input:  # noqa: A002 - the field's own word
    return Input("quantity", "number", label, help=help, required=True, min=0)
