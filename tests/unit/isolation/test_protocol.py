from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest

from referral_hub.api import (
    OPTIONAL_HOOKS,
    REQUIRED_HOOKS,
    Assistance,
    Changes,
    Document,
    Entry,
    Label,
    Offering,
    Outcome,
    Problem,
    Referral,
    ServiceEvent,
    Withdrawal,
)
from referral_hub.isolation import protocol

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
REFERRAL = Referral(
    id="r",
    number="ABCDEFGHJK",
    service="legal.advice",
    offering=Offering(id="o", service="legal.advice", settings={"fund": "petty"}),
    fields={"display_name": "小李", "suitable_jobs": ["care"]},
    answer_due_at=NOW,
)
CHANGES = Changes(
    stage="advising",
    events=[ServiceEvent(on=date(2026, 3, 2), unit="time", quantity=Decimal("1.5"))],
    assistance=[Assistance(type="charity", unit="set", amount_fen=120050, paid_on=date(2026, 3, 1))],
    outcome=Outcome(code="goal_met", measures={"letters": 3}),
    documents=[Document(name="record", content={"notes": ["甲", None, {"b": [1, 2.5, True]}]})],
    problems=[Problem(message=Label(zh="甲", en="A"))],
)


def test_every_hook_can_be_sent() -> None:
    assert set(protocol.TYPES) == set(REQUIRED_HOOKS) | set(OPTIONAL_HOOKS)


def test_a_call_arrives_as_it_was_made() -> None:
    entry = Entry(id="e", referral=REFERRAL, form="talk", stage="agreed", values={"minutes": 30}, on=date(2026, 3, 2))
    args = {"entry": entry, "documents": CHANGES.documents, "settings": {"x": 1}, "now": NOW}
    line = protocol.encode_request(4, "hub_apply", 10.0, args)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    request = protocol.decode_request(line)
    assert (request.id, request.hook, request.seconds) == (4, "hub_apply", 10.0)
    assert protocol.decode_args("hub_apply", request.args) == args


def test_a_reply_arrives_as_it_was_given() -> None:
    line = protocol.encode(protocol.Reply(id=4, value=msgspec.Raw(protocol.encode(CHANGES))))
    assert protocol.TYPES["hub_apply"].reply.decode(protocol.decode_reply(line).value) == CHANGES


def test_a_module_written_for_an_earlier_hub_passes_over_what_it_does_not_know() -> None:
    line = protocol.encode({"referral_id": "r", "reason": "withdrawn", "a_field_of_a_later_time": {"x": 1}})
    assert msgspec.json.decode(line, type=Withdrawal).reason == "withdrawn"


@pytest.mark.parametrize(
    ("hook", "args"),
    [
        ("hub_unknown", {}),
        ("hub_poll", {"cursor": None}),
        ("hub_poll", {"cursor": None, "settings": {}, "now": NOW, "x": 1}),
    ],
)
def test_a_call_that_no_specification_has_is_refused_before_it_is_sent(hook: str, args: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        protocol.encode_request(1, hook, 1.0, args)


def test_a_fault_is_a_line_of_json_too() -> None:
    fault = protocol.Fault(kind="raised", what="ValueError")
    assert protocol.decode_reply(protocol.encode(protocol.Reply(id=1, fault=fault))).fault == fault
