"""The one table of transitions of a referral.

A transition that is not in the table is impossible, from a page, the API, a module or a job alike. Statements about
who: `sender` is the referring office or its care team, `recipient` the receiving organisation, `supervisor` a
supervisor of the referring office, `system` the hub's own jobs and the replies of modules.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal
from uuid import UUID

import msgspec

from referral_hub.codes.states import (
    REFERRAL_ACCEPTED,
    REFERRAL_ANSWERED,
    REFERRAL_BEFORE_SERVICE,
    REFERRAL_CONCLUDED,
    REFERRAL_OPEN,
    REFERRAL_SERVED,
)
from referral_hub.i18n import Label, untranslated
from referral_hub.workflow.errors import TransitionImpossible

Party = Literal["sender", "recipient", "supervisor", "system"]
Demand = Literal["consent", "reason", "outcome", "recent", "gone", "sent", "case", "lately", "offer"]

REOPEN_DAYS = 30
UNDO_HOURS = 24

STATES: dict[str, Label] = {
    "draft": Label(zh="草稿", en="draft"),
    "sent": Label(zh="已发出", en="sent"),
    "received": Label(zh="已签收", en="received"),
    "accepted": Label(zh="已受理", en="accepted"),
    "waitlisted": Label(zh="轮候中", en="wait-listed"),
    "declined": Label(zh="不受理", en="declined"),
    "in_service": Label(zh="服务中", en="in service"),
    "on_hold": Label(zh="暂停", en="on hold"),
    "completed": Label(zh="已办结", en="completed"),
    "discontinued": Label(zh="中途终止", en="discontinued"),
    "withdrawn": Label(zh="已撤回", en="withdrawn"),
    "consent_withdrawn": Label(zh="本人撤回同意", en="consent withdrawn"),
    "expired": Label(zh="已过期", en="expired"),
    "entered_in_error": Label(zh="登记有误作废", en="entered in error"),
}

PATHS: dict[tuple[str, str], tuple[str, ...]] = {
    ("accepted", "in_service"): ("start",),
    ("accepted", "on_hold"): ("start", "hold"),
    ("accepted", "completed"): ("start", "complete"),
    ("accepted", "discontinued"): ("start", "discontinue"),
    ("in_service", "on_hold"): ("hold",),
    ("in_service", "completed"): ("complete",),
    ("in_service", "discontinued"): ("discontinue",),
    ("on_hold", "in_service"): ("resume",),
    ("on_hold", "completed"): ("complete",),
    ("on_hold", "discontinued"): ("discontinue",),
}
"""The actions that lead from one state to the state of a module's stage; each is still a line of the table."""


class Transition(msgspec.Struct, frozen=True):
    """One line of the table: from which states, to which, by whom, and what it demands.

    `or_back_to`: the states it may lead to instead, where the referral stood in one of them before it ended.
    """

    action: str
    label: Label
    before: frozenset[str]
    after: str
    who: frozenset[Party]
    demands: frozenset[Demand] = frozenset()
    or_back_to: frozenset[str] = frozenset()


def _line(
    action: str,
    zh: str,
    en: str,
    before: Collection[str],
    after: str,
    who: Collection[Party],
    *demands: Demand,
    or_back_to: Collection[str] = (),
) -> Transition:
    label = Label(zh=zh, en=en)
    return Transition(
        action, label, frozenset(before), after, frozenset(who), frozenset(demands), frozenset(or_back_to)
    )


_SENDERS: tuple[Party, ...] = ("sender", "supervisor")
_ANSWERERS: tuple[Party, ...] = ("recipient", "system")

