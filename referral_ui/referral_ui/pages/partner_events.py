"""A service entered by mistake is cancelled by a second entry; the first stays readable (R25)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath

from referral_hub.i18n import Label
from referral_hub.outcomes.actions import cancel_service_event
from referral_ui.actions import run_action
from referral_ui.guards import requires
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

_DONE = Label(
    zh="已作废。数量有误的，请再填一次表登记正确的数量。",
    en="Cancelled. If the quantity was wrong, fill in the form again with the correct quantity.",
)


@post("/inbox/{referral_id:uuid}/events/{event_id:uuid}/cancel", guards=[requires("partner")], sync_to_thread=True)
def cancel_event(
    request: HubRequest,
    hub: CurrentHub,
    actor: CurrentActor,
    form: TheForm,
    referral_id: FromPath[UUID],
    event_id: FromPath[UUID],
) -> Response[Any]:
    """Cancel one recorded service, with the reason that is recorded."""
    return run_action(
        request,
        hub,
        actor,
        lambda session: cancel_service_event(
            session, event_id=event_id, reason=form.text("reason"), by=actor, at=request.now
        ),
        to=f"/inbox/{referral_id}#events",
        done=_DONE,
    )


handlers = (cancel_event,)
