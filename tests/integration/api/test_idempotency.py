"""Whatever a program changes, it may ask for twice: every such route takes an `Idempotency-Key`, in one way."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from litestar.testing import TestClient
from tests.integration.api.conftest import Call
from tests.loop import Loop

# Another body for each action, as well formed as the first.
OTHER: dict[str, dict[str, object]] = {
    "cases": {"name": "李四"},
    "needs": {"words": "想学电工"},
    "refusals": {"read_aloud": True},
    "consents": {"read_aloud": True},
    "referrals": {"urgency": "urgent"},
    "waitlist": {"note": "再等等"},
    "decline": {"note": "没有位置了"},
    "accept": {"note": "请来"},
    "contact": {"on": "2026-02-28"},
    "first_meeting": {"values": {"way": "home"}},
    "client-confirmation": {"confirmation": "not_received"},
    "withdraw": {"note": "改主意了"},
    "redirect": {"reason_code": "client_refused"},
}


def written(owner: psycopg.Connection) -> Any:
    """What is recorded, by table: nothing may be added by a repetition."""
    tables = ("audit_entry", "client_case", "need", "consent", "referral", "form_entry", "delivery")
    counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)
    return owner.execute(f"SELECT {counts}").fetchone()


def test_every_changing_route_says_that_it_takes_a_key(client: TestClient[Any]) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    changing = {
        f"{method} {path}": {parameter["name"] for parameter in operation.get("parameters", [])}
        for path, item in paths.items()
        for method, operation in item.items()
        if method not in {"get", "head", "options"}
    }
    assert len(changing) > 15
    assert [route for route, names in changing.items() if "Idempotency-Key" not in names] == []


def test_the_same_request_with_the_same_key_changes_nothing_and_is_answered_alike(
    calls: list[Call], owner: psycopg.Connection
) -> None:
    odd = []
    for number, (sender, path, body) in enumerate(calls):
        first = sender.post(path, body, key=f"key-{number}")
        assert first.is_success, (path, first.text)
        before = written(owner)
        again = sender.post(path, body, key=f"key-{number}")
        if (again.status_code, again.content, written(owner)) != (first.status_code, first.content, before):
            odd.append((path, first.text, again.status_code, again.text))
    assert odd == []


def test_the_same_key_with_another_body_or_at_another_address_is_refused(
    calls: list[Call], owner: psycopg.Connection
) -> None:
    for number, (sender, path, body) in enumerate(calls):
        assert sender.post(path, body, key=f"key-{number}").is_success
        before = written(owner)
        other_body = sender.post(path, {**body, **OTHER[path.rpartition("/")[2]]}, key=f"key-{number}")
        other_address = sender.post(calls[number - 1][1], body, key=f"key-{number}")
        assert (other_body.status_code, other_body.json()["code"]) == (409, "key-used"), (path, other_body.text)
        assert other_address.status_code in {400, 403, 409}, other_address.text
        assert written(owner) == before


def test_what_was_refused_may_be_sent_again_under_its_key(calls: list[Call]) -> None:
    sender, path, body = calls[1]
    assert sender.post(path, {**body, "kind": "nothing"}, key="once more").status_code == 422
    assert sender.post(path, body, key="once more").status_code == 201


def test_keys_of_two_accounts_do_not_meet(loop: Loop, calls: list[Call]) -> None:
    (worker, cases, case), (partner, accept, acceptance) = calls[0], calls[7]
    assert worker.post(cases, case, key="mine").status_code == 201
    assert partner.post(accept, acceptance, key="mine").status_code == 204


@pytest.mark.parametrize("key", ["", "k" * 101])
def test_a_key_of_no_length_or_too_long_is_refused_by_its_name(calls: list[Call], key: str) -> None:
    sender, path, body = calls[1]
    refused = sender._client.post(f"/api/v1{path}", json=body, headers=sender._headers | {"idempotency-key": key})
    assert refused.status_code == 400
    assert "Idempotency-Key" in refused.text or "idempotency_key" in refused.text