TRANSITIONS: tuple[Transition, ...] = (
    _line("send", "发出", "send", {"draft"}, "sent", _SENDERS, "consent"),
    _line("receive", "签收", "mark as received", {"sent"}, "received", _ANSWERERS),
    _line("accept", "受理", "accept", {"received", "waitlisted"}, "accepted", _ANSWERERS),
    _line("waitlist", "列入轮候", "wait-list", {"received"}, "waitlisted", _ANSWERERS),
    # The recipient wait-listed the client for the next free place; once it is kept for them, the sender confirms it.
    _line("take_offer", "确认名额", "confirm the place", {"waitlisted"}, "accepted", _SENDERS, "offer"),
    # A late decline, before any service, beats an accepted referral that nobody will ever serve.
    _line("decline", "不受理", "decline", {"received", "waitlisted", "accepted"}, "declined", _ANSWERERS, "reason"),
    _line("start", "开始服务", "start service", {"accepted"}, "in_service", _ANSWERERS),
    _line("hold", "暂停服务", "put on hold", {"in_service"}, "on_hold", _ANSWERERS),
    _line("resume", "恢复服务", "resume", {"on_hold"}, "in_service", _ANSWERERS),
    _line("complete", "办结", "complete", REFERRAL_SERVED, "completed", _ANSWERERS, "outcome"),
    _line("discontinue", "中途终止", "discontinue", REFERRAL_SERVED, "discontinued", _ANSWERERS, "outcome"),
    # Nobody is left who could say what came of it; while anyone is, the end is theirs to tell.
    _line(
        "end_unserved",
        "因机构停办或模块停用而结束",
        "end (provider or module no longer available)",
        REFERRAL_SERVED,
        "discontinued",
        _SENDERS,
        "reason",
        "gone",
    ),
    # A client who died, is in custody, moved away or is discharged leaves no referral open behind.
    _line(
        "end_with_client",
        "随个案结束",
        "end with the case",
        REFERRAL_BEFORE_SERVICE | {"draft"},
        "withdrawn",
        _SENDERS,
        "reason",
        "case",
    ),
    _line(
        "end_with_client",
        "随个案结束",
        "end with the case",
        REFERRAL_SERVED,
        "discontinued",
        _SENDERS,
        "reason",
        "case",
    ),
    _line("withdraw", "撤回", "withdraw", REFERRAL_BEFORE_SERVICE | {"draft"}, "withdrawn", _SENDERS, "reason"),
    _line(
        "consent_withdraw",
        "因撤回同意而停止",
        "stop (consent withdrawn)",
        REFERRAL_OPEN,
        "consent_withdrawn",
        (*_SENDERS, "system"),
    ),
    _line("expire", "过期", "let expire", {"draft", "sent", "received", "waitlisted"}, "expired", ["system"]),
    _line(
        "mark_error",
        "作废",
        "mark as entered in error",
        REFERRAL_OPEN | {"draft"},
        "entered_in_error",
        _SENDERS,
        "reason",
    ),
    _line(
        "reopen",
        "重新打开",
        "reopen",
        {"completed", "discontinued"},
        "in_service",
        ["supervisor"],
        "reason",
        "recent",
        "consent",
        or_back_to=REFERRAL_ACCEPTED,
    ),
    _line(
        "reopen",
        "重新打开",
        "reopen",
        {"declined", "withdrawn"},
        "received",
        ["supervisor"],
        "reason",
        "recent",
        "consent",
        "sent",
        or_back_to=REFERRAL_BEFORE_SERVICE - {"sent"},
    ),
    # Where it stood before the last act; what that act began is taken back with it.
    _line(
        "undo",
        "撤销上一步",
        "undo the last step",
        REFERRAL_ANSWERED | REFERRAL_CONCLUDED | {"declined"},
        "received",
        ["recipient", "supervisor"],
        "lately",
        or_back_to=REFERRAL_OPEN - {"sent"},
    ),
)

_WHO: dict[Party, Label] = {
    "sender": Label(zh="转出机构", en="the referring office"),
    "recipient": Label(zh="接收机构", en="the receiving organisation"),
    "supervisor": Label(zh="督导", en="a supervisor"),
    "system": Label(zh="系统", en="the hub itself"),
}


def find_transition(action: str, before: str) -> Transition | None:
    """The line for `action` from state `before`, or None."""
    return next((line for line in TRANSITIONS if line.action == action and before in line.before), None)


def possible_actions(state: str, parties: Collection[Party], *, unmet: Collection[Demand] = ()) -> list[Transition]:
    """What these parties may do in this state, for the buttons of a page, where these demands are known to be unmet."""
    return [
        line
        for line in TRANSITIONS
        if state in line.before and line.who & frozenset(parties) and not line.demands & frozenset(unmet)
    ]


def parties_of(
    *, role: str, organisation_id: UUID | None, office_id: UUID | None, recipient_id: UUID | None
) -> frozenset[Party]:
    """Which sides of a referral someone of this role and organisation stands on, once allowed to see it.

    An office that refers to itself stands on both.
    """
    parties: set[Party] = set()
    if role == "system":
        parties.add("system")
    if role in ("worker", "supervisor"):
        # Row-level security has already shown the row: the office's own staff, or a member of the care team.
        parties.add("sender")
    if role == "supervisor" and organisation_id == office_id:
        parties.add("supervisor")
    if role == "partner" and organisation_id == recipient_id:
        parties.add("recipient")
    return frozenset(parties)


def impossible(action: str, state: str) -> TransitionImpossible:
    """The refusal of an action that the table does not have in this state."""
    label = next((known.label for known in TRANSITIONS if known.action == action), untranslated(action))
    return TransitionImpossible(state=STATES[state], action=label)


def in_words(who: Collection[Party]) -> Label:
    """The parties as a refusal names them."""
    shown = [_WHO[party] for party in ("sender", "supervisor", "recipient", "system") if party in who]
    return Label(zh="或".join(one.zh for one in shown), en=" or ".join(one.en for one in shown))
