"""Who may use a route. Every route names one of these; `tests/policy/test_routes.py` fails on one that does not.

    @get("/today", guards=[requires("worker", "supervisor")], sync_to_thread=True)

A guard decides by role only. What a role sees inside is decided by the database's row-level policies.
"""

from __future__ import annotations

from typing import Any, get_args

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from referral_hub.access.errors import NotSignedIn, PasswordNotChosen, TokenTooNarrow
from referral_hub.access.sessions import SignedIn
from referral_hub.actor import Actor, Role
from referral_hub.errors import NotAllowed
from referral_ui.kept_form import BY, account_of
from referral_ui.requests import HubRequest

STAFF: frozenset[Role] = frozenset(role for role in get_args(Role) if role != "system")
_OPEN_BEFORE_PASSWORD = {"/account/password", "/sign-out"}
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard(msgspec.Struct, frozen=True):
    """Lets in these roles; with `public`, anyone, signed in or not.

    Called asynchronously though it waits for nothing: Litestar would run a plain function in a thread each time.
    """

    roles: frozenset[Role]
    public: bool = False

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        if self.public:
            return
        actor: Actor | None = connection.scope.get("user")
        if actor is None or await _drawn_for_another(connection, actor):
            raise NotSignedIn
        if actor.role not in self.roles:
            raise NotAllowed
        found: SignedIn | None = connection.scope.get("auth")
        if found and found.must_change_password and connection.scope["path"] not in _OPEN_BEFORE_PASSWORD:
            raise PasswordNotChosen
        token_scope: tuple[str, ...] | None = connection.scope["state"].get("token_scope")
        if token_scope is not None and _scope_needed(connection) not in token_scope:
            raise TokenTooNarrow(needed=_scope_needed(connection))


def requires(*roles: Role) -> Guard:
    """Only accounts of one of these roles."""
    unknown = set(roles) - STAFF
    if unknown or not roles:
        raise ValueError(f"not roles of staff: {sorted(unknown)}")
    return Guard(roles=frozenset(roles))


public = Guard(roles=STAFF, public=True)
signed_in = Guard(roles=STAFF)


async def _drawn_for_another(connection: ASGIConnection[Any, Any, Any, Any], actor: Actor) -> bool:
    """Whether a page's form says that another account opened it, in this browser, before this one signed in."""
    if not isinstance(connection, HubRequest) or connection.method in _READING or connection.for_program:
        return False
    by = (await connection.form()).get(BY, "")
    opened_by = account_of(connection.hub.cipher, str(by))
    return opened_by is not None and opened_by != actor.account_id


def _scope_needed(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    return "read" if connection.scope.get("method", "GET") in _READING else "write"
