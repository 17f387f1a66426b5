"""The worker's question: which offering of this service, in this area, has a place, could serve this client (yes, no,
or not known, and why), and how soon do they answer. Sorted by stated rules; people choose (PIPL 24).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, text

from referral_hub.api import Capacity, Service
from referral_hub.calendar.clock import local_date
from referral_hub.codes.areas import nearness, serves_area
from referral_hub.directory import rules
from referral_hub.directory.place_counts import PlaceGroup, PlaceUse, as_capacity, groups_of_offerings, use_of_offerings
from referral_hub.directory.screening import Asked, ModuleEnquiries
from referral_hub.directory.signs import FundSign, answer_hours, fund_signs
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.referrals.choices import Refusals, refusals_of_case
from referral_hub.registry.registry import FoundService, ModuleRegistry
from referral_hub.workflow.eligibility import Answer, Client, Finding, Fit, ages_of, assess
from referral_hub.workflow.resting import Resting

# By service, the offerings that take new referrals.
_OFFERINGS = text("""
    SELECT o.id, o.title, o.service_key, o.module_key, o.area_codes, o.languages, o.hours, o.description,
           coalesce(o.phone, g.phone) AS phone, o.eligibility, o.settings, o.answer_days, o.capacity_confirmed_at,
           g.id AS organisation_id, g.name AS organisation, g.short_name, g.area_code AS home,
           CASE WHEN m.state = 'degraded' THEN m.changed_at END AS silent_since
      FROM offering o
      JOIN organisation g ON g.id = o.organisation_id
      JOIN module m ON m.key = o.module_key
      JOIN hub_closed_offerings(:services, :on) closed ON closed.offering_id = o.id
     WHERE o.service_key = ANY(:services) AND closed.reason IS NULL
     ORDER BY o.id
     LIMIT 500
