"""Places counted: how many an offering has and how many are free, for pages and for modules."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec
from sqlalchemy import text

from referral_hub.api import Capacity
from referral_hub.calendar.clock import local_date
from referral_hub.hub import Transaction
from referral_hub.tables.directory import Offering
from referral_hub.workflow.eligibility import Places

_USE = text("SELECT * FROM hub_offering_use(:offerings, :on, :at, :sex)")


_GROUPS = text("""
    SELECT offering_id, group_label, starts_on, ends_on, sex, count(*)::int AS total,
           (count(*) FILTER (WHERE state = 'free'))::int AS free
      FROM hub_place_use(:offerings, :on, :at)
     GROUP BY offering_id, group_label, starts_on, ends_on, sex
     ORDER BY offering_id, starts_on NULLS FIRST, group_label, sex
""")


_OWN = text("""
    SELECT pl.group_label, pl.starts_on, pl.ends_on, pl.sex, re.state
      FROM reservation re JOIN place pl ON pl.number = re.place_number
     WHERE re.referral_id = :referral AND pl.offering_id = :offering AND NOT pl.out_of_service
       AND (re.state = 'taken' OR (re.state = 'held' AND re.hold_until > :at))
     LIMIT 1
""")


class PlaceUse(msgspec.Struct, frozen=True):
    """The places of one offering that a client of some sex could have. `next_on`: the first day one is free.

    Of all its places, whatever the sex: `registered` at all, `usable` now or in a class to come, and of those
    `open_to_all`.
    """

    total: int = 0
    free: int = 0
    held: int = 0
    next_on: date | None = None
    waiting: int = 0
    registered: int = 0
    usable: int = 0
    open_to_all: int = 0

    @property
    def kinds(self) -> Places:
        """The places as eligibility asks about them."""
        return Places(registered=self.registered, usable=self.usable, open_to_all=self.open_to_all, fitting=self.total)


class PlaceGroup(msgspec.Struct, frozen=True):
    """Places that are alike: a class with its dates, the beds for one sex."""

    group_label: str
    starts_on: date | None
    ends_on: date | None
    sex: str | None
    total: int
    free: int


def use_of_offerings(
    session: Transaction, offering_ids: Collection[UUID], *, sex: str | None = None, at: datetime
) -> dict[UUID, PlaceUse]:
    """The use of the places of several offerings, in one statement, across offices."""
    if not offering_ids:
        return {}
    rows = session.execute(
        _USE, {"offerings": list(offering_ids), "on": local_date(at), "at": at, "sex": sex}
    ).mappings()
    return {facts.pop("offering_id"): PlaceUse(**facts) for facts in map(dict, rows)}


def groups_of_offerings(
    session: Transaction, offering_ids: Collection[UUID], *, at: datetime
) -> dict[UUID, list[PlaceGroup]]:
    """The classes, or kinds of beds, of several offerings in one statement; the next class to begin first."""
    if not offering_ids:
        return {}
    groups: dict[UUID, list[PlaceGroup]] = {}
    rows = session.execute(_GROUPS, {"offerings": list(offering_ids), "on": local_date(at), "at": at}).mappings()
    for row in rows:
        facts = dict(row)
        groups.setdefault(facts.pop("offering_id"), []).append(PlaceGroup(**facts))
    return groups


def group_attributes(groups: Sequence[PlaceGroup]) -> dict[str, object]:
    """The places as a module is told them beside their sum: `classes`, each with days, sex, seats and free seats."""
    return {"classes": [msgspec.to_builtins(group) for group in groups]} if groups else {}


def capacity_of(session: Transaction, offering: Offering, kind: str) -> Capacity | None:
    """What the offering has to give, as a module is told it; None where only the module itself can say (a fund)."""
    if kind == "open":
        return Capacity(unit="open")
    if kind != "places":
        return None
    at = session.hub.clock.now()
    return as_capacity(use_of_offerings(session, [offering.id], at=at).get(offering.id, PlaceUse()))


def places_for_referral(
    session: Transaction, offering: Offering, kind: str, referral_id: UUID
) -> tuple[Capacity | None, dict[str, object]]:
    """The offering's capacity, and its places as attributes, as the module of this referral is told them.

    The place that the referral itself holds or has counts as free: it is this client's to have, and a module that
    read it as gone would wait-list the very person the last bed is held for.
    """
    capacity = capacity_of(session, offering, kind)
    if kind != "places" or capacity is None:
        return capacity, {}
    at = session.hub.clock.now()
    groups = groups_of_offerings(session, [offering.id], at=at).get(offering.id, [])
    own = session.execute(_OWN, {"referral": referral_id, "offering": offering.id, "at": at}).one_or_none()
    key = (own.group_label, own.starts_on, own.ends_on, own.sex) if own is not None else None
    if own is not None and any(_key(group) == key for group in groups):
        capacity = msgspec.structs.replace(
            capacity, free=(capacity.free or 0) + 1, held=max(capacity.held - (own.state == "held"), 0)
        )
        groups = [
            msgspec.structs.replace(group, free=group.free + 1) if _key(group) == key else group for group in groups
        ]
    return capacity, group_attributes(groups)


def _key(group: PlaceGroup) -> tuple[str, date | None, date | None, str | None]:
    return group.group_label, group.starts_on, group.ends_on, group.sex


def as_capacity(use: PlaceUse) -> Capacity | None:
    """None for an offering that never registered its places: zero would say it is full."""
    if not use.registered:
        return None
    return Capacity(total=use.total, free=use.free, held=use.held, waiting=use.waiting, next_on=use.next_on)
