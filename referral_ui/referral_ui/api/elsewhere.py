"""The API of the referring office when help is wanted elsewhere: the directory, redirecting, ending the unserved."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar.params import FromPath, FromQuery, JSONBody
from msgspec.structs import asdict

from referral_hub.paging import Page
from referral_hub.referrals.actions import end_unserved, redirect_referral
from referral_hub.referrals.drafts import Drafted
from referral_hub.views.directory.browsing import OfferingListItem, browse_directory
from referral_ui.api.routes import Key, Once, acts, reads
from referral_ui.bodies.referrals import Elsewhere, EndUnserved
from referral_ui.guards import requires
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest

OFFICE = requires("worker", "supervisor")


@reads("/directory", guards=[OFFICE])
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


@acts("/referrals/{referral_id:uuid}/redirect", guards=[OFFICE])
def take_elsewhere(
    once: Once,
    actor: CurrentActor,
    request: HubRequest,
    referral_id: FromPath[Key],
    data: JSONBody[Elsewhere],
) -> Drafted:
    """End a referral and begin the next attempt elsewhere: before service, or in it when nobody is there any more."""
    return once.answer(
        lambda session: redirect_referral(
            session,
            referral_id=referral_id,
            **asdict(data),
            by=actor,
            at=request.now,
        ),
        Drafted,
    )


@acts("/referrals/{referral_id:uuid}/end-unserved", guards=[OFFICE], status_code=204)
def end_gone(
    once: Once, actor: CurrentActor, request: HubRequest, referral_id: FromPath[Key], data: JSONBody[EndUnserved]
) -> None:
    """End a referral in service whose module or provider is gone; its outcome is recorded as unknown."""
    once.do(
        lambda session: end_unserved(
            session,
            referral_id=referral_id,
            **asdict(data),
            by=actor,
            at=request.now,
        )
    )


ROUTES: list[Any] = [browse, take_elsewhere, end_gone]
