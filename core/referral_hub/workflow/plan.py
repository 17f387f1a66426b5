"""Working out effects: the steps that several events share. A plan is used by one `decide` and thrown away."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from referral_hub.api.manifest import Service
from referral_hub.calendar.clock import local_date
from referral_hub.codes.states import (
    NEED_OPEN,
    REFERRAL_CONCLUDED,
    REFERRAL_ENDED,
    REFERRAL_SERVED,
    REFERRAL_UNANSWERED,
)
from referral_hub.i18n import Label
from referral_hub.workflow.deadlines import WorkCalendar, outcome_due_at, progress_due_at
from referral_hub.workflow.effects import AuditEntry, CompletedTasks, Effects, NeedChange, NewTask, Reservation
from referral_hub.workflow.errors import ModuleUnknown, ReasonNeeded, ReopenTooLate, TransitionNotYours
from referral_hub.workflow.escalation import ESCALATION_KINDS
from referral_hub.workflow.next_step import next_step, step_done
from referral_hub.workflow.place_step import place_step
from referral_hub.workflow.state import Earlier, ReferralState
from referral_hub.workflow.table import REOPEN_DAYS, STATES, Demand, Party, find_transition, impossible, in_words
from referral_hub.workflow.tasks import TASK_KINDS, WHILE_OPEN_KINDS
from referral_hub.workflow.texts import read_note

ALL_MESSAGES = frozenset({"receive", "apply", "withdraw"})
_TASKS_OF_STATES: tuple[tuple[frozenset[str], frozenset[str]], ...] = (
    (REFERRAL_UNANSWERED, ESCALATION_KINDS),
    (frozenset({"accepted"}), frozenset({"tell_accepted"})),
    (frozenset({"waitlisted"}), frozenset({"tell_waitlisted"})),
)
"""Tasks that are done with as soon as the referral leaves these states."""


class Plan:
    """The referral as it becomes, step by step, and what is to be written beside it."""

    def __init__(
        self,
        before: ReferralState,
        *,
        service: Service | None,
        parties: Collection[Party],
        calendar: WorkCalendar,
        now: datetime,
        by_id: UUID | None = None,
    ) -> None:
        self.before = self.state = before
        self.service = service
        self.parties = frozenset(parties)
        self.calendar = calendar
        self.now = now
        self.by_id = by_id
        self._audit: list[AuditEntry] = []
        self._tasks: list[NewTask] = []
        self._completed: list[CompletedTasks] = []
        self._beside: dict[str, Any] = {}
        self.moved = ""

    @property
    def declared(self) -> Service:
        """The service as an enabled module declares it. Raises `ModuleUnknown`."""
        if self.service is None:
            raise ModuleUnknown
        return self.service

    def effects(self) -> Effects:
        place = place_step(self.before, self.state, self.service)
        return Effects(
            before=self.before,
            after=self.state,
            audit=tuple(self._audit),
            tasks=tuple(self._tasks),
            completed=tuple(self._completed),
            step_done=step_done(self.before, self.state),
            next_step=next_step(self.before, self.state, calendar=self.calendar, now=self.now),
            **{"reservation": place, **self._beside},
        )

    def set(self, **values: Any) -> None:
        """Set these values of the referral."""
        self.state = msgspec.structs.replace(self.state, **values)

    def write(self, **beside: Any) -> None:
        """Write these beside the referral; the names are those of `Effects`."""
        self._beside.update(beside)

    def audit(
        self,
        action: str,
        *,
        reason: str | None = None,
        details: Mapping[str, object] | None = None,
        shown_to_office: bool = True,
        shown_to_recipient: bool = True,
        with_place: bool = False,
    ) -> None:
        entry = AuditEntry(
            action=action,
            reason=reason,
            details=details or {},
            shown_to_office=shown_to_office,
            shown_to_recipient=shown_to_recipient,
            with_place=with_place,
        )
        self._audit.append(entry)

    def move(
        self,
        action: str,
        *,
        reason: str | None = None,
        met: Collection[Demand] = (),
        details: Mapping[str, object] | None = None,
        with_place: bool = False,
        back_to: str | None = None,
        **values: Any,
    ) -> None:
        """Move along a line of the table: state, dates and audit.

        `back_to` is where it stood before, where the line may lead back to that. `met` names the demands that were
        checked; one of the table that is not among them is refused, so that no rule can forget one. Raises
        `TransitionImpossible`, `TransitionNotYours`, `ReasonNeeded`, `ReopenTooLate`.
        """
        before = self.state
        line = find_transition(action, before.state)
        if line is None:
            raise impossible(action, before.state)
        if not line.who & self.parties:
            raise TransitionNotYours(action=line.label, who=in_words(line.who))
        if "reason" in line.demands and not reason:
            raise ReasonNeeded(field="reason_code")
        if "recent" in line.demands and not self._recent():
            raise ReopenTooLate(days=REOPEN_DAYS)
        if line.demands - {"reason", "recent"} - set(met):
            raise impossible(action, before.state)
        after = back_to if back_to in line.or_back_to else line.after
        moved: dict[str, Any] = {
            "state": after,
            "version": before.version + 1,
            "reason_code": reason,
            "ended_at": self.now if after in REFERRAL_ENDED else None,
            "progress_due_at": progress_due_at(self.service, self.now) if after == "in_service" else None,
            "outcome_due_at": before.outcome_due_at if after in REFERRAL_SERVED else None,
            "offer_until": None,
        }
        self.set(**{**moved, **values})
        self.moved = action
        for states, kinds in _TASKS_OF_STATES:
            if before.state in states and after not in states:
                self.complete_tasks(kinds, how=line.label.zh)
        self.audit(
            f"referral.{action}",
            reason=reason,
            details={"before": before.state, "after": after, **(details or {})},
            shown_to_recipient=before.state != "draft" or action == "send",
            with_place=with_place,
        )

    def receive(self) -> None:
        """Sign for it, if nobody has: whoever answers has seen it."""
        if self.state.state == "sent":
            self.move("receive", received_at=self.now)

    def remember(self, act: str = "", *, by_form: bool = False, flagged: bool = False) -> None:
        """Keep where the referral stood before this event, for whoever takes the act back: `act`, or the last move."""
        standing = self.before.standing()
        if standing.state == "sent" and self.state.received_at is not None:
            # Whoever answers has seen it, whatever becomes of the answer.
            standing = msgspec.structs.replace(standing, state="received")
        act = act or self.moved
        self.set(
            earlier=Earlier(act=act, at=self.now, by_id=self.by_id, by_form=by_form, flagged=flagged, standing=standing)
        )

    def say(self, note: Label | str | None) -> None:
        """What is said with an answer; None clears what was said before."""
        self.write(note=read_note(note))

    def open_task(self, kind: str, *, due_at: datetime | None = None) -> None:
        """Open a task, due within the time of its kind unless something else says by when."""
        self._tasks.append(NewTask(kind, due_at or self.calendar.after(self.now, TASK_KINDS[kind].working_days)))

    def complete_tasks(self, kinds: frozenset[str], *, how: str) -> None:
        self._completed.append(CompletedTasks(kinds, how))

    def note_progress(self) -> None:
        """The provider has reported: from now on its next report is due.

        Who reports after the planned end says that the service goes on, so the outcome is asked for that much later.
        On hold nothing is due (R32).
        """
        if self.state.state == "in_service":
            self.set(progress_due_at=progress_due_at(self.service, self.now))
        due = self.state.outcome_due_at
        if due is not None:
            self.set(outcome_due_at=max(due, outcome_due_at(self.service, self.calendar, local_date(self.now))))

    def recall(self, task: str = "delete_or_return") -> bool:
        """Take back what was given: close the disclosure, tell the module to erase it, ask the recipient to.

        False, and nothing to do, where access had ended before: the recipient was asked then.
        """
        if not self.state.readable:
            return False
        self.set(readable=False)
        self.write(disclosure="end", dropped=ALL_MESSAGES, messages=("withdraw",))
        self.open_task(task)
        return True

    def end_attempt(self, need: Literal["open", "met"] = "open", *, still_read: bool = False) -> None:
        """The referral has ended: its place is free, what its sender had to do about it is done, aid that was asked
        for under it is settled, and the need stands at `need` where no other referral is under way. What the
        recipient was given is taken back at once, unless it is `still_read` for a while after a service
        (`ReviewAccess`).
        """
        self.remember()
        if not still_read:
            self.recall()
        self.complete_tasks(WHILE_OPEN_KINDS, how=STATES[self.state.state].zh)
        self.write(
            reservation=Reservation(action="release"),
            aid_settled="service" if self.state.state in REFERRAL_CONCLUDED else "attempt",
            need=NeedChange(state=need, before=NEED_OPEN, unless_attempted=True),
        )

    def _recent(self) -> bool:
        ended_at = self.state.ended_at
        return ended_at is not None and self.now - ended_at <= timedelta(days=REOPEN_DAYS)
