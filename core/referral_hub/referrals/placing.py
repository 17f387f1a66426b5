"""Places for referrals: held when one is sent, taken when it is accepted, freed when it ends."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.dialects.postgresql import Range

from referral_hub.actor import Actor
from referral_hub.api.manifest import Service
from referral_hub.calendar.clock import local_date
from referral_hub.directory.places import PlaceUse, hold_place, take_place, use_of_offerings
from referral_hub.errors import HubError
from referral_hub.hub import Transaction
from referral_hub.tables.directory import Offering
from referral_hub.tables.referrals import Referral

STAY_DAYS = 90
"""How long a place is taken where the offering's settings (`stay_days`) do not say; it is freed at the end anyway."""
SHORT_HOLD = timedelta(minutes=10)


class NoPlaceFree(HubError):
    status = 409
    zh = "「{offering}」现在没有合适的空名额，可以列入轮候。"
    en = "{offering} has no fitting place free now; the client can be wait-listed."


def hold_for(
    session: Transaction,
    referral: Referral,
    offering: Offering,
    service: Service,
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


def take_for(
    session: Transaction,
    referral: Referral,
    offering: Offering,
    service: Service,
    *,
    sex: str | None = None,
    group_label: str | None = None,
    starts_on: date | None = None,
    by: Actor,
    at: datetime,
) -> int | None:
    """Take the place held for the referral, or another that fits. Raises `NoPlaceFree`.

    None where the service counts no places, or the offering has none written down.
    """
    if service.capacity != "places":
        return None
    taken = take_place(session, referral_id=referral.id, by=by, at=at)
    if taken is not None:
        return taken
    held = hold_for(
        session,
        referral,
        offering,
        service,
        until=at + SHORT_HOLD,
        sex=sex,
        group_label=group_label,
        starts_on=starts_on,
        by=by,
        at=at,
    )
    if held is None:
        if not use_of_offerings(session, [offering.id], at=at).get(offering.id, PlaceUse()).total:
            # An offering that never wrote its places down counts them itself.
            return None
        raise NoPlaceFree(offering=offering.title)
    return take_place(session, referral_id=referral.id, by=by, at=at)
