"""The wait-list as a queue: who comes before whom, to whom a free place is offered, and who may take one (R44).

One order decides all of it. A place is free for someone only when everyone before them who could use it has another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec


class FreePlace(msgspec.Struct, frozen=True, kw_only=True):
    """A place that nobody holds for the time asked about. `sex` None: for anyone."""

    number: int
    sex: str | None = None
    group_label: str = ""
    starts_on: date | None = None


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A wait-listed referral. `since`: put on the list, or back at its end. `sex` None: not stated.

    `served`: it needs none of the free places, because one is offered to it or its need has one elsewhere.
    """

    referral_id: UUID | None
    since: datetime
    urgent: bool = False
    sex: str | None = None
    served: bool = False


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What someone who is to get a place needs of it."""

    sex: str | None = None
    group_label: str | None = None


def in_order(waiting: Iterable[Waiting]) -> list[Waiting]:
    """By priority, then by the moment they were put on the list."""
    return sorted(waiting, key=lambda one: (not one.urgent, one.since, str(one.referral_id)))


def suits(place: FreePlace, wish: Wish) -> bool:
    """Whether the place can be used. Who states no sex gets only what is for anyone."""
    return place.sex in (None, wish.sex) and wish.group_label in (None, place.group_label)


def offers(free: Collection[FreePlace], waiting: Iterable[Waiting]) -> list[tuple[Waiting, FreePlace]]:
    """To whom the free places are to be offered, in order: each gets the first that suits and nobody before them took.

    A place for one sex is given before one for anyone, which whoever comes next may need.
    """
    left = _handy(free)
    found = []
    for one in in_order(waiting):
        if one.served:
            continue
        place = next((place for place in left if suits(place, Wish(sex=one.sex))), None)
        if place is not None:
            left.remove(place)
            found.append((one, place))
    return found


def place_for(
    wish: Wish, free: Collection[FreePlace], waiting: Iterable[Waiting], *, referral_id: UUID
) -> FreePlace | None:
    """The place that this referral may take now, None where those before it could use all that suit.

    One that waits itself comes after those before it on the list; one that does not comes after all of them.
    """
    ordered = in_order(waiting)
    own = next((place for place, one in enumerate(ordered) if one.referral_id == referral_id), len(ordered))
    taken = {place.number for _, place in offers(free, ordered[:own])}
    return next((place for place in _handy(free) if place.number not in taken and suits(place, wish)), None)


def position(waiting: Collection[Waiting], referral_id: UUID) -> int | None:
    """Which in the queue: 1 is next. Those whose need has a place, or is offered one, are not counted before others.

    None where the referral does not wait.
    """
    ordered = in_order(waiting)
    own = next((place for place, one in enumerate(ordered) if one.referral_id == referral_id), None)
    if own is None:
        return None
    return 1 + sum(not one.served for one in ordered[:own])


def _handy(free: Collection[FreePlace]) -> list[FreePlace]:
    places: Sequence[FreePlace] = sorted(
        free, key=lambda place: (place.starts_on or date.min, place.sex is None, place.number)
    )
    return list(places)
