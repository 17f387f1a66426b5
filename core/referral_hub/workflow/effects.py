"""What follows from an event, as data: whoever keeps referrals writes it down, in a database or in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

import msgspec

from referral_hub.api import AidApplication, AidDecision, Assistance, Document, ServiceEvent
from referral_hub.i18n import Label
from referral_hub.workflow.escalation import Step
from referral_hub.workflow.release import Released
from referral_hub.workflow.state import ReferralState

MessageKind = Literal["receive", "apply", "withdraw"]


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit about the referral, and which of the two sides reads it in its own log.

    `with_place`: the number of the place that was confirmed belongs to its details.
    """

    action: str
    reason: str | None = None
    details: Mapping[str, object] = {}
    shown_to_office: bool = True
    shown_to_recipient: bool = True
    with_place: bool = False


class NewTask(msgspec.Struct, frozen=True):
    """A task to open; its kind says whose it is. `escalate_at`: when the first step of its escalation is due."""

    kind: str
    due_at: datetime
    escalate_at: datetime | None = None


class Escalated(msgspec.Struct, frozen=True, kw_only=True):
    """A step of an escalation is taken, the next one is due at `next_at`; None after the last."""

    step: Step
    next_at: datetime | None


class CompletedTasks(msgspec.Struct, frozen=True):
    """Open tasks of these kinds about the referral are done, whoever's they are."""

    kinds: frozenset[str]
    how: str


class NeedChange(msgspec.Struct, frozen=True, kw_only=True):
    """Where the need stands now, if it stood in `before`, and (`unless_attempted`) no other referral for it is open."""

    state: Literal["open", "being_met", "met"]
    before: frozenset[str]
    unless_attempted: bool = False


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to the place: `hold` one until a moment if any is free, `offer` one until a moment or be refused,
    `confirm` one, `release` what it has, `retake` the one it had last, or another where that one is taken, `unconfirm`
    what was confirmed: held until then.
    """

    action: Literal["hold", "offer", "confirm", "release", "retake", "unconfirm"]
    until: datetime | None = None
    group_label: str | None = None
    sex: str | None = None
    starts_on: date | None = None


class GivenOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the referral; an earlier outcome is replaced."""

    code: str
    evidence: Literal["provider", "document", "person", "none"]
    measures: Mapping[str, Any] = {}
    no_event_reason: str | None = None
    note: str | None = None


class ProposedAid(msgspec.Struct, frozen=True, kw_only=True):
    """What the module says for the ledger of assistance: an application, decisions on it, money or goods given."""

    application: AidApplication | None = None
    decisions: tuple[AidDecision, ...] = ()
    assistance: tuple[Assistance, ...] = ()


class FollowUps(msgspec.Struct, frozen=True):
    """Ask the client again so many months after the end."""

    months: tuple[int, ...]
    ended_on: date


class Effects(msgspec.Struct, frozen=True, kw_only=True):
    """All that follows from one event, written together or not at all.

    `before` and `after` are the referral; what differs is set. Where no place can be had, `if_full` applies instead;
    without it the event is refused (`NoPlaceFree`). `disclosure`: `open` makes one of `released`, `end` takes the
    recipient's access away, `reopen` gives it back. `dropped` messages are those that need not be delivered any more.
    `step_done`: the next step that stood open is closed; `next_step` is opened, or stays and is `escalated`.
    `aid_settled`: an application that nobody decided is withdrawn, and after the end of a `service` what is granted and
    will not be paid any more goes back to its fund. `outcome_voided`: the outcome that stood stands no more;
    `follow_ups_off`: nobody is asked again unless it ends once more. `undone`: what the act of that moment recorded is
    cancelled, and its forms and documents are as they were before. `note` is UNSET where what was said before stays.
    """

    before: ReferralState
    after: ReferralState
    audit: tuple[AuditEntry, ...] = ()
    tasks: tuple[NewTask, ...] = ()
    completed: tuple[CompletedTasks, ...] = ()
    step_done: bool = False
    next_step: NewTask | None = None
    escalated: Escalated | None = None
    need: NeedChange | None = None
    reservation: Reservation | None = None
    if_full: Effects | None = None
    disclosure: Literal["open", "end", "reopen"] | None = None
    released: Released | None = None
    dropped: frozenset[MessageKind] = frozenset()
    messages: tuple[MessageKind, ...] = ()
    events: tuple[ServiceEvent, ...] = ()
    aid: ProposedAid | None = None
    aid_settled: Literal["attempt", "service"] | None = None
    outcome: GivenOutcome | None = None
    undone: datetime | None = None
    outcome_voided: bool = False
    follow_ups_off: bool = False
    follow_ups: FollowUps | None = None
    documents: tuple[Document, ...] = ()
    documents_erased: bool = False
    note: Label | str | msgspec.UnsetType | None = msgspec.UNSET

    def changes(self) -> dict[str, object]:
        """The values that are set on the referral, by their names in `ReferralState`."""
        names = ReferralState.__struct_fields__
        pairs = ((name, getattr(self.before, name), getattr(self.after, name)) for name in names)
        return {name: after for name, before, after in pairs if before != after}
