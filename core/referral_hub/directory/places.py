"""Places: counted, held, taken, freed. Who has one stays with the referral; here are only numbers and dates."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from uuid import UUID

import msgspec
from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from referral_hub.actor import Actor
from referral_hub.audit.entries import record_audit_entry
from referral_hub.audit.subjects import AuditSubject
from referral_hub.calendar.clock import local_date
from referral_hub.hub import Transaction
from referral_hub.ids import new_id
from referral_hub.tables.directory import Reservation
from referral_hub.workflow.errors import NeedHasPlace, NoPlaceFree, OthersWaitFirst
from referral_hub.workflow.queue import FreePlace, Waiting, Wish, in_order, place_for, suits

_CLAIM = text("SELECT hub_claim(:referral, :offering, daterange(:first, :end), :at)")
_HOLD = text("SELECT hub_hold_place(:id, :referral, :place, daterange(:first, :end), :until, :instead, :at)")
_WAITING = text("SELECT * FROM hub_waiting(:offering, :at)")
_FREE = text("SELECT * FROM hub_free_places(:offering, daterange(:first, :end), :at)")
# Whoever stays past the end that was planned still has the place.
_RETAKE = text("""
    UPDATE reservation re SET state = 'taken', ended_at = NULL, hold_until = NULL
      FROM place pl
     WHERE pl.number = re.place_number AND NOT pl.out_of_service AND upper(re.during) > :on
       AND re.id = (SELECT last.id FROM reservation last
                     WHERE last.referral_id = :referral AND last.state = 'released'
                     ORDER BY last.ended_at DESC LIMIT 1)
       AND NOT EXISTS (SELECT FROM reservation other
                        WHERE other.place_number = re.place_number AND other.state = 'taken'
                          AND upper(other.during) <= :on)
    RETURNING re.place_number, re.office_id, re.recipient_id
""")


class _Claim(msgspec.Struct, frozen=True):
    """All that decides whether a referral may have a place, as `hub_claim` tells it under its lock."""

    own: int | None = None
    elsewhere: str | None = None
    sex: str | None = None
    free: list[FreePlace] = []
    waiting: list[Waiting] = []

    def refusal(self, wish: Wish, *, referral_id: UUID, confirms: bool) -> type[NoPlaceFree] | None:
        """What hinders it; None where a place is its to have. A hold elsewhere hinders another, not what `confirms`."""
        if self.elsewhere == "taken" or (self.elsewhere is not None and not confirms):
            return NeedHasPlace
        if place_for(wish, self.free, self.waiting, referral_id=referral_id) is not None:
            return None
        return OthersWaitFirst if any(suits(place, wish) for place in self.free) else NoPlaceFree


def hold_place(
    session: Transaction,
    *,
    referral_id: UUID,
    offering_id: UUID,
    office_id: UUID,
    recipient_id: UUID,
    during: Range[date],
    sex: str | None = None,
    group_label: str | None = None,
    until: datetime,
    must: str | None = None,
    by: Actor,
    at: datetime,
) -> int | None:
    """Hold a place until `until` and return its number; None when none is this referral's to have. A hold ends by
    itself.

    `during` is when it will be used; a seat of a class is held for that class, and `during` says the first day that
    suits. The sex recorded of the client decides which beds fit; `sex` counts where none is stated. Asked again for
    the same referral, it answers with the place it has. Whoever waits comes first (`workflow.queue`). With `must`, the
    offering's title, what hinders it is raised: `NoPlaceFree`, `OthersWaitFirst`, `NeedHasPlace`; and a mere hold of
    the same need elsewhere gives way.
    """
    asked = {"referral": referral_id, "offering": offering_id, "first": during.lower, "end": during.upper, "at": at}
    found = session.execute(_CLAIM, asked).scalar_one()
    claim = msgspec.convert(found, _Claim) if found is not None else _Claim()
    if claim.own is not None:
        return claim.own
    wish = Wish(sex=claim.sex or sex, group_label=group_label)
    refusal = claim.refusal(wish, referral_id=referral_id, confirms=must is not None)
    if refusal is None:
        place = place_for(wish, claim.free, claim.waiting, referral_id=referral_id)
        assert place is not None, "nothing hinders it"
        held = {**asked, "id": new_id(), "place": place.number, "until": until, "instead": must is not None}
        number = session.execute(_HOLD, held).scalar_one()
        if number is not None:
            _record(session, "place.hold", referral_id, office_id, recipient_id, int(number), by=by, at=at)
            return int(number)
    if must is not None:
        raise (refusal or NoPlaceFree)(offering=must)
    return None


def waiting_for(session: Transaction, offering_id: UUID, *, at: datetime) -> list[Waiting]:
    """The waiting list of an offering in its order. Whose referrals they are is told to the two sides only."""
    rows = session.execute(_WAITING, {"offering": offering_id, "at": at}).mappings()
    return in_order(Waiting(**row) for row in rows)


def free_places(session: Transaction, offering_id: UUID, *, during: Range[date], at: datetime) -> list[FreePlace]:
    """Places that nobody has in that time. Not locked: whoever takes one asks again."""
    asked = {"offering": offering_id, "first": during.lower, "end": during.upper, "at": at}
    return [FreePlace(**row) for row in session.execute(_FREE, asked).mappings()]


def sex_fits(session: Transaction, referral_id: UUID, sex: str) -> bool:
    """Whether a place for this sex suits the client, by the sex recorded; a recipient need not have been told it."""
    asked = text("SELECT hub_sex_fits(:referral, :sex)")
    return session.execute(asked, {"referral": referral_id, "sex": sex}).scalar() is not False


def take_place(session: Transaction, *, referral_id: UUID, by: Actor, at: datetime) -> int | None:
    """Turn the referral's hold into a place taken and return its number; None when it holds none."""
    return _move(session, referral_id, ("held", "taken"), "taken", action="place.take", by=by, at=at)


