"""What someone has to do by a date: every kind of task that the loop opens, whose it is, and within what time."""

from __future__ import annotations

from typing import Literal

import msgspec

from referral_hub.i18n import Label

Ground = Literal["retention_ended", "service_over", "superseded", "contract_ended", "organisation_suspended"]
"""Why a recipient's access ends beside how the referral itself ends. The task to delete or return is named by it, and
the module is told it as the reason.
"""

LOST_GROUNDS: dict[str, Label] = {
    "retention_ended": Label(zh="保存期已满", en="The retention period has ended"),
    "service_over": Label(zh="服务已经结束", en="The service has ended"),
    "superseded": Label(zh="已有更新的转介", en="A newer referral has replaced it"),
    "contract_ended": Label(zh="委托合同已经结束", en="Your organisation's contract has ended"),
    "organisation_suspended": Label(zh="本机构已暂停", en="Your organisation is suspended"),
}
"""Why a recipient has lost access, in words for it."""


class TaskKind(msgspec.Struct, frozen=True, kw_only=True):
    """Whose task it is (`sender`: the account that sent the referral; `supervisor`: any of its office, and nobody else
    completes it), and the working days it is due within. One that is not done `by_hand` is completed by an event.
    """

    label: Label
    owner: Literal["sender", "office", "supervisor", "recipient"]
    working_days: int
    by_hand: bool = True


TASK_KINDS: dict[str, TaskKind] = {
    "delete_or_return": TaskKind(
        label=Label(
            zh="删除或退回服务对象的信息，并回报", en="Delete or return the client's information and report it"
        ),
        owner="recipient",
        working_days=10,
    ),
    "retention_ended": TaskKind(
        label=Label(
            zh="保存期已满：删除或退回服务对象的信息，并回报",
            en="The retention period has ended: delete or return the client's information and report it",
        ),
        owner="recipient",
        working_days=10,
    ),
    "service_over": TaskKind(
        label=Label(
            zh="服务已结束，不再需要：删除或退回服务对象的信息，并回报",
            en="The service has ended: delete or return the client's information and report it",
        ),
        owner="recipient",
        working_days=10,
    ),
    "superseded": TaskKind(
        label=Label(
            zh="已有更新的转介：删除或退回前一张的信息，并回报",
            en="A newer referral has replaced this one: delete or return the information that came with it and "
            "report it",
        ),
        owner="recipient",
        working_days=10,
    ),
    "contract_ended": TaskKind(
        label=Label(
            zh="委托合同已结束：删除或退回服务对象的信息，并回报",
            en="The contract has ended: delete or return the client's information and report it",
        ),
        owner="recipient",
        working_days=10,
    ),
    "organisation_suspended": TaskKind(
        label=Label(
            zh="机构已暂停：删除或退回服务对象的信息，并回报",
            en="Your organisation is suspended: delete or return the client's information and report it",
        ),
        owner="recipient",
        working_days=10,
    ),
    "recipient_gone": TaskKind(
        label=Label(
            zh="对方的合同已结束或机构已暂停，已不能查看：请撤回转介，另找服务",
            en="The provider's contract has ended or it is suspended, so it can no longer view the referral: "
            "withdraw it and find another service",
        ),
        owner="sender",
        working_days=2,
    ),
    "tell_client": TaskKind(
        label=Label(zh="向服务对象补办告知", en="Inform the client of what was shared"), owner="office", working_days=3
    ),
    "renew_consent": TaskKind(
        label=Label(zh="同意已到期：请与服务对象续签", en="Consent has expired: ask the client to renew it"),
        owner="sender",
        working_days=5,
    ),
    "answer_reminder": TaskKind(
        label=Label(zh="转介即将到答复期限：请答复", en="Answer due soon: answer the referral"),
        owner="recipient",
        working_days=1,
        by_hand=False,
    ),
    "answer_overdue": TaskKind(
        label=Label(
            zh="转介超时未答：请联系对方或另找名额", en="No answer in time: call the recipient or find another service"
        ),
        owner="sender",
        working_days=1,
    ),
    "answer_escalated": TaskKind(
        label=Label(
            zh="转介催办后仍未答复：请督导与对方联系，或安排另找服务",
            en="Unanswered after reminders: contact the recipient, or arrange another provider",
        ),
        owner="supervisor",
        working_days=1,
    ),
    "tell_accepted": TaskKind(
        label=Label(
            zh="对方已受理：请告知服务对象由谁、何时联系",
            en="Accepted: inform the client who will contact them, and when",
        ),
        owner="sender",
        working_days=2,
    ),
    "tell_waitlisted": TaskKind(
        label=Label(
            zh="对方列入轮候：请告知服务对象，需要时另找服务",
            en="Wait-listed: inform the client, and find another provider if needed",
        ),
        owner="sender",
        working_days=2,
    ),
    "call_client": TaskKind(
        label=Label(zh="有紧急提示：请尽快联系服务对象", en="Urgent flag: contact the client as soon as possible"),
        owner="sender",
        working_days=1,
    ),
    "module_gone": TaskKind(
        label=Label(
            zh="这项服务停用了或就要停用：请把转介改派到别处，或与对方商定怎样办完",
            en="The service is disabled or soon will be: redirect the referral, or agree with the provider how to "
            "complete it",
        ),
        owner="sender",
        working_days=2,
    ),
    "module_close": TaskKind(
        label=Label(
            zh="这项服务停用了或就要停用：请与对方商定，把这张转介结束",
            en="The service is disabled or soon will be: agree with the provider and end this referral",
        ),
        owner="sender",
        working_days=2,
    ),
    "find_next": TaskKind(
        label=Label(
            zh="对方不受理或未答复：请为这项需求另找服务",
            en="Declined or unanswered: find another service for this need",
        ),
        owner="sender",
        working_days=3,
    ),
    "confirm_capacity": TaskKind(
        label=Label(
            zh="以“容量不足”答复了转介：请核对并确认名额",
            en="A referral was declined for lack of capacity: check and confirm the places",
        ),
        owner="recipient",
        working_days=1,
    ),
    "find_place": TaskKind(
        label=Label(
            zh="转介重新打开，原来的名额已给了别人：请安排名额",
            en="Reopened, but its former place has been taken: assign a place",
        ),
        owner="recipient",
        working_days=1,
    ),
    "check_offering": TaskKind(
        label=Label(
            zh="以“非本机构服务”答复了转介：请核对服务目录里的介绍，有误的请管理员更正",
            en="A referral was declined as “not a service we provide”: check your entry in the directory and ask "
            "the administrator to correct any error",
        ),
        owner="recipient",
        working_days=5,
    ),
}

