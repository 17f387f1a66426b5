"""A service entered by mistake is cancelled by a second entry; the first stays readable (R25)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath

from referral_hub.i18n import Label
from referral_hub.outcomes.actions import cancel_service_event
from referral_ui.actions import run_asked
from referral_ui.forms import REASON, Form
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
    typed = Form([REASON], form)
    return run_asked(
        request,
        hub,
        actor,
        typed,
        lambda session: cancel_service_event(session, event_id=event_id, **typed.clean(), by=actor, at=request.now),
        title=Label(zh="作废这条记录", en="Cancel this entry"),
        back=f"/inbox/{referral_id}#events",
        to=f"/inbox/{referral_id}#events",
        done=_DONE,
    )


handlers = (cancel_event,)
