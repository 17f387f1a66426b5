"""Who has or waits for a recipient's places, by referral number. Read within the recipient's own scope."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlmodel import col

from referral_hub.directory.places import waiting_for
from referral_hub.hub import Transaction
from referral_hub.tables.directory import Place, Reservation
from referral_hub.tables.referrals import Referral


class Holder(msgspec.Struct, frozen=True):
    """The referral that holds or has taken a place, from `first` up to, and without, `until`."""

    referral_id: UUID
    number: str
    state: str
    first: date
    until: date
    hold_until: datetime | None


class WaitingLine(msgspec.Struct, frozen=True):
    """A referral on the waiting list of an offering, in the order in which places are offered.

    `urgent` counts until an offer was missed. `offer_until`: a place is kept for it until then.
    """

    referral_id: UUID
    number: str
    urgent: bool
    since: datetime
    expected_on: date | None
    offer_until: datetime | None


def holders_of_offering(session: Transaction, offering_id: UUID, *, at: datetime) -> dict[int, list[Holder]]:
    """Holders by place number, the earliest first; a hold that is over holds nothing, whether or not the job saw it."""
    rows = session.execute(
        select(Reservation, col(Referral.number))
        .join(Place, col(Place.number) == col(Reservation.place_number))
        .join(Referral, col(Referral.id) == col(Reservation.referral_id))
        .where(
            col(Place.offering_id) == offering_id,
            (col(Reservation.state) == "taken")
            | ((col(Reservation.state) == "held") & (col(Reservation.hold_until) > at)),
        )
        .order_by(col(Reservation.during))
    ).all()
    holders: dict[int, list[Holder]] = {}
    for held, number in rows:
        holders.setdefault(held.place_number, []).append(
            Holder(
                referral_id=held.referral_id,
                number=number,
                state=held.state,
                first=held.during.lower,
                until=held.during.upper,
                hold_until=held.hold_until,
            )
        )
    return holders


def waiting_of_offering(session: Transaction, offering_id: UUID, *, at: datetime) -> list[WaitingLine]:
    """The waiting list in its order, at most 200."""
    waiting = [one for one in waiting_for(session, offering_id, at=at) if one.referral_id is not None][:200]
    rows = session.execute(
        select(col(Referral.id), col(Referral.number), col(Referral.expected_on), col(Referral.offer_until)).where(
            col(Referral.id).in_([one.referral_id for one in waiting])
        )
    )
    known = {row.id: row for row in rows}
    return [
        WaitingLine(
            referral_id=row.id,
            number=row.number,
            urgent=one.urgent,
            since=one.since,
            expected_on=row.expected_on,
            offer_until=row.offer_until if row.offer_until is not None and row.offer_until > at else None,
        )
        for one in waiting
        if (row := known.get(one.referral_id)) is not None
    ]
