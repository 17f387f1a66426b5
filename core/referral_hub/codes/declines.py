"""Why a recipient declines, and what follows from each reason: the one table that words, rules and documents come from.

What the words of a next step promise, the rules keep: `workflow.resting` leaves a place out, `workflow.answering` opens
the recipient's task. A consequence that is not in a field of `NextStep` may not be in its words either.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from referral_hub.codes.sets import make_codes
from referral_hub.i18n import Label

ASK_AGAIN_DAYS = 30
"""Days before a client is asked, or a place is, once more after a refusal (R8; network data regulation art. 22(5))."""

DECLINE_REASONS = make_codes(
    no_capacity=("容量不足", "No capacity"),
    not_eligible=("不符合准入条件", "Not eligible"),
    insufficient_information=("信息不足", "Not enough information"),
    not_our_service=("非本机构服务", "Not a service we provide"),
    client_refused=("服务对象拒绝", "Client refused"),
    unreachable=("联系不上", "Client could not be reached"),
    out_of_area=("地域不符", "Outside our area"),
    safety=("安全原因", "Safety"),
    other=("其他", "Other"),
)

ASK_AGAIN_REASONS = make_codes(
    client_asked=("本人主动提出", "The client asks for it"),
    changed=("条件已经变化", "The circumstances have changed"),
    recipient_agrees=("对方说明现在可以接收", "The recipient states that it can now accept the client"),
    supervisor_agrees=("督导商量后同意", "The supervisor agrees"),
)
CLIENT_ASKED = "client_asked"
SUPERVISOR_AGREES = "supervisor_agrees"
"""The one of `ASK_AGAIN_REASONS` that only a supervisor may give."""


class NextStep(msgspec.Struct, frozen=True, kw_only=True):
    """What a decline asks of the sender and of the recipient, because each reason means something else.

    `kind`: offer the next place, fix and send again, talk with the client, or have the supervisor look at it.
    `rests`: what is not asked again about this client for `ASK_AGAIN_DAYS` (that offering, or the recipient's whole
    service), unless for one of the reasons in `asked_again`. `recipient_task`: the kind of task that the recipient
    gets.
    """

    kind: Literal["next_place", "fix", "talk", "supervise"]
    label: Label
    rests: Literal["offering", "service"] | None = None
    asked_again: tuple[str, ...] = ()
    recipient_task: str | None = None


DECLINE_NEXT_STEPS: dict[str, NextStep] = {
    "no_capacity": NextStep(
        kind="next_place",
        label=Label(
            zh="换一家有空位的机构，或约定轮候；登记名额的服务，已请对方核对名额。",
            en="Try another provider with a free place, or agree on a waiting list. Where places are counted, the "
            "recipient has been asked to correct its figure.",
        ),
        recipient_task="confirm_capacity",
    ),
    "not_eligible": NextStep(
        kind="next_place",
        label=Label(
            zh=f"换下一家。{ASK_AGAIN_DAYS}天内不再推荐这一家；条件变化了，写明原因可以再发。",
            en=f"Try another provider; this one is not suggested for {ASK_AGAIN_DAYS} days. Ask again sooner only "
            "if the circumstances have changed, and state why.",
        ),
        rests="offering",
        asked_again=("changed", "recipient_agrees"),
    ),
    "insufficient_information": NextStep(
        kind="fix",
        label=Label(zh="补充信息（必要时更新同意书）后重新发出。", en="Add what is missing and send again."),
    ),
    "not_our_service": NextStep(
        kind="next_place",
        label=Label(
            zh=f"换下一家。{ASK_AGAIN_DAYS}天内不再推荐这一家；已请对方核对服务目录。",
            en=f"Try another provider; this one is not suggested for {ASK_AGAIN_DAYS} days. The recipient has been "
            "asked to check its entry in the directory.",
        ),
        rests="offering",
        asked_again=("recipient_agrees",),
        recipient_task="check_offering",
    ),
    "client_refused": NextStep(
        kind="talk",
        label=Label(
            zh=f"先和服务对象谈谈，{ASK_AGAIN_DAYS}天内不再重复询问，除非本人提出。",
            en=f"Talk with the client first. Do not ask about this service again for {ASK_AGAIN_DAYS} days, unless "
            "they bring it up.",
        ),
        rests="service",
        asked_again=(CLIENT_ASKED,),
    ),
    "unreachable": NextStep(
        kind="talk",
        label=Label(
            zh="核对联系方式和方便的时间，再发出一次。", en="Check how and when to reach them, then send again."
        ),
    ),
    "out_of_area": NextStep(
        kind="next_place",
        label=Label(
            zh=f"选择服务本地区的机构。{ASK_AGAIN_DAYS}天内不再推荐这一家；住址变化了，写明原因可以再发。",
            en=f"Choose a provider that serves this area; this one is not suggested for {ASK_AGAIN_DAYS} days. Ask "
            "again sooner only if the client has moved, and state why.",
        ),
        rests="offering",
        asked_again=("changed", "recipient_agrees"),
    ),
    "safety": NextStep(
        kind="supervise",
        label=Label(
            zh=f"与督导商量后再定；{ASK_AGAIN_DAYS}天内由督导同意才能再发给这项服务。",
            en=f"Decide together with the supervisor: for {ASK_AGAIN_DAYS} days a supervisor must approve another "
            "referral to this service.",
        ),
        rests="service",
        asked_again=(SUPERVISOR_AGREES,),
    ),
    "other": NextStep(
        kind="next_place",
        label=Label(zh="看说明，再选下一家。", en="Read the note, then choose another provider."),
    ),
}