def retake_place(session: Transaction, *, referral_id: UUID, by: Actor, at: datetime) -> int | None:
    """Give the referral back the place it had last, and return its number; None where someone else has it by now, it
    is out of service, or its time is over.
    """
    with suppress(IntegrityError), session.begin_nested():
        row = session.execute(_RETAKE, {"referral": referral_id, "on": local_date(at)}).one_or_none()
        if row is None:
            return None
        _record(session, "place.take", referral_id, row.office_id, row.recipient_id, row.place_number, by=by, at=at)
        return int(row.place_number)
    return None


def hold_again(session: Transaction, *, referral_id: UUID, until: datetime, by: Actor, at: datetime) -> int | None:
    """Hold until `until` the place that the referral has taken, and return its number; None where it has none."""
    return _move(session, referral_id, ("taken",), "held", action="place.hold", until=until, by=by, at=at)


def release_places(session: Transaction, referral_id: UUID, *, by: Actor, at: datetime) -> int | None:
    """Free what the referral holds or has taken; the number of the place, None when it had none."""
    return _move(session, referral_id, ("held", "taken"), "released", action="place.release", by=by, at=at)


def lapse_holds(session: Transaction, at: datetime) -> int:
    """End every hold whose time is over, in all offerings, and say how many. For a job."""
    return int(session.execute(text("SELECT hub_lapse_holds(:at, NULL)"), {"at": at}).scalar_one())


def _move(
    session: Transaction,
    referral_id: UUID,
    before: tuple[str, ...],
    after: str,
    *,
    action: str,
    until: datetime | None = None,
    by: Actor,
    at: datetime,
) -> int | None:
    values: dict[str, object] = {"state": after, "hold_until": until}
    if after not in ("held", "taken"):
        values = {"state": after, "ended_at": at}
    rows = session.execute(
        update(Reservation)
        .where(col(Reservation.referral_id) == referral_id, col(Reservation.state).in_(before))
        .values(values)
        .returning(col(Reservation.place_number), col(Reservation.office_id), col(Reservation.recipient_id))
        .execution_options(synchronize_session=False)
    ).all()
    for number, office_id, recipient_id in rows:
        _record(session, action, referral_id, office_id, recipient_id, number, by=by, at=at)
    return rows[0][0] if rows else None


def _record(
    session: Transaction,
    action: str,
    referral_id: UUID,
    office_id: UUID,
    recipient_id: UUID,
    number: int,
    *,
    by: Actor,
    at: datetime,
) -> None:
    record_audit_entry(
        session,
        action,
        about=AuditSubject("place", office_id=office_id, referral_id=referral_id, recipient_id=recipient_id),
        by=by,
        at=at,
        details={"place": number},
    )
