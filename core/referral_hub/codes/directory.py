"""Codes of organisations and what they offer."""

from __future__ import annotations

from referral_hub.codes.sets import make_codes

ORGANISATION_KINDS = make_codes(
    office=("转出单位", "Referring office"),
    provider=("服务机构", "Provider"),
    civil_affairs=("民政部门", "Civil affairs department"),
    operator=("系统运行单位", "Operator of the hub"),
)

PROCESSOR_ROLES = make_codes(
    statutory=("依法履职", "Statutory"),
    entrusted=("受委托处理", "Entrusted"),
    independent=("独立处理", "Independent"),
)

ORGANISATION_STATUS = make_codes(
    preparing=("准备中", "Preparing"),
    active=("启用", "Active"),
    suspended=("暂停", "Suspended"),
)

CONTRACT_RECEIPTS = make_codes(
    deleted=("已删除", "Deleted"),
    returned=("已退回委托方", "Returned to the purchaser"),
)

OFFERING_STATUS = make_codes(
    open=("开放", "Open"),
    paused=("暂停接收", "Paused"),
    closed=("已关闭", "Closed"),
)

RESERVATION_STATES = make_codes(
    held=("预留", "Held"),
    taken=("占用", "Taken"),
    released=("已释放", "Released"),
    lapsed=("到期释放", "Lapsed"),
)

LANGUAGES = make_codes(
    zh=("普通话", "Mandarin"),
    yue=("粤语", "Cantonese"),
    bo=("藏语", "Tibetan"),
    ug=("维吾尔语", "Uyghur"),
    mn=("蒙古语", "Mongolian"),
    za=("壮语", "Zhuang"),
    ii=("彝语", "Yi"),
    sign=("手语", "Sign language"),
    en=("英语", "English"),
    other=("其他", "Other"),
)
