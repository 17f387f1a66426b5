"""One referral in a `FakeHub`, through the hub's own states: every move is a line of the real transition table."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from referral_hub.api import Acknowledgement, Changes, Receipt, Referral, Update, Withdrawal
from referral_hub.codes import DECLINE_REASONS, WITHDRAW_REASONS
from referral_hub.consent.release import Released
from referral_hub.consent.rules import DELETE_WITHIN_WORKING_DAYS
from referral_hub.errors import Invalid
from referral_hub.modules.validate import check_changes, check_receipt
from referral_hub.outcomes.errors import EventNeeded
from referral_hub.outcomes.rules import add_months
from referral_hub.referrals.answers import FIND_NEXT_WORKING_DAYS
from referral_hub.referrals.entries import EVIDENCE, HUB_QUESTIONS, NO_EVENT_REASON, read_entry
from referral_hub.referrals.errors import FormNotHere, NewsTooEarly, NewsTooLate
from referral_hub.referrals.overdue import CHASE_WORKING_DAYS
from referral_hub.referrals.polling import MAY_ANSWER
from referral_hub.referrals.replies import LOOK_WITHIN_WORKING_DAYS, PATHS
from referral_hub.referrals.service import FILLED_IN
from referral_hub.referrals.transitions import ENDED, OPEN, UNANSWERED, Demand, Party
from referral_hub.referrals.withdrawal import RENEW_WITHIN_WORKING_DAYS
from referral_hub.schedule.clock import end_of, local_date, start_of
from referral_hub.schedule.working_days import add_working_days
from referral_hub.testing.fakes import FakeConsent
from referral_hub.testing.moves import find_move
from referral_hub.testing.trial import FormRefused, Trial
from referral_hub.testing.walk import keep
from referral_hub.words import Label

if TYPE_CHECKING:
    from referral_hub.testing.fake_hub import FakeHub


class Due(msgspec.Struct, frozen=True):
    """Something that somebody has to do by a moment, as the hub would have it on their list.

    `kind` is `answer`, `first_contact`, `follow_up`, or a duty: `answer_overdue`, `call_client`, `find_next`,
    `delete_or_return`, `renew_consent`.
    """

    kind: str
    at: datetime


class Loop(Trial):
    """A referral that was sent. `FakeHub.send` makes one.

    `state` is the hub's state of it, `stage` the module's; `referral.fields` is what the consent let out, `withheld`
    why the rest stayed inside; `documents`, `events`, `assistance`, `flags`, `outcome` are what came of the replies.
    Raises the hub's own errors (`HubError`, with a `code`) where the hub would refuse; then nothing has changed.
    """

    def __init__(
        self, hub: FakeHub, consent: FakeConsent, referral: Referral, released: Released, *, first_answer_by: datetime
    ) -> None:
        super().__init__(hub.subject, consent.service.key)
        self._hub = hub
        self.clock = hub.clock
        self.consent = consent
        self.offering = referral.offering
        self.referral = referral
        self.withheld = released.withheld
        self.settings = hub.settings
        self.stage = ""
        self.forgotten = False
        self.reason: str | None = None
        self._state = "sent"
        self._answer_by = first_answer_by
        self._contact_by: datetime | None = None
        self._duties: list[Due] = []
        self._contacted = False
        self._overdue = False
        self._ended_on: date | None = None

    @property
    def state(self) -> str:
        """The hub's state of the referral, such as `received`, `in_service`, `completed`."""
        return self._state

    @property
    def due(self) -> list[Due]:
        """What somebody has to do about it, the soonest first."""
        found = list(self._duties)
        if self.state in UNANSWERED:
            found.append(Due("answer", self._answer_by))
        if self.state == "accepted" and self._contact_by and not self._contacted:
            found.append(Due("first_contact", self._contact_by))
        if self.state == "completed" and self._ended_on:
            found += [
                Due("follow_up", start_of(add_months(self._ended_on, months)))
                for months in self.service.followup_months
            ]
        return sorted(found, key=lambda one: one.at)

    @property
    def overdue(self) -> list[str]:
        """The kinds of what should have been done by now."""
        return [one.kind for one in self.due if one.at < self.clock.now()]

    def receive(self, **fields: Any) -> Receipt:
        """The module is told, again if it was told before: after a time-out the hub cannot know.

        The fields are those released and stay as they are; an answer that somebody gave meanwhile stands.
        """
        if fields:
            raise TypeError("what was released cannot be changed; send another referral")
        receipt: Receipt = self._subject.call("hub_receive", **self._told())
        self._take_receipt(receipt, UNANSWERED)
        return receipt

    def accept(self) -> None:
        """Somebody of the organisation accepts it, as on the inbox page."""
        self._sign_for("recipient")
        self._accept("recipient", None)

    def waitlist(self) -> None:
        """Somebody of the organisation puts it on the waiting list."""
        self._sign_for("recipient")
        self._move("waitlist", "recipient")

    def decline(self, reason: str) -> None:
        """Somebody of the organisation declines it, with a code of the hub's decline reasons."""
        self._sign_for("recipient")
        self._decline("recipient", reason)

    def hold(self) -> None:
        """Pause the service."""
        self._move("hold", "recipient")

    def resume(self) -> None:
        """Go on with a paused service."""
        self._move("resume", "recipient")

    def fill(self, form: str, on: date | None = None, **typed: Any) -> Changes:
        """Fill in a form of the present stage, as a person types it: money in yuan, dates in any usual shape.

        An outcome form also asks `outcome`, `outcome_evidence` ("provider" unless typed) and, where nothing was
        delivered, `no_event_reason`. Raises FormRefused with every problem, the hub's or the module's.
        """
        declared = self.service.form(form)
        if self.state not in FILLED_IN or declared is None or self.stage not in declared.stages:
            raise FormNotHere
        day = on or self.today
        if not local_date(self.referral.sent_at or self.clock.now()) <= day <= self.today:
            words = Label(zh="日期要在发出转介之后、今天之前。", en="The day lies between the sending and today.")
            raise Invalid(field="on", message=words)
        evidence = {EVIDENCE: "provider"} if declared.outcome else {}
        clean, problems = read_entry(self.service, declared, {**evidence, **typed})
        if problems:
            raise FormRefused(problems)
        told = {key: value for key, value in clean.items() if key not in HUB_QUESTIONS}
        self._show_stage()
        changes = self._apply(form, told, on=day)
        with self._whole():
            self._follow(changes, evidence=clean.get(EVIDENCE), no_event_reason=clean.get(NO_EVENT_REASON))
        return changes

    def withdraw(self) -> bool:
        """The client withdraws consent. True when the module says that nothing of the person remains."""
        self._hub.withdraw(self.consent)
        return self.forgotten

    def take_back(self, reason: str = "other") -> bool:
        """The sender takes it back before service starts, with a code of the hub's reasons.

        True when the module says that nothing remains.
        """
        self._move("withdraw", "sender", reason=reason if reason in WITHDRAW_REASONS else None)
        return self.recall()

    def recall(self) -> bool:
        """Tell the module to stop and forget; its documents go whatever it answers."""
        told = self._told()
        del told["referral"]
        withdrawal = Withdrawal(referral_id=self.referral.id, reason=self.state)
        reply: Acknowledgement = self._subject.call("hub_withdraw", withdrawal=withdrawal, **told)
        self.documents = []
        self.forgotten = reply.deleted
        self._owe("delete_or_return", DELETE_WITHIN_WORKING_DAYS)
        return reply.deleted

    def take_news(self, news: Update) -> None:
        """Apply one piece of news from the partner's system, as if the module had just said it."""
        with self._whole():
            if self.state in ENDED:
                raise NewsTooLate
            key = self._subject.manifest.key
            if news.receipt is not None:
                receipt = check_receipt(self.service, news.receipt, module_key=key)
                self._take_receipt(receipt, UNANSWERED if receipt.decision == "waitlisted" else MAY_ANSWER)
            if news.changes is not None and not news.changes.problems:
                if self.state not in FILLED_IN:
                    raise NewsTooEarly
                changes = check_changes(self.service, self.stage, news.changes, module_key=key, at=self.clock.now())
                self._follow(changes, evidence=None, no_event_reason=None)

    def end_consent(self, act: str) -> None:
        """What follows for an open referral when its consent was withdrawn, or has expired (the hub's jobs)."""
        if act == "consent_withdraw":
            if self.state in OPEN:
                self._move("consent_withdraw", "sender")
            self.recall()
        elif self.state in ("sent", "received", "waitlisted"):
            self._move("expire", "system")
            self.recall()
        elif self.state in OPEN:
            self._owe("renew_consent", RENEW_WITHIN_WORKING_DAYS)

    def notice_time(self) -> None:
        """What the hub's jobs do as time passes: an answer past due is the sender's to chase."""
        if self.state in UNANSWERED and self._answer_by < self.clock.now() and not self._overdue:
            self._overdue = True
            self._owe("answer_overdue", CHASE_WORKING_DAYS)

    def _take_receipt(self, receipt: Receipt, waiting: Collection[str]) -> None:
        self._sign_for("system")
        self.documents = keep(self.documents, receipt.documents)
        if self.state not in waiting:
            return
        if receipt.decision == "accepted":
            if self.service.capacity == "places" and self.offering.places and self.offering.places.free == 0:
                return  # the module did not know that the last place went; a person decides
            self._accept("system", receipt.stage)
        elif receipt.decision == "waitlisted":
            self._move("waitlist", "system")
        elif receipt.decision == "declined":
            self._decline("system", receipt.reason or "other")

    def _accept(self, party: Party, stage: str | None) -> None:
        self._move("accept", party)
        first = next((one.key for one in self.service.stages if one.state == "accepted"), "")
        self.stage = stage or first
        self._contact_by = self._by(self.service.times.contact_days)

    def _decline(self, party: Party, reason: str) -> None:
        if reason not in DECLINE_REASONS:
            words = Label(zh="请从列表中选择不受理的原因。", en=f"Choose one of {', '.join(DECLINE_REASONS)}.")
            raise Invalid(field="reason_code", message=words)
        self._move("decline", party, reason=reason)
        self._owe("find_next", FIND_NEXT_WORKING_DAYS)

    def _follow(self, changes: Changes, *, evidence: object, no_event_reason: object) -> None:
        """Write what a reply proposes, as the hub does, in this order."""
        self.events = [*self.events, *changes.events]
        self.assistance = [*self.assistance, *changes.assistance]
        self._contacted = self._contacted or bool(changes.events)
        outcome = changes.outcome
        if outcome is not None:
            if not self.events and no_event_reason is None:
                raise EventNeeded(field=NO_EVENT_REASON)
            said = {"evidence": evidence} if evidence else {}
            self.outcome = msgspec.structs.replace(outcome, **said)
        self.documents = keep(self.documents, changes.documents)
        stage = self.service.stage(changes.stage) if changes.stage else None
        if stage is not None:
            met: tuple[Demand, ...] = ("outcome",) if outcome else ()
            for act in PATHS.get((self.state, stage.state), ()):
                self._move(act, "system", met=met)
            self.stage = stage.key
        if set(changes.flags) - set(self.flags):
            self._owe("call_client", LOOK_WITHIN_WORKING_DAYS)
        self.flags = sorted({*self.flags, *changes.flags})

    def _sign_for(self, party: Party) -> None:
        if self.state == "sent":
            self._move("receive", party)

    def _move(self, act: str, party: Party, *, reason: str | None = None, met: Collection[Demand] = ()) -> None:
        """One line of the table, or the error that the hub would raise."""
        line = find_move(act, self.state, party, reason=reason, met=met)
        self._state, self.reason = line.after, reason
        if line.after in ENDED:
            self._ended_on = self.today

    def _told(self) -> dict[str, Any]:
        shared = {"documents": self.documents, "settings": self.settings, "now": self.clock.now()}
        return {"referral": self.referral, **shared}

    def _show_stage(self) -> None:
        """The module is told the stage as a fact of the offering, as the hub tells it."""
        self.offer(attributes={**self.offering.attributes, "stage": self.stage})

    def _owe(self, kind: str, working_days: int) -> None:
        self._duties = [*self._duties, Due(kind, self._by(working_days))]

    def _by(self, working_days: int) -> datetime:
        return end_of(add_working_days(local_date(self.clock.now()), working_days))

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """All of it or nothing, as in the hub's transaction."""
        before = dict(vars(self))
        try:
            yield
        except BaseException:
            vars(self).update(before)
            raise
