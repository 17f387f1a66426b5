"""Funds, applications, decisions and payments for programs: the same rules as on the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.world import World

DAY = "2026-03-02"
FUND = {"name": "财政救助资金", "source": "treasury", "year": 2026, "budget_fen": 500_000}
APPLICATION = {
    "name": "测试甲", "type": "subsistence", "hardship": "illness", "applied_on": DAY, "household_number": "H-9"
}  # fmt: skip


def test_an_application_is_decided_and_paid_out_of_a_fund(program: Callable[..., Any], world: World) -> None:
    civil = program(world.civil)
    fund = civil.post("/funds", FUND).json()["id"]
    application = civil.post("/applications", APPLICATION).json()["id"]
    grant = {"result": "granted", "amount_fen": 300_000, "fund": fund, "decided_on": DAY}
    decision = civil.post(f"/applications/{application}/decision", grant)
    assert decision.status_code == 201, decision.text
    (held,) = civil.get("/funds").json()
    assert held["balance"] == {"budget": 500_000, "spent": 0, "reserved": 300_000}
    payment = {"paid_on": DAY, "pay_way": "bank", "amount_fen": 100_000}
    assert civil.post(f"/decisions/{decision.json()['id']}/payments", payment).status_code == 201
    (line,) = civil.get(f"/ledger?since={DAY}&until={DAY}").json()["lines"]
    assert (line["applicant"], line["kind"], line["amount_fen"]) == ("测**", "granted", 300_000)
    again = civil.post("/applications", APPLICATION | {"household_number": "H-10"}).json()["id"]
    short = civil.post(f"/applications/{again}/decision", grant)
    assert short.status_code == 409
    assert "2,000.00" in short.text


def test_a_fund_is_changed_and_closed_by_its_own_organisation_alone(program: Callable[..., Any], world: World) -> None:
    civil, partner = program(world.civil), program(world.partner)
    fund = civil.post("/funds", FUND).json()["id"]
    assert civil.post(f"/funds/{fund}", {"budget_fen": 600_000}).status_code == 204
    for act, body in (("", {"budget_fen": 1}), ("/close", None), ("/reopen", None)):
        assert partner.post(f"/funds/{fund}{act}", body).status_code == 404
    assert civil.post(f"/funds/{fund}/close").status_code == 204
    application = civil.post("/applications", APPLICATION).json()["id"]
    refused = civil.post(f"/applications/{application}/decision", {"result": "granted", "amount_fen": 1, "fund": fund})
    assert refused.status_code == 409
    assert civil.post(f"/funds/{fund}/reopen").status_code == 204
    assert partner.get("/funds").json() == []


def test_bad_values_are_named_at_their_field(program: Callable[..., Any], world: World) -> None:
    civil = program(world.civil)
    assert civil.post("/funds", FUND | {"source": "lottery"}).status_code == 422
    assert civil.post("/applications", APPLICATION | {"phone": "12"}).status_code == 422
    assert civil.get(f"/ledger?since={DAY}&until={DAY}&view=all").status_code == 422
    assert program(world.worker).get("/funds").status_code == 403