""")


class SearchResult(msgspec.Struct, frozen=True):
    """An offering beside the client: what is free, who could be taken, how soon they answer.

    `free` is None where places are not counted; `has_place` is false only where it is known that nothing is left.
    `answer_hours` is the median of office hours (8 a day) over the last 90 days, None with fewer than three answers.
    `nearness`: digits of the area code shared, 12 the same village. `silent_since`: the module does not answer at
    present; what is sent reaches it as soon as it does. `fund`: how this year's money stands, where it pays from one.
    `rest`: why this client is not to be referred there for now.
    """

    offering_id: UUID
    title: str
    service_key: str
    service_title: Label
    organisation_id: UUID
    organisation: str
    short_name: str
    phone: str | None
    hours: str | None
    description: str | None
    languages: list[str]
    area_codes: list[str]
    capacity: str
    capacity_unit: Label
    total: int | None
    free: int | None
    held: int
    waiting: int
    next_on: date | None
    capacity_confirmed_at: datetime | None
    capacity_stale: bool
    answer_days: int
    answer_hours: float | None
    has_place: bool
    fund: FundSign | None
    silent_since: datetime | None
    nearness: int
    groups: list[PlaceGroup]
    verdict: Answer
    findings: list[Finding]
    rest: Resting | None = None


def search_offerings(
    session: Transaction,
    modules: ModuleRegistry,
    *,
    service_key: str | None = None,
    need_kind: str | None = None,
    area_code: str | None = None,
    facts: Mapping[str, object] | None = None,
    sex: str | None = None,
    age: int | None = None,
    lives_in: str | None = None,
    case_id: UUID | None = None,
    at: datetime,
) -> list[SearchResult]:
    """Offerings of a service, or of every service for a kind of need, that serve `area_code`; who can serve first.

    `facts` is what is known of the client, who lives in `lives_in` (without it, in `area_code`); a module is told the
    fields its manifest declares for screening and nothing else, under no name. A module that fails makes its offerings
    unknown, never an error. With a `case_id` each says whether it rests, because it declined this client or the client
    refused it; those come last.
    """
    services = _services(modules, service_key=service_key, need_kind=need_kind)
    if not services:
        return []
    rows = session.execute(_OFFERINGS, {"services": list(services), "on": local_date(at)}).mappings().all()
    rows = [row for row in rows if serves_area(row["area_codes"], area_code)]
    ids = [row["id"] for row in rows]
    counted = [row["id"] for row in rows if services[row["service_key"]].service.capacity == "places"]
    uses = use_of_offerings(session, counted, sex=sex, at=at)
    groups = groups_of_offerings(session, counted, at=at)
    hours = answer_hours(session, ids, at)
    paying = {row["organisation_id"] for row in rows if services[row["service_key"]].service.capacity == "fund"}
    funds = fund_signs(session, paying, at)
    known = facts or {}
    home = lives_in or area_code
    client = Client(sex=sex, ages=ages_of(age, str(known.get("age_band", ""))), area_code=home)
    modules_asked = ModuleEnquiries(session, modules, at)
    matches = []
    for row in rows:
        found = services[row["service_key"]]
        use = uses.get(row["id"])
        asked = Asked(
            id=row["id"],
            settings=row["settings"],
            groups=groups.get(row["id"], []),
            places=_places(found.service, use),
        )
        capacity = modules_asked.capacity(found, asked)
        wanted = rules.conditions(
            found.service.eligibility,
            row["eligibility"],
            area_codes=row["area_codes"],
            places=use.kinds if use is not None else None,
        )
        fit = assess(client, wanted)
        if fit.answer != "no":
            fit = assess(client, wanted, screening=modules_asked.screening(found, asked, known))
        match = _match(row, found.service, capacity, hours.get(row["id"]), fit, home, at)
        fund = funds.get(row["organisation_id"]) if found.service.capacity == "fund" else None
        matches.append(msgspec.structs.replace(match, groups=groups.get(row["id"], []), fund=fund))
    if case_id is not None:
        refusals = refusals_of_case(session, case_id, at=at)
        matches = [msgspec.structs.replace(match, rest=_rest(refusals, match, at)) for match in matches]
    return sorted(matches, key=_sorting)


def _rest(refusals: Refusals, match: SearchResult, at: datetime) -> Resting | None:
    return refusals.rest(
        offering_id=match.offering_id, recipient_id=match.organisation_id, service_key=match.service_key, at=at
    )


def _services(modules: ModuleRegistry, *, service_key: str | None, need_kind: str | None) -> dict[str, FoundService]:
    return {
        found.service.key: found
        for found in modules.services()
        if (service_key is None or found.service.key == service_key)
        and (need_kind is None or need_kind in found.service.needs)
    }


def _places(service: Service, use: PlaceUse | None) -> Capacity | None:
    if service.capacity == "open":
        return Capacity(unit="open")
    return as_capacity(use) if use is not None else None


def _match(
    row: RowMapping,
    service: Service,
    capacity: Capacity | None,
    answer_hours: float | None,
    fit: Fit,
    home: str | None,
    at: datetime,
) -> SearchResult:
    counted = capacity if capacity is not None and capacity.unit == "place" else None
    return SearchResult(
        offering_id=row["id"],
        title=row["title"],
        service_key=service.key,
        service_title=service.title,
        organisation_id=row["organisation_id"],
        organisation=row["organisation"],
        short_name=row["short_name"],
        phone=row["phone"],
        hours=row["hours"],
        description=row["description"],
        languages=list(row["languages"]),
        area_codes=list(row["area_codes"]),
        capacity=service.capacity,
        capacity_unit=service.capacity_unit,
        total=counted.total if counted else None,
        free=counted.free if counted else None,
        held=counted.held if counted else 0,
        waiting=counted.waiting if counted else 0,
        next_on=counted.next_on if counted else None,
        capacity_confirmed_at=row["capacity_confirmed_at"],
        capacity_stale=rules.capacity_is_stale(row["capacity_confirmed_at"], at),
        answer_days=row["answer_days"] or service.times.answer_days,
        answer_hours=answer_hours,
        has_place=capacity is None or capacity.free is None or capacity.free > 0,
        fund=None,
        silent_since=row["silent_since"],
        nearness=nearness(row["area_codes"], row["home"], home),
        groups=[],
        verdict=fit.answer,
        findings=list(fit.findings),
    )


def _sorting(match: SearchResult) -> tuple[float | str, ...]:
    ranked = rules.rank(
        match.verdict, has_place=match.has_place, nearness=match.nearness, answer_hours=match.answer_hours
    )
    return (match.rest is not None, *ranked, match.title, str(match.offering_id))
