"""Opening an ended referral again, and giving whom it is about the place that went to someone else meanwhile."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlmodel import col

from referral_hub.actor import Actor
from referral_hub.calendar.clock import local_date
from referral_hub.calendar.periods import check_day
from referral_hub.codes.states import REFERRAL_OPEN
from referral_hub.directory.places import sex_fits
from referral_hub.directory.rules import closed_reason
from referral_hub.hub import Transaction, as_system
from referral_hub.referrals.apply_effects import carry_out
from referral_hub.referrals.sending import agreement_of
from referral_hub.referrals.state import declared_service, installed_service, lock_referral
from referral_hub.tables.consent import Consent
from referral_hub.tables.directory import Offering, Organisation, Reservation
from referral_hub.tables.referrals import Delivery, Referral, Task
from referral_hub.workflow.errors import NoPlaceFree
from referral_hub.workflow.events import Agreement, GivePlace, Reopen


class Reopened(msgspec.Struct, frozen=True):
    """Where the referral stands again. `place_lost`: the place it had is someone else's and no other was free, so the
    provider is asked to find one.
    """

    state: str
    stage: str | None
    place_lost: bool


def reopen_referral(session: Transaction, *, referral_id: UUID, reason_code: str, by: Actor, at: datetime) -> Reopened:
    """A supervisor opens an ended referral again, with a reason, within 30 days and under a consent in force."""
    locked = lock_referral(session, referral_id)
    referral = locked.row
    event = Reopen(
        reason=reason_code, erased=_was_erased(session, referral_id), **facts_of_going_on(session, referral, at=at)
    )
    service = installed_service(session, referral.service_key)
    effects = carry_out(session, locked, event, service=service, by=by, at=at)
    return Reopened(
        state=effects.after.state,
        stage=effects.after.stage,
        place_lost=effects.if_full is not None and _wants_place(session, referral),
    )


def facts_of_going_on(session: Transaction, referral: Referral, *, at: datetime) -> dict[str, Any]:
    """What the rules ask before a referral that ended goes on: the fields of `workflow.events.GoesOn`."""
    installed = [found.service.key for found in session.hub.modules.services()]
    closed = closed_reason(session, referral.offering_id, installed=installed, on=local_date(at))
    twin = select(col(Referral.number)).where(
        col(Referral.need_id) == referral.need_id,
        col(Referral.offering_id) == referral.offering_id,
        col(Referral.id) != referral.id,
        col(Referral.state).in_(REFERRAL_OPEN),
    )
    # Whoever may not see the case knows it by its review: an open case always has one.
    review = select(col(Task.id)).where(
        col(Task.case_id) == referral.case_id,
        col(Task.need_id).is_(None),
        col(Task.next_step),
        col(Task.done_at).is_(None),
    )
    return {
        "agreement": _agreement(session, referral),
        "recipient": session.get_one(Organisation, referral.recipient_id).name,
        "case_closed": session.execute(review).first() is None,
        "twin": session.execute(twin).scalar(),
        "barred": closed if closed in ("organisation", "contract") else None,
    }


def give_place(
    session: Transaction,
    *,
    referral_id: UUID,
    group_label: str | None = None,
    sex: str | None = None,
    starts_on: date | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Give a client of ours the place that is missing. Raises `NoPlaceFree`, `PlaceNotHere`."""
    if starts_on is not None:
        check_day(starts_on, "starts_on", today=local_date(at))
    locked = lock_referral(session, referral_id)
    service = declared_service(session, locked.row.service_key).service
    fits = sex is None or sex_fits(session, referral_id, sex)
    event = GivePlace(group_label=group_label, sex=sex, sex_fits=fits, starts_on=starts_on)
    carry_out(session, locked, event, service=service, by=by, at=at)
    if not _has_place(session, locked.row):
        # The offering has written no places down: there is none to give.
        raise NoPlaceFree(offering=session.get_one(Offering, locked.row.offering_id).title)


def _agreement(session: Transaction, referral: Referral) -> Agreement | None:
    consent = session.execute(
        select(Consent)
        .where(
            col(Consent.case_id) == referral.case_id,
            col(Consent.recipient_id) == referral.recipient_id,
            col(Consent.purpose) == referral.service_key,
            col(Consent.state) == "given",
            col(Consent.id) == referral.consent_id,
        )
        .with_for_update(read=True)
    ).scalar_one_or_none()
    return agreement_of(consent) if consent is not None else None


def _was_erased(session: Transaction, referral_id: UUID) -> bool:
    """Whether the module has acknowledged that it erased what it had. The messages are locked, so that it cannot hear
    of it while the referral is opened again.
    """
    with as_system(session):
        told = session.execute(
            select(Delivery)
            .where(col(Delivery.referral_id) == referral_id, col(Delivery.kind) == "withdraw")
            .with_for_update()
        ).scalars()
        states = {delivery.state for delivery in told}
    return "done" in states


def _wants_place(session: Transaction, referral: Referral) -> bool:
    asked = select(col(Task.id)).where(
        col(Task.referral_id) == referral.id, col(Task.kind) == "find_place", col(Task.done_at).is_(None)
    )
    return session.execute(asked.limit(1)).first() is not None


def _has_place(session: Transaction, referral: Referral) -> bool:
    held = select(col(Reservation.id)).where(
        col(Reservation.referral_id) == referral.id, col(Reservation.state).in_(("held", "taken"))
    )
    return session.execute(held.limit(1)).first() is not None
