"""One line for each request: which route, what answer, how long. No address with a name in it, no query, no body."""

from __future__ import annotations

import time

import structlog
from litestar.types import Message, Scope

_log = structlog.get_logger("hub.access")
_QUIET = ("/static/", "/healthz", "/readyz", "/metrics")


async def log_request(message: Message, scope: Scope) -> None:
    """A hook of Litestar's `before_send`. The route's pattern is logged, not the address: `/cases/{case_id:uuid}`."""
    if message["type"] != "http.response.start" or scope["path"].startswith(_QUIET):
        return
    state = scope["state"]
    started = state.get("started")
    seconds = time.perf_counter() - started if started else None
    app = scope["litestar_app"]
    if seconds is not None and (count := app.state.get("count")) is not None:
        route = scope.get("path_template", "unknown")
        count(app.state.hub, method=scope.get("method"), route=route, status=message["status"], seconds=seconds)
    actor = scope.get("user")
    _log.info(
        "request",
        request_id=state.get("request_id"),
        method=scope.get("method"),
        route=scope.get("path_template", "unknown"),
        status=message["status"],
        ms=None if seconds is None else round(seconds * 1000, 1),
        account=str(actor.account_id) if actor else None,
        role=actor.role if actor else None,
    )
