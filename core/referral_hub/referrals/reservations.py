"""Places for referrals: held when one is sent, confirmed when it is accepted, freed when it ends."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.dialects.postgresql import Range

from referral_hub.actor import Actor
from referral_hub.calendar.clock import local_date
from referral_hub.directory.place_counts import PlaceUse, use_of_offerings
from referral_hub.directory.places import hold_place, retake_place, take_place
from referral_hub.hub import Transaction
from referral_hub.tables.directory import Offering
from referral_hub.tables.referrals import Referral
from referral_hub.workflow.effects import Reservation
from referral_hub.workflow.errors import NoPlaceFree

STAY_DAYS = 90
"""How long a place is taken where the offering's settings (`stay_days`) do not say; it is freed at the end anyway."""
BRIEF_HOLD = timedelta(minutes=10)


def make_reservation(
    session: Transaction, referral: Referral, wanted: Reservation, *, by: Actor, at: datetime
) -> int | None:
    """Hold, confirm or retake a place as wanted and return its number. Raises `NoPlaceFree` where one must be had."""
    offering = session.get_one(Offering, referral.offering_id)
    choice: dict[str, Any] = {"sex": wanted.sex, "group_label": wanted.group_label, "starts_on": wanted.starts_on}
    if wanted.action == "retake":
        back = retake_place(session, referral_id=referral.id, by=by, at=at)
        return back if back is not None else _confirm(session, referral, offering, **choice, by=by, at=at)
    if wanted.action == "confirm":
        return _confirm(session, referral, offering, **choice, by=by, at=at)
    assert wanted.until is not None, "a place is held until a moment"
    must = wanted.action == "offer"
    return _hold(session, referral, offering, until=wanted.until, must=must, **choice, by=by, at=at)


def stay_from(offering: Offering, at: datetime, *, first: date | None = None) -> Range[date]:
    """The days for which a place of the offering is taken, from `first` or today."""
    first = first or local_date(at)
    days = offering.settings.get("stay_days")
    length = days if isinstance(days, int) and days > 0 else STAY_DAYS
    return Range(first, first + timedelta(days=length))


def _hold(
    session: Transaction,
    referral: Referral,
    offering: Offering,
    *,
    until: datetime,
    must: bool = False,
    sex: str | None = None,
    group_label: str | None = None,
    starts_on: date | None = None,
    by: Actor,
    at: datetime,
) -> int | None:
    """Hold a place until `until`. None when none is this referral's to have: it may still be sent, and wait. Where it
    `must` have one, what hinders it is raised.
    """
    return hold_place(
        session,
        referral_id=referral.id,
        offering_id=offering.id,
        office_id=referral.office_id,
        recipient_id=referral.recipient_id,
        during=stay_from(offering, at, first=starts_on),
        sex=sex,
        group_label=group_label,
        until=until,
        must=offering.title if must else None,
        by=by,
        at=at,
    )


def _confirm(
    session: Transaction,
    referral: Referral,
    offering: Offering,
    *,
    sex: str | None = None,
    group_label: str | None = None,
    starts_on: date | None = None,
    by: Actor,
    at: datetime,
) -> int | None:
    """Confirm the place held for the referral, or another that fits and is its to have. Raises `NoPlaceFree`.

    None where the offering has registered no places: it counts them itself.
    """
    taken = take_place(session, referral_id=referral.id, by=by, at=at)
    if taken is not None:
        return taken
    try:
        _hold(
            session,
            referral,
            offering,
            until=at + BRIEF_HOLD,
            must=True,
            sex=sex,
            group_label=group_label,
            starts_on=starts_on,
            by=by,
            at=at,
        )
    except NoPlaceFree:
        if not use_of_offerings(session, [offering.id], at=at).get(offering.id, PlaceUse()).registered:
            return None
        raise
    return take_place(session, referral_id=referral.id, by=by, at=at)
