"""The recipient's answers: received, accepted, wait-listed, declined. Every sent referral gets one (R26, R27)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.calendar.clock import local_date
from referral_hub.calendar.deadlines import after_working_days
from referral_hub.codes import DECLINE_REASONS
from referral_hub.directory.places import release_places
from referral_hub.errors import Invalid
from referral_hub.hub import Transaction, as_system
from referral_hub.i18n import Label
from referral_hub.referrals.duties import GONE_KINDS, open_duty, settle_duties
from referral_hub.referrals.lookup import Declared, declared_service, locked_referral
from referral_hub.referrals.notes import seal_note
from referral_hub.referrals.placing import take_for
from referral_hub.referrals.transitions import OPEN, STATES, apply_transition
from referral_hub.tables.access import Account
from referral_hub.tables.cases import Need
from referral_hub.tables.directory import Offering
from referral_hub.tables.referrals import Referral

FIND_NEXT_WORKING_DAYS = 3


def receive_referral(session: Transaction, *, referral_id: UUID, by: Actor, at: datetime) -> None:
    """Sign for it: somebody of the recipient has seen it. Does nothing when it was signed for already."""
    referral = locked_referral(session, referral_id)
    if referral.state == "sent":
        mark_received(session, referral, by=by, at=at)


def mark_received(session: Transaction, referral: Referral, *, by: Actor, at: datetime) -> None:
    apply_transition(session, referral, "receive", by=by, at=at, set_values={"received_at": at})


def accept_referral(
    session: Transaction,
    *,
    referral_id: UUID,
    note: str | None = None,
    owner_id: UUID | None = None,
    group_label: str | None = None,
    sex: str | None = None,
    starts_on: date | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Accept, naming the owner on the recipient's side (the accepting account if none), and take a place."""
    referral = locked_referral(session, referral_id)
    declared = declared_service(session, referral.service_key)
    if referral.state == "sent":
        mark_received(session, referral, by=by, at=at)
    owner = _owner(session, referral, owner_id or by.account_id)
    accept_now(
        session,
        referral,
        declared,
        owner_id=owner,
        note=note,
        group_label=group_label,
        sex=sex,
        starts_on=starts_on,
        by=by,
        at=at,
    )


def accept_now(
    session: Transaction,
    referral: Referral,
    declared: Declared,
    *,
    owner_id: UUID | None = None,
    note: Label | str | None = None,
    stage: str | None = None,
    group_label: str | None = None,
    sex: str | None = None,
    starts_on: date | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Accept a locked, received referral; the first contact is due from now."""
    offering = session.get_one(Offering, referral.offering_id)
    times = declared.service.times
    first_stage = next((s.key for s in declared.service.stages if s.state == "accepted"), None)
    place = (
        take_for(
            session,
            referral,
            offering,
            declared.service,
            group_label=group_label,
            sex=sex,
            starts_on=starts_on,
            by=by,
            at=at,
        )
        if referral.state in ("received", "waitlisted")
        else None
    )
    apply_transition(
        session,
        referral,
        "accept",
        by=by,
        at=at,
        facts={"place": place} if place is not None else None,
        set_values={
            "answered_at": referral.answered_at or at,
            "first_contact_by": after_working_days(
                session.special_days, at, offering.contact_days or times.contact_days
            ),
            "owner_id": owner_id,
            "stage": stage or first_stage,
            "overdue_since": None,
            "expected_on": None,
            "reason_note": seal_note(session, referral, note),
        },
    )


def waitlist_referral(
    session: Transaction,
    *,
    referral_id: UUID,
    note: str | None = None,
    expected_on: date | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Put on the waiting list, with the day a place is expected, if that can be said."""
    referral = locked_referral(session, referral_id)
    if referral.state == "sent":
        mark_received(session, referral, by=by, at=at)
    waitlist_now(session, referral, note=note, expected_on=expected_on, by=by, at=at)


def waitlist_now(
    session: Transaction,
    referral: Referral,
    *,
    note: Label | str | None,
    expected_on: date | None,
    by: Actor,
    at: datetime,
) -> None:
    apply_transition(
        session,
        referral,
        "waitlist",
        by=by,
        at=at,
        set_values={
            "answered_at": at,
            "expected_on": expected_on,
            "overdue_since": None,
            "reason_note": seal_note(session, referral, note),
        },
    )
    release_places(session, referral.id, by=by, at=at)


def decline_referral(
    session: Transaction, *, referral_id: UUID, reason_code: str, note: str | None = None, by: Actor, at: datetime
) -> None:
    """Decline with a reason code (R27). The need stays open; the sender is asked to find the next place."""
    referral = locked_referral(session, referral_id)
    if referral.state == "sent":
        mark_received(session, referral, by=by, at=at)
    decline_now(session, referral, reason_code=reason_code, note=note, by=by, at=at)


def decline_now(
    session: Transaction, referral: Referral, *, reason_code: str, note: Label | str | None, by: Actor, at: datetime
) -> None:
    if reason_code not in DECLINE_REASONS:
        raise Invalid(
            field="reason_code",
            message=Label(zh="请从列表中选择不受理的原因。", en="Choose the reason for declining from the list."),
        )
    apply_transition(
        session,
        referral,
        "decline",
        by=by,
        at=at,
        reason_code=reason_code,
        set_values={
            "answered_at": referral.answered_at or at,
            "overdue_since": None,
            "reason_note": seal_note(session, referral, note),
        },
    )
    end_attempt(session, referral, by=by, at=at)
    with as_system(session):
        open_duty(
            session,
            "find_next",
            organisation_id=referral.office_id,
            office_id=referral.office_id,
            referral_id=referral.id,
            account_id=referral.sender_id,
            case_id=referral.case_id,
            working_days=FIND_NEXT_WORKING_DAYS,
            by=by,
            at=at,
        )


def end_attempt(session: Transaction, referral: Referral, *, need_state: str = "open", by: Actor, at: datetime) -> None:
    """After an attempt has ended: free its places, finish what its sender had to do because the module is gone and,
    with no other attempt under way, say where the need stands.

    `need_state` is `open` when the attempt met nothing, `met` when it met the need.
    """
    release_places(session, referral.id, by=by, at=at)
    with as_system(session):
        settle_duties(session, [referral.id], GONE_KINDS, how=STATES[referral.state].zh, by=by, at=at)
        others = session.execute(
            select(Referral.id)
            .where(Referral.need_id == referral.need_id, Referral.id != referral.id, col(Referral.state).in_(OPEN))
            .limit(1)
        ).first()
        if others is None:
            values: dict[str, object] = {"state": need_state}
            if need_state == "met":
                values["ended_on"] = local_date(at)
            session.execute(
                update(Need)
                .where(col(Need.id) == referral.need_id, col(Need.state).in_(("open", "being_met")))
                .values(values)
            )


def _owner(session: Transaction, referral: Referral, owner_id: UUID | None) -> UUID | None:
    """Somebody of the receiving organisation; raises `Invalid` for anybody else."""
    if owner_id is None:
        return None
    account = session.get(Account, owner_id)
    if account is None or account.organisation_id != referral.recipient_id:
        raise Invalid(
            field="owner_id",
            message=Label(zh="承办人须是本机构的人员。", en="The owner must be somebody of your organisation."),
        )
    return account.id
