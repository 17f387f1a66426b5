"""One call of each hook, with the answer: shown in the reference, made for true by a test."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from referral_hub.api import (
    Acknowledgement,
    Capacity,
    Changes,
    Enquiry,
    Entry,
    Label,
    Offering,
    Outcome,
    Problem,
    Receipt,
    Referral,
    Screening,
    ServiceEvent,
    Update,
    Updates,
    Withdrawal,
)

MODULE = "tests.reference.hub_evening"
HOME = Path(__file__).parent / "hub_evening"
NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
TODAY = date(2026, 3, 2)


class Example(msgspec.Struct, frozen=True):
    """A situation in words, the arguments that matter for it, and the answer."""

    hook: str
    words: str
    arguments: dict[str, Any]
    answer: Any


def offering(free: int = 3) -> Offering:
    places = Capacity(total=12, free=free, held=1, waiting=2, next_on=date(2026, 4, 1))
    return Offering(id="o1", service="evening.class", places=places)


def referral(**values: Any) -> Referral:
    given: dict[str, Any] = {"offering": offering(), "fields": {"display_name": "王女士"}}
    return Referral(id="r1", number="7KQ2MWX9PD", service="evening.class", **{**given, **values})


def entry(form: str, stage: str, **values: Any) -> Entry:
    return Entry(id="e1", referral=referral(), form=form, stage=stage, values=values, on=TODAY)


EXAMPLES: tuple[Example, ...] = (
    Example(
        "hub_check_settings",
        "A setting was typed wrongly. The form is shown again with the words at the field.",
        {"settings": {"begins": "seven"}},
        [Problem(field="begins", message=Label(zh="请写成 19:00 这样。", en="Write it as 19:00."))],
    ),
    Example(
        "hub_receive",
        "No seat is free: the client is put on the waiting list, with the day the next one is expected.",
        {"referral": referral(offering=offering(free=0))},
        Receipt(decision="waitlisted", expected_on=date(2026, 4, 1)),
    ),
    Example(
        "hub_receive",
        "The client can come only in half a year. No rule fits, so a person decides.",
        {"referral": referral(fields={"display_name": "王女士", "from": "2026-09-01"})},
        Receipt(decision="person"),
    ),
    Example(
        "hub_apply",
        "A teacher enters an evening of two class hours. The referral moves on, and the hours count.",
        {"entry": entry("evening", "enrolled", hours=2)},
        Changes(stage="learning", events=[ServiceEvent(on=TODAY, unit="class_hour", quantity=Decimal(2))]),
    ),
    Example(
        "hub_apply",
        "Two answers of the closing report contradict each other: nothing is written, the form is shown again.",
        {"entry": entry("close", "learning", outcome="goal_met", certificate=False)},
        Changes(
            problems=[
                Problem(
                    field="certificate",
                    message=Label(
                        zh="结业的都有证书，请核对。", en="Whoever finishes has a certificate. Please check."
                    ),
                )
            ]
        ),
    ),
    Example(
        "hub_apply",
        "The closing report is in order.",
        {"entry": entry("close", "learning", outcome="goal_met", certificate=True)},
        Changes(stage="finished", outcome=Outcome(code="goal_met", measures={"certificate": True})),
    ),
    Example(
        "hub_withdraw",
        "The client takes the consent back. The module kept nothing outside the hub.",
        {"withdrawal": Withdrawal(referral_id="r1", reason="consent_withdrawn")},
        Acknowledgement(deleted=True),
    ),
    Example(
        "hub_screen",
        "Before any consent a worker asks who could be served. Only declared screening fields are there.",
        {"enquiry": Enquiry(service="evening.class", fields={"age_band": "14-17"})},
        Screening(
            verdict="not_eligible",
            reasons=[Label(zh="未成年人请找学校。", en="For a minor, ask the school.")],
            needed=[Label(zh="年满18岁", en="The client turns 18")],
        ),
    ),
    Example(
        "hub_poll",
        "Asked for the first time, the provider's system has one piece of news.",
        {"cursor": None},
        Updates(
            cursor="monday",
            updates=[
                Update(
                    id="register-17",
                    referral_id="r1",
                    changes=Changes(
                        stage="learning", events=[ServiceEvent(on=TODAY, unit="class_hour", quantity=Decimal(2))]
                    ),
                )
            ],
        ),
    ),
    Example(
        "hub_poll",
        "Asked again with the cursor it gave, it has none.",
        {"cursor": "monday"},
        Updates(cursor="monday"),
    ),
    Example(
        "hub_capacity",
        "Talks are open to all and nobody counts their seats; the school has said that they are full for now.",
        {"offering": Offering(id="o2", service="evening.talk", settings={"full": True}, places=Capacity(unit="open"))},
        Capacity(unit="open", free=0),
    ),
)


def arguments(example: Example) -> dict[str, Any]:
    """All that the hook is called with, the arguments that do not matter here among them."""
    from referral_hub.isolation.protocol import TYPES

    rest: dict[str, Any] = {"settings": {}, "documents": [], "now": NOW, "offering": offering()}
    return {name: example.arguments.get(name, rest.get(name)) for name in TYPES[example.hook].names}
