"""A service entered by mistake is cancelled by a second entry; the first stays readable (R25)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath

from referral_hub.i18n import Label
from referral_hub.referrals.actions import cancel_delivered
from referral_ui.actions import run_asked
from referral_ui.bodies.answers import Cancellation
from referral_ui.bodies.base import inputs_of
from referral_ui.forms import Form
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
    typed = Form(inputs_of(Cancellation), form)
    return run_asked(
        request,
        hub,
        actor,
        typed,
        lambda session: cancel_delivered(
            session,
            referral_id=referral_id,
            event_id=event_id,
            reason=typed.read(Cancellation).reason,
            by=actor,
            at=request.now,
        ),
        title=Label(zh="作废这条记录", en="Cancel this entry"),
        back=f"/inbox/{referral_id}#events",
        to=f"/inbox/{referral_id}#events",
        done=_DONE,
    )


handlers = (cancel_event,)
