"""What the administrator says of a contract."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec

from referral_hub.codes import CONTRACT_RECEIPTS
from referral_hub.i18n import Label
from referral_hub.text_limits import MAX_CONTRACT_NUMBER, MAX_CONTRACT_PURPOSE, MAX_LINE, MAX_REASON, MAX_SAFEGUARDS
from referral_ui.bodies.base import Body, ask

_TITLE = ask("text", Label(zh="名称", en="Title"), required=True, max=MAX_LINE)
_ENDS_ON = ask("date", Label(zh="结束日期", en="End date"), required=True)
_AMOUNT = ask("money", Label(zh="合同金额", en="Amount"))
_OFFERINGS = ask(
    "choices",
    Label(zh="计入的服务项目", en="Offerings that count"),
    help=Label(
        zh="只有列入的服务项目、在合同期内提供的服务才计入本合同的完成量。",
        en="Only what these deliver within the term counts for this contract.",
    ),
)


class NewContract(Body, frozen=True, kw_only=True):
    """A contract. `categories` are the data it covers, `targets` whole numbers by code of CONTRACT_TARGETS,
    `offering_ids` the provider's offerings whose work counts for it.
    """

    number: Annotated[str, ask("text", Label(zh="合同编号", en="Contract number"), max=MAX_CONTRACT_NUMBER)]
    title: Annotated[str, _TITLE]
    purchaser_id: Annotated[UUID, ask("choice", Label(zh="委托方", en="Purchaser"))]
    provider_id: UUID
    purpose: Annotated[
        str,
        ask(
            "long",
            Label(zh="处理目的", en="Purpose of processing"),
            help=Label(
                zh="个人信息保护法第21条要求写明。",
                en="Required by Article 21 of the Personal Information Protection Law.",
            ),
            max=MAX_CONTRACT_PURPOSE,
        ),
    ]
    categories: Annotated[list[str], ask("choices", Label(zh="涉及的信息类别", en="Categories of data"))]
    safeguards: Annotated[str, ask("long", Label(zh="保护措施", en="Safeguards"), max=MAX_SAFEGUARDS)]
    starts_on: Annotated[date, ask("date", Label(zh="开始日期", en="Start date"))]
    ends_on: Annotated[date, _ENDS_ON]
    amount_fen: Annotated[int | None, _AMOUNT] = None
    targets: dict[str, int] = msgspec.field(default_factory=dict)
    offering_ids: Annotated[list[UUID], _OFFERINGS] = msgspec.field(default_factory=list)


class ContractEnd(Body, frozen=True, kw_only=True):
    """The contract still holds on `last_day`, which lies before its present end."""

    last_day: Annotated[
        date,
        ask(
            "date",
            Label(zh="最后一天", en="Last day"),
            help=Label(
                zh="这一天还有效；要立即停止，请填昨天。",
                en="The contract still holds on this day; to stop at once, enter yesterday.",
            ),
        ),
    ]
    reason: Annotated[str, ask("text", Label(zh="原因", en="Reason"), max=MAX_REASON)]


class ContractReceipt(Body, frozen=True, kw_only=True):
    """`how`: deleted or returned."""

    how: Annotated[str, ask("choice", Label(zh="怎样处理的", en="What was done"), codes=CONTRACT_RECEIPTS)]
    on: Annotated[date, ask("date", Label(zh="日期", en="Day"))]


class ContractChange(Body, frozen=True, kw_only=True):
    """What is left out stays as it is."""

    title: Annotated[str | None, _TITLE] = None
    ends_on: Annotated[date | None, _ENDS_ON] = None
    amount_fen: Annotated[int | None, _AMOUNT] = None
    targets: dict[str, int] | None = None
    offering_ids: Annotated[list[UUID] | None, _OFFERINGS] = None
