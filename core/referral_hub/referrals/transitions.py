"""The one table of transitions, and the one function that applies them.

A transition that is not in the table is impossible, from a page, the API, a module or a job alike. Statements about
who: `sender` is the referring office or its care team, `recipient` the receiving organisation, `supervisor` a
supervisor of the referring office, `system` the hub's own jobs and the replies of modules.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from sqlalchemy import update
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import col

from referral_hub.actor import Actor
from referral_hub.audit.actions import write_record
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.referrals.errors import ReasonNeeded, ReopenTooLate, TransitionImpossible, TransitionNotYours
from referral_hub.referrals.progress import word_after
from referral_hub.tables.referrals import Referral

Party = Literal["sender", "recipient", "supervisor", "system"]
Demand = Literal["consent", "reason", "outcome", "recent", "gone"]

REOPEN_DAYS = 30

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
OPEN = frozenset({"sent", "received", "waitlisted", "accepted", "in_service", "on_hold"})
UNANSWERED = frozenset({"sent", "received"})
BEFORE_SERVICE = frozenset({"sent", "received", "waitlisted", "accepted"})
SERVED = frozenset({"in_service", "on_hold"})
ENDED = frozenset(STATES) - OPEN - {"draft"}


class Transition(msgspec.Struct, frozen=True):
    """One line of the table: from which states, to which, by whom, and what it demands."""

    act: str
    label: Label
    before: frozenset[str]
    after: str
    who: frozenset[Party]
    demands: frozenset[Demand] = frozenset()


def _line(
    act: str, zh: str, en: str, before: Collection[str], after: str, who: Collection[Party], *demands: Demand
) -> Transition:
    return Transition(act, Label(zh=zh, en=en), frozenset(before), after, frozenset(who), frozenset(demands))


_SENDERS: tuple[Party, ...] = ("sender", "supervisor")
_ANSWERERS: tuple[Party, ...] = ("recipient", "system")

TRANSITIONS: tuple[Transition, ...] = (
    _line("send", "发出", "send", {"draft"}, "sent", _SENDERS, "consent"),
    _line("receive", "签收", "mark as received", {"sent"}, "received", _ANSWERERS),
    _line("accept", "受理", "accept", {"received", "waitlisted"}, "accepted", _ANSWERERS),
    _line("waitlist", "列入轮候", "wait-list", {"received"}, "waitlisted", _ANSWERERS),
    # A late decline, before any service, beats an accepted referral that nobody will ever serve.
    _line("decline", "不受理", "decline", {"received", "waitlisted", "accepted"}, "declined", _ANSWERERS, "reason"),
    _line("start", "开始服务", "start service", {"accepted"}, "in_service", _ANSWERERS),
    _line("hold", "暂停服务", "put on hold", {"in_service"}, "on_hold", _ANSWERERS),
    _line("resume", "恢复服务", "resume", {"on_hold"}, "in_service", _ANSWERERS),
    _line("complete", "办结", "complete", SERVED, "completed", _ANSWERERS, "outcome"),
    _line("discontinue", "中途终止", "discontinue", SERVED, "discontinued", _ANSWERERS, "outcome"),
    # Nobody is left who could say what came of it; while anybody is, the end is theirs to tell.
    _line(
        "end_unserved",
        "因机构或模块不在而结束",
        "end, the provider being gone",
        SERVED,
        "discontinued",
        _SENDERS,
        "reason",
        "gone",
    ),
    _line("withdraw", "撤回", "withdraw", BEFORE_SERVICE | {"draft"}, "withdrawn", _SENDERS, "reason"),
    _line(
        "consent_withdraw",
        "因撤回同意而停止",
        "stop, consent withdrawn",
        OPEN,
        "consent_withdrawn",
        (*_SENDERS, "system"),
    ),
    _line("expire", "过期", "let expire", {"draft", "sent", "received", "waitlisted"}, "expired", ["system"]),
    _line("mark_error", "作废", "mark as entered in error", OPEN | {"draft"}, "entered_in_error", _SENDERS, "reason"),
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
    ),
    _line("reopen", "重新打开", "reopen", {"declined"}, "received", ["supervisor"], "reason", "recent", "consent"),
)

_WHO: dict[Party, Label] = {
    "sender": Label(zh="转出机构", en="the referring office"),
    "recipient": Label(zh="接收机构", en="the receiving organisation"),
    "supervisor": Label(zh="督导", en="a supervisor"),
    "system": Label(zh="系统", en="the hub itself"),
}


def find_transition(act: str, before: str) -> Transition | None:
    """The line for `act` from state `before`, or None."""
    return next((line for line in TRANSITIONS if line.act == act and before in line.before), None)


def possible_acts(referral: Referral, by: Actor) -> list[Transition]:
    """What `by` may do with the referral now, for the buttons of a page."""
    parties = parties_of(referral, by)
    return [line for line in TRANSITIONS if referral.state in line.before and line.who & parties]


def parties_of(referral: Referral, by: Actor) -> frozenset[Party]:
    """Which sides of this referral the actor stands on. An office that refers to itself stands on both."""
    parties: set[Party] = set()
    if by.role == "system":
        parties.add("system")
    if by.role in ("worker", "supervisor"):
        # Row-level security has already shown the row: the office's own staff, or a member of the care team.
        parties.add("sender")
    if by.role == "supervisor" and by.organisation_id == referral.office_id:
        parties.add("supervisor")
    if by.role == "partner" and by.organisation_id == referral.recipient_id:
        parties.add("recipient")
    return frozenset(parties)


def apply_transition(
    session: Transaction,
    referral: Referral,
    act: str,
    *,
    by: Actor,
    at: datetime,
    reason_code: str | None = None,
    facts: dict[str, object] | None = None,
    set_values: dict[str, object] | None = None,
    met: Collection[Demand] = (),
) -> Transition:
    """Move a referral that is locked `FOR UPDATE`: state, when the next word is due, and record, in the caller's
    transaction.

    `met` names the demands that the caller has checked itself (consent, outcome); a demand of the table that is not
    met is refused here, so that no caller can forget one. Raises `TransitionImpossible`, `TransitionNotYours`,
    `ReasonNeeded`, `ReopenTooLate`.
    """
    line = find_transition(act, referral.state)
    if line is None:
        label = next((known.label for known in TRANSITIONS if known.act == act), Label(zh=act, en=act))
        raise TransitionImpossible(state=STATES[referral.state], act=label)
    if not line.who & parties_of(referral, by):
        raise TransitionNotYours(act=line.label, who=_in_words(line.who))
    if "reason" in line.demands and not reason_code:
        raise ReasonNeeded(field="reason_code")
    if "recent" in line.demands:
        _check_recent(referral, at)
    unmet = line.demands - {"reason", "recent"} - set(met)
    if unmet:
        raise TransitionImpossible(state=STATES[referral.state], act=line.label)
    values: dict[str, object] = {
        "state": line.after,
        "version": referral.version + 1,
        "reason_code": reason_code,
        "ended_at": at if line.after in ENDED else None,
        "word_by": word_after(session, referral.service_key, at) if line.after == "in_service" else None,
        "feedback_by": referral.feedback_by if line.after in SERVED else None,
        **(set_values or {}),
    }
    before = referral.state
    session.execute(update(Referral).where(col(Referral.id) == referral.id).values(values))
    for name, value in values.items():
        # The row in hand follows without being read again; it is not to be flushed a second time.
        set_committed_value(referral, name, value)
    write_record(
        session,
        f"referral.{act}",
        by=by,
        at=at,
        subject="referral",
        subject_id=referral.id,
        case_id=referral.case_id,
        office_id=referral.office_id,
        referral_id=referral.id,
        recipient_id=None if before == "draft" and act != "send" else referral.recipient_id,
        reason=reason_code,
        facts={"before": before, "after": line.after, **(facts or {})},
    )
    return line


def _check_recent(referral: Referral, at: datetime) -> None:
    if referral.ended_at is None or at - referral.ended_at > timedelta(days=REOPEN_DAYS):
        raise ReopenTooLate(days=REOPEN_DAYS)


def _in_words(who: Collection[Party]) -> Label:
    shown = [_WHO[party] for party in ("sender", "supervisor", "recipient", "system") if party in who]
    return Label(zh="或".join(one.zh for one in shown), en=" or ".join(one.en for one in shown))
