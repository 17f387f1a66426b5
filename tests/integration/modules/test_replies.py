"""Every hook through a real worker: what a truthful module says arrives, what a lying one says is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from referral_hub.api import (
    Acknowledgement,
    Capacity,
    Changes,
    Document,
    Enquiry,
    Entry,
    Label,
    Offering,
    Outcome,
    Receipt,
    Referral,
    Screening,
    ServiceEvent,
    Update,
    Updates,
    Withdrawal,
)
from referral_hub.registry.errors import ModuleReplyInvalid
from referral_hub.registry.registry import ModuleRegistry

RegistryWith = Callable[..., ModuleRegistry]

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
OFFERING = Offering(id="o", service="legal.advice")
REFERRAL = Referral(id="r", number="N", service="legal.advice", offering=OFFERING, fields={"display_name": "小李"})
ENTRY = Entry(id="e", referral=REFERRAL, form="close", stage="advising", values={"letters": 2}, on=date(2026, 3, 2))
SETTINGS: dict[str, Any] = {}

TRUTHFUL = """
from datetime import timedelta
from decimal import Decimal
from referral_hub.api import Capacity, Document, Outcome, Update, Updates

WORDS = Label(zh="好的", en="Fine")

@hookimpl
def hub_screen(enquiry, offering):
    return Screening(verdict="perhaps" if enquiry.fields["age_band"] == "65+" else "eligible", reasons=[WORDS])

@hookimpl
def hub_receive(referral, now):
    return Receipt(decision="waitlisted", expected_on=now.date() + timedelta(days=7), note=WORDS)

@hookimpl
def hub_apply(entry, documents):
    talks = documents[0].content["talks"] + 1 if documents else 1
    return Changes(
        stage="done",
        events=[ServiceEvent(on=entry.on, unit="time", quantity=Decimal("1.5"))],
        outcome=Outcome(code="goal_met", measures={"letters": entry.values["letters"]}),
        documents=[Document(name="record", content={"talks": talks})],
    )

@hookimpl
def hub_withdraw(withdrawal, documents):
    return Acknowledgement(deleted=withdrawal.reason == "consent_withdrawn" and not documents)

@hookimpl
def hub_poll(cursor, now):
    number = int(cursor or 0) + 1
    update = Update(id=f"news-{number}", referral_id="r", receipt=Receipt(decision="accepted"))
    return Updates(cursor=str(number), updates=[update])

@hookimpl
def hub_capacity(offering, documents, now):
    return Capacity(unit="open", waiting=len(documents))
"""


def test_every_hook_is_answered_with_its_own_value(registry_with: RegistryWith) -> None:
    registry = registry_with(TRUTHFUL)
    words = Label(zh="好的", en="Fine")
    enquiry = Enquiry(service="legal.advice", fields={"age_band": "65+"})
    assert registry.call("legal", "hub_screen", enquiry=enquiry, offering=OFFERING, settings=SETTINGS) == Screening(
        verdict="perhaps", reasons=[words]
    )
    assert registry.call(
        "legal", "hub_receive", referral=REFERRAL, documents=[], settings=SETTINGS, now=NOW
    ) == Receipt(decision="waitlisted", expected_on=date(2026, 3, 9), note=words)
    documents = [Document(name="record", content={"talks": 4})]
    assert registry.call("legal", "hub_apply", entry=ENTRY, documents=documents, settings=SETTINGS, now=NOW) == Changes(
        stage="done",
        events=[ServiceEvent(on=date(2026, 3, 2), unit="time", quantity=Decimal("1.5"))],
        outcome=Outcome(code="goal_met", measures={"letters": 2}),
        documents=[Document(name="record", content={"talks": 5})],
    )
    withdrawal = Withdrawal(referral_id="r", reason="consent_withdrawn")
    assert registry.call(
        "legal", "hub_withdraw", withdrawal=withdrawal, documents=[], settings=SETTINGS, now=NOW
    ) == Acknowledgement(deleted=True)
    assert registry.call("legal", "hub_poll", cursor="6", settings=SETTINGS, now=NOW) == Updates(
        cursor="7", updates=[Update(id="news-7", referral_id="r", receipt=Receipt(decision="accepted"))]
    )
    assert registry.call("legal", "hub_capacity", offering=OFFERING, documents=documents, now=NOW) == Capacity(
        unit="open", waiting=1
    )


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("Changes(stage='heaven')", "not in the manifest"),
        ("Changes(stage='agreed')", "does not follow"),
        ("Changes(flags=['alarm'])", "flag alarm"),
        ("Changes(events=[ServiceEvent(on=entry.on, unit='gold')])", "unit gold"),
        ("Changes(events=[ServiceEvent(on=entry.on, unit='time', quantity=-5)])", "above zero"),
        ("Receipt(decision='accepted')", "Receipt cannot be sent"),
        ("{'stage': 5}", "Expected `str | null`"),
        ("{'events': [{'on': 'yesterday', 'unit': 'time'}]}", "RFC3339"),
    ],
)
def test_a_lie_is_refused_and_the_next_call_is_served(registry_with: RegistryWith, reply: str, told: str) -> None:
    registry = registry_with(
        f"@hookimpl\ndef hub_apply(entry):\n    return {reply} if entry.values.get('lie') else Changes()\n"
    )
    lying = Entry(id="e", referral=REFERRAL, form="talk", stage="advising", values={"lie": True}, on=date(2026, 3, 2))
    honest = Entry(id="e", referral=REFERRAL, form="talk", stage="advising", on=date(2026, 3, 2))
    with pytest.raises(ModuleReplyInvalid) as caught:
        registry.call("legal", "hub_apply", entry=lying, documents=[], settings=SETTINGS, now=NOW)
    assert told in str(caught.value.details["detail"])
    assert registry.call("legal", "hub_apply", entry=honest, documents=[], settings=SETTINGS, now=NOW) == Changes()
