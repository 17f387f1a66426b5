"""What can be wrong with a case."""

from __future__ import annotations

from typing import ClassVar

from referral_hub.errors import HubError


class DuplicatePerson(HubError):
    """The same ID number, or the same name and telephone, is already served here. Details: `number`, `worker`."""

    status: ClassVar[int] = 409
    zh = "这位服务对象已有个案 {number}（责任社工：{worker}）。请先打开查看；确认不是同一人再继续建立。"
    en = (
        "This client already has case {number} (responsible worker: {worker}). Open it first; "
        "go on only if it is another person."
    )


class CaseClosed(HubError):
    """Details: `number`."""

    status: ClassVar[int] = 409
    zh = "个案 {number} 已结案，不能再改。如需继续服务，请督导重新打开。"
    en = "Case {number} is closed and cannot be changed. To go on, ask the supervisor to reopen it."


class CaseHasOpenReferrals(HubError):
    """Details: `count`."""

    status: ClassVar[int] = 409
    zh = "还有 {count} 个转介没有结束，不能结案。请先撤回或等待办结。"
    en = "{count} referral(s) are still open, so the case cannot be closed. Withdraw them or wait until they end."


class CaseHasOpenNeeds(HubError):
    """Details: `count`."""

    status: ClassVar[int] = 409
    zh = "还有 {count} 项需求没有结果，不能以“目标达成”结案。请先更新需求，或选择其他结案原因。"
    en = (
        "{count} need(s) are still open, so the case cannot be closed with “goals met”. Update the needs or "
        "choose another reason."
    )


class ReopenedTooLate(HubError):
    """Details: `days`."""

    status: ClassVar[int] = 409
    zh = "结案已超过 {days} 天，请建立新的个案。"
    en = "The case was closed more than {days} days ago. Open a new case instead."


class NeedMoveImpossible(HubError):
    """Details: `before`, `after`, Labels of need states."""

    status: ClassVar[int] = 409
    zh = "需求现在是“{before}”，不能改为“{after}”。"
    en = "The need is now “{before}” and cannot become “{after}”."


class WorkerUnusable(HubError):
    """The account named is not an active worker or supervisor of the office."""

    status: ClassVar[int] = 422
    zh = "请选择本单位在用的社工或督导账号。"
    en = "Choose an active worker or supervisor of this office."


class OfficersOnly(HubError):
    """The restricted section is written and read by full-time officers only (R3, R4)."""

    status: ClassVar[int] = 403
    zh = "限制信息只有社区专职工作人员可以查看和填写。"
    en = "Only a full-time officer may see or fill in the restricted section."
