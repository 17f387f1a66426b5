"""The monthly review of releases without consent for programs; the action is that of the page (R10)."""

from __future__ import annotations

from litestar.params import FromPath, FromQuery

from referral_hub.calendar.clock import local_date
from referral_hub.consent.errors import MonthUnknown
from referral_hub.consent.review import review_release
from referral_hub.views.civil.periods import months_from
from referral_hub.views.worker.releases import Release, releases_between
from referral_ui.api.routes import Key, Once, acts, reads
from referral_ui.guards import requires
from referral_ui.pages.months import month_in
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest

SUPERVISOR = requires("supervisor")


@reads("/releases-without-consent", guards=[SUPERVISOR])
def list_releases(
    hub: CurrentHub, actor: CurrentActor, request: HubRequest, month: FromQuery[str | None] = None
) -> list[Release]:
    """What the office released on another basis than consent in one `month` (`2026-03`), by default this one.

    What nobody has reviewed comes first. Every call is recorded, as the reasons are about clients.
    """
    first = month_in(month, request.now) if month else local_date(request.now)
    if first is None:
        raise MonthUnknown(field="month")
    period = months_from(first, 1)
    with hub.transaction(actor) as session:
        return releases_between(session, since=period.since, until=period.until, at=request.now)


@acts("/releases-without-consent/{consent_id:uuid}/review", guards=[SUPERVISOR], status_code=204)
def review(once: Once, actor: CurrentActor, request: HubRequest, consent_id: FromPath[Key]) -> None:
    """Mark one as reviewed by the caller, now.

    Refused to the supervisor who approved it while the office has another one.
    """
    once.do(lambda session: review_release(session, consent_id, by=actor, at=request.now))


ROUTES = (list_releases, review)
