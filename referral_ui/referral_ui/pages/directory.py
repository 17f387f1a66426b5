"""The directory: what help there is, where, from whom, how soon; and a referral there for one of my clients."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, Router, get
from litestar.params import FromPath

from referral_hub.codes.areas import read_area_code
from referral_hub.errors import HubError, Invalid
from referral_hub.modules.titles import known_services
from referral_hub.views.directory.browsing import browse_directory, offering_for_worker
from referral_hub.views.directory.choices import organisation_brief, providers_for_choice
from referral_hub.views.worker.wanting import needs_wanting
from referral_ui.guards import requires
from referral_ui.pages.refer_steps import place_path
from referral_ui.pages.shown import worker_page
from referral_ui.pages.values import uuid_in
from referral_ui.rendering import redirect, with_query
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest


@get("/directory", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def browse(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    """Offerings by service, area and organisation; what is asked for is in the address."""
    query = request.query_params
    asked = {name: query.get(name, "").strip() for name in ("service", "need", "area", "organisation", "words", "show")}
    problem: HubError | None = None
    with hub.transaction(actor) as session:
        try:
            area = read_area_code(asked["area"], field="area")
        except Invalid as refusal:
            area, problem = None, refusal
        found = browse_directory(
            session,
            service_key=asked["service"],
            need_kind=asked["need"],
            area_code=area,
            organisation_id=uuid_in(asked["organisation"]),
            words=asked["words"],
            show="taking" if asked["show"] == "taking" else "",
            after=query.get("after"),
            at=request.now,
        )
        services = {key: service.title for key, service in known_services(session).items()}
        organisations = providers_for_choice(session)
        mine = organisation_brief(session, actor.organisation_id).area_code if actor.organisation_id else None
    return worker_page(
        request,
        "worker/directory.html",
        found=found,
        asked=asked,
        narrowed=any(asked.values()),
        problem=problem.label if problem else None,
        services=services,
        organisations=organisations,
        my_area=mine,
        following=with_query(request, after=found.next) if found.next else None,
        first=with_query(request, after=None) if "after" in query else None,
    )


@get("/directory/{offering_id:uuid}", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def show_offering(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, offering_id: FromPath[UUID]
) -> Response[str]:
    """One offering, and which of my clients want that kind of help."""
    with hub.transaction(actor) as session:
        detail = offering_for_worker(session, offering_id, at=request.now)
        wanting = needs_wanting(
            session, kinds=detail.listed.needs, responsible_id=actor.account_id if actor.role == "worker" else None
        )
    return worker_page(request, "worker/offering.html", detail=detail, one=detail.listed, wanting=wanting)


@get("/directory/{offering_id:uuid}/refer", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def begin_referral(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, offering_id: FromPath[UUID]
) -> Response[Any]:
    """On to the places for the chosen need, with this one chosen: there it is said whether it suits the client."""
    need_id = uuid_in(request.query_params.get("need"))
    with hub.transaction(actor) as session:
        detail = offering_for_worker(session, offering_id, at=request.now)
        wanting = needs_wanting(session, kinds=detail.listed.needs, need_id=need_id) if need_id else []
    if not wanting:
        return redirect(request, f"/directory/{offering_id}")
    need = wanting[0]
    return redirect(request, f"{place_path(need.case_id, need.need_id)}&offering={offering_id}")


router = Router("/", route_handlers=[browse, show_offering, begin_referral], include_in_schema=False)
