"""The API of the referring office when help is wanted elsewhere: the directory, redirecting, ending the unserved."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody

from referral_hub.paging import Page
from referral_hub.referrals.actions import end_unserved, redirect_referral
from referral_hub.referrals.drafts import Drafted
from referral_hub.views.directory.browsing import OfferingListItem, browse_directory
from referral_ui.api.bodies import Elsewhere, IdempotencyKey, Key, Reason
from referral_ui.guards import requires
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest

OFFICE = requires("worker", "supervisor")


@get("/directory", guards=[OFFICE], sync_to_thread=True)
def browse(
    hub: CurrentHub,
    actor: CurrentActor,
    request: HubRequest,
    service: FromQuery[str] = "",
    need: FromQuery[str] = "",
    area: FromQuery[str | None] = None,
    organisation: FromQuery[UUID | None] = None,
    after: FromQuery[str | None] = None,
) -> Page[OfferingListItem]:
    """What help exists, those that take no new referrals last, with the reason. A page of it; go on with `after`."""
    with hub.transaction(actor) as session:
        return browse_directory(
            session,
            service_key=service,
            need_kind=need,
            area_code=area,
            organisation_id=organisation,
            after=after,
            at=request.now,
        )


@post("/referrals/{referral_id:uuid}/redirect", guards=[OFFICE], sync_to_thread=True)
def take_elsewhere(
    hub: CurrentHub,
    actor: CurrentActor,
    request: HubRequest,
    referral_id: FromPath[Key],
    data: JSONBody[Elsewhere],
    idempotency_key: IdempotencyKey = None,
) -> Drafted:
    """End a referral and begin the next attempt elsewhere: before service, or in it when nobody is there any more."""
    with hub.transaction(actor) as session:
        return redirect_referral(
            session,
            referral_id=referral_id,
            offering_id=data.offering_id,
            reason_code=data.reason_code,
            details=data.details,
            asked_again=data.asked_again,
            by=actor,
            at=request.now,
            key=idempotency_key,
        )


@post("/referrals/{referral_id:uuid}/end-unserved", guards=[OFFICE], status_code=204, sync_to_thread=True)
def end_gone(
    hub: CurrentHub, actor: CurrentActor, request: HubRequest, referral_id: FromPath[Key], data: JSONBody[Reason]
) -> None:
    """End a referral in service whose module or provider is gone; its outcome is put down as unknown."""
    with hub.transaction(actor) as session:
        end_unserved(
            session,
            referral_id=referral_id,
            reason_code=data.reason_code,
            note=data.note,
            by=actor,
            at=request.now,
        )


ROUTES: list[Any] = [browse, take_elsewhere, end_gone]
