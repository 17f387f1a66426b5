"""No well-formed body of the wrong shape ends in a failure of ours: it is taken, or refused in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.integration.api.conftest import Program
from tests.loop import DETAILS, INTAKE, TRAINING, Loop
from tests.odd import ODD, paths, replaced

Programs = Callable[..., Program]
Call = tuple[Program, str, Any]
CASE = {
    "name": "张三",
    "sex": "1",
    "phone": "13800000001",
    "birth_year": 1990,
    "address": "示范路1号",
    "contact_note": "晚上",
    "area_code": "999999",
    "profile": {"education": "60"},
    "allow_duplicate": True,
}


@pytest.fixture
def calls(loop: Loop, program: Programs) -> list[Call]:
    """The actions of the API, each with a body that it takes."""
    worker, partner = program(loop.world.worker), program(loop.world.partner)
    offering, day = loop.offering(places=9), loop.at.date().isoformat()
    elsewhere = loop.offering(organisation_id=loop.world.other_partner_id)
    made = loop.case(serial=7)
    # One referral for each action: what one action does to it must not refuse the next.
    waits, declines, accepts, withdrawn, redirected, served, told = (
        loop.sent(serial=serial, offering_id=offering)[1].id for serial in range(11, 18)
    )
    loop.deliver()
    for accepted in (served, told):
        loop.accept(accepted)
    loop.deliver()
    asked = {
        "case_id": str(made.id),
        "recipient_id": str(loop.world.partner_id),
        "service": TRAINING,
        "categories": ["basic", "contact", "need", "work"],
        "asked_by_client": True,
    }
    details = {**DETAILS, "intake": INTAKE[TRAINING]}
    return [
        (worker, "/cases", {**CASE, "opened_on": day}),
        (worker, f"/cases/{made.id}/needs", {"kind": "employment", "words": "想学厨艺", "priority": 1}),
        (worker, "/consents/refusals", asked),
        (worker, "/consents", {**asked, "signed_how": "handwritten", "valid_days": 90, "paper_reference": "柜3"}),
        (worker, "/referrals", {"need_id": str(made.need_id), "offering_id": str(offering), "details": details}),
        (partner, f"/inbox/{waits}/waitlist", {"note": "请等候", "expected_on": day}),
        (partner, f"/inbox/{declines}/decline", {"reason_code": "no_capacity", "note": "满员"}),
        (partner, f"/inbox/{accepts}/accept", {"note": "欢迎", "starts_on": day}),
        (partner, f"/inbox/{served}/contact", {"on": day}),
        (partner, f"/inbox/{served}/forms/first_meeting", {"on": day, "values": {"way": "phone"}}),
        (worker, f"/referrals/{told}/client-confirmation", {"confirmation": "received"}),
        (worker, f"/referrals/{withdrawn}/withdraw", {"reason_code": "client_refused", "note": "不想去了"}),
        (
            worker,
            f"/referrals/{redirected}/redirect",
            {"offering_id": str(elsewhere), "reason_code": "unreachable_system", "details": details},
        ),
    ]


@pytest.mark.slow
def test_an_odd_value_in_any_place_of_any_body_is_taken_or_refused_in_words(calls: list[Call]) -> None:
    failed, never_taken = [], []
    for sender, path, body in calls:
        statuses = set()
        for place in paths(body):
            for odd in ODD:
                status = sender.post(path, replaced(body, place, odd)).status_code
                statuses.add(status)
                if status >= 500:
                    failed.append((path.rpartition("/")[2], place, repr(odd)[:30], status))
        last = sender.post(path, body)
        if min(*statuses, last.status_code) >= 300:
            never_taken.append((path, statuses, last.text))
    assert failed == []
    # An action that refuses all it is sent would prove nothing.
    assert never_taken == []


@pytest.mark.parametrize(
    "address", ["/directory?area=%00", "/directory?need=a%00b", "/offerings?area=%00", "/inbox/%00", "/statistics/%00"]
)
def test_an_address_with_a_character_that_no_database_keeps_is_refused(
    loop: Loop, program: Programs, address: str
) -> None:
    assert program(loop.world.worker).get(address).status_code in (400, 404)


def test_a_text_that_no_database_keeps_is_refused_by_its_place(loop: Loop, program: Programs) -> None:
    sent = {"name": "张三", "profile": {"skills": ["烹饪", "a\x00b"]}}
    refused = program(loop.world.worker).post("/cases", sent)
    assert refused.status_code == 400
    assert "profile.skills[1]" in refused.json()["errors"][0]["message"]
