"""Refusals of the ledger and of the tables made from it."""

from __future__ import annotations

from referral_hub.errors import HubError


class FundShort(HubError):
    """Details: `left`, yuan as text."""

    status = 409
    zh = "这笔资金余额为{left}元，不够支付。请换一笔资金或减少金额。"
    en = "This fund has {left} yuan left, which is not enough. Choose another fund or a smaller amount."


class EntryUnusable(HubError):
    """A ledger line that makes no sense. Details: `message`, a Label."""

    status = 422
    zh = "{message}"
    en = "{message}"


class NothingToCorrect(HubError):
    status = 409
    zh = "更正后的数量和金额与台账一致，没有需要更正的地方。"
    en = "The ledger already says so; there is nothing to correct."


class TableNotYours(HubError):
    status = 403
    zh = "您的账号不能查看这张统计表。"
    en = "Your account may not see this table."


class TableUnusable(HubError):
    """A question the tables do not answer: a period that is not whole months, an unknown breakdown."""

    status = 422
    zh = "统计期间须为整月，且分组方式须为可选项之一。"
    en = "The period must be whole months, and the breakdown one of those offered."
