"""Codes of consent: on what basis, and how it was signed."""

from __future__ import annotations

from referral_hub.codes.sets import make_codes

# R1, R10: only these; an organisation's role limits which it may use.
BASES = make_codes(
    consent=("本人同意", "Consent"),
    application=("本人申请", "The person's own application"),
    statutory_duty=("法定职责", "Statutory duty"),
    emergency=("紧急情况", "Emergency"),
)

CONSENT_STATES = make_codes(
    given=("同意", "Given"),
    refused=("不同意", "Refused"),
    withdrawn=("已撤回", "Withdrawn"),
    expired=("已到期", "Expired"),
    replaced=("已更新", "Replaced"),
)

SIGNED_HOW = make_codes(
    handwritten=("手写签名", "Handwritten signature"),
    fingerprint=("按手印", "Thumbprint"),
    electronic=("电子签名", "Electronic signature"),
    oral=("口头同意（有见证人）", "Spoken, before a witness"),
)

METHODS = make_codes(online=("在线传送", "Online"), written=("书面", "On paper"), spoken=("口头", "Orally"))

# GB/T 4761-2008, one digit.
RELATIONS = make_codes(
    **{
        "0": ("本人或户主", "Self or head of household"),
        "1": ("配偶", "Spouse"),
        "2": ("子", "Son"),
        "3": ("女", "Daughter"),
        "4": ("孙辈", "Grandchild"),
        "5": ("父母", "Parent"),
        "6": ("祖辈", "Grandparent"),
        "7": ("兄弟姐妹", "Sibling"),
        "8": ("其他", "Other"),
    }
)

WITHDRAWN_HOW = make_codes(
    told_worker=("告诉社工", "Informed the worker"),
    phone=("电话", "By telephone"),
    paper=("书面", "In writing"),
)
