"""Taking back the last step of a referral, or a service that was recorded by mistake."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import exists, or_, select
from sqlmodel import col

from referral_hub.actor import Actor
from referral_hub.codes.states import REFERRAL_OPEN
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction, as_system
from referral_hub.outcomes.actions import cancel_service_event, delivered_under
from referral_hub.referrals.apply_effects import carry_out
from referral_hub.referrals.reopening import facts_of_going_on
from referral_hub.referrals.state import Locked, installed_service, lock_referral
from referral_hub.tables.assistance import AssistanceEntry
from referral_hub.tables.outcomes import ServiceEvent
from referral_hub.tables.referrals import Delivery, Disclosure, Referral
from referral_hub.workflow.events import CancelDelivered, Undo


class Undone(msgspec.Struct, frozen=True):
    """Which act was taken back, and where the referral stands again."""

    act: str
    state: str
    stage: str | None


def undo_last_step(session: Transaction, *, referral_id: UUID, by: Actor, at: datetime) -> Undone:
    """Take the last step back: whoever did it within a day, or a supervisor, while nothing of it has left.

    Raises `NothingToUndo`, `UndoTooLate`, `UndoNotYours`, `AlreadyLeft`, or what stands against going on.
    """
    locked = lock_referral(session, referral_id)
    service = installed_service(session, locked.row.service_key)
    with as_system(session):
        event = _event(session, locked, at=at)
    effects = carry_out(session, locked, event, service=service, by=by, at=at)
    earlier = effects.before.earlier
    assert earlier is not None, "the rules know what was undone"
    return Undone(act=earlier.act, state=effects.after.state, stage=effects.after.stage)


def _event(session: Transaction, locked: Locked, *, at: datetime) -> Undo:
    """As the hub itself: a partner sees neither the case nor the client's other referrals."""
    referral, earlier = locked.row, locked.state.earlier
    facts = facts_of_going_on(session, referral, at=at) if locked.state.state not in REFERRAL_OPEN else {}
    since = earlier.at if earlier is not None else at
    return Undo(
        **({"agreement": None, "recipient": ""} | facts),
        told=_told(session, referral.id, since),
        outside=_works_outside(session, referral),
        aid=_any(session, col(AssistanceEntry.referral_id) == referral.id, col(AssistanceEntry.created_at) >= since),
        released=_released(session, referral, since),
    )


def _told(session: Transaction, referral_id: UUID, since: datetime) -> bool:
    """Whether the module was told to erase, or is being told now. The messages are locked until this is decided."""
    told = session.execute(
        select(Delivery)
        .where(
            col(Delivery.referral_id) == referral_id,
            col(Delivery.kind) == "withdraw",
            col(Delivery.created_at) >= since,
        )
        .with_for_update()
    ).scalars()
    return any(one.state == "done" or one.attempts > 0 for one in told)


def _works_outside(session: Transaction, referral: Referral) -> bool:
    """Whether its module connects to anything beside the hub."""
    found = session.hub.modules.find_service(referral.service_key)
    return found is not None and bool(session.hub.modules.manifest(found.module_key).network)


def _released(session: Transaction, referral: Referral, since: datetime) -> bool:
    """Whether the recipient was given more since, or someone else was asked about the need."""
    more = exists().where(col(Disclosure.referral_id) == referral.id, col(Disclosure.released_at) > since)
    other = exists().where(
        col(Referral.need_id) == referral.need_id, col(Referral.id) != referral.id, col(Referral.sent_at) > since
    )
    return bool(session.execute(select(or_(more, other))).scalar_one())


def _any(session: Transaction, *where: object) -> bool:
    return bool(session.execute(select(exists().where(*where))).scalar_one())  # type: ignore[arg-type]


def cancel_delivered(
    session: Transaction, *, referral_id: UUID, event_id: UUID, reason: str, by: Actor, at: datetime
) -> None:
    """Cancel a service recorded by mistake, by a second entry. Raises `OutcomeRests`, or what cancelling raises."""
    locked = lock_referral(session, referral_id)
    quantity = session.execute(
        select(col(ServiceEvent.quantity)).where(
            col(ServiceEvent.id) == event_id, col(ServiceEvent.referral_id) == referral_id
        )
    ).scalar_one_or_none()
    if quantity is None:
        raise NotFound
    known = msgspec.structs.replace(locked.state, delivered=delivered_under(session, referral_id))
    cancel_service_event(session, event_id=event_id, reason=reason, by=by, at=at)
    carry_out(session, Locked(locked.row, known), CancelDelivered(quantity=quantity), service=None, by=by, at=at)
