"""Refusals of the ledger and of the tables made from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from referral_hub.errors import HubError
from referral_hub.i18n import Label

if TYPE_CHECKING:
    from referral_hub.assistance.values import EarlierAid


class LedgerRefusal(HubError):
    """The organisation's own book does not allow an entry; its details are for that organisation alone."""

    status = 409
    zh = "与该机构的救助台账或资金不符，没有入账，请该机构核对。"
    en = (
        "This does not agree with the organisation's ledger or funds and was not entered. The organisation needs "
        "to check it."
    )


class FundShort(LedgerRefusal):
    """Details: `left`, yuan as text. Raised only to the fund's own organisation, which may know it."""

    status = 409
    zh = "这笔资金可用余额为{left}元，不够批准。请换一笔资金或减少金额。"
    en = (
        "Only {left} yuan of this fund are available, which is less than this grant. Choose another fund or a "
        "smaller amount."
    )


class FundClosed(LedgerRefusal):
    """Details: `name`."""

    status = 409
    zh = "资金「{name}」已停用，不能再批准新的救助。请换一笔资金，或先在台账页恢复使用。"
    en = (
        "The fund “{name}” is closed and cannot be used for new grants. Choose another fund, or reopen it on the "
        "ledger page."
    )


class FundExists(HubError):
    """Details: `name`, `year`."""

    status = 409
    zh = "{year}年已有资金「{name}」，请换一个名称。"
    en = "There is already a fund “{name}” for {year}. Choose another name."


class FundHasState(HubError):
    status = 409
    zh = "这笔资金的状态已经改变，请刷新页面查看。"
    en = "This fund has been closed or reopened in the meantime. Reload the page."


class BudgetBelowDecided(HubError):
    status = 409
    zh = "预算不能低于已经批准的金额。请填写更大的预算，或先更正多批的救助。"
    en = (
        "The budget cannot be less than what has already been granted. Enter a larger budget, or correct the "
        "grants first."
    )


class AlreadyDecided(LedgerRefusal):
    status = 409
    zh = "这项申请已经作出决定。决定有误的请更正那一条，重新申请的请另登记申请。"
    en = "This application has already been decided. Correct that decision, or enter a new application."


class AidOverlaps(LedgerRefusal):
    """Details: `months`, the months and kinds of earlier aid, as a Label; names and amounts of nobody (R38)."""

    status = 409
    zh = "同一人或同一户同期已有同类救助（{months}）。请核实；确需再次救助的，请写明理由。"
    en = (
        "The same person or household already receives assistance of this kind for the period ({months}). Please "
        "verify; if more is needed, state why."
    )

    @classmethod
    def of(cls, earlier: Sequence[EarlierAid]) -> AidOverlaps:
        zh = "、".join(f"{aid.month:%Y-%m}{'（同户）' if aid.same_household_only else ''}" for aid in earlier[:3])
        en = ", ".join(f"{aid.month:%Y-%m}{' (household)' if aid.same_household_only else ''}" for aid in earlier[:3])
        return cls(field="overlap_reason", months=Label(zh=zh, en=en))


class MoreThanGranted(LedgerRefusal):
    """Details: `unpaid`, yuan as text."""

    status = 409
    zh = "批准的金额只剩{unpaid}元未发，不能多发。"
    en = "Only {unpaid} yuan of the grant remain unpaid; no more than that can be paid."


class BelowPaid(LedgerRefusal):
    """Details: `paid`, yuan as text."""

    status = 409
    zh = "这笔救助已发{paid}元，批准金额不能更低。发放录错的请先更正发放。"
    en = (
        "{paid} yuan of this grant have been paid, so it cannot be reduced below that. If a payment is wrong, "
        "correct the payment first."
    )


class EntryUnusable(HubError):
    """A ledger line that makes no sense. Details: `message`, a Label."""

    status = 422
    zh = "{message}"
    en = "{message}"


class NothingToCorrect(HubError):
    status = 409
    zh = "更正后的数量和金额与台账一致，没有需要更正的地方。"
    en = "The ledger already shows these figures; there is nothing to correct."


class TableNotYours(HubError):
    status = 403
    zh = "您的账号不能查看这张统计表。"
    en = "Your account may not see this table."


class TableUnusable(HubError):
    """A question the tables do not answer: a period that is not whole months, an unknown breakdown."""

    status = 422
    zh = "统计期间须为整月，且分组方式须为可选项之一。"
    en = "The period must be whole months, and the breakdown one of those offered."
