"""Taking back: a referral by its sender, or a consent by the client, which recalls all that went out under it (R9)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import Select
from sqlalchemy import select as core_select
from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.audit.entries import record_audit_entry
from referral_hub.codes.states import REFERRAL_OPEN
from referral_hub.consent.errors import ConsentEnded
from referral_hub.consent.rules import STATES
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.referrals.apply_effects import carry_out
from referral_hub.referrals.state import READABLE, Locked, installed_service, lock_referral, state_of
from referral_hub.tables.consent import Consent
from referral_hub.tables.referrals import Referral
from referral_hub.text_limits import MAX_REASON, read_text
from referral_hub.workflow.events import ConsentExpired, ConsentWithdrawn, MarkError, Withdraw


class Withdrawn(msgspec.Struct, frozen=True):
    """The receipt the client is handed: when, which consent, and which referrals stopped."""

    consent_number: str
    recipient_id: UUID
    at: datetime
    stopped: list[str]
    asked_to_delete: list[str]


def withdraw_referral(session: Transaction, *, referral_id: UUID, reason_code: str, by: Actor, at: datetime) -> None:
    """The sender takes a referral back before service starts. The recipient is asked to delete what it was given."""
    locked = lock_referral(session, referral_id)
    carry_out(session, locked, Withdraw(reason=reason_code), service=None, by=by, at=at)


def mark_error(session: Transaction, *, referral_id: UUID, reason_code: str, by: Actor, at: datetime) -> None:
    """A referral that should never have been: kept, crossed out, and taken back from whoever received it."""
    locked = lock_referral(session, referral_id)
    carry_out(session, locked, MarkError(reason=reason_code), service=None, by=by, at=at)


def withdraw_consent(session: Transaction, *, consent_id: UUID, how: str, by: Actor, at: datetime) -> Withdrawn:
    """End a consent at once, in one transaction with all that follows from it.

    Its open referrals move to `consent_withdrawn`, places are freed, every disclosure made under it is closed to the
    recipient, a delete-or-return task opens, the module is notified. What was done before stays valid. Raises
    `NotFound`, `ConsentEnded`, or `Invalid` where `how` is too long.
    """
    words = read_text(how, "how", maximum=MAX_REASON)
    consent = session.exec(
        select(Consent).where(Consent.id == consent_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if consent is None:
        raise NotFound
    if consent.state != "given":
        raise ConsentEnded(state=STATES[consent.state])
    consent.state = "withdrawn"
    consent.ended_at = at
    consent.ended_how = words or ""
    session.add(consent)
    session.flush()
    record_audit_entry(
        session,
        "consent.withdraw",
        about=consent,
        by=by,
        at=at,
        details={"recipient": str(consent.recipient_id), "purpose": consent.purpose, "how": consent.ended_how},
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
    """After consents have expired: who waits for an answer waits no more; who is served stays served, and the sender
    is asked to renew the consent.
    """
    for consent in session.exec(select(Consent).where(col(Consent.id).in_(consent_ids))).all():
        for locked in _lock_all(session, _referrals_about(consent).where(col(Referral.state).in_(REFERRAL_OPEN))):
            service = installed_service(session, locked.row.service_key)
            carry_out(session, locked, ConsentExpired(), service=service, by=by, at=at)


def _stop_referrals(session: Transaction, consent: Consent, *, by: Actor, at: datetime) -> tuple[list[str], list[str]]:
    """Numbers of the referrals stopped, and of those whose recipient must delete what it holds."""
    # The consent is the lock: a send locks it too, so none can slip in between here and the commit. What went out under
    # an earlier consent that this one replaced is taken back with it.
    stopped, deleted = [], []
    for locked in _lock_all(session, _referrals_about(consent)):
        service = installed_service(session, locked.row.service_key)
        effects = carry_out(session, locked, ConsentWithdrawn(), service=service, by=by, at=at)
        if effects.after.state != effects.before.state:
            stopped.append(locked.row.number)
        if effects.disclosure == "end":
            deleted.append(locked.row.number)
    return stopped, deleted


def _referrals_about(consent: Consent) -> Select[Referral, bool]:
    """Every referral of the person to the consent's recipient for its purpose, whichever consent it went under."""
    return (
        core_select(Referral, READABLE)
        .join(Consent, col(Consent.id) == col(Referral.consent_id))
        .where(
            col(Consent.person_id) == consent.person_id,
            col(Consent.recipient_id) == consent.recipient_id,
            col(Consent.purpose) == consent.purpose,
        )
    )


def _lock_all(session: Transaction, query: Select[Referral, bool]) -> list[Locked]:
    rows = session.execute(
        query.order_by(col(Referral.id)).with_for_update(of=Referral).execution_options(populate_existing=True)
    ).all()
    return [Locked(row, state_of(row, readable=readable)) for row, readable in rows]
