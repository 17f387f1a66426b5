"""Places for referrals: held when one is sent, confirmed when it is accepted, freed when it ends."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.dialects.postgresql import Range

from referral_hub.actor import Actor
from referral_hub.calendar.clock import local_date
from referral_hub.directory.places import PlaceUse, hold_place, retake_place, take_place, use_of_offerings
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
    return _hold(session, referral, offering, until=wanted.until, **choice, by=by, at=at)


def _hold(
    session: Transaction,
    referral: Referral,
    offering: Offering,
    *,
    until: datetime,
    sex: str | None = None,
    group_label: str | None = None,
    starts_on: date | None = None,
    by: Actor,
    at: datetime,
) -> int | None:
    """Hold a place until `until`. None when none is free: the referral may still be sent, and wait."""
    first = starts_on or local_date(at)
    days = offering.settings.get("stay_days")
    length = days if isinstance(days, int) and days > 0 else STAY_DAYS
    return hold_place(
        session,
        referral_id=referral.id,
        offering_id=offering.id,
        office_id=referral.office_id,
        recipient_id=referral.recipient_id,
        during=Range(first, first + timedelta(days=length)),
        sex=sex,
        group_label=group_label,
        until=until,
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
    """Confirm the place held for the referral, or another that fits. Raises `NoPlaceFree`.

    None where the offering has no places written down: it counts them itself.
    """
    taken = take_place(session, referral_id=referral.id, by=by, at=at)
    if taken is not None:
        return taken
    held = _hold(
        session,
        referral,
        offering,
        until=at + BRIEF_HOLD,
        sex=sex,
        group_label=group_label,
        starts_on=starts_on,
        by=by,
        at=at,
    )
    if held is None:
        if not use_of_offerings(session, [offering.id], at=at).get(offering.id, PlaceUse()).total:
            return None
        raise NoPlaceFree(offering=offering.title)
    return take_place(session, referral_id=referral.id, by=by, at=at)
