"""One referral in a `FakeHub`, with all that people do with it."""

from __future__ import annotations

from datetime import date
from typing import Any

from referral_hub.api import Changes, Receipt
from referral_hub.calendar.clock import add_months, local_date, start_of
from referral_hub.codes import WITHDRAW_REASONS
from referral_hub.errors import Invalid
from referral_hub.i18n import Label
from referral_hub.referrals.entries import EVIDENCE, HUB_QUESTIONS, NO_EVENT_REASON, read_entry
from referral_hub.referrals.errors import FormNotHere
from referral_hub.referrals.service import FILLED_IN
from referral_hub.referrals.transitions import UNANSWERED
from referral_hub.testing.course import Course, Due
from referral_hub.testing.trial import FormRefused


class Loop(Course):
    """A referral that was sent. `FakeHub.send` makes one.

    `state` is the hub's state of it, `stage` the module's; `referral.fields` is what the consent let out, `withheld`
    why the rest stayed inside; `documents`, `events`, `assistance`, `flags`, `outcome` are what came of the replies.
    Raises the hub's own errors (`HubError`, with a `code`) where the hub would refuse; then nothing has changed.
    """

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
        if self._word_by:
            found.append(Due("word", self._word_by))
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
