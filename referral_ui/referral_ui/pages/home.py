"""The front door: each role goes to its own first page."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get

from referral_ui.guards import signed_in
from referral_ui.navigation import home_of
from referral_ui.rendering import redirect
from referral_ui.requests import CurrentActor, HubRequest


@get("/", guards=[signed_in], sync_to_thread=False)
def go_home(request: HubRequest, actor: CurrentActor) -> Response[Any]:
    home = home_of(actor.role)
    return redirect(request, home if home in request.app.state.mounted else "/account")


router = Router("/", route_handlers=[go_home], include_in_schema=False)
