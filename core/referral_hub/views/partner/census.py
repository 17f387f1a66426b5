"""Who is in on a day: the census of a house, the list of a class. By referral number, never by name (R21, R43).

Read within the recipient's own scope. What a day looked like can be asked later too: a place that was freed says when.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, text

from referral_hub.calendar.clock import local_date
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.modules.titles import past_stage_title
from referral_hub.tables.directory import Offering

Presence = Literal["in", "arriving", "arrived", "leaving", "left", "held"]

# A hold that was released keeps its `hold_until`; a place that was taken has none. So it is known who really was there.
_ROWS = text("""
    SELECT pl.number AS place_number, pl.label, pl.group_label, pl.sex, pl.starts_on, pl.ends_on, pl.out_of_service,
           re.referral_id, rf.number, rf.service_key, rf.stage, rf.started_at, ow.name AS owner,
           re.state, re.hold_until, re.ended_at, lower(re.during) AS first, upper(re.during) AS until
      FROM place pl
      LEFT JOIN reservation re
        ON re.place_number = pl.number
       AND (re.state = 'taken' OR (re.state = 'held' AND re.hold_until > :at)
            OR (re.state = 'released' AND re.hold_until IS NULL AND re.ended_at >= :since))
      LEFT JOIN referral rf ON rf.id = re.referral_id
      LEFT JOIN account ow ON ow.id = rf.owner_id
     WHERE pl.offering_id = :offering
     ORDER BY pl.starts_on NULLS FIRST, pl.group_label, pl.number, re.during
""")


class CensusLine(msgspec.Struct, frozen=True):
    """One referral and its place. `since`: when the stay began, or will; `until`: the planned or the real last day."""

    place: str
    group_label: str
    sex: str | None
    referral_id: UUID
    number: str
    stage: Label | None
    owner: str | None
    since: date
    until: date | None
    presence: Presence


class Census(msgspec.Struct, frozen=True):
    """An offering on a day. Who arrived that day is in, who left is not. `free` names the places that nobody has."""

    day: date
    inside: list[CensusLine]
    arriving: list[CensusLine]
    leaving: list[CensusLine]
    free: list[str]
    total: int
    out_of_service: int


class ClassList(msgspec.Struct, frozen=True):
    """One class, or group of places, with who is enrolled, who has a seat held, and who left."""

    group_label: str
    starts_on: date | None
    ends_on: date | None
    seats: int
    enrolled: list[CensusLine]
    held: list[CensusLine]
    left: list[CensusLine]

    @property
    def free(self) -> int:
        return max(self.seats - len(self.enrolled) - len(self.held), 0)


def census_of_offering(session: Transaction, offering_id: UUID, *, day: date, at: datetime) -> Census:
    """Who is in, arrives and leaves on `day`, and what is free. Raises `NotFound` for another's offering."""
    _check_own(session, offering_id)
    today = local_date(at)
    rows = _rows(session, offering_id, since=min(day, today), at=at)
    lines = [line for row in rows if row["referral_id"] is not None and (line := _on(session, row, day, today))]
    usable = _usable(rows, day)
    busy = {(line.group_label, line.place) for line in lines if line.presence != "left"}
    return Census(
        day=day,
        inside=[line for line in lines if line.presence in ("in", "arrived", "leaving")],
        arriving=[line for line in lines if line.presence in ("arriving", "arrived")],
        leaving=[line for line in lines if line.presence in ("leaving", "left")],
        free=[" ".join(filter(None, place)) for place in usable if place not in busy],
        total=len(usable),
        out_of_service=len({row["place_number"] for row in rows if row["out_of_service"]}),
    )


def class_lists(session: Transaction, offering_id: UUID, *, at: datetime) -> list[ClassList]:
    """Each class of the offering that has not ended, by its first day. Raises `NotFound` for another's offering."""
    _check_own(session, offering_id)
    today = local_date(at)
    rows = _rows(session, offering_id, since=date.min, at=at)
    groups: dict[tuple[str, date | None, date | None], list[RowMapping]] = {}
    for row in rows:
        if row["ends_on"] is None or row["ends_on"] >= today:
            groups.setdefault((row["group_label"], row["starts_on"], row["ends_on"]), []).append(row)
    return [_class(session, key, found) for key, found in groups.items()]


def _check_own(session: Transaction, offering_id: UUID) -> None:
    """Raises `NotFound` for an offering of someone else."""
    offering = session.get(Offering, offering_id)
    if offering is None or offering.organisation_id != session.actor.organisation_id:
        raise NotFound


def _class(session: Transaction, key: tuple[str, date | None, date | None], rows: Collection[RowMapping]) -> ClassList:
    had = [row for row in rows if row["referral_id"] is not None]
    return ClassList(
        group_label=key[0],
        starts_on=key[1],
        ends_on=key[2],
        seats=len({row["place_number"] for row in rows if not row["out_of_service"]}),
        enrolled=[_line(session, row, "in", row["until"]) for row in had if row["state"] == "taken"],
        held=[_line(session, row, "held", None) for row in had if row["state"] == "held"],
        left=[_line(session, row, "left", local_date(row["ended_at"])) for row in had if row["state"] == "released"],
    )


def _rows(session: Transaction, offering_id: UUID, *, since: date, at: datetime) -> list[RowMapping]:
    asked = {"offering": offering_id, "since": since, "at": at}
    return list(session.execute(_ROWS, asked).mappings())


def _usable(rows: Iterable[RowMapping], day: date) -> list[tuple[str, str]]:
    places = {
        row["place_number"]: (row["group_label"], row["label"])
        for row in rows
        if not row["out_of_service"]
        and (row["starts_on"] is None or row["starts_on"] <= day)
        and (row["ends_on"] is None or row["ends_on"] >= day)
    }
    return list(places.values())


def _on(session: Transaction, row: RowMapping, day: date, today: date) -> CensusLine | None:
    """What this referral is to the day; None where it has nothing to do with it."""
    began = local_date(row["started_at"]) if row["started_at"] is not None else None
    ended = local_date(row["ended_at"]) if row["ended_at"] is not None else None
    if row["state"] == "held":
        return _line(session, row, "held", None) if row["first"] <= day < row["until"] and day >= today else None
    if ended is not None:
        if began is None or began > day or ended < day:
            return None
        presence: Presence = "left" if ended == day else "arrived" if began == day else "in"
        return _line(session, row, presence, ended)
    if began is None:
        expected = row["first"] <= day if day >= today else False
        return _line(session, row, "arriving", row["until"]) if expected and day < row["until"] else None
    if began > day or (day > today and row["until"] < day):
        return None
    presence = "arrived" if began == day else "leaving" if row["until"] == day and day >= today else "in"
    return _line(session, row, presence, row["until"])


def _line(session: Transaction, row: RowMapping, presence: Presence, until: date | None) -> CensusLine:
    began = local_date(row["started_at"]) if row["started_at"] is not None else None
    return CensusLine(
        place=row["label"],
        group_label=row["group_label"],
        sex=row["sex"],
        referral_id=row["referral_id"],
        number=row["number"],
        stage=past_stage_title(session, row["service_key"], row["stage"]),
        owner=row["owner"],
        since=began or row["first"],
        until=until,
        presence=presence,
    )
