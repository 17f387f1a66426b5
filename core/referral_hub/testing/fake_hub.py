"""A whole hub in memory around one module: clients, consents, sending, news, time. No database, no page, no network.

The rules are the hub's own (`workflow.decide`), and so is what follows from them; only where it is kept is another.
What it does not have: other modules, places and beds that fill up, funds that are spent. Say those as facts of the
offering (`offer`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from referral_hub.api import Enquiry, Offering, Problem, Referral, Screening, Service, Update, Updates
from referral_hub.consent.errors import ConsentEnded
from referral_hub.consent.rules import STATES as CONSENT_STATES
from referral_hub.errors import HubError, NotFound
from referral_hub.registry.forms import read_form
from referral_hub.testing import samples
from referral_hub.testing.fakes import FakeCase, FakeClock, FakeConsent
from referral_hub.testing.module_referral import FormRefused
from referral_hub.testing.simulated import SimulatedReferral
from referral_hub.testing.subject import InProcess, Subject, find_home, load_manifest
from referral_hub.workflow.deadlines import WorkCalendar
from referral_hub.workflow.decide import decide
from referral_hub.workflow.events import Choice, Destination, Send
from referral_hub.workflow.state import ReferralState
from referral_hub.workflow.updates import is_final, update_order


class News:
    """A piece of news that a poll brought: `state` is waiting, done or refused; `problem` the code of the error."""

    def __init__(self, update: Update, at: datetime) -> None:
        self.update = update
        self.at = at
        self.state: Literal["waiting", "done", "refused"] = "waiting"
        self.problem: str | None = None


class FakeHub:
    """A hub with one module in it, called in this process or in a worker, whichever the subject does.

    `clock` is moved by `advance`; `settings` are the module's; `referrals` are those sent, `news` what polls
    brought, by id, `cursor` where the next poll asks on from.
    """

    def __init__(self, subject: Subject, *, clock: FakeClock | None = None) -> None:
        self.subject = subject
        self.clock = clock or FakeClock()
        self.settings: dict[str, Any] = dict(subject.settings)
        self.referrals: list[SimulatedReferral] = []
        self.news: dict[str, News] = {}
        self.cursor: str | None = None
        self._consents: list[FakeConsent] = []
        self._offerings = {service.key: self._offering(service) for service in subject.manifest.services}

    @classmethod
    def of(cls, module: str, **values: Any) -> FakeHub:
        """A hub around the package `module`, imported into this process, for tests without a `ModuleContract`.

        `values` are those of a Subject: `settings`, `offering_settings`, `attributes`.
        """
        home = find_home(module)
        caller = InProcess(module)
        return cls(Subject(module=module, home=home, manifest=load_manifest(home), caller=caller, **values))

    def case(self, **facts: Any) -> FakeCase:
        """A client of whom the hub knows what a case can hold, with these facts; None for what is not known."""
        return FakeCase(**facts)

    def consent(
        self,
        case: FakeCase,
        *,
        without: Collection[str] = (),
        excluded_fields: Collection[str] = (),
        days: int | None = None,
        service: str | None = None,
    ) -> FakeConsent:
        """The client agrees to all that the service asks for, except the categories `without` and fields
        `excluded_fields`.
        """
        found = self.service(service)
        categories = (found.categories() | {"need"}) - set(without)
        consent = FakeConsent(
            case, found, categories=categories, excluded_fields=excluded_fields, on=self.clock.today, days=days
        )
        self._consents.append(consent)
        return consent

    def service(self, key: str | None = None) -> Service:
        """The service of that key; the module's first without one. Raises LookupError."""
        services = self.subject.manifest.services
        found = services[0] if key is None else self.subject.manifest.service(key)
        if found is None:
            raise LookupError(f"the manifest has no service {key}; it has {', '.join(one.key for one in services)}")
        return found

    def offer(self, *, service: str | None = None, **changes: Any) -> None:
        """Change the offering that later referrals go to: `settings`, `attributes`, `places`."""
        key = self.service(service).key
        self._offerings[key] = msgspec.structs.replace(self._offerings[key], **changes)

    def screen(self, case: FakeCase, *, service: str | None = None) -> Screening | None:
        """What the worker sees before any consent: the module sees the declared screening fields and no more."""
        found = self.service(service)
        fields = {name: case.facts[name] for name in sorted(found.screening_names()) if name in case.facts}
        reply: Screening | None = self.subject.call(
            "hub_screen",
            enquiry=Enquiry(service=found.key, fields=fields),
            offering=self._offerings[found.key],
            settings=self.settings,
        )
        return reply

    def send(self, case: FakeCase, consent: FakeConsent, *, urgent: bool = False, **intake: Any) -> SimulatedReferral:
        """Send the client under this consent and tell the module. `intake` answers its questions, as typed.

        Raises what the hub raises: no consent in force (`consent-missing`), something required that was not agreed or
        is not known (`required-not-agreed`), words that must not go out (`words-not-neutral`); FormRefused for intake.
        """
        service, now = consent.service, self.clock.now()
        agreement = consent.agreement if consent.case is case else None
        # Without a consent nothing may go out, whatever was answered.
        known = {**case.facts, **_read_intake(service, intake)} if agreement else {}
        urgency: Literal["urgent", "normal"] = "urgent" if urgent else "normal"
        destination = Destination(offering=service.title, recipient=self.subject.manifest.provider)
        effects = decide(
            ReferralState(urgency=urgency),
            Send(agreement=agreement, known=known, choice=Choice(destination=destination), hold=False),
            service=service,
            parties={"sender"},
            calendar=WorkCalendar(),
            now=now,
        )
        assert effects.released is not None, "what is sent releases something"
        referral = Referral(
            id=f"referral-{len(self.referrals) + 1}",
            number=f"DEMO{len(self.referrals) + 1:06d}",
            service=service.key,
            offering=self._offerings[service.key],
            urgency=urgency,
            fields=dict(effects.released.fields),
            answer_due_at=effects.after.answer_due_at,
            sent_at=now,
        )
        simulated = SimulatedReferral(self, consent, referral, effects)
        # Were the module to fail now, the referral would wait: `hub.referrals[-1].receive()` tries again.
        self.referrals.append(simulated)
        simulated.receive()
        return simulated

    def withdraw(self, consent: FakeConsent) -> None:
        """The client withdraws: open referrals stop at once, the module is asked to erase every one of them."""
        if consent.state != "given":
            raise ConsentEnded(state=CONSENT_STATES[consent.state])
        consent.state = "withdrawn"
        for sent in self._under(consent):
            self._stop(sent, withdrawn=True)

    def poll(self) -> list[Update]:
        """Ask the module for news, as the hub does every minute. Returns what was applied, in that order.

        Each id counts once, whatever comes; answers are applied before what followed them; what does not fit yet
        waits for the next poll, up to a week; news of an unknown or ended referral is refused. See `news`.
        """
        now = self.clock.now()
        reply: Updates | None = self.subject.call("hub_poll", cursor=self.cursor, settings=self.settings, now=now)
        if reply is None:
            return []
        for update in reply.updates:
            self.news.setdefault(update.id, News(update, now))
        self.cursor = reply.cursor if reply.cursor is not None else self.cursor
        applied: list[Update] = []
        while progress := [one.update for one in self._waiting() if self._settle(one)]:
            applied += progress
        return applied

    def advance(self, *, days: int = 0, hours: int = 0, working_days: int = 0) -> None:
        """Let time pass, with what the hub's jobs do meanwhile: who does not answer is reminded, and at last the
        referral expires; consents run out; what was kept until its last day is erased.
        """
        self.clock.move(days=days, hours=hours, working_days=working_days)
        for consent in self._consents:
            if consent.state == "given" and consent.valid_until < self.clock.today:
                consent.state = "expired"
                for sent in self._under(consent):
                    self._stop(sent, withdrawn=False)
        for sent in self.referrals:
            sent.notice_time()

    def _under(self, consent: FakeConsent) -> list[SimulatedReferral]:
        return [sent for sent in self.referrals if sent.consent is consent]

    def _stop(self, sent: SimulatedReferral, *, withdrawn: bool) -> None:
        sent.end_consent(withdrawn=withdrawn)
        if sent.erased:
            for one in self._waiting():
                if one.update.referral_id == sent.referral.id:
                    one.state = "refused"

    def _waiting(self) -> list[News]:
        waiting = [one for one in self.news.values() if one.state == "waiting"]
        return sorted(waiting, key=lambda one: update_order(one.update))

    def _settle(self, one: News) -> bool:
        sent = next((sent for sent in self.referrals if sent.referral.id == one.update.referral_id), None)
        try:
            if sent is None:
                raise NotFound
            sent.take_news(one.update)
        except HubError as error:
            one.problem = error.code
            if is_final(error, self.clock.now() - one.at):
                one.state = "refused"
            return False
        one.state, one.problem = "done", None
        return True

    def _offering(self, service: Service) -> Offering:
        return samples.offering_of(service, self.subject.offering_settings, self.subject.attributes)


def _read_intake(service: Service, typed: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(typed) - {field.key for field in service.intake})
    if unknown:
        raise LookupError(f"the service does not ask {', '.join(unknown)} when a referral is sent")
    clean, problems = read_form(service.intake, typed)
    if problems:
        raise FormRefused(list[Problem](problems))
    return dict(clean)
