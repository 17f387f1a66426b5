"""The questions of the ledger's forms, and what is typed in them as values for the actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from referral_hub.api import Choice
from referral_hub.assistance.rules import MAX_HOUSEHOLD, yuan
from referral_hub.assistance.values import Applicant, Application, Decision, FundView, LedgerLine
from referral_hub.codes import (
    ASSISTANCE_DECISIONS,
    ASSISTANCE_TYPES,
    HARDSHIPS,
    PAY_WAYS,
    REFUSAL_REASONS,
    UNITS,
)
from referral_hub.codes.identity import read_id_number, read_phone
from referral_hub.codes.states import AID_DECIDED
from referral_hub.exporting.ledger import SOURCES
from referral_hub.i18n import Label
from referral_hub.text_limits import MAX_NUMBER_TYPED, MAX_PERSON, MAX_REASON, MAX_VOUCHER, MAX_WITNESS
from referral_ui.forms import Input, choices
from referral_ui.pages.values import day_of

_GOODS = ("item", "set", "month", "meal", "day")
_WHO = Label(zh="申请人", en="Applicant")
_WHAT = Label(zh="申请", en="Application")
_HOW = Label(zh="调查和公示", en="Inquiry and public notice")
_DECIDED = Label(zh="决定", en="Decision")
_GRANTED = Label(zh="批准内容", en="What is granted")

APPLICATION = (
    Input("name", "text", Label(zh="姓名", en="Name"), required=True, max=MAX_PERSON["name"], group=_WHO),
    Input(
        "id_number",
        "text",
        Label(zh="身份证号", en="ID number"),
        help=Label(
            zh="只用于核对同一人是否已有救助，不保存号码。",
            en="Used only to check for existing assistance to the same person; the number is not stored.",
        ),
        max=MAX_NUMBER_TYPED,
        group=_WHO,
        sensitive=True,
    ),
    Input("phone", "phone", Label(zh="联系电话", en="Telephone"), group=_WHO),
    Input(
        "household_number",
        "text",
        Label(zh="户号", en="Household number"),
        help=Label(zh="用于核对同一户是否已有救助。", en="Used to check for assistance to the same household."),
        max=MAX_PERSON["household_number"],
        group=_WHO,
    ),
    Input(
        "household_size", "integer", Label(zh="家庭人口", en="Household size"), min=1, max=MAX_HOUSEHOLD, group=_WHO
    ),
    Input("area_code", "text", Label(zh="户籍或居住地代码", en="Area code"), max=12, group=_WHO),
    Input(
        "source",
        "choice",
        Label(zh="来源", en="Source"),
        choices=choices(SOURCES, keys=("application", "found")),
        required=True,
        group=_WHAT,
    ),
    Input(
        "type", "choice", Label(zh="申请事项", en="Applied for"), choices=choices(ASSISTANCE_TYPES), required=True,
        group=_WHAT,
    ),
    Input(
        "hardship", "choice", Label(zh="困难原因", en="Hardship"), choices=choices(HARDSHIPS), required=True,
        group=_WHAT,
    ),
    Input("applied_on", "date", Label(zh="受理日期", en="Application date"), required=True, group=_WHAT),
    Input("note", "text", Label(zh="备注", en="Remarks"), max=MAX_REASON, group=_WHAT),
)  # fmt: skip
PAYMENT_WAY = Input(
    "pay_way", "choice", Label(zh="发放方式", en="Payment method"), choices=choices(PAY_WAYS), required=True
)
_OVERLAP = Input(
    "overlap_reason",
    "text",
    Label(zh="同期已有同类救助时的说明", en="Explanation if the same kind of assistance is already in force"),
    max=MAX_REASON,
)
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
    return (
        Input(
            "result",
            "choice",
            Label(zh="审批结果", en="Decision"),
            choices=choices(ASSISTANCE_DECISIONS, keys=[code for code in ASSISTANCE_DECISIONS if code in AID_DECIDED]),
            required=True,
            group=_DECIDED,
        ),
        Input("decided_on", "date", Label(zh="审批日期", en="Decided on"), required=True, group=_DECIDED),
        Input(
            "reason",
            "choice",
            Label(zh="不予原因", en="Reason for refusal"),
            help=Label(zh="不予救助时填写。", en="Only for a refusal."),
            choices=choices(REFUSAL_REASONS),
            group=_DECIDED,
        ),
        Input("investigator", "text", Label(zh="调查人", en="Inquiry made by"), max=MAX_WITNESS, group=_HOW),
        Input("investigated_on", "date", Label(zh="调查日期", en="Inquiry on"), group=_HOW),
        Input("notice_from", "date", Label(zh="公示开始", en="Notice from"), group=_HOW),
        Input("notice_to", "date", Label(zh="公示结束", en="Notice to"), group=_HOW),
        Input(
            "type", "choice", Label(zh="救助类型", en="Type"), choices=choices(ASSISTANCE_TYPES), group=_GRANTED
        ),
        _fund_field(funds, group=_GRANTED),
        Input(
            "amount_fen",
            "money",
            Label(zh="金额或实物折价（元）", en="Amount or value of goods (yuan)"),
            min=0,
            group=_GRANTED,
        ),
        Input(
            "unit",
            "choice",
            Label(zh="实物单位", en="Unit of goods"),
            help=Label(zh="发放现金时不填。", en="Leave empty for money."),
            choices=choices(UNITS, keys=_GOODS),
            group=_GRANTED,
        ),
        Input("quantity", "number", Label(zh="实物数量", en="Quantity"), min=0, group=_GRANTED),
        Input("period_start", "date", Label(zh="救助期自", en="Assistance from"), group=_GRANTED),
        Input("period_end", "date", Label(zh="救助期至", en="Assistance until"), group=_GRANTED),
        Input(
            "pay_way", "choice", Label(zh="发放方式", en="Payment method"), choices=choices(PAY_WAYS), group=_GRANTED
        ),
        Input(
            "overlap_reason", "text", _OVERLAP.label, max=MAX_REASON, group=_GRANTED
        ),
    )  # fmt: skip


def advance_fields(funds: Sequence[FundView]) -> tuple[Input, ...]:
    """Aid given before the decision (先行救助): granted and paid in one action."""
    return (
        Input("amount_fen", "money", Label(zh="金额（元）", en="Amount (yuan)"), required=True, min=0),
        _fund_field(funds),
        PAYMENT_WAY,
        Input("paid_on", "date", Label(zh="发放日期", en="Paid on"), required=True),
        Input("voucher", "text", Label(zh="凭证号", en="Voucher number"), max=MAX_VOUCHER),
        _OVERLAP,
    )


def payment_fields(line: LedgerLine) -> tuple[Input, ...]:
    left = yuan(line.unpaid_fen)
    return (
        Input(
            "amount_fen",
            "money",
            Label(zh="本次金额或折价（元）", en="This payment or its value (yuan)"),
            help=Label(zh=f"还有 {left} 元未发。", en=f"{left} yuan remain unpaid."),
            required=True,
            min=0,
        ),
        *([] if line.unit == "yuan" else [_quantity(Label(zh="本次数量", en="Quantity"))]),
        Input("paid_on", "date", Label(zh="发放日期", en="Paid on"), required=True),
        PAYMENT_WAY,
        Input("voucher", "text", Label(zh="凭证号", en="Voucher number"), max=MAX_VOUCHER),
    )


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


def read_application(values: Mapping[str, Any], *, today: date, demo: bool) -> Application:
    """Raises the refusals of the number checks, at their fields."""
    number = read_id_number(values["id_number"], today=today, demo=demo).text if values.get("id_number") else None
    phone = read_phone(values["phone"]) if values.get("phone") else ""
    return Application(
        type=values["type"],
        applied_on=day_of(values, "applied_on"),
        source=values["source"],
        hardship=values.get("hardship"),
        household_size=values.get("household_size"),
        area_code=values.get("area_code"),
        applicant=Applicant(
            name=values["name"], phone=phone, household_number=values.get("household_number", "")
        ),
        id_number=number,
        note=values.get("note"),
    )  # fmt: skip


def read_decision(values: Mapping[str, Any], line: LedgerLine) -> Decision:
    unit = values.get("unit") or "yuan"
    granted = values["result"] == "granted"
    return Decision(
        result=values["result"],
        type=values.get("type") or line.applied_for,
        amount_fen=values.get("amount_fen") or 0,
        unit=unit if granted else "yuan",
        quantity=Decimal(str(values.get("quantity") or 0)),
        fund=values.get("fund") if granted else None,
        decided_on=day_of(values, "decided_on"),
        reason=values.get("reason") if values["result"] == "refused" else None,
        investigated_on=day_of(values, "investigated_on"),
        investigator=values.get("investigator"),
        notice_from=day_of(values, "notice_from"),
        notice_to=day_of(values, "notice_to"),
        period_start=day_of(values, "period_start"),
        period_end=day_of(values, "period_end"),
        pay_way=values.get("pay_way"),
        overlap_reason=values.get("overlap_reason"),
    )


def _fund_field(funds: Sequence[FundView], group: Label | None = None) -> Input:
    return Input(
        "fund",
        "choice",
        Label(zh="资金", en="Fund"),
        help=Label(zh="批准即预留金额，发放时使用。", en="A grant reserves the amount; a payment uses it."),
        choices=tuple(
            Choice(
                code=str(fund.id),
                label=Label(
                    zh=f"{fund.name}（可用 {yuan(fund.balance.left)} 元）",
                    en=f"{fund.name} ({yuan(fund.balance.left)} yuan available)",
                ),
            )
            for fund in funds
            if fund.closed_on is None
        ),
        group=group,
    )


def _quantity(label: Label, help: Label | None = None) -> Input:  # noqa: A002 - the field's own word
    return Input("quantity", "number", label, help=help, required=True, min=0)