SENDER_STEPS = frozenset({"next_confirm"})
"""Next steps of a referral that are its sender's; all others are its recipient's."""
SENDER_KINDS = frozenset(kind for kind, task in TASK_KINDS.items() if task.owner == "sender")
"""Tasks of a sender about its referrals; a closed case leaves none of them."""

NEXT_STEPS: dict[str, Label] = {
    "next_answer": Label(zh="答复转介", en="Answer the referral"),
    "next_place": Label(zh="轮候：告知有无名额", en="Waiting list: say whether a place is free"),
    "next_confirm": Label(
        zh="轮候到了：名额已留，请与服务对象确认", en="A place is being kept: confirm with the client"
    ),
    "next_contact": Label(zh="与服务对象首次联系", en="Make the first contact with the client"),
    "next_start": Label(zh="开始服务", en="Start the service"),
    "next_report": Label(zh="反馈服务进展", en="Report on progress"),
    "next_result": Label(zh="反馈服务结果", en="Report the outcome"),
    "next_resume": Label(zh="暂停中：恢复或结束服务", en="On hold: resume or end the service"),
    "next_attempt": Label(zh="为这项需求找服务", en="Find a service for this need"),
    "next_review": Label(zh="回顾个案：近况、需求、计划", en="Review the case: situation, needs, plan"),
}
"""The one next step of an open referral, need or case, which the next event closes and replaces."""

OFFERING_KINDS = frozenset({"confirm_capacity", "check_offering"})
"""Tasks of a recipient about what it offers; one completes it for every referral that asked."""
ERASURE_KINDS = frozenset({"delete_or_return", *LOST_GROUNDS})
"""Tasks of a recipient to delete or return what it was given."""
REASSIGNMENT_KINDS = frozenset({"module_gone", "module_close"})
"""Tasks of a sender because the module is out of use."""
REDIRECT_KINDS = REASSIGNMENT_KINDS | {"recipient_gone"}
"""Tasks of a sender because module or recipient is gone; completed as soon as the referral has ended."""
WHILE_OPEN_KINDS = REDIRECT_KINDS | {"find_place"}
"""Tasks that the end of the referral completes."""

ReassignmentRequest = Literal["redirect", "close", "wait"]
REASSIGNMENT_REQUESTS: dict[ReassignmentRequest, Label] = {
    "redirect": Label(zh="请转出社工改派", en="Ask the sender to redirect it"),
    "close": Label(zh="请转出社工结束", en="Ask the sender to end it"),
    "wait": Label(zh="继续等", en="Wait"),
}
"""What an administrator may ask about an open referral. The office that sent it decides."""
TASK_OF_REQUEST: dict[ReassignmentRequest, str] = {"redirect": "module_gone", "close": "module_close"}


def request_of_task(kind: str | None) -> ReassignmentRequest | None:
    """What a task of this kind asks."""
    return next((request for request, asked in TASK_OF_REQUEST.items() if asked == kind), None)
