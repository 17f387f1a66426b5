"""How a referral of a `FakeHub` moves: by the lines of the real transition table, with what follows from each.

What people do with it is in `loop`; here is what the hub itself does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from referral_hub.api import Acknowledgement, Changes, Receipt, Referral, Update, Withdrawal
from referral_hub.calendar.clock import end_of, local_date
from referral_hub.calendar.working_days import add_working_days
from referral_hub.codes import DECLINE_REASONS
from referral_hub.consent.rules import DELETE_WITHIN_WORKING_DAYS
from referral_hub.errors import Invalid
from referral_hub.i18n import Label
from referral_hub.outcomes.errors import EventNeeded
from referral_hub.referrals.answers import FIND_NEXT_WORKING_DAYS
from referral_hub.referrals.duties import KEPT_TIME_OVER
from referral_hub.referrals.entries import NO_EVENT_REASON
from referral_hub.referrals.errors import NewsTooEarly, NewsTooLate
from referral_hub.referrals.overdue import CHASE_WORKING_DAYS
from referral_hub.referrals.polling import MAY_ANSWER
from referral_hub.referrals.replies import LOOK_WITHIN_WORKING_DAYS, PATHS
from referral_hub.referrals.service import FILLED_IN
from referral_hub.referrals.transitions import ENDED, OPEN, UNANSWERED, Demand, Party
from referral_hub.referrals.withdrawal import RENEW_WITHIN_WORKING_DAYS
from referral_hub.registry.validate import check_changes, check_receipt
from referral_hub.testing.fakes import FakeConsent
from referral_hub.testing.moves import find_move
from referral_hub.testing.trial import Trial
from referral_hub.testing.walk import keep
from referral_hub.workflow.release import Released

if TYPE_CHECKING:
    from referral_hub.testing.fake_hub import FakeHub


class Due(msgspec.Struct, frozen=True):
    """Something that somebody has to do by a moment, as the hub would have it on their list.

    `kind` is `answer`, `first_contact`, `word` (the provider's next, while it is served), `follow_up`, or a duty:
    `answer_overdue`, `call_client`, `find_next`, `delete_or_return`, `kept_time_over`, `renew_consent`. The result due
    after the last day of a place is not here: a hub in memory gives no places out.
    """

    kind: str
    at: datetime


class Course(Trial):
    """A referral on its way, kept as the hub would keep it."""

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
        self._word_by: datetime | None = None
        self._duties: list[Due] = []
        self._contacted = False
        self._overdue = False
        self._recalled = False
        self._ended_on: date | None = None

    def recall(self) -> bool:
        """Tell the module to stop and forget; its documents go whatever it answers."""
        return self._recall("delete_or_return", self._state)

    def _recall(self, duty: str, reason: str) -> bool:
        self._recalled = True
        told = self._told()
        del told["referral"]
        withdrawal = Withdrawal(referral_id=self.referral.id, reason=reason)
        reply: Acknowledgement = self._subject.call("hub_withdraw", withdrawal=withdrawal, **told)
        self.documents = []
        self.forgotten = reply.deleted
        self._owe(duty, DELETE_WITHIN_WORKING_DAYS)
        return reply.deleted

    def take_news(self, news: Update) -> None:
        """Apply one piece of news from the partner's system, as if the module had just said it."""
        with self._whole():
            if self._state in ENDED:
                raise NewsTooLate
            key = self._subject.manifest.key
            if news.receipt is not None:
                receipt = check_receipt(self.service, news.receipt, module_key=key)
                self._take_receipt(receipt, UNANSWERED if receipt.decision == "waitlisted" else MAY_ANSWER)
            if news.changes is not None and not news.changes.problems:
                if self._state not in FILLED_IN:
                    raise NewsTooEarly
                changes = check_changes(self.service, self.stage, news.changes, module_key=key, at=self.clock.now())
                self._follow(changes, evidence=None, no_event_reason=None)

    def end_consent(self, act: str) -> None:
        """What follows for an open referral when its consent was withdrawn, or has expired (the hub's jobs)."""
        if act == "consent_withdraw":
            if self._state in OPEN:
                self._move("consent_withdraw", "sender")
            self.recall()
        elif self._state in ("sent", "received", "waitlisted"):
            self._move("expire", "system")
            self.recall()
        elif self._state in OPEN:
            self._owe("renew_consent", RENEW_WITHIN_WORKING_DAYS)

    def notice_time(self) -> None:
        """What the hub's jobs do as time passes: an answer past due is the sender's to chase, and what was kept until
        its last day is taken back, once nobody is served any more.
        """
        if self._state in UNANSWERED and self._answer_by < self.clock.now() and not self._overdue:
            self._overdue = True
            self._owe("answer_overdue", CHASE_WORKING_DAYS)
        if self._state in ENDED and not self._recalled and self.consent.valid_until < self.today:
            self._recall(KEPT_TIME_OVER, KEPT_TIME_OVER)

    def _take_receipt(self, receipt: Receipt, waiting: Collection[str]) -> None:
        self._sign_for("system")
        self.documents = keep(self.documents, receipt.documents)
        if self._state not in waiting:
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
            for act in PATHS.get((self._state, stage.state), ()):
                self._move(act, "system", met=met)
            self.stage = stage.key
        self._note_word()
        if set(changes.flags) - set(self.flags):
            self._owe("call_client", LOOK_WITHIN_WORKING_DAYS)
        self.flags = sorted({*self.flags, *changes.flags})

    def _sign_for(self, party: Party) -> None:
        if self._state == "sent":
            self._move("receive", party)

    def _move(self, act: str, party: Party, *, reason: str | None = None, met: Collection[Demand] = ()) -> None:
        """One line of the table, or the error that the hub would raise."""
        line = find_move(act, self._state, party, reason=reason, met=met)
        self._state, self.reason = line.after, reason
        self._note_word()
        if line.after in ENDED:
            self._ended_on = self.today

    def _note_word(self) -> None:
        """While it is served, the next word is due from now."""
        served = self._state == "in_service"
        self._word_by = end_of(self.today + timedelta(days=self.service.times.word_days)) if served else None

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
