"""The census of a house on a day and the lists of classes, for the organisation's own staff; both can be printed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from referral_hub.calendar.clock import local_date
from referral_hub.i18n import Label
from referral_hub.views.directory.pages import offering_for_page
from referral_hub.views.partner.census import census_of_offering, class_lists
from referral_ui.forms import FieldsInvalid, Form, Input
from referral_ui.guards import requires
from referral_ui.pages.partner_words import PARTNER_WORDS
from referral_ui.pages.values import day_of
from referral_ui.rendering import page
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest

DAY = (Input("day", "date", Label(zh="日期", en="Day"), required=True),)


@get("/places/{offering_id:uuid}/census", guards=[requires("partner")], sync_to_thread=True)
def show_census(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, offering_id: FromPath[UUID]
) -> Response[Any]:
    """The day asked for in the address, today without one."""
    day = local_date(request.now)
    form = Form(DAY, {"day": request.query_params.get("day") or day.isoformat()})
    try:
        day = day_of(form.clean(), "day") or day
    except FieldsInvalid as invalid:
        form.problems = list(invalid.problems)
    with hub.transaction(actor) as session:
        census = census_of_offering(session, offering_id, day=day, at=request.now)
        offering = offering_for_page(session, offering_id, at=request.now)
    return page(
        request,
        "partner/census.html",
        status=422 if form.problems else 200,
        census=census,
        offering=offering,
        form=form,
        words=PARTNER_WORDS,
    )


@get("/places/{offering_id:uuid}/classes", guards=[requires("partner")], sync_to_thread=True)
def show_classes(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, offering_id: FromPath[UUID]
) -> Response[Any]:
    with hub.transaction(actor) as session:
        classes = class_lists(session, offering_id, at=request.now)
        offering = offering_for_page(session, offering_id, at=request.now)
    return page(request, "partner/classes.html", classes=classes, offering=offering, words=PARTNER_WORDS)


handlers = (show_census, show_classes)
