"""A service entered by mistake is cancelled by a second entry; the first stays readable (R25)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath

from referral_hub.errors import HubError
from referral_hub.i18n import Label
from referral_hub.outcomes.actions import cancel_service_event
from referral_ui.actions import REFUSED
from referral_ui.guards import requires
from referral_ui.rendering import redirect
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

_DONE = Label(
    zh="已作废。数量有误的，请再填一次表登记正确的数量。",
    en="Cancelled. If only the quantity was wrong, fill in the form again with the right one.",
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
    """Cancel one recorded service, with the reason that goes on record."""
    to = f"/inbox/{referral_id}#events"
    try:
        with hub.transaction(actor) as session:
            cancel_service_event(session, event_id=event_id, reason=form.text("reason"), by=actor, at=request.now)
    except HubError as refusal:
        if refusal.status not in REFUSED:
            raise
        return redirect(request, to, done=refusal.label, tone="problem")
    return redirect(request, to, done=_DONE)


handlers = (cancel_event,)
