from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest
from litestar.testing import TestClient
from tests.loop import DETAILS, INTAKE, TRAINING, Loop
from tests.shared_modules import SharedModules
from tests.web import app_of
from tests.world import World

from referral_hub.access.tokens import create_token
from referral_hub.actor import Actor
from referral_hub.hub import Hub

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


class Program:
    """A program with a token, calling the API."""

    def __init__(self, client: TestClient[Any], token: str) -> None:
        self._client, self._headers = client, {"authorization": f"Bearer {token}"}

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self._client.get(f"/api/v1{path}", headers=self._headers, **options)

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> httpx.Response:
        headers = self._headers | ({"idempotency-key": key} if key else {})
        return self._client.post(f"/api/v1{path}", json=body, headers=headers)


Call = tuple[Program, str, Any]


@pytest.fixture
def loop(hub: Hub, owner: psycopg.Connection, world: World, built_in_modules: SharedModules) -> Loop:
    return Loop(hub, owner, world)


@pytest.fixture
def client(hub: Hub) -> Iterator[TestClient[Any]]:
    with TestClient(app_of(hub)) as client:
        yield client


@pytest.fixture
def program(hub: Hub, client: TestClient[Any]) -> Callable[..., Program]:
    """A program of an account; `scope` is what its token may do."""

    def make(actor: Actor, scope: tuple[str, ...] = ("read", "write")) -> Program:
        assert actor.account_id is not None
        with hub.transaction(actor) as session:
            secret = create_token(
                session,
                account_id=actor.account_id,
                name="test",
                scope=scope,
                ends_at=hub.clock.now() + timedelta(days=30),
                by=actor,
                at=hub.clock.now(),
            )
        return Program(client, secret)

    return make


@pytest.fixture
def calls(loop: Loop, program: Callable[..., Program]) -> list[Call]:
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
