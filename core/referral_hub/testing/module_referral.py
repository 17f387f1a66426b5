"""One referral taken through a module without a hub: its stage, documents and deliveries kept in memory.

Quick, and blind to what surrounds a module: no consent, no answer by a person, no deadline. A `FakeHub` has those.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec

from referral_hub.api import (
    AidApplication,
    AidDecision,
    Assistance,
    Capacity,
    Changes,
    Document,
    Entry,
    Offering,
    Outcome,
    Problem,
    Receipt,
    Referral,
    Screening,
    Service,
    ServiceEvent,
    Withdrawal,
)
from referral_hub.referrals.forms import HUB_QUESTIONS, questions
from referral_hub.registry.forms import read_form
from referral_hub.testing import samples
from referral_hub.testing.fakes import FakeClock
from referral_hub.testing.subject import Subject
from referral_hub.testing.walk import keep


class FormRefused(AssertionError):
    """The hub, or the module, did not take a form. `problems` say why."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{problem.field}: {problem.message.en}" for problem in problems))

    @property
    def fields(self) -> list[str | None]:
        return [problem.field for problem in self.problems]


class ModuleReferral:
    """Send, answer, fill in forms, withdraw; every reply is checked as the hub checks it."""

    def __init__(self, subject: Subject, service: str | None = None) -> None:
        self._subject = subject
        found = subject.manifest.service(service) if service else subject.manifest.services[0]
        if found is None:
            raise LookupError(f"the manifest has no service {service}")
        self.service: Service = found
        self.clock = FakeClock()
        self.offering: Offering = samples.offering_of(found, subject.offering_settings, subject.attributes)
        self.referral: Referral = samples.referral_of(found, self.offering, everything=True)
        self.settings: dict[str, Any] = dict(subject.settings)
        self.stage: str = found.stages[0].key
        self.documents: list[Document] = []
        self.events: list[ServiceEvent] = []
        self.application: AidApplication | None = None
        self.decisions: list[AidDecision] = []
        self.assistance: list[Assistance] = []
        self.flags: list[str] = []
        self.outcome: Outcome | None = None
        self._entries = 0

    @property
    def today(self) -> date:
        """The day on which forms are filled in."""
        return self.clock.today

    @property
    def state(self) -> str:
        """The referral's state, by its stage."""
        stage = self.service.stage(self.stage)
        return stage.state if stage else ""

    def offer(self, **changes: Any) -> None:
        """Change the offering: `settings`, `attributes`, `places`."""
        self.offering = msgspec.structs.replace(self.offering, **changes)
        self.referral = msgspec.structs.replace(self.referral, offering=self.offering)

    def screen(self, **fields: Any) -> Screening | None:
        """What the worker sees before consent, for these screening fields."""
        enquiry = msgspec.structs.replace(samples.enquiry_of(self.service), fields=fields)
        reply: Screening | None = self._subject.call(
            "hub_screen", enquiry=enquiry, offering=self.offering, settings=self.settings
        )
        return reply

    def receive(self, **fields: Any) -> Receipt:
        """Send the referral, with these fields changed."""
        self.referral = msgspec.structs.replace(self.referral, fields={**self.referral.fields, **fields})
        receipt: Receipt = self._subject.call(
            "hub_receive", referral=self.referral, documents=self.documents, settings=self.settings, now=self._now()
        )
        self.stage = receipt.stage or self.stage
        self.documents = keep(self.documents, receipt.documents)
        return receipt

    def capacity(self) -> Capacity | None:
        """What the offering has to give, as the module says."""
        reply: Capacity | None = self._subject.call(
            "hub_capacity", offering=self.offering, documents=[], now=self._now()
        )
        return reply

    def fill(self, form: str, **typed: Any) -> Changes:
        """Fill in a form of the present stage, as a person types it: money in yuan, dates in any usual shape.

        Raises FormRefused, for a form the stage does not have as well.
        """
        found = self.service.form(form)
        if found is None or self.stage not in found.stages:
            raise LookupError(f"the stage {self.stage} has no form {form}")
        unknown = set(typed) - {field.key for field in questions(self.service, found)}
        if unknown:
            raise LookupError(f"the form {form} does not ask {', '.join(sorted(unknown))}")
        asked = [field for field in questions(self.service, found) if field.key not in HUB_QUESTIONS]
        clean, problems = read_form(asked, typed)
        if problems:
            raise FormRefused(problems)
        changes = self._apply(form, dict(clean), on=self.today)
        self._take(changes)
        return changes

    def withdraw(self) -> bool:
        """Withdraw consent. True when the module says that nothing of the person remains."""
        withdrawal = Withdrawal(referral_id=self.referral.id, reason="consent_withdrawn")
        reply = self._subject.call(
            "hub_withdraw",
            withdrawal=withdrawal,
            documents=self.documents,
            settings=self.settings,
            now=self._now(),
        )
        self.documents = []
        return bool(reply.deleted)

    def _apply(self, form: str, values: dict[str, Any], *, on: date) -> Changes:
        """What the module says follows from a form; raises FormRefused where it has problems with it."""
        self._entries += 1
        entry = Entry(
            id=f"entry-{self._entries}",
            referral=self.referral,
            form=form,
            stage=self.stage,
            values=values,
            on=on,
        )
        changes: Changes = self._subject.call(
            "hub_apply", entry=entry, documents=self.documents, settings=self.settings, now=self._now()
        )
        if changes.problems:
            raise FormRefused(changes.problems)
        return changes

    def _take(self, changes: Changes) -> None:
        self.stage = changes.stage or self.stage
        self.documents = keep(self.documents, changes.documents)
        self.events += changes.events
        self.application = changes.application or self.application
        self.decisions += changes.decisions
        self.assistance += changes.assistance
        self.flags += changes.flags
        self.outcome = changes.outcome or self.outcome

    def _now(self) -> datetime:
        return self.clock.now()
