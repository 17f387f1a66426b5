"""Browsing the directory: what help exists, where, from whom; those that take no new referrals last, with the reason.

Nobody in particular is asked about, so no module is called: a page of the directory costs five statements whatever
modules do.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, text

from referral_hub.api import Service
from referral_hub.calendar.clock import local_date
from referral_hub.directory import rules
from referral_hub.directory.place_counts import PlaceGroup, PlaceUse, groups_of_offerings, use_of_offerings
from referral_hub.directory.signs import FundSign, answer_hours, fund_signs
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.modules.titles import known_services
from referral_hub.paging import Page, read_only_key, take
from referral_hub.workflow.events import ClosedReason

PAGE = 20

Show = Literal["", "taking", "closed"]

_CLOSED: dict[ClosedReason, Label] = {
    "draining": Label(zh="这项服务不再收新转介", en="The service no longer accepts new referrals"),
    "module": Label(zh="这项服务的模块停用了", en="The module of this service is disabled"),
    "organisation": Label(zh="机构暂停接收", en="The organisation is suspended"),
    "contract": Label(zh="委托合同不在有效期内", en="No contract with the organisation is in force"),
    "paused": Label(zh="暂停接收新转介", en="Accepting no new referrals at present"),
}


class OfferingListItem(msgspec.Struct, frozen=True):
    """An offering as the directory shows it.

    `closed` says why it takes no new referrals, None when it does; `closed_since` only where a module is the reason.
    `silent_since`: the module does not answer at present, what is sent waits. `free` is None where places are not
    counted. `answer_hours` as in the search, `fund` where the service is paid from one.
    """

    offering_id: UUID
    title: str
    service_key: str
    service: Label
    needs: list[str]
    organisation_id: UUID
    organisation: str
    short_name: str
    organisation_area: str | None
    contact_name: str | None
    phone: str | None
    hours: str | None
    description: str | None
    languages: list[str]
    area_codes: list[str]
    requirements: list[Label]
    capacity: str
    capacity_unit: Label
    use: PlaceUse
    capacity_confirmed_at: datetime | None
    capacity_stale: bool
    fund: FundSign | None
    answer_days: int | None
    answer_hours: float | None
    silent_since: datetime | None
    closed: Label | None
    closed_since: datetime | None

    @property
    def counted(self) -> bool:
        """Whether places are counted, and any are written down."""
        return self.capacity == "places" and self.use.total > 0


class OfferingDetail(msgspec.Struct, frozen=True):
    """One offering with its classes or rooms and the answers its form will ask for."""

    listed: OfferingListItem
    groups: list[PlaceGroup]
    asks: list[Label]


_LISTED = text("""
WITH listed AS (
  SELECT o.id, o.title, o.service_key, o.area_codes, o.languages, o.hours, o.description, o.eligibility, o.answer_days,
         o.capacity_confirmed_at, coalesce(o.phone, g.phone) AS phone, g.id AS organisation_id,
         g.name AS organisation, g.short_name, g.contact_name, g.area_code AS organisation_area, m.changed_at,
         CASE WHEN m.state = 'degraded' THEN m.changed_at END AS silent_since,
         closed.reason AS why
    FROM offering o
    JOIN organisation g ON g.id = o.organisation_id
    JOIN hub_closed_offerings(:installed, :on) closed ON closed.offering_id = o.id
    LEFT JOIN module m ON m.key = o.module_key
   WHERE o.status <> 'closed' AND g.status <> 'preparing' AND o.service_key = ANY (:services)
     AND (CAST(:offering AS uuid) IS NULL OR o.id = CAST(:offering AS uuid))
     AND (CAST(:organisation AS uuid) IS NULL OR g.id = CAST(:organisation AS uuid))
     AND (CAST(:words AS text) = '' OR o.title ILIKE :pattern OR g.name ILIKE :pattern OR g.short_name ILIKE :pattern
          OR o.description ILIKE :pattern)
     AND (CAST(:area AS text) IS NULL OR cardinality(o.area_codes) = 0
          OR EXISTS (SELECT FROM unnest(o.area_codes) AS served(code)
                      WHERE CAST(:area AS text)
                       LIKE CASE WHEN length(code) = 6 THEN regexp_replace(code, '(00){1,2}$', '') ELSE code END || '%'
                         OR code LIKE CAST(:area_head AS text) || '%'))),
kept AS (
  SELECT *, why IS NOT NULL AS is_closed FROM listed
   WHERE CAST(:show AS text) = '' OR (CAST(:show AS text) = 'closed') = (why IS NOT NULL))
SELECT * FROM kept
 WHERE CAST(:after AS uuid) IS NULL
    OR (is_closed, service_key, short_name, title, id)
       > (SELECT is_closed, service_key, short_name, title, id FROM kept WHERE id = CAST(:after AS uuid))
 ORDER BY is_closed, service_key, short_name, title, id
 LIMIT :limit
