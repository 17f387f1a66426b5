"""A supervisor's monthly review of what the office released on another basis than consent (R10)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath

from referral_hub.calendar.clock import local_date
from referral_hub.consent.review import review_release
from referral_hub.i18n import Label
from referral_hub.views.civil.periods import month_label, months_from
from referral_hub.views.worker.releases import releases_between, releases_to_review
from referral_ui.actions import run_action
from referral_ui.guards import requires
from referral_ui.pages.months import month_in, months_offered
from referral_ui.pages.shown import worker_page
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest

SUPERVISOR = requires("supervisor")


@get("/team/releases", guards=[SUPERVISOR], sync_to_thread=True)
def show_releases(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    """The releases of one month, this one unless the address names another."""
    period = months_from(_month(request), 1)
    with hub.transaction(actor) as session:
        releases = releases_between(session, since=period.since, until=period.until, at=request.now)
        waiting = releases_to_review(session)
    return worker_page(
        request,
        "worker/releases.html",
        releases=releases,
        waiting=waiting,
        month=f"{period.since:%Y-%m}",
        months={f"{first:%Y-%m}": month_label(f"{first:%Y-%m}") for first in months_offered(request.now)},
    )


@post("/team/releases/{consent_id:uuid}/review", guards=[SUPERVISOR], sync_to_thread=True)
def review(request: HubRequest, hub: CurrentHub, actor: CurrentActor, consent_id: FromPath[UUID]) -> Response[Any]:
    month = _month(request)
    return run_action(
        request,
        hub,
        actor,
        lambda session: review_release(session, consent_id, by=actor, at=request.now),
        to=f"/team/releases?month={month:%Y-%m}",
        done=Label(zh="已复核，姓名和时间已登记。", en="Reviewed; your name and the time have been recorded."),
    )


def _month(request: HubRequest) -> date:
    return month_in(request.query_params.get("month"), request.now) or local_date(request.now)


router = Router("/", route_handlers=[show_releases, review], include_in_schema=False)
