"""The worker's question: which offering of this service, in this area, has a place, could take this person (and why
perhaps not), and how soon do they answer. Advice sorted by stated rules, never a decision (PIPL 24).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, text

from referral_hub.api import Capacity, Enquiry, Offering, Screening, Service
from referral_hub.calendar.clock import local_date
from referral_hub.codes.areas import nearness, serves_area
from referral_hub.directory import rules
from referral_hub.directory.places import (
    PlaceGroup,
    PlaceUse,
    as_capacity,
    group_attributes,
    groups_of_offerings,
    use_of_offerings,
)
from referral_hub.directory.signs import FundSign, answer_hours, fund_signs
from referral_hub.errors import HubError
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.modules.breaker import open_circuits
from referral_hub.modules.settings import settings_of
from referral_hub.referrals.choices import Refusals, refusals_of_case
from referral_hub.registry.pseudonyms import pseudonym
from referral_hub.registry.registry import FoundService, ModuleRegistry
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
_NO_ANSWER = Label(
    zh="该服务的模块暂时没有回应，适合与否请电话确认。",
    en="The service's module did not respond: check suitability by telephone.",
)


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
    verdict: rules.Verdict
    reasons: list[Label]
    rest: Resting | None = None


class _Client(msgspec.Struct, frozen=True):
    facts: Mapping[str, object]
    sex: str | None
    age: int | None
    area_code: str | None


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
    case_id: UUID | None = None,
    at: datetime,
) -> list[SearchResult]:
    """Offerings of a service, or of every service for a kind of need, that serve the area; the most hopeful first.

    `facts` is what is known of the client; a module receives the fields its manifest declares for screening and
    nothing else, under no name. A module that fails makes its offerings "perhaps", never an error. With a `case_id`
    each says whether it rests, because it declined this client or the client refused it; those come last.
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
    client = _Client(facts=facts or {}, sex=sex, age=age, area_code=area_code)
    asking = _Asking(session, modules, groups, at)
    matches = []
    for row in rows:
        found = services[row["service_key"]]
        places = _places(found.service, uses.get(row["id"]))
        capacity = asking.capacity(found, row, places)
        screening = rules.screen(
            rules.narrowed(found.service.eligibility, row["eligibility"]),
            sex=sex,
            age=age,
            age_band=str(client.facts.get("age_band", "")),
        )
        if screening.verdict != "not_eligible":
            screening = rules.worse(screening, asking.screening(found, row, capacity, client))
        match = _match(row, found.service, capacity, hours.get(row["id"]), screening, client, at)
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


class _Asking:
    """Asks modules, one at a time; one that failed once is not asked again in the same search."""

    def __init__(
        self, session: Transaction, modules: ModuleRegistry, groups: Mapping[UUID, Sequence[PlaceGroup]], at: datetime
    ) -> None:
        self._session = session
        self._modules = modules
        self._groups = groups
        self._at = at
        self._silent = set(open_circuits(session, at))
        self._settings: dict[str, dict[str, Any]] = {}

    def screening(self, found: FoundService, row: RowMapping, capacity: Capacity | None, client: _Client) -> Screening:
        names = found.service.screening_names()
        enquiry = Enquiry(
            service=found.service.key, fields={name: client.facts[name] for name in names if name in client.facts}
        )
        offering = self._offering(found, row, capacity)
        try:
            reply = self._call(
                found, "hub_screen", enquiry=enquiry, offering=offering, settings=self._settings_of(found.module_key)
            )
        except HubError:
            return Screening(verdict="perhaps", reasons=[_NO_ANSWER])
        return reply if isinstance(reply, Screening) else Screening(verdict="eligible")

    def capacity(self, found: FoundService, row: RowMapping, places: Capacity | None) -> Capacity | None:
        """Places are the hub's own count; of anything else only the module knows."""
        if found.service.capacity == "places":
            return places
        try:
            reply = self._call(
                found, "hub_capacity", offering=self._offering(found, row, places), documents=[], now=self._at
            )
        except HubError:
            return places
        return reply if isinstance(reply, Capacity) else places

    def _call(self, found: FoundService, hook: str, **arguments: Any) -> object:
        if found.module_key in self._silent:
            raise HubError
        try:
            return self._modules.call(found.module_key, hook, **arguments)
        except HubError:
            self._silent.add(found.module_key)
            raise

    def _offering(self, found: FoundService, row: RowMapping, places: Capacity | None) -> Offering:
        return Offering(
            id=pseudonym(self._session.cipher, found.module_key, row["id"]),
            service=found.service.key,
            settings=dict(row["settings"]),
            attributes=group_attributes(self._groups.get(row["id"], ())),
            places=places,
        )

    def _settings_of(self, module_key: str) -> dict[str, Any]:
        if module_key not in self._settings:
            self._settings[module_key] = settings_of(self._session, module_key)
        return self._settings[module_key]


def _places(service: Service, use: PlaceUse | None) -> Capacity | None:
    if service.capacity == "open":
        return Capacity(unit="open")
    return as_capacity(use) if use is not None else None


def _match(
    row: RowMapping,
    service: Service,
    capacity: Capacity | None,
    answer_hours: float | None,
    screening: Screening,
    client: _Client,
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
        nearness=nearness(row["area_codes"], row["home"], client.area_code),
        groups=[],
        verdict=screening.verdict,
        reasons=screening.reasons,
    )


def _sorting(match: SearchResult) -> tuple[float | str, ...]:
    ranked = rules.rank(
        match.verdict, has_place=match.has_place, nearness=match.nearness, answer_hours=match.answer_hours
    )
    return (match.rest is not None, *ranked, match.title, str(match.offering_id))
