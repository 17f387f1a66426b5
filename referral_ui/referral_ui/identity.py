"""Who sent a request: found once, before any guard, from the session cookie or, under `/api`, a bearer token.

A cookie is never accepted under `/api`, so that no other site can make a browser act there, and the API needs no
form token. A token is never accepted by a page.
"""

from __future__ import annotations

import contextlib
import re
import time
from typing import Any
from uuid import uuid4

from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.exceptions import ClientException, HTTPException
from litestar.middleware.base import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from referral_hub.access.sessions import SignedIn, session_for_secret
from referral_hub.access.tokens import token_for_secret
from referral_hub.actor import system_actor
from referral_hub.hub import Hub
from referral_ui.requests import HubRequest

SESSION_COOKIE = "hub_session"
API_PREFIX = "/api/"
_BEARER = "bearer "
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_OPEN_PATHS = ("/static/", "/healthz", "/readyz", "/metrics")


class IdentifySender(ASGIMiddleware):
    """Sets `scope["user"]` to the `Actor` or None, and `scope["auth"]` to the `SignedIn` or None."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        state = scope["state"]
        state["started"] = time.perf_counter()
        state["request_id"] = _request_id(scope)
        scope["user"] = scope["auth"] = None
        path = scope["path"]
        if "\0" in path or b"%00" in scope["query_string"]:
            # No database keeps it, and no address of ours holds it.
            raise ClientException("the address holds the character U+0000")
        if not path.startswith(_OPEN_PATHS):
            connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
            hub: Hub = connection.app.state.hub
            if path.startswith(API_PREFIX):
                await self._identify_program(hub, connection)
            elif secret := connection.cookies.get(SESSION_COOKIE):
                try:
                    found = await sync_to_thread(find_session, hub, secret)
                except Exception:
                    await _read_what_was_typed(scope, receive)
                    raise
                scope["auth"] = found
                scope["user"] = found.actor if found else None
        await next_app(scope, receive, send)

    @staticmethod
    async def _identify_program(hub: Hub, connection: ASGIConnection[Any, Any, Any, Any]) -> None:
        header = connection.headers.get("authorization", "")
        if header.lower().startswith(_BEARER):
            found = await sync_to_thread(find_token, hub, header[len(_BEARER) :].strip())
            if found:
                connection.scope["user"] = found.actor
                connection.scope["state"]["token_scope"] = found.scope


async def _read_what_was_typed(scope: Scope, receive: Receive) -> None:
    """Before a failure becomes an answer: the page that says so holds what was typed, to be sent again."""
    if scope.get("method") == "POST":
        with contextlib.suppress(HTTPException):
            await HubRequest(scope, receive).form()


def find_session(hub: Hub, secret: str) -> SignedIn | None:
    """The signed-in account of a session cookie; None when it is unknown or over."""
    with hub.transaction(system_actor(via="page", name="sign-in")) as session:
        return session_for_secret(session, secret, at=hub.clock.now())


def find_token(hub: Hub, secret: str) -> Any:
    """The account and scope of a bearer token; None when it is unknown, over or revoked."""
    with hub.transaction(system_actor(via="api", name="sign-in")) as session:
        return token_for_secret(session, secret, at=hub.clock.now())


def _request_id(scope: Scope) -> str:
    """The proxy's own id where it sends a sensible one, so that its log and ours can be read together."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given = value.decode("latin-1")
            if _REQUEST_ID.fullmatch(given):
                return given
    return str(uuid4())
