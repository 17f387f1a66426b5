"""For monitoring: is the hub alive, can it take work, and in numbers. States, counts and ages; nobody's name."""

from __future__ import annotations

import hmac
from typing import Literal

import msgspec
from litestar import Response, Router, get
from litestar.exceptions import NotAuthorizedException, NotFoundException

from referral_hub.health.readings import DatabaseState, KeysState, Readiness, readiness, readings, state_of
from referral_ui.guards import public
from referral_ui.requests import CurrentHub, HubRequest

_BEARER = "bearer "
_LATER = {"retry-after": "10"}


Status = Literal["ok", "degraded", "down"]


class Health(msgspec.Struct, frozen=True):
    """`ok`; `degraded`: it works, but something needs a look; `down`: the database fails, or the keys do not fit it.

    `modules` and `jobs` give each one's state. `waiting` messages have not reached their module yet; the oldest has
    waited `waiting_seconds`.
    """

    status: Status
    database: DatabaseState
    keys: KeysState = "unknown"
    clock: Literal["ok", "behind", "unknown"] = "unknown"
    modules: dict[str, str] = {}
    jobs: dict[str, str] = {}
    waiting: int = 0
    waiting_seconds: int = 0


@get("/healthz", guards=[public], sync_to_thread=True)
def show_health(request: HubRequest, hub: CurrentHub) -> Response[Health]:
    """Alive: answered with 200 for as long as the process answers. Ending it would not bring a database back."""
    now = request.now
    try:
        found = readings(hub, at=now)
    except Exception as error:  # noqa: BLE001 - whatever it is, this process is alive and says what it knows
        return Response(Health(status="down", database=state_of(error)))
    oldest = min((m.waiting.oldest_at for m in found.modules if m.waiting.oldest_at), default=now)
    status: Status = "degraded" if found.unwell else "ok"
    return Response(
        Health(
            status=status if found.keys == "ok" else "down",
            database="ok",
            keys=found.keys,
            clock="behind" if found.clock_behind else "ok",
            modules={module.key: module.state for module in found.modules},
            jobs={job.name: job.state for job in found.jobs},
            waiting=sum(module.waiting.count for module in found.modules),
            waiting_seconds=max(int((now - oldest).total_seconds()), 0),
        )
    )


@get("/readyz", guards=[public], sync_to_thread=True)
def show_readiness(hub: CurrentHub) -> Response[Readiness]:
    """Ready: 200 when a row could be written now, else 503."""
    found = readiness(hub)
    return Response(found, status_code=200 if found.ready else 503, headers={} if found.ready else _LATER)


@get("/metrics", guards=[public], sync_to_thread=True)
def show_metrics(request: HubRequest, hub: CurrentHub) -> Response[bytes]:
    """For whoever has the token. An address is no proof: behind a proxy every request comes from this machine."""
    token = hub.settings.metrics_token
    if token is None:
        raise NotFoundException
    given = request.headers.get("authorization", "")
    expected = _BEARER + token.get_secret_value()
    if not hmac.compare_digest((given[: len(_BEARER)].lower() + given[len(_BEARER) :]).encode(), expected.encode()):
        raise NotAuthorizedException
    from referral_ui import metrics

    return Response(metrics.exposition(hub, at=request.now), media_type=metrics.CONTENT_TYPE)


router = Router("/", route_handlers=[show_health, show_readiness, show_metrics], include_in_schema=False)
