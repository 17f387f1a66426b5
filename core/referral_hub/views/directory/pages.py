"""One organisation, and one offering with its places."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import text

from referral_hub.calendar.clock import local_date
from referral_hub.directory.place_counts import PlaceGroup, PlaceUse, groups_of_offerings, use_of_offerings
from referral_hub.directory.rules import capacity_is_stale
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.views.directory.lists import ContractRow, OfferingRow, contracts_for_list, offerings_for_list


class OrganisationPage(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    short_name: str
    kind: str
    processor_role: str
    credit_code: str | None
    area_code: str | None
    contact_name: str | None
    phone: str | None
    status: str
    assessment_reference: str | None
    assessment_on: date | None
    contracts: list[ContractRow]
    offerings: list[OfferingRow]


class PlaceRow(msgspec.Struct, frozen=True):
    """One place on a day: its state, and from when it is free again. Who has it is not shown here."""

    number: int
    label: str
    group_label: str
    sex: str | None
    starts_on: date | None
    ends_on: date | None
    out_of_service: bool
    state: Literal["free", "held", "taken", "out", "later"]
    free_on: date | None


class OfferingPage(msgspec.Struct, frozen=True):
    id: UUID
    title: str
    organisation_id: UUID
    organisation: str
    organisation_status: str
    module_key: str
    service_key: str
    area_codes: list[str]
    languages: list[str]
    hours: str | None
    phone: str | None
    description: str | None
    eligibility: dict[str, object]
    settings: dict[str, object]
    status: str
    answer_days: int | None
    contact_days: int | None
    offer_hours: int | None
    capacity_confirmed_at: datetime | None
    capacity_stale: bool
    use: PlaceUse
    groups: list[PlaceGroup]
    places: list[PlaceRow]


_ORGANISATION = text("""
    SELECT id, name, short_name, kind, processor_role, credit_code, area_code, contact_name, phone, status,
           assessment_reference, assessment_on
      FROM organisation WHERE id = :id
""")
_OFFERING = text("""
    SELECT o.id, o.title, o.organisation_id, g.name AS organisation, g.status AS organisation_status,
           o.module_key, o.service_key, o.area_codes, o.languages, o.hours, coalesce(o.phone, g.phone) AS phone,
           o.description, o.eligibility, o.settings, o.status, o.answer_days, o.contact_days,
           o.offer_hours, o.capacity_confirmed_at
      FROM offering o JOIN organisation g ON g.id = o.organisation_id
     WHERE o.id = :id
""")
_PLACES = text("""
    SELECT pl.number, pl.label, pl.group_label, pl.sex, pl.starts_on, pl.ends_on, pl.out_of_service,
           CASE WHEN pl.out_of_service THEN 'out' ELSE coalesce(u.state, 'later') END AS state, u.free_on
      FROM place pl
      LEFT JOIN hub_place_use(ARRAY[CAST(:id AS uuid)], :on, :at) u ON u.place_number = pl.number
     WHERE pl.offering_id = :id AND coalesce(pl.ends_on >= :on, true)
     ORDER BY pl.starts_on NULLS FIRST, pl.group_label, pl.label
     LIMIT 1000
""")


def organisation_for_page(session: Transaction, organisation_id: UUID, *, at: datetime) -> OrganisationPage:
    """An organisation with its contracts and offerings, in four statements. Raises `NotFound`."""
    row = session.execute(_ORGANISATION, {"id": organisation_id}).mappings().one_or_none()
    if row is None:
        raise NotFound
    return OrganisationPage(
        **row,
        contracts=contracts_for_list(session, provider_id=organisation_id, limit=200, at=at).lines,
        offerings=offerings_for_list(session, organisation_id=organisation_id, limit=200, at=at).lines,
    )


def offering_for_page(session: Transaction, offering_id: UUID, *, sex: str | None = None, at: datetime) -> OfferingPage:
    """An offering with its places as they stand, in four statements. Raises `NotFound`."""
    row = session.execute(_OFFERING, {"id": offering_id}).mappings().one_or_none()
    if row is None:
        raise NotFound
    places = session.execute(_PLACES, {"id": offering_id, "on": local_date(at), "at": at}).mappings()
    return OfferingPage(
        **row,
        capacity_stale=capacity_is_stale(row["capacity_confirmed_at"], at),
        use=use_of_offerings(session, [offering_id], sex=sex, at=at).get(offering_id, PlaceUse()),
        groups=groups_of_offerings(session, [offering_id], at=at).get(offering_id, []),
        places=[PlaceRow(**place) for place in places],
    )
