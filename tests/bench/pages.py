"""Times of the pages people wait for, and how many SQL statements each takes."""

from __future__ import annotations

from typing import Any

from litestar.testing import TestClient
from sqlalchemy import event
from tests.bench.load import request, run_load
from tests.bench.world import BenchWorld, account_id_of

from referral_hub.access.sessions import open_session
from referral_hub.actor import Actor, system_actor
from referral_hub.hub import Hub
from referral_ui.app import create_app
from referral_ui.identity import SESSION_COOKIE

_TIMES = 40


def paths(world: BenchWorld) -> dict[str, tuple[Actor, str]]:
    """The pages by name, and who opens them."""
    return {
        "today": (world.worker, "/today"),
        "caseload": (world.worker, "/cases"),
        "case": (world.worker, f"/cases/{world.case_id}"),
        "search_by_phone": (world.worker, "/cases?search=19900000007"),
        "inbox": (world.partner, "/inbox"),
        "monthly_return": (world.civil, "/statistics"),
    }


def page_times(hub: Hub, port: int, world: BenchWorld) -> dict[str, Any]:
    """Median and 95th percentile in milliseconds of each page, opened one after the other by one browser."""
    figures = {}
    for name, (actor, path) in paths(world).items():
        opened = request("GET", path, {"cookie": f"{SESSION_COOKIE}={_session(hub, actor)}"})
        run_load(port, [[opened] * 5])
        load = run_load(port, [[opened] * _TIMES])
        if load.failed:
            raise SystemExit(f"{path} failed")
        figures[name] = {"median_ms": round(load.percentile(0.5), 1), "p95_ms": round(load.percentile(0.95), 1)}
    return figures


def statements_per_page(hub: Hub, world: BenchWorld) -> dict[str, int]:
    """How many statements one opening of each page sends to the database, sign-in check included."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    counts = {}
    with TestClient(create_app(hub)) as client:
        for name, (actor, path) in paths(world).items():
            client.cookies.set(SESSION_COOKIE, _session(hub, actor))
            client.get(path)
            event.listen(hub.engine, "before_cursor_execute", note)
            seen.clear()
            client.get(path)
            event.remove(hub.engine, "before_cursor_execute", note)
            counts[name] = len(seen)
    return counts


def _session(hub: Hub, actor: Actor) -> str:
    with hub.transaction(system_actor(via="cli")) as session:
        return open_session(session, account_id_of(actor), at=hub.clock.now())
