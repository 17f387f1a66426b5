"""The wait-list at work: places offered in turn, confirmed or passed on, and where each client stands (R44)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlmodel import col

from referral_hub.actor import Actor, system_actor
from referral_hub.directory.places import free_places, waiting_for
from referral_hub.hub import Transaction
from referral_hub.referrals.apply_effects import carry_out
from referral_hub.referrals.reservations import stay_from
from referral_hub.referrals.state import declared_service, installed_service, lock_referral
from referral_hub.tables.directory import Offering
from referral_hub.tables.referrals import Referral
from referral_hub.workflow.errors import NoPlaceFree
from referral_hub.workflow.events import Event, OfferLapsed, OfferPlace, PassOffer, TakeOffer
from referral_hub.workflow.queue import offers, position

if TYPE_CHECKING:
    from referral_hub.hub import Hub

_BATCH = 200


class QueuePlace(msgspec.Struct, frozen=True):
    """Where a referral stands on the waiting list: 1 is next. `offer_until`: a place is kept for it until then."""

    position: int
    urgent: bool
    since: datetime
    offer_until: datetime | None


def queue_place(session: Transaction, referral: Referral, *, at: datetime) -> QueuePlace | None:
    """Where it stands; None where it does not wait."""
    if referral.state != "waitlisted":
        return None
    waiting = waiting_for(session, referral.offering_id, at=at)
    own = next((one for one in waiting if one.referral_id == referral.id), None)
    place = position(waiting, referral.id)
    if own is None or place is None:
        return None
    offered = referral.offer_until if referral.offer_until is not None and referral.offer_until > at else None
    return QueuePlace(position=place, urgent=own.urgent, since=own.since, offer_until=offered)


def take_offer(session: Transaction, *, referral_id: UUID, by: Actor, at: datetime) -> None:
    """The client wants the place that is kept for them: the referral is accepted with it. Raises `OfferNotHere`."""
    locked = lock_referral(session, referral_id)
    event = TakeOffer(contact_days=session.get_one(Offering, locked.row.offering_id).contact_days)
    service = declared_service(session, locked.row.service_key).service
    carry_out(session, locked, event, service=service, by=by, at=at)


def pass_offer(session: Transaction, *, referral_id: UUID, by: Actor, at: datetime) -> None:
    """Not this time: the place goes to the next, the client to the end of the list. Raises `OfferNotHere`."""
    _happen(session, referral_id, PassOffer(), by=by, at=at)


def offer_free_places(hub: Hub) -> int:
    """Pass on what nobody confirmed in time, and offer what is free to whoever waits first. Returns how many.

    Each act is a transaction of its own under the lock of its referral: however many processes run, and whoever acts
    meanwhile, the rules decide again what is written.
    """
    at = hub.clock.now()
    return _pass_on_lapsed(hub, at) + sum(_offer(hub, offering, at) for offering in _with_waiting(hub))


def _pass_on_lapsed(hub: Hub, at: datetime) -> int:
    with hub.transaction(system_actor()) as session:
        lapsed = session.scalars(
            select(col(Referral.id))
            .where(col(Referral.state) == "waitlisted", col(Referral.offer_until) <= at)
            .order_by(col(Referral.offer_until))
            .limit(_BATCH)
        ).all()
    for referral_id in lapsed:
        with hub.transaction(system_actor()) as session:
            _happen(session, referral_id, OfferLapsed(), by=system_actor(), at=at)
    return len(lapsed)


def _with_waiting(hub: Hub) -> list[UUID]:
    with hub.transaction(system_actor()) as session:
        waiting = (
            select(col(Referral.offering_id))
            .where(col(Referral.state) == "waitlisted", col(Referral.offer_until).is_(None))
            .distinct()
        )
        return list(session.scalars(waiting))


def _offer(hub: Hub, offering_id: UUID, at: datetime) -> int:
    with hub.transaction(system_actor()) as session:
        offering = session.get_one(Offering, offering_id)
        service = installed_service(session, offering.service_key)
        if service is None or service.capacity != "places":
            return 0
        hours = offering.offer_hours
        free = free_places(session, offering_id, during=stay_from(offering, at), at=at)
        turns = [waiting.referral_id for waiting, _ in offers(free, waiting_for(session, offering_id, at=at))]
    return sum(_offer_to(hub, referral_id, hours, at) for referral_id in turns if referral_id is not None)


def _offer_to(hub: Hub, referral_id: UUID, hours: int | None, at: datetime) -> bool:
    try:
        with hub.transaction(system_actor()) as session:
            _happen(session, referral_id, OfferPlace(hours=hours), by=system_actor(), at=at)
    except NoPlaceFree:
        # Taken meanwhile: the next run looks again.
        return False
    return True


def _happen(session: Transaction, referral_id: UUID, event: Event, *, by: Actor, at: datetime) -> None:
    locked = lock_referral(session, referral_id)
    service = installed_service(session, locked.row.service_key)
    carry_out(session, locked, event, service=service, by=by, at=at)
