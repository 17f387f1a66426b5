"""Codes of a referral and of what came of it."""

from __future__ import annotations

from referral_hub.codes.sets import make_codes

URGENCY = make_codes(normal=("一般", "Normal"), urgent=("加急", "Urgent"))

WITHDRAW_REASONS = make_codes(
    client_refused=("服务对象不同意", "Client did not agree"),
    client_changed_mind=("服务对象改变主意", "Client changed their mind"),
    helped_elsewhere=("已由他处解决", "Helped elsewhere"),
    no_longer_needed=("服务已不需要", "No longer needed"),
    wrong_recipient=("选错机构", "Wrong recipient"),
    no_answer=("对方未答复", "No answer"),
    moved_away=("服务对象迁出", "Client moved away"),
    unreachable_system=("对方系统联系不上", "Recipient's system cannot be reached"),
    client_gone=("服务对象不能继续参加", "The client cannot continue"),
    module_gone=("服务的模块已停用", "The service's module is disabled"),
    provider_gone=("机构已停办或暂停接收", "The organisation has closed or is suspended"),
    other=("其他", "Other"),
)
GONE_REASONS = {code: WITHDRAW_REASONS[code] for code in ("module_gone", "provider_gone")}
"""Why a sender may end a referral that is being served: nobody is left who could say what came of it."""

EXPIRY_REASONS = make_codes(
    unanswered=("超时未答", "No answer in time"),
    consent_expired=("同意到期", "The consent ended"),
)
"""Why a referral that was sent expired."""

OUTCOME_CODES = make_codes(
    goal_met=("目标达成", "Goal met"),
    goal_partly_met=("部分达成", "Goal partly met"),
    client_left=("服务对象退出", "Client left"),
    lost_contact=("失联", "Contact lost"),
    moved_away=("迁出", "Moved away"),
    referred_on=("转往他处", "Referred on"),
    no_longer_needed=("服务已不需要", "No longer needed"),
    provider_ended=("机构原因终止", "Ended by the provider"),
    died=("死亡", "Died"),
    other=("其他", "Other"),
)

NO_EVENT_REASONS = make_codes(
    never_came=("服务对象未到", "Client did not attend"),
    solved_before=("开始前已解决", "Resolved before the service began"),
    one_talk=("仅作一次咨询", "Single enquiry only"),
    recorded_elsewhere=("记录在机构自有系统", "Recorded in the provider's own system"),
    other=("其他", "Other"),
)

OUTCOMES_SHOWN = OUTCOME_CODES | make_codes(unknown=("结果不明", "Outcome unknown"))
"""With what only the hub writes: the provider was gone before it said what came of the referral."""

EVIDENCE_LEVELS = make_codes(
    provider=("机构说明", "Provider's statement"),
    document=("见到书面文件", "Written document seen"),
    person=("本人确认", "Confirmed by the client"),
)
EVIDENCE_SHOWN = EVIDENCE_LEVELS | make_codes(none=("没有依据", "No evidence"))
"""With what stands beside an unknown outcome."""

CLIENT_CONFIRMATIONS = make_codes(received=("收到", "Received"), not_received=("未收到", "Not received"))

CLIENT_SATISFACTION = make_codes(
    satisfied=("满意", "Satisfied"),
    neutral=("一般", "Neither"),
    dissatisfied=("不满意", "Dissatisfied"),
)

FOLLOW_UP_ANSWERS = make_codes(
    yes=("是", "Yes"),
    no=("否", "No"),
    unreachable=("联系不上", "Could not be reached"),
    undisclosed=("不愿透露", "Prefers not to say"),
)

EXIT_DESTINATIONS = make_codes(
    home=("返家", "Back home"),
    rented=("独立租房", "Own rented home"),
    employer=("单位宿舍", "Employer's dormitory"),
    public_rental=("公租房", "Public rental housing"),
    voluntary_residence=("自愿入住的服务场所", "Voluntary residential service"),
    hospital=("医疗机构", "Medical institution"),
    shelter=("救助站", "Relief station"),
    custody=("羁押", "Custody"),
    lost_contact=("失联", "Contact lost"),
    died=("死亡", "Died"),
    other=("其他", "Other"),
)
