"""Contracts for programs: kept by the administrator, read by civil affairs and by the provider itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.loop import Loop
from tests.world import World


def body(world: World, **values: Any) -> dict[str, Any]:
    return {
        "number": "HT-1",
        "title": "培训服务",
        "purchaser_id": str(world.civil.organisation_id),
        "provider_id": str(world.partner_id),
        "purpose": "为服务对象提供培训",
        "categories": ["basic"],
        "safeguards": "专人保管",
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
        "targets": {"class_hour": 100},
        **values,
    }


def test_a_contract_is_entered_changed_and_read(program: Callable[..., Any], loop: Loop) -> None:
    admin, offering = program(loop.world.admin), loop.offering()
    made = admin.post("/contracts", body(loop.world, offering_ids=[str(offering)]))
    assert made.status_code == 201, made.text
    key = made.json()["id"]
    assert admin.post(f"/contracts/{key}", {"ends_on": "2027-06-30", "targets": {"visit": 9}}).status_code == 204
    for reader in (admin, program(loop.world.civil), program(loop.world.partner)):
        found = next(line for line in reader.get("/contracts").json()["lines"] if line["id"] == key)
        assert (found["ends_on"], found["targets"], found["offerings"]) == ("2027-06-30", {"visit": 9}, [str(offering)])
    assert all(line["id"] != key for line in program(loop.world.other_partner).get("/contracts").json()["lines"])


def test_a_contract_is_ended_and_the_provider_reports_deletion(program: Callable[..., Any], loop: Loop) -> None:
    world = loop.world
    admin, partner = program(world.admin), program(world.partner)
    key = admin.post("/contracts", body(world)).json()["id"]
    receipt = {"how": "deleted", "on": "2026-03-02"}
    assert partner.post(f"/contracts/{key}/receipt", receipt).status_code == 409
    assert partner.post(f"/contracts/{key}/end", {"last_day": "2026-03-01", "reason": "停办"}).status_code == 403
    assert admin.post(f"/contracts/{key}/end", {"last_day": "2026-03-01", "reason": "停办"}).status_code == 204
    (line,) = [line for line in partner.get("/contracts").json()["lines"] if line["id"] == key]
    assert (line["in_force"], line["receipt_due_on"]) == (False, "2026-03-13")
    assert program(world.other_partner).post(f"/contracts/{key}/receipt", receipt).status_code == 403
    assert partner.post(f"/contracts/{key}/receipt", receipt).status_code == 204
    (line,) = [line for line in partner.get("/contracts").json()["lines"] if line["id"] == key]
    assert (line["receipt_due_on"], line["receipt_how"], line["receipt_on"]) == (None, "deleted", "2026-03-02")
    assert admin.post(f"/contracts/{key}", {"ends_on": "2027-01-01"}).status_code == 409


def test_bad_values_are_named_at_their_field(program: Callable[..., Any], loop: Loop) -> None:
    world = loop.world
    admin = program(world.admin)
    for values, field in (
        ({"targets": {"miracles": 3}}, "targets"),
        ({"targets": {"class_hour": 0}}, "targets"),
        ({"ends_on": "2025-01-01"}, "ends_on"),
        ({"categories": ["everything"]}, "categories"),
        ({"purchaser_id": str(world.other_partner_id)}, "purchaser_id"),
        ({"offering_ids": [str(loop.offering(organisation_id=world.other_partner_id))]}, "offering_ids"),
    ):
        refused = admin.post("/contracts", body(world, **values))
        assert refused.status_code == 422, values
        assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert program(world.partner).post("/contracts", body(world)).status_code == 403
