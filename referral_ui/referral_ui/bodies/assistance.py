"""What an organisation that gives assistance says of funds, applications, decisions and payments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from referral_hub.assistance.rules import MAX_HOUSEHOLD
from referral_hub.assistance.values import Applicant, Application
from referral_hub.codes import (
    ASSISTANCE_DECISIONS,
    ASSISTANCE_TYPES,
    FUND_SOURCES,
    HARDSHIPS,
    PAY_WAYS,
    REFUSAL_REASONS,
    UNITS,
)
from referral_hub.codes.identity import read_id_number, read_phone
from referral_hub.codes.states import AID_DECIDED
from referral_hub.exporting.ledger import SOURCES
from referral_hub.i18n import Label
from referral_hub.text_limits import (
    MAX_FUND_NAME,
    MAX_NUMBER_TYPED,
    MAX_PERSON,
    MAX_REASON,
    MAX_VOUCHER,
    MAX_WITNESS,
)
from referral_ui.bodies.base import Body, ask

_WHO = Label(zh="申请人", en="Applicant")
_WHAT = Label(zh="申请", en="Application")
_HOW = Label(zh="调查和公示", en="Inquiry and public notice")
_DECIDED = Label(zh="决定", en="Decision")
_GRANTED = Label(zh="批准内容", en="What is granted")
_OVERLAP = Label(zh="同期已有同类救助时的说明", en="Explanation if the same kind of assistance is already in force")
_PAY_WAY = Label(zh="发放方式", en="Payment method")
_FUND_NAME = ask("text", Label(zh="名称", en="Name"), required=True, max=MAX_FUND_NAME)
_BUDGET = ask(
    "money",
    Label(zh="本年预算（元）", en="Budget for the year (yuan)"),
    help=Label(zh="不能低于已经批准的金额。", en="Cannot be less than what has already been granted."),
    required=True,
    min=0,
)
_CAME_BY = {code: SOURCES[code] for code in ("application", "found")}
_RESULTS = {code: label for code, label in ASSISTANCE_DECISIONS.items() if code in AID_DECIDED}


class NewFund(Body, frozen=True, kw_only=True):
    """A fund of one year; `source` is a code of FUND_SOURCES."""

    name: Annotated[str, _FUND_NAME]
    source: Annotated[str, ask("choice", Label(zh="资金来源", en="Source"), codes=FUND_SOURCES)]
    year: Annotated[int, ask("integer", Label(zh="年度", en="Year"))]
    budget_fen: Annotated[int, _BUDGET]


class FundChange(Body, frozen=True, kw_only=True):
    """What is left out stays as it is."""

    name: Annotated[str | None, _FUND_NAME] = None
    budget_fen: Annotated[int | None, _BUDGET] = None


class NewApplication(Body, frozen=True, kw_only=True):
    """An application to the caller's organisation. The ID number is used for the double-payment check and not kept."""

    name: Annotated[str, ask("text", Label(zh="姓名", en="Name"), max=MAX_PERSON["name"], group=_WHO)]
    id_number: Annotated[
        str | None,
        ask(
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
    ] = None
    phone: Annotated[str | None, ask("phone", Label(zh="联系电话", en="Telephone"), group=_WHO)] = None
    household_number: Annotated[
        str | None,
        ask(
            "text",
            Label(zh="户号", en="Household number"),
            help=Label(zh="用于核对同一户是否已有救助。", en="Used to check for assistance to the same household."),
            max=MAX_PERSON["household_number"],
            group=_WHO,
        ),
    ] = None
    household_size: Annotated[
        int | None,
        ask("integer", Label(zh="家庭人口", en="Household size"), min=1, max=MAX_HOUSEHOLD, group=_WHO),
    ] = None
    area_code: Annotated[str | None, ask("text", Label(zh="户籍或居住地代码", en="Area code"), max=12, group=_WHO)] = (
        None
    )
    source: Annotated[str, ask("choice", Label(zh="来源", en="Source"), codes=_CAME_BY, required=True, group=_WHAT)] = (
        "application"
    )
    type: Annotated[str, ask("choice", Label(zh="申请事项", en="Applied for"), codes=ASSISTANCE_TYPES, group=_WHAT)]
    hardship: Annotated[str, ask("choice", Label(zh="困难原因", en="Hardship"), codes=HARDSHIPS, group=_WHAT)]
    applied_on: Annotated[date, ask("date", Label(zh="受理日期", en="Application date"), group=_WHAT)]
    note: Annotated[str | None, ask("text", Label(zh="备注", en="Remarks"), max=MAX_REASON, group=_WHAT)] = None


class NewDecision(Body, frozen=True, kw_only=True):
    """Granted, refused with its `reason`, or withdrawn. `fund` is the key, name or source of a fund."""

    result: Annotated[str, ask("choice", Label(zh="审批结果", en="Decision"), codes=_RESULTS, group=_DECIDED)]
    decided_on: Annotated[
        date | None, ask("date", Label(zh="审批日期", en="Decided on"), required=True, group=_DECIDED)
    ] = None
    reason: Annotated[
        str | None,
        ask(
            "choice",
            Label(zh="不予原因", en="Reason for refusal"),
            help=Label(zh="不予救助时填写。", en="Only for a refusal."),
            codes=REFUSAL_REASONS,
            group=_DECIDED,
        ),
    ] = None
    investigator: Annotated[
        str | None, ask("text", Label(zh="调查人", en="Inquiry made by"), max=MAX_WITNESS, group=_HOW)
    ] = None
    investigated_on: Annotated[date | None, ask("date", Label(zh="调查日期", en="Inquiry on"), group=_HOW)] = None
    notice_from: Annotated[date | None, ask("date", Label(zh="公示开始", en="Notice from"), group=_HOW)] = None
    notice_to: Annotated[date | None, ask("date", Label(zh="公示结束", en="Notice to"), group=_HOW)] = None
    type: Annotated[
        str | None, ask("choice", Label(zh="救助类型", en="Type"), codes=ASSISTANCE_TYPES, group=_GRANTED)
    ] = None
    fund: Annotated[
        str | None,
        ask(
            "choice",
            Label(zh="资金", en="Fund"),
            help=Label(zh="批准即预留金额，发放时使用。", en="A grant reserves the amount; a payment uses it."),
            group=_GRANTED,
        ),
    ] = None
    amount_fen: Annotated[
        int,
        ask("money", Label(zh="金额或实物折价（元）", en="Amount or value of goods (yuan)"), min=0, group=_GRANTED),
    ] = 0
    unit: Annotated[
        str,
        ask(
            "choice",
            Label(zh="实物单位", en="Unit of goods"),
            help=Label(zh="发放现金时不填。", en="Leave empty for money."),
            codes=UNITS,
            group=_GRANTED,
        ),
    ] = "yuan"
    quantity: Annotated[Decimal, ask("number", Label(zh="实物数量", en="Quantity"), min=0, group=_GRANTED)] = Decimal()
    period_start: Annotated[date | None, ask("date", Label(zh="救助期自", en="Assistance from"), group=_GRANTED)] = None
    period_end: Annotated[date | None, ask("date", Label(zh="救助期至", en="Assistance until"), group=_GRANTED)] = None
    pay_way: Annotated[str | None, ask("choice", _PAY_WAY, codes=PAY_WAYS, group=_GRANTED)] = None
    overlap_reason: Annotated[str | None, ask("text", _OVERLAP, max=MAX_REASON, group=_GRANTED)] = None
    advance: bool = False


class NewPayment(Body, frozen=True, kw_only=True):
    """A payment of a grant: all that is unpaid unless an amount is given."""

    amount_fen: Annotated[
        int | None,
        ask(
            "money",
            Label(zh="本次金额或折价（元）", en="This payment or its value (yuan)"),
            required=True,
            min=0,
        ),
    ] = None
    unit: Annotated[str, ask("choice", Label(zh="单位", en="Unit"), codes=UNITS)] = "yuan"
    quantity: Annotated[Decimal, ask("number", Label(zh="本次数量", en="Quantity"), required=True, min=0)] = Decimal()
    paid_on: Annotated[date, ask("date", Label(zh="发放日期", en="Paid on"))]
    pay_way: Annotated[str, ask("choice", _PAY_WAY, codes=PAY_WAYS)]
    voucher: Annotated[str | None, ask("text", Label(zh="凭证号", en="Voucher number"), max=MAX_VOUCHER)] = None


def application_of(told: NewApplication, *, today: date, demo: bool) -> Application:
    """As the action takes it. Raises the refusals of the number checks, at their fields."""
    number = read_id_number(told.id_number, today=today, demo=demo).text if told.id_number else None
    applicant = Applicant(
        name=told.name,
        phone=read_phone(told.phone) if told.phone else "",
        household_number=told.household_number or "",
    )
    return Application(
        type=told.type,
        applied_on=told.applied_on,
        source=told.source,
        hardship=told.hardship,
        household_size=told.household_size,
        area_code=told.area_code,
        applicant=applicant,
        id_number=number,
        note=told.note,
    )
