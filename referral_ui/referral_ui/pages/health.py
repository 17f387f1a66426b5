"""`/healthz`: whether the hub can do its work, for monitoring. Figures only: no names, no addresses, no secrets."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get

from referral_hub.access.actor import system_actor
from referral_ui.guards import public
from referral_ui.requests import TheHub


@get("/healthz", guards=[public], sync_to_thread=True)
def show_health(hub: TheHub) -> Response[dict[str, Any]]:
    """200 with `{"status": "ok", …}`, or 503 with `"down"` when the database does not answer."""
    try:
        with hub.transaction(system_actor(via="page", name="healthz")):
            pass
    except Exception:  # noqa: BLE001 - whatever it is, the answer is "down"; the log has the reason
        return Response({"status": "down", "database": "unreachable"}, status_code=503)
    return Response({"status": "ok", "database": "ok"})


router = Router("/", route_handlers=[show_health], include_in_schema=False)
