"""`/healthz`: whether the hub can do its work, for monitoring. States, counts and ages: no names, no addresses."""

from __future__ import annotations

from typing import Literal

import msgspec
import structlog
from litestar import Response, Router, get

from referral_hub.actor import system_actor
from referral_hub.hub import Hub
from referral_hub.jobs.health import jobs_for_page
from referral_hub.module_admin.pages import modules_for_list
from referral_ui.guards import public
from referral_ui.requests import CurrentHub, HubRequest

_log = structlog.get_logger("hub.health")


class Health(msgspec.Struct, frozen=True):
    """`down` (503): the database does not answer. `degraded`: it works, but something needs a look.

    `modules` and `jobs` give each one's state. `waiting` messages have not reached their module yet; the oldest has
    waited `waiting_seconds`.
    """

    status: Literal["ok", "degraded", "down"]
    database: Literal["ok", "unreachable"]
    modules: dict[str, str] = {}
    jobs: dict[str, str] = {}
    waiting: int = 0
    waiting_seconds: int = 0


@get("/healthz", guards=[public], sync_to_thread=True)
def show_health(request: HubRequest, hub: CurrentHub) -> Response[Health]:
    try:
        health = _examine(hub, request)
    except Exception as error:  # noqa: BLE001 - whatever it is, the answer is "down"; the log says what
        _log.warning("the database does not answer", kind=type(error).__name__)
        return Response(Health(status="down", database="unreachable"), status_code=503)
    return Response(health)


def _examine(hub: Hub, request: HubRequest) -> Health:
    now = request.now
    with hub.transaction(system_actor(via="page", name="healthz")) as session:
        modules = modules_for_list(session)
        jobs = jobs_for_page(session, at=now)
    oldest = min((m.waiting.oldest_at for m in modules if m.waiting.oldest_at), default=now)
    unwell = any(m.problem or m.resting_until for m in modules) or any(j.state in {"failed", "late"} for j in jobs)
    return Health(
        status="degraded" if unwell else "ok",
        database="ok",
        modules={module.key: module.state for module in modules},
        jobs={job.name: job.state for job in jobs},
        waiting=sum(module.waiting.count for module in modules),
        waiting_seconds=max(int((now - oldest).total_seconds()), 0),
    )


router = Router("/", route_handlers=[show_health], include_in_schema=False)
