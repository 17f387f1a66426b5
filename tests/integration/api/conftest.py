from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest
from litestar.testing import TestClient
from tests.loop import Loop
from tests.shared_modules import SharedModules
from tests.web import app_of
from tests.world import World

from referral_hub.access.tokens import create_token
from referral_hub.actor import Actor
from referral_hub.hub import Hub


class Program:
    """A program with a token, calling the API."""

    def __init__(self, client: TestClient[Any], token: str) -> None:
        self._client, self._headers = client, {"authorization": f"Bearer {token}"}

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self._client.get(f"/api/v1{path}", headers=self._headers, **options)

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> httpx.Response:
        headers = self._headers | ({"idempotency-key": key} if key else {})
        return self._client.post(f"/api/v1{path}", json=body, headers=headers)


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
