"""The API of the referring office for what it has sent: reopen, undo, an offered place, what the client says."""

from __future__ import annotations

from typing import Any

from litestar.params import FromPath, JSONBody

from referral_hub.referrals.actions import (
    pass_offer,
    record_client_confirmation,
    record_client_satisfaction,
    reopen_referral,
    take_offer,
    undo_last_step,
)
from referral_hub.referrals.reopening import Reopened
from referral_hub.referrals.undoing import Undone
from referral_ui.api.routes import Key, Once, acts
from referral_ui.bodies.referrals import ClientConfirmation, ClientSatisfaction, Reopening
from referral_ui.guards import requires
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest

OFFICE = requires("worker", "supervisor")


@acts("/referrals/{referral_id:uuid}/reopen", guards=[requires("supervisor")], status_code=200)
def reopen(
    once: Once, actor: CurrentActor, request: HubRequest, referral_id: FromPath[Key], data: JSONBody[Reopening]
) -> Reopened:
    """Open an ended referral again where it stood, within 30 days and under a consent in force."""
    return once.answer(
        lambda session: reopen_referral(
            session, referral_id=referral_id, reason_code=data.reason_code, by=actor, at=request.now
        ),
        Reopened,
    )


@acts("/referrals/{referral_id:uuid}/undo", guards=[requires("supervisor")], status_code=200)
def undo(once: Once, actor: CurrentActor, request: HubRequest, referral_id: FromPath[Key]) -> Undone:
    """Take the recipient's last step back, within a day and while nothing of it has left."""
    return once.answer(
        lambda session: undo_last_step(session, referral_id=referral_id, by=actor, at=request.now), Undone
    )


@acts("/referrals/{referral_id:uuid}/take-place", guards=[OFFICE], status_code=204)
def take_place(once: Once, actor: CurrentActor, request: HubRequest, referral_id: FromPath[Key]) -> None:
    """Confirm with the client the place that is kept for them: the referral is accepted."""
    once.do(lambda session: take_offer(session, referral_id=referral_id, by=actor, at=request.now))


@acts("/referrals/{referral_id:uuid}/pass-place", guards=[OFFICE], status_code=204)
def pass_place(once: Once, actor: CurrentActor, request: HubRequest, referral_id: FromPath[Key]) -> None:
    """The place that is kept is not wanted this time: it goes to the next, the client to the end of the list."""
    once.do(lambda session: pass_offer(session, referral_id=referral_id, by=actor, at=request.now))


@acts("/referrals/{referral_id:uuid}/client-confirmation", guards=[OFFICE], status_code=204)
def keep_client_confirmation(
    hub: CurrentHub,
    once: Once,
    actor: CurrentActor,
    request: HubRequest,
    referral_id: FromPath[Key],
    data: JSONBody[ClientConfirmation],
) -> None:
    """Keep what the client says about it, beside the provider's own record."""
    once.do(
        lambda session: record_client_confirmation(
            session, referral_id=referral_id, confirmation=data.confirmation, by=actor, at=request.now
        )
    )


@acts("/referrals/{referral_id:uuid}/client-satisfaction", guards=[OFFICE], status_code=204)
def keep_client_satisfaction(
    once: Once,
    actor: CurrentActor,
    request: HubRequest,
    referral_id: FromPath[Key],
    data: JSONBody[ClientSatisfaction],
) -> None:
    """Keep how satisfied the client is. It is counted, and not shown to the provider."""
    once.do(
        lambda session: record_client_satisfaction(
            session, referral_id=referral_id, satisfaction=data.satisfaction, by=actor, at=request.now
        )
    )


ROUTES: list[Any] = [reopen, take_place, pass_place, undo, keep_client_confirmation, keep_client_satisfaction]
