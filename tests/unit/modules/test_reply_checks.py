"""A reply that breaks the manifest or the hub's codes is refused whole, with the rule it breaks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from tests.integration.modules.made import MANIFEST

from referral_hub.api import (
    Acknowledgement,
    AidApplication,
    AidDecision,
    Assistance,
    Capacity,
    Changes,
    Document,
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
    parse_manifest,
)
from referral_hub.registry.errors import ModuleReplyInvalid
from referral_hub.registry.reply_checks import check_changes, check_receipt, check_reply

LEGAL = parse_manifest(MANIFEST.format(key="legal", network="[]"))
SERVICE = LEGAL.services[0]
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TODAY = date(2026, 3, 2)
OFFERING = Offering(id="o", service="legal.advice")
REFERRAL = Referral(id="r", number="N", service="legal.advice", offering=OFFERING)
LONG = Label(zh="长" * 501, en="x")
WORDS = Label(zh="甲", en="A")


def entry(form: str = "close", stage: str = "advising") -> Entry:
    return Entry(id="e", referral=REFERRAL, form=form, stage=stage, on=TODAY)


ARGUMENTS: dict[str, dict[str, Any]] = {
    "hub_check_settings": {"settings": {}},
    "hub_screen": {"enquiry": Enquiry(service="legal.advice"), "offering": OFFERING, "settings": {}},
    "hub_receive": {"referral": REFERRAL, "documents": [], "settings": {}, "now": NOW},
    "hub_apply": {"entry": entry(), "documents": [], "settings": {}, "now": NOW},
    "hub_withdraw": {"documents": [], "settings": {}, "now": NOW},
    "hub_poll": {"cursor": None, "settings": {}, "now": NOW},
    "hub_capacity": {"offering": OFFERING, "documents": [], "now": NOW},
}
AID = Assistance(type="charity", unit="set", amount_fen=100)
DECISION = AidDecision(result="withdrawn", type="charity")
EVENT = ServiceEvent(on=TODAY, unit="time")


def refused(hook: str, reply: object, **arguments: Any) -> str:
    with pytest.raises(ModuleReplyInvalid) as caught:
        check_reply(LEGAL, hook, {**ARGUMENTS[hook], **arguments}, reply)
    assert caught.value.details["module"] == "legal"
    return str(caught.value.details["detail"])


@pytest.mark.parametrize(
    ("hook", "reply"),
    [
        ("hub_check_settings", []),
        ("hub_screen", Screening(verdict="perhaps", reasons=[WORDS])),
        ("hub_receive", Receipt(decision="accepted", stage="agreed", note=WORDS)),
        ("hub_receive", Receipt(decision="accepted", note=Label(zh="餐具消毒员培训", en="Drugstore work"))),
        ("hub_receive", Receipt(decision="declined", reason="no_capacity")),
        ("hub_receive", Receipt(decision="waitlisted", expected_on=TODAY)),
        ("hub_apply", Changes()),
        (
            "hub_apply",
            Changes(
                stage="done",
                events=[EVENT],
                assistance=[AID],
                outcome=Outcome(code="goal_met", measures={"letters": 3}),
                flags=["call"],
                documents=[Document(name="record", content={"x": 1})],
            ),
        ),
        ("hub_apply", Changes(stage="advising")),
        ("hub_withdraw", Acknowledgement(deleted=True, note=WORDS)),
        ("hub_poll", Updates(cursor="2", updates=[Update(id="1", referral_id="r")])),
        ("hub_capacity", Capacity(unit="open", waiting=2)),
    ],
)
def test_a_reply_within_the_rules_is_taken(hook: str, reply: object) -> None:
    assert check_reply(LEGAL, hook, ARGUMENTS[hook], reply) == reply


@pytest.mark.parametrize(
    ("hook", "reply", "told"),
    [
        ("hub_check_settings", [Problem(field="nothing", message=WORDS)], "no field nothing"),
        ("hub_check_settings", [Problem(message=LONG)], "longer"),
        ("hub_screen", Screening(verdict="perhaps", reasons=[Label(zh="有吸毒史", en="x")]), "neutral"),
        ("hub_screen", Screening(verdict="perhaps", reasons=[WORDS] * 201), "more than 200"),
        ("hub_screen", Screening(verdict="perhaps", reasons=[Label(zh="甲", en=" ")]), "empty"),
        ("hub_receive", Receipt(decision="declined"), "reason code"),
        ("hub_receive", Receipt(decision="declined", reason="dislike"), "reason code"),
        ("hub_receive", Receipt(decision="accepted", reason="other"), "only a decline"),
        ("hub_receive", Receipt(decision="accepted", stage="advising"), "cannot lead"),
        ("hub_receive", Receipt(decision="waitlisted", stage="agreed"), "cannot lead"),
        ("hub_receive", Receipt(decision="accepted", documents=[Document(name="../x", content={})]), "names"),
        ("hub_apply", Changes(stage="heaven"), "not in the manifest"),
        ("hub_apply", Changes(stage="agreed"), "does not follow"),
        ("hub_apply", Changes(events=[msgspec.structs.replace(EVENT, unit="yuan")]), "unit yuan"),
        ("hub_apply", Changes(events=[msgspec.structs.replace(EVENT, quantity=Decimal(-1))]), "above zero"),
        ("hub_apply", Changes(events=[msgspec.structs.replace(EVENT, quantity=Decimal("NaN"))]), "above zero"),
        ("hub_apply", Changes(events=[msgspec.structs.replace(EVENT, quantity=Decimal(10**9))]), "too large"),
        ("hub_apply", Changes(events=[msgspec.structs.replace(EVENT, on=date(2026, 3, 3))]), "future"),
        ("hub_apply", Changes(events=[EVENT] * 201), "more than 200"),
        ("hub_apply", Changes(assistance=[msgspec.structs.replace(AID, type="gift")]), "assistance type gift"),
        ("hub_apply", Changes(assistance=[msgspec.structs.replace(AID, fund="mine")]), "fund mine"),
        ("hub_apply", Changes(assistance=[msgspec.structs.replace(AID, unit="heap")]), "unit heap"),
        ("hub_apply", Changes(assistance=[msgspec.structs.replace(AID, amount_fen=-1)]), "negative"),
        (
            "hub_apply",
            Changes(assistance=[msgspec.structs.replace(AID, period_start=TODAY, period_end=date(2026, 1, 1))]),
            "before it begins",
        ),
        ("hub_apply", Changes(outcome=Outcome(code="died")), "outcome died"),
        ("hub_apply", Changes(outcome=Outcome(code="goal_met", measures={"letters": "3"})), "wrong type"),
        ("hub_apply", Changes(outcome=Outcome(code="goal_met", measures={"letters": 10})), "at most 9"),
        ("hub_apply", Changes(outcome=Outcome(code="goal_met", measures={"secrets": 1})), "no question"),
        ("hub_apply", Changes(flags=["alarm"]), "flag alarm"),
        ("hub_apply", Changes(documents=[Document(name="a", content={})] * 2), "names of their own"),
        ("hub_apply", Changes(problems=[Problem(field="nothing", message=WORDS)]), "no field nothing"),
        ("hub_withdraw", Acknowledgement(deleted=True, note=LONG), "longer"),
        ("hub_poll", Updates(updates=[Update(id="", referral_id="r")]), "empty"),
        ("hub_poll", Updates(updates=[Update(id="1", referral_id="r")] * 2), "one id"),
        ("hub_capacity", Capacity(unit="place", total=1), "capacity in place"),
        ("hub_capacity", Capacity(unit="open", waiting=-1), "negative"),
        ("hub_capacity", Capacity(unit="open", total=1, free=2), "more is free"),
    ],
)
def test_a_reply_against_the_rules_is_refused_with_the_rule(hook: str, reply: object, told: str) -> None:
    assert told in refused(hook, reply)


EVERY_DAY = [
    (hook, make, field)
    for hook, kind, make in (
        ("hub_receive", Receipt, lambda days: Receipt(decision="waitlisted", **days)),
        ("hub_apply", ServiceEvent, lambda days: Changes(events=[msgspec.structs.replace(EVENT, **days)])),
        ("hub_apply", Assistance, lambda days: Changes(assistance=[msgspec.structs.replace(AID, **days)])),
        ("hub_apply", AidApplication, lambda days: Changes(application=AidApplication(type="charity", **days))),
        (
            "hub_apply",
            AidDecision,
            lambda days: Changes(decisions=[msgspec.structs.replace(DECISION, **days)]),
        ),
        ("hub_capacity", Capacity, lambda days: Capacity(unit="open", **days)),
    )
    for field, declared in kind.__annotations__.items()
    if "date" in str(declared)
]


@pytest.mark.parametrize(("hook", "make", "field"), EVERY_DAY)
@pytest.mark.parametrize("day", [date(1, 1, 1), date(1800, 3, 2), date(9999, 12, 31)], ids=str)
def test_no_day_of_a_reply_lies_in_a_year_that_cannot_be(hook: str, make: Any, field: str, day: date) -> None:
    told = refused(hook, make({field: day}))
    assert f"{field}: the date is too" in told or "lies in the future" in told


def test_the_walk_over_the_days_of_a_reply_finds_them() -> None:
    assert len(EVERY_DAY) >= 12


def test_a_place_cannot_be_expected_on_a_day_that_has_passed() -> None:
    yesterday = TODAY - timedelta(days=1)
    late = Receipt(decision="waitlisted", expected_on=yesterday)
    assert refused("hub_receive", late).endswith("expected_on: the date has passed")
    with pytest.raises(ModuleReplyInvalid):
        check_receipt(SERVICE, late, module_key="legal", at=NOW)


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Changes(events=[ServiceEvent(on=TODAY - timedelta(days=1), unit="time")]), "events"),
        (Changes(assistance=[msgspec.structs.replace(AID, paid_on=TODAY - timedelta(days=1))]), "assistance"),
        (
            Changes(decisions=[msgspec.structs.replace(DECISION, on=TODAY - timedelta(days=1))]),
            "decisions",
        ),
    ],
)
def test_nothing_is_given_under_a_referral_before_it_was_sent(reply: Changes, told: str) -> None:
    sent = msgspec.structs.replace(REFERRAL, sent_at=NOW)
    assert refused("hub_apply", reply, entry=msgspec.structs.replace(entry(), referral=sent)).endswith(
        f"{told}: a day lies before the referral was sent"
    )
    with pytest.raises(ModuleReplyInvalid):
        check_changes(SERVICE, "advising", reply, module_key="legal", sent_at=NOW, at=NOW)
    earlier = NOW - timedelta(days=1)
    check_changes(SERVICE, "advising", reply, module_key="legal", sent_at=earlier, at=NOW)


def test_an_outcome_is_taken_only_from_a_form_that_asks_it() -> None:
    assert "does not ask an outcome" in refused(
        "hub_apply", Changes(outcome=Outcome(code="goal_met")), entry=entry("talk")
    )


def test_with_problems_nothing_else_of_the_reply_counts() -> None:
    reply = Changes(stage="heaven", flags=["alarm"], problems=[Problem(field="letters", message=WORDS)])
    checked = check_reply(LEGAL, "hub_apply", ARGUMENTS["hub_apply"], reply)
    assert checked == Changes(problems=reply.problems)


def test_a_reply_about_a_service_the_module_lacks_is_refused() -> None:
    offering = Offering(id="o", service="legal.other")
    assert "no service legal.other" in refused("hub_capacity", Capacity(unit="open"), offering=offering)


@pytest.mark.parametrize(
    "check",
    [
        lambda: check_changes(SERVICE, "agreed", Changes(stage="done"), module_key="legal", sent_at=NOW, at=NOW),
        lambda: check_receipt(SERVICE, Receipt(decision="declined"), module_key="legal", at=NOW),
    ],
)
def test_news_from_a_partners_system_is_held_to_the_same_rules(check: Callable[[], object]) -> None:
    with pytest.raises(ModuleReplyInvalid, match="legal") as caught:
        check()
    assert str(caught.value.details["detail"]).startswith("hub_poll: ")
