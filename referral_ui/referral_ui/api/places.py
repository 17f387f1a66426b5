"""The API of a recipient's own places: who is in on a day, who is in which class."""

from __future__ import annotations

from datetime import date
from typing import Any

from litestar.params import FromPath, FromQuery

from referral_hub.calendar.clock import local_date
from referral_hub.calendar.periods import check_day
from referral_hub.views.partner.census import Census, ClassList, census_of_offering, class_lists
from referral_ui.api.routes import Key, reads
from referral_ui.guards import requires
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest

RECIPIENT = requires("partner")


@reads("/places/{offering_id:uuid}/census", guards=[RECIPIENT])
def show_census(
    hub: CurrentHub,
    actor: CurrentActor,
    request: HubRequest,
    offering_id: FromPath[Key],
    day: FromQuery[date | None] = None,
) -> Census:
    """Who is in, arrives and leaves on a day (today without one), and which places are free; by referral number."""
    today = local_date(request.now)
    asked = check_day(day, "day", today=today) if day is not None else today
    with hub.transaction(actor) as session:
        return census_of_offering(session, offering_id, day=asked, at=request.now)


@reads("/places/{offering_id:uuid}/classes", guards=[RECIPIENT])
def show_classes(
    hub: CurrentHub, actor: CurrentActor, request: HubRequest, offering_id: FromPath[Key]
) -> list[ClassList]:
    """Each class of an offering that has not ended: who is enrolled, has a seat held, or left; by referral number."""
    with hub.transaction(actor) as session:
        return class_lists(session, offering_id, at=request.now)


ROUTES: list[Any] = [show_census, show_classes]
