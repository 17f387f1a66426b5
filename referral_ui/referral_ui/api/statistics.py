"""The tables of the return for programs: protected figures as on the page, never a row (R36-R38)."""

from __future__ import annotations

from litestar.params import FromPath, FromQuery

from referral_hub.assistance.errors import TableUnusable
from referral_hub.views.civil.figures import Table
from referral_hub.views.civil.returns import return_table
from referral_ui.api.routes import reads
from referral_ui.guards import requires
from referral_ui.pages.months import month_in, period_in
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest


@reads("/statistics/{table:str}", guards=[requires("civil", "supervisor", "partner")])
def show_statistics(
    hub: CurrentHub,
    actor: CurrentActor,
    request: HubRequest,
    table: FromPath[str],
    rows: FromQuery[str | None] = None,
    only: FromQuery[str | None] = None,
    since: FromQuery[str | None] = None,
    until: FromQuery[str | None] = None,
) -> Table:
    """One table of the return, for whole months from `since` to `until` (`2026-03`), six months by default.

    `table`: assistance, referrals, declines, needs, unmet, capacity, contracts, results, outcomes, measures, services,
    follow_ups, consents (not for a provider). `rows`: by what it is broken down. `only`: the unit of `services`, the
    months of `follow_ups`, the `service:field` of `measures`. Civil affairs is given the district, a supervisor the
    own office, a provider its own work. A figure's `state` is `shown`, `few` (one to four), `withheld`, or `none` where
    a figure has no meaning; amounts are yuan.
    """
    for month in (since, until):
        if month is not None and month_in(month, request.now) is None:
            raise TableUnusable
    period = period_in({"from": since or "", "to": until or ""}, request.now)
    with hub.transaction(actor) as session:
        return return_table(session, table, rows=rows, only=only, period=period, at=request.now)


ROUTES = (show_statistics,)
