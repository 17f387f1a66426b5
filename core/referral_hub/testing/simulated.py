"""One referral in a `FakeHub`, with all that people do with it: the hub's own rules, their effects kept in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from referral_hub.api import Acknowledgement, Changes, Outcome, Receipt, Referral, Update, Withdrawal
from referral_hub.calendar.clock import add_months, start_of
from referral_hub.codes.states import REFERRAL_UNANSWERED
from referral_hub.referrals.forms import EVIDENCE, HUB_QUESTIONS, NO_EVENT_REASON, read_entry
from referral_hub.registry.reply_checks import check_changes, check_receipt
from referral_hub.testing.fakes import FakeConsent
from referral_hub.testing.module_referral import FormRefused, ModuleReferral
from referral_hub.testing.walk import keep
from referral_hub.workflow import events
from referral_hub.workflow.deadlines import WorkCalendar
from referral_hub.workflow.decide import decide
from referral_hub.workflow.effects import Effects, FollowUps, GivenOutcome, ProposedAid
from referral_hub.workflow.erasure import Grounds, withdrawal_reason
from referral_hub.workflow.errors import NoPlaceFree
from referral_hub.workflow.state import ReferralState
from referral_hub.workflow.table import Party
from referral_hub.workflow.updates import check_in_care, check_open

if TYPE_CHECKING:
    from referral_hub.testing.fake_hub import FakeHub


_ACCESS_DAYS = 30  # as an installation has it that says nothing else


class DueItem(msgspec.Struct, frozen=True):
    """Something that someone has to do by a moment, as the hub would have it on their list.

    `kind` is `answer`, `first_contact`, `progress` (the provider's next, while it is served), `follow_up`, or a task:
    `answer_reminder`, `answer_overdue`, `answer_escalated`, `tell_accepted`, `tell_waitlisted`, `call_client`,
    `find_next`, `delete_or_return`, `retention_ended`, `service_over`, `renew_consent`. The result due
    after the last day of a place is not here: a hub in memory gives no places out.
    """

    kind: str
    at: datetime


class SimulatedReferral(ModuleReferral):
    """A referral that was sent. `FakeHub.send` makes one.

    `state` is the hub's state of it, `stage` the module's; `referral.fields` is what the consent let out, `withheld`
    why the rest stayed inside; `documents`, `events`, `application`, `decisions`, `assistance`, `flags`, `outcome` are
    what came of the replies.
    Raises the hub's own errors (`HubError`, with a `code`) where the hub would refuse; then nothing has changed.
    """

    def __init__(self, hub: FakeHub, consent: FakeConsent, referral: Referral, effects: Effects) -> None:
        super().__init__(hub.subject, consent.service.key)
        self._hub = hub
        self.clock = hub.clock
        self.consent = consent
        self.offering = referral.offering
        self.referral = referral
        self.withheld = dict(effects.released.withheld) if effects.released else {}
        self.settings = hub.settings
        self.erased = False
        self._state: ReferralState = effects.before
        self._tasks: list[DueItem] = []
        self._task_kinds: set[str] = set()
        self._follow_ups: FollowUps | None = None
        self._step_due: events.Escalate | None = None
        self._write(effects)

    @property
    def state(self) -> str:
        """The hub's state of the referral, such as `received`, `in_service`, `completed`."""
        return self._state.state

    @property
    def reason(self) -> str | None:
        """The code of the reason for its present state, where there is one."""
        return self._state.reason_code

    @property
    def due(self) -> list[DueItem]:
        """What someone has to do about it, the soonest first."""
        now, found = self._state, list(self._tasks)
        if now.state in REFERRAL_UNANSWERED and now.answer_due_at:
            found.append(DueItem("answer", now.answer_due_at))
        if now.state == "accepted" and now.first_contact_due_at and now.first_contact_at is None:
            found.append(DueItem("first_contact", now.first_contact_due_at))
        if now.progress_due_at:
            found.append(DueItem("progress", now.progress_due_at))
        if self._follow_ups is not None and now.state == "completed":
            ended_on = self._follow_ups.ended_on
            found += [DueItem("follow_up", start_of(add_months(ended_on, one))) for one in self._follow_ups.months]
        return sorted(found, key=lambda one: one.at)

    @property
    def overdue(self) -> list[str]:
        """The kinds of what should have been done by now."""
        return [one.kind for one in self.due if one.at < self.clock.now()]

    def receive(self, **fields: Any) -> Receipt:
        """The module receives it, again if it did before: after a time-out the hub cannot know.

        The fields are those released and stay as they are; an answer that someone gave meanwhile stands.
        """
        if fields:
            raise TypeError("what was released cannot be changed; send another referral")
        receipt: Receipt = self._subject.call("hub_receive", **self._told())
        self._happen(events.ModuleAnswered(receipt=receipt), "system")
        return receipt

    def accept(self) -> None:
        """Someone of the organisation accepts it, as on the inbox page."""
        self._happen(events.Accept(), "recipient")

    def waitlist(self) -> None:
        """Someone of the organisation puts it on the waiting list."""
        self._happen(events.Waitlist(), "recipient")

    def decline(self, reason: str) -> None:
        """Someone of the organisation declines it, with a code of the hub's decline reasons."""
        self._happen(events.Decline(reason=reason), "recipient")

    def hold(self) -> None:
        """Pause the service."""
        self._happen(events.Hold(), "recipient")

    def resume(self) -> None:
        """Go on with a paused service."""
        self._happen(events.Resume(), "recipient")

    def fill(self, form: str, on: date | None = None, **typed: Any) -> Changes:
        """Fill in a form of the present stage, as a person types it: money in yuan, dates in any usual shape.

        An outcome form also asks `outcome`, `outcome_evidence` ("provider" unless typed) and, where nothing was
        delivered, `no_event_reason`. Raises FormRefused with every problem, the hub's or the module's.
        """
        day = on or self.today
        self._decide(events.FillForm(form=form, on=day), "recipient")
        declared = self.service.form(form)
        assert declared is not None, "the rules know the form"
        evidence = {EVIDENCE: "provider"} if declared.outcome else {}
        clean, problems = read_entry(self.service, declared, {**evidence, **typed}, today=self.today)
        if problems:
            raise FormRefused(problems)
        told = {key: value for key, value in clean.items() if key not in HUB_QUESTIONS}
        self._show_stage()
        changes = self._apply(form, told, on=day)
        answers: dict[str, Any] = {
            "evidence": clean.get(EVIDENCE),
            "no_event_reason": clean.get(NO_EVENT_REASON),
        }
        self._happen(events.ModuleChanged(changes=changes, **answers), "system")
        return changes

    def withdraw(self) -> bool:
        """The client withdraws consent. True when the module says that nothing of the person remains."""
        self._hub.withdraw(self.consent)
        return self.erased

    def take_back(self, reason: str = "other") -> bool:
        """The sender takes it back before service starts, with a code of the hub's reasons.

        True when the module says that nothing remains.
        """
        self._happen(events.Withdraw(reason=reason), "sender")
        return self.erased

    def take_news(self, news: Update) -> None:
        """Apply one piece of news from the partner's system, as if the module had just said it."""
        with self._whole():
            check_open(self._state)
            key = self._subject.manifest.key
            if news.receipt is not None:
                receipt = check_receipt(self.service, news.receipt, module_key=key, at=self.clock.now())
                self._happen(events.ModuleAnswered(receipt=receipt, polled=True), "system")
            if news.changes is not None and not news.changes.problems:
                check_in_care(self._state)
                changes = check_changes(
                    self.service,
                    self.stage,
                    news.changes,
                    module_key=key,
                    sent_at=self._state.sent_at,
                    at=self.clock.now(),
                )
                self._happen(events.ModuleChanged(changes=changes, polled=True), "system")

    def end_consent(self, *, withdrawn: bool) -> None:
        """What follows when its consent was withdrawn, or has expired."""
        if withdrawn:
            self._happen(events.ConsentWithdrawn(), "sender")
        else:
            self._happen(events.ConsentExpired(), "system")

    def notice_time(self) -> None:
        """What the hub's jobs do as time passes."""
        while self._step_due and self._decide(self._step_due, "system").escalated:
            self._happen(self._step_due, "system")
        grounds = Grounds(kept_until=self.consent.valid_until, access_days=_ACCESS_DAYS)
        self._happen(events.ReviewAccess(grounds=grounds), "system")

    def _happen(self, event: events.Event, party: Party) -> None:
        self._write(self._decide(event, party))

    def _decide(self, event: events.Event, party: Party) -> Effects:
        return decide(
            self._state,
            event,
            service=self.service,
            parties={party},
            calendar=WorkCalendar(),
            now=self.clock.now(),
        )

    def _write(self, effects: Effects) -> None:
        """What a hub writes to its database, kept here; a message to the module is delivered at once."""
        places = self.offering.places
        if effects.reservation and effects.reservation.action == "confirm" and places is not None and places.free == 0:
            if effects.if_full is None:
                raise NoPlaceFree(offering=self.service.title)
            effects = effects.if_full
        self._state = effects.after
        self.stage = effects.after.stage or ""
        self.flags = list(effects.after.flags)
        done = {kind for one in effects.completed for kind in one.kinds}
        opened = [DueItem(task.kind, task.due_at) for task in effects.tasks]
        self._tasks = [*(one for one in self._tasks if one.kind not in done), *opened]
        self._task_kinds |= {one.kind for one in opened}
        self.events = [*self.events, *effects.events]
        self._keep_aid(effects.aid)
        self.documents = [] if effects.documents_erased else keep(self.documents, list(effects.documents))
        self.outcome = _outcome(effects.outcome) or (None if effects.outcome_voided else self.outcome)
        self._follow_ups = effects.follow_ups or (None if effects.follow_ups_off else self._follow_ups)
        self._step_due = _step_due(effects, self._step_due)
        if "withdraw" in effects.messages:
            self._tell_to_erase()

    def _keep_aid(self, aid: ProposedAid | None) -> None:
        if aid is not None:
            self.application = aid.application or self.application
            self.decisions = [*self.decisions, *aid.decisions]
            self.assistance = [*self.assistance, *aid.assistance]

    def _tell_to_erase(self) -> None:
        told = self._told()
        del told["referral"]
        reason = withdrawal_reason(self.state, self._task_kinds)
        withdrawal = Withdrawal(referral_id=self.referral.id, reason=reason)
        reply: Acknowledgement = self._subject.call("hub_withdraw", withdrawal=withdrawal, **told)
        self.erased = reply.deleted
        erased = events.ModuleErased(deleted=reply.deleted, module_key=self._subject.manifest.key)
        self._happen(erased, "system")

    def _told(self) -> dict[str, Any]:
        shared = {"documents": self.documents, "settings": self.settings, "now": self.clock.now()}
        return {"referral": self.referral, **shared}

    def _show_stage(self) -> None:
        """The module receives the stage as a fact of the offering, as the hub tells it."""
        self.offer(attributes={**self.offering.attributes, "stage": self.stage})

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """All of it or nothing, as in the hub's transaction."""
        before = dict(vars(self))
        try:
            yield
        except BaseException:
            vars(self).update(before)
            raise


def _step_due(effects: Effects, before: events.Escalate | None) -> events.Escalate | None:
    """Where the escalation of a missing answer stands after these effects."""
    opened, taken = effects.next_step, effects.escalated
    if opened is not None and opened.escalate_at is not None:
        return events.Escalate(taken=None, due_at=opened.escalate_at)
    if effects.step_done:
        return None
    if taken is not None:
        return events.Escalate(taken=taken.step, due_at=taken.next_at) if taken.next_at else None
    return before


def _outcome(given: GivenOutcome | None) -> Outcome | None:
    if given is None or given.evidence == "none":
        return None
    return Outcome(code=given.code, measures=dict(given.measures), evidence=given.evidence)
