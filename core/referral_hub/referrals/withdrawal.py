"""Taking back: a referral by its sender, or a consent by the client, which recalls all that went out under it (R9)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from referral_hub.actor import Actor
from referral_hub.audit.actions import write_record
from referral_hub.consent.errors import ConsentEnded
from referral_hub.consent.rules import DELETE_WITHIN_WORKING_DAYS, STATES
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction, as_system
from referral_hub.referrals.answers import end_attempt
from referral_hub.referrals.duties import open_duty
from referral_hub.referrals.lookup import locked_referral, put_in_outbox
from referral_hub.referrals.transitions import OPEN, apply_transition
from referral_hub.tables.consent import Consent
from referral_hub.tables.referrals import Delivery, Disclosure, Referral

RENEW_WITHIN_WORKING_DAYS = 5


class Withdrawn(msgspec.Struct, frozen=True):
    """The receipt the client is handed: when, which consent, and which referrals stopped."""

    consent_number: str
    recipient_id: UUID
    at: datetime
    stopped: list[str]
    asked_to_delete: list[str]


def withdraw_referral(session: Transaction, *, referral_id: UUID, reason_code: str, by: Actor, at: datetime) -> None:
    """The sender takes a referral back before service starts. The recipient is told to forget what it was given."""
    _take_back(session, locked_referral(session, referral_id), "withdraw", reason_code=reason_code, by=by, at=at)


def mark_error(session: Transaction, *, referral_id: UUID, reason_code: str, by: Actor, at: datetime) -> None:
    """A referral that should never have been: kept, crossed out, and taken back from whoever received it."""
    _take_back(session, locked_referral(session, referral_id), "mark_error", reason_code=reason_code, by=by, at=at)


def _take_back(
    session: Transaction, referral: Referral, act: str, *, reason_code: str, by: Actor, at: datetime
) -> None:
    was_sent = referral.sent_at is not None
    apply_transition(session, referral, act, by=by, at=at, reason_code=reason_code)
    if was_sent:
        recall(session, referral, by=by, at=at)
    end_attempt(session, referral, by=by, at=at)


def withdraw_consent(session: Transaction, *, consent_id: UUID, how: str, by: Actor, at: datetime) -> Withdrawn:
    """End a consent at once, in one transaction with all that follows from it.

    Its open referrals move to `consent_withdrawn`, places are freed, every disclosure made under it is closed to the
    recipient, a delete-or-return duty opens, the module is told. What was done before stays valid. Raises
    `NotFound` or `ConsentEnded`.
    """
    consent = session.exec(
        select(Consent).where(Consent.id == consent_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if consent is None:
        raise NotFound
    if consent.state != "given":
        raise ConsentEnded(state=STATES[consent.state])
    consent.state = "withdrawn"
    consent.ended_at = at
    consent.ended_how = how.strip()[:200]
    session.add(consent)
    session.flush()
    write_record(
        session,
        "consent.withdraw",
        by=by,
        at=at,
        subject="consent",
        subject_id=consent.id,
        case_id=consent.case_id,
        office_id=consent.office_id,
        facts={"recipient": str(consent.recipient_id), "purpose": consent.purpose, "how": consent.ended_how},
    )
    stopped, deleted = _stop_referrals(session, consent, by=by, at=at)
    return Withdrawn(
        consent_number=consent.number,
        recipient_id=consent.recipient_id,
        at=at,
        stopped=stopped,
        asked_to_delete=deleted,
    )


def end_after_expiry(session: Transaction, consent_ids: list[UUID], *, by: Actor, at: datetime) -> None:
    """After consents have expired: unanswered and waiting referrals expire; who is being served stays served, and
    the sender is asked to renew the consent.
    """
    for consent in session.exec(select(Consent).where(col(Consent.id).in_(consent_ids))).all():
        open_referrals = session.exec(
            _referrals_about(consent).where(col(Referral.state).in_(OPEN)).with_for_update(of=Referral)
        ).all()
        for referral in open_referrals:
            _end_or_renew(session, referral, by=by, at=at)


def _end_or_renew(session: Transaction, referral: Referral, *, by: Actor, at: datetime) -> None:
    if referral.state in ("sent", "received", "waitlisted"):
        apply_transition(session, referral, "expire", by=by, at=at)
        recall(session, referral, by=by, at=at)
        end_attempt(session, referral, by=by, at=at)
        return
    open_duty(
        session,
        "renew_consent",
        organisation_id=referral.office_id,
        office_id=referral.office_id,
        referral_id=referral.id,
        consent_id=referral.consent_id,
        account_id=referral.sender_id,
        case_id=referral.case_id,
        working_days=RENEW_WITHIN_WORKING_DAYS,
        by=by,
        at=at,
    )


def _referrals_about(consent: Consent) -> SelectOfScalar[Referral]:
    """Every referral of the person to the consent's recipient for its purpose, whichever consent it went under."""
    return (
        select(Referral)
        .join(Consent, col(Consent.id) == col(Referral.consent_id))
        .where(
            Consent.person_id == consent.person_id,
            Consent.recipient_id == consent.recipient_id,
            Consent.purpose == consent.purpose,
        )
    )


def _stop_referrals(session: Transaction, consent: Consent, *, by: Actor, at: datetime) -> tuple[list[str], list[str]]:
    """Numbers of the referrals stopped, and of those whose recipient must delete what it holds."""
    # The consent is the lock: a send locks it too, so none can slip in between here and the commit. What went out under
    # an earlier consent that this one replaced is taken back with it.
    under = session.exec(_referrals_about(consent).order_by(col(Referral.id)).with_for_update(of=Referral)).all()
    stopped, deleted = [], []
    for referral in under:
        if referral.state in OPEN:
            apply_transition(session, referral, "consent_withdraw", by=by, at=at)
            stopped.append(referral.number)
            end_attempt(session, referral, by=by, at=at)
        if referral.sent_at is not None and recall(session, referral, by=by, at=at):
            deleted.append(referral.number)
    return stopped, deleted


def recall(
    session: Transaction, referral: Referral, *, duty: str = "delete_or_return", by: Actor, at: datetime
) -> bool:
    """Close the disclosure, drop what the module has not received yet, tell it to forget what it has.

    `duty` is the kind of the recipient's task to delete or return, one of `duties.FORGET_KINDS`. False when access had
    ended before: the recipient was told then.
    """
    with as_system(session):
        closed = session.execute(
            update(Disclosure)
            .where(col(Disclosure.referral_id) == referral.id, col(Disclosure.access_ended_at).is_(None))
            .values(access_ended_at=at)
            .returning(col(Disclosure.id))
        ).all()
        if not closed:
            return False
        session.execute(
            update(Delivery)
            .where(col(Delivery.referral_id) == referral.id, col(Delivery.state) == "due")
            .values(state="dropped", done_at=at)
        )
        put_in_outbox(session, referral, "withdraw", at=at)
        open_duty(
            session,
            duty,
            organisation_id=referral.recipient_id,
            office_id=referral.office_id,
            referral_id=referral.id,
            consent_id=referral.consent_id,
            case_id=referral.case_id,
            working_days=DELETE_WITHIN_WORKING_DAYS,
            by=by,
            at=at,
        )
    return True
