"""Every route names who may use it, and lets in nobody else: tried on the real application, role by role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple, get_args
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.testing import TestClient
from tests.web import app_of
from tests.world import World

from referral_hub.access.sessions import open_session
from referral_hub.access.tokens import create_token
from referral_hub.actor import Actor, Role, system_actor
from referral_hub.hub import Hub
from referral_ui.guards import STAFF, Guard

NOBODYS_ID = "01890000-0000-7000-8000-000000000000"
PUBLIC = {
    "/sign-in",
    "/sign-in/code",
    "/sign-in/keep",
    "/static/{path}",
    "/healthz",
    "/readyz",
    # Asks for a token of its own, of the installation and not of an account; without one it is not there.
    "/metrics",
    # What programs may call: shapes, no data. The other two answer that there is nothing else there.
    "/api/openapi.json",
    "/api",
    "/api/{path}",
}
VALUES = {"int": "1", "str": "nobody", "path": "nobody"}
_PARAMETER = re.compile(r"/\{\w+:(\w+)\}")


class Way(NamedTuple):
    """One method of one address, with the guards it names."""

    method: str
    pattern: str
    path: str
    guards: list[Guard]

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset.intersection(STAFF, *(guard.roles for guard in self.guards))

    @property
    def public(self) -> bool:
        return bool(self.guards) and all(guard.public for guard in self.guards)


def ways(app: Litestar) -> list[Way]:
    found = []
    for route in app.routes:
        assert isinstance(route, HTTPRoute), f"{route.path}: neither page nor API"
        for handler in route.route_handlers:
            guards = [guard for guard in handler.resolve_guards() if isinstance(guard, Guard)]
            path = _PARAMETER.sub(lambda match: "/" + VALUES.get(match[1], NOBODYS_ID), route.path)
            found += [
                Way(method, route.path_format, path, guards)
                for method in sorted(map(str, handler.http_methods))
                if method not in {"OPTIONS", "HEAD"}
            ]
    return found


@pytest.fixture
def app(hub: Hub) -> Litestar:
    return app_of(hub)


@pytest.fixture
def client(app: Litestar) -> Iterator[TestClient[Litestar]]:
    with TestClient(app=app, raise_server_exceptions=False) as client:
        client.get("/sign-in")
        yield client


class Sender:
    """Sends a request as one account, by page or by API, with the form's token in place."""

    def __init__(self, hub: Hub, client: TestClient[Litestar], actor: Actor | None) -> None:
        self._client = client
        self._token = self._secret = ""
        if actor and actor.account_id:
            now = hub.clock.now()
            with hub.transaction(system_actor(via="page", name="sign-in")) as session:
                self._secret = open_session(session, actor.account_id, at=now)
                self._token = create_token(
                    session,
                    account_id=actor.account_id,
                    name="test",
                    scope=("read", "write"),
                    ends_at=now + timedelta(days=1),
                    by=actor,
                    at=now,
                )

    def send(self, way: Way) -> httpx.Response:
        form_token = self._client.cookies["hub_form"]
        headers = {"cookie": f"hub_form={form_token}", "x-csrftoken": form_token}
        if way.path.startswith("/api/"):
            if self._token:
                headers["authorization"] = f"Bearer {self._token}"
        elif self._secret:
            headers["cookie"] += f"; hub_session={self._secret}"
        return self._client.request(way.method, way.path, headers=headers, follow_redirects=False)


def staff_of(world: World) -> dict[Role, Actor]:
    everyone = [world.worker, world.supervisor, world.partner, world.civil, world.admin, world.auditor]
    return {actor.role: actor for actor in everyone}


def test_the_world_has_an_account_of_every_role(world: World) -> None:
    assert staff_of(world).keys() == set(get_args(Role)) - {"system"} == STAFF


def test_every_route_names_its_guard(app: Litestar) -> None:
    assert [f"{way.method} {way.pattern}" for way in ways(app) if not way.guards] == []


def test_only_these_routes_are_open_to_everyone(app: Litestar) -> None:
    assert {way.pattern for way in ways(app) if way.public} == PUBLIC


def test_nobody_who_is_not_signed_in_gets_through(hub: Hub, app: Litestar, client: TestClient[Litestar]) -> None:
    stranger = Sender(hub, client, None)
    let_in = []
    for way in ways(app):
        if way.public:
            continue
        answer = stranger.send(way)
        sent_away = answer.status_code == 401 or answer.headers.get("location", "").startswith("/sign-in")
        if not sent_away:
            let_in.append((way.method, way.pattern, answer.status_code))
    assert let_in == []


@pytest.mark.parametrize("role", sorted(STAFF))
def test_a_role_is_refused_wherever_the_guard_does_not_name_it(
    role: Role, hub: Hub, world: World, app: Litestar, client: TestClient[Litestar]
) -> None:
    sender = Sender(hub, client, staff_of(world)[role])
    let_in = [
        (way.method, way.pattern, answer.status_code)
        for way in ways(app)
        if role not in way.roles and (answer := sender.send(way)).status_code not in {403, 404}
    ]
    assert let_in == []


@pytest.mark.parametrize("role", sorted(STAFF))
def test_a_role_opens_its_own_pages_and_finds_nothing_under_an_id_of_nobody(
    role: Role, hub: Hub, world: World, app: Litestar, client: TestClient[Litestar]
) -> None:
    """No page of theirs fails, even where the address names nothing; what changes something is tried elsewhere."""
    sender = Sender(hub, client, staff_of(world)[role])
    odd = []
    for way in ways(app):
        if way.method != "GET" or role not in way.roles or way.public:
            continue
        answer = sender.send(way)
        expected = {404, 422} if "{" in way.pattern else {200, 303}
        if way.path.startswith("/api/") and answer.status_code == 200 and "{" in way.pattern:
            # A list of what belongs to nobody is empty.
            assert answer.json() in ([], {"items": [], "next": None}), way
            continue
        if answer.status_code not in expected:
            odd.append((way.pattern, answer.status_code, answer.headers.get("location")))
    assert odd == []


def test_a_page_takes_no_token_and_the_api_no_cookie(
    hub: Hub, world: World, app: Litestar, client: TestClient[Litestar]
) -> None:
    sender = Sender(hub, client, world.worker)
    token = {"authorization": f"Bearer {sender._token}"}
    cookie = {"cookie": f"hub_session={sender._secret}"}
    api = next(way for way in ways(app) if way.path.startswith("/api/v1") and "worker" in way.roles)
    assert client.get("/account", headers=token, follow_redirects=False).status_code == 303
    assert client.request(api.method, api.path, headers=cookie).status_code == 401


def test_a_read_only_token_changes_nothing(hub: Hub, world: World, app: Litestar, client: TestClient[Litestar]) -> None:
    now = hub.clock.now()
    account_id: Any = world.worker.account_id
    assert isinstance(account_id, UUID)
    with hub.transaction(world.worker) as session:
        token = create_token(
            session,
            account_id=account_id,
            name="reader",
            scope=("read",),
            ends_at=now + timedelta(days=1),
            by=world.worker,
            at=now,
        )
    for way in ways(app):
        if way.path.startswith("/api/v1") and way.method != "GET" and "worker" in way.roles:
            answer = client.request(way.method, way.path, headers={"authorization": f"Bearer {token}"})
            assert answer.status_code == 403, way
            assert answer.json()["code"] == "token-too-narrow"
