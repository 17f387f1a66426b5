"""Running an action from a page. The API calls the same action; its refusals are answered by `errors`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Response

from referral_hub.actor import Actor
from referral_hub.errors import HubError
from referral_hub.hub import Hub, Transaction
from referral_hub.i18n import Label
from referral_ui.rendering import redirect
from referral_ui.requests import HubRequest

# What the person at the page can do something about: a conflict, or a value that is not accepted.
REFUSED = (409, 422)


def run_action(
    request: HubRequest,
    hub: Hub,
    actor: Actor,
    action: Callable[[Transaction], object],
    *,
    to: str,
    done: Label,
    refused_to: str | None = None,
) -> Response[Any]:
    """Run it in one transaction and go to `to`, saying what was done.

    A refusal is shown there, or at `refused_to` where the question was asked; anything else is an error page.
    """
    try:
        with hub.transaction(actor) as session:
            action(session)
    except HubError as refusal:
        if refusal.status not in REFUSED:
            raise
        return redirect(request, refused_to or to, done=refusal.label, tone="problem")
    return redirect(request, to, done=done)