""")


def browse_directory(
    session: Transaction,
    *,
    service_key: str = "",
    need_kind: str = "",
    area_code: str | None = None,
    organisation_id: UUID | None = None,
    words: str = "",
    show: Show = "",
    after: str | None = None,
    limit: int = PAGE,
    at: datetime,
) -> Page[OfferingListItem]:
    """Offerings that a worker may know of, by service and organisation, those that take referrals first."""
    services = {
        key: service
        for key, service in known_services(session).items()
        if service_key in ("", key) and (not need_kind or need_kind in service.needs)
    }
    rows = _rows(
        session,
        services,
        organisation=organisation_id,
        words=words,
        area=area_code,
        show=show,
        after=read_only_key(after, UUID),
        limit=limit + 1,
        at=at,
    )
    found = take(rows, limit, lambda row: (row["id"],))
    return found.showing(_lines(session, services, found.lines, at))


def offering_for_worker(session: Transaction, offering_id: UUID, *, at: datetime) -> OfferingDetail:
    """One offering of the directory. Raises `NotFound`, for one that is closed for good too."""
    services = known_services(session)
    rows = _rows(session, services, offering=offering_id, limit=1, at=at)
    if not rows:
        raise NotFound
    (listed,) = _lines(session, services, rows, at)
    service = services[listed.service_key]
    return OfferingDetail(
        listed=listed,
        groups=groups_of_offerings(session, [offering_id], at=at).get(offering_id, []),
        asks=[field.label for field in service.intake],
    )


def _rows(
    session: Transaction,
    services: Mapping[str, Service],
    *,
    offering: UUID | None = None,
    organisation: UUID | None = None,
    words: str = "",
    area: str | None = None,
    show: Show = "",
    after: UUID | None = None,
    limit: int,
    at: datetime,
) -> list[RowMapping]:
    words = words.strip()
    escaped = words.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    installed = [found.service.key for found in session.hub.modules.services()]
    asked = {
        "services": list(services),
        "installed": installed,
        "offering": offering,
        "organisation": organisation,
        "words": words,
        "pattern": f"%{escaped}%",
        "area": area,
        "area_head": area.removesuffix("00").removesuffix("00") if area and len(area) == _COUNTY else area,
        "show": show,
        "after": after,
        "limit": limit,
        "on": local_date(at),
    }
    return list(session.execute(_LISTED, asked).mappings())


_COUNTY = 6


def _lines(
    session: Transaction, services: Mapping[str, Service], rows: list[RowMapping], at: datetime
) -> list[OfferingListItem]:
    counted = [row["id"] for row in rows if services[row["service_key"]].capacity == "places"]
    paying = {row["organisation_id"] for row in rows if services[row["service_key"]].capacity == "fund"}
    uses = use_of_offerings(session, counted, at=at)
    hours = answer_hours(session, [row["id"] for row in rows], at)
    funds = fund_signs(session, paying, at)
    return [
        _listed(
            row,
            services[row["service_key"]],
            use=uses.get(row["id"], PlaceUse()),
            answer_hours=hours.get(row["id"]),
            fund=funds.get(row["organisation_id"]),
            at=at,
        )
        for row in rows
    ]


def _listed(
    row: RowMapping,
    service: Service,
    *,
    use: PlaceUse,
    answer_hours: float | None,
    fund: FundSign | None,
    at: datetime,
) -> OfferingListItem:
    why: ClosedReason | None = row["why"]
    return OfferingListItem(
        offering_id=row["id"],
        title=row["title"],
        service_key=service.key,
        service=service.title,
        needs=list(service.needs),
        organisation_id=row["organisation_id"],
        organisation=row["organisation"],
        short_name=row["short_name"],
        organisation_area=row["organisation_area"],
        contact_name=row["contact_name"],
        phone=row["phone"],
        hours=row["hours"],
        description=row["description"],
        languages=list(row["languages"]),
        area_codes=list(row["area_codes"]),
        requirements=rules.requirements(rules.conditions(service.eligibility, row["eligibility"])),
        capacity=service.capacity,
        capacity_unit=service.capacity_unit,
        use=use,
        capacity_confirmed_at=row["capacity_confirmed_at"],
        capacity_stale=rules.capacity_is_stale(row["capacity_confirmed_at"], at),
        fund=fund if service.capacity == "fund" else None,
        answer_days=row["answer_days"] or service.times.answer_days,
        answer_hours=answer_hours,
        silent_since=row["silent_since"] if why is None else None,
        closed=_CLOSED[why] if why else None,
        closed_since=row["changed_at"] if why in ("draining", "module") else None,
    )
