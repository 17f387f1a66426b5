"""Codes of case work."""

from __future__ import annotations

from referral_hub.codes.sets import Codes, make_codes
from referral_hub.i18n import Label

CASE_STATUS = make_codes(open=("服务中", "Open"), closed=("已结案", "Closed"))

CASE_CLOSING_REASONS = make_codes(
    goals_met=("目标达成", "Goals met"),
    no_longer_needed=("服务已不需要", "Services no longer needed"),
    client_left=("服务对象退出", "Client left"),
    lost_contact=("失联", "Contact lost"),
    moved_away=("迁出", "Moved away"),
    transferred=("转案至他处", "Case transferred"),
    term_ended=("期满或提前解除", "Term ended"),
    in_custody=("羁押或服刑", "In custody"),
    died=("死亡", "Died"),
    opened_in_error=("登记有误", "Opened in error"),
    other=("其他", "Other"),
)

# No police: they have no account and no part here (R2).
CARE_TEAM_PARTS = make_codes(
    officer=("社区专职工作人员", "Community officer"),
    health=("社区医务人员", "Community health worker"),
    social_worker=("社工", "Social worker"),
    peer=("同伴辅导员", "Peer supporter"),
    volunteer=("志愿者", "Volunteer"),
)

NOTE_KINDS = make_codes(
    interview=("面谈", "Interview"),
    visit=("探访", "Visit"),
    phone=("电话", "Telephone call"),
    message=("短信或留言", "Message"),
    accompanied=("陪同办事", "Accompanied errand"),
    review=("阶段评估", "Review"),
    other=("其他", "Other"),
)

NEED_KINDS = make_codes(
    employment=("就业培训", "Work and training"),
    living=("生活救助", "Living assistance"),
    counselling=("心理辅导", "Counselling"),
    housing=("住宿安置", "Housing"),
    documents=("证件户籍", "Documents and registration"),
    medical=("就医", "Medical care"),
    education=("就学", "Schooling"),
    legal=("法律帮助", "Legal help"),
    family=("家庭关系", "Family"),
    other=("其他", "Other"),
)

NEED_STATES = make_codes(
    open=("待解决", "Open"),
    being_met=("正在解决", "Being met"),
    met=("已解决", "Met"),
    unmet=("未能解决", "Unmet"),
    withdrawn=("不再需要", "Withdrawn"),
)

PRIORITIES: Codes = {
    "1": Label(zh="急", en="Urgent"),
    "2": Label(zh="一般", en="Normal"),
    "3": Label(zh="可缓", en="Can wait"),
}
