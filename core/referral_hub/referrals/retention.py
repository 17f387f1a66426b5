"""Retention: what a recipient was given is taken back on the day that the notice named, and erased everywhere.

Who is still being served is spared (decision 0011), until the service ends. Another consent about the same recipient
and service moves the day, if the client gave it while the referral was open. A module that is out of use, or gone,
acknowledges no withdrawal; what it wrote about the person is deleted all the same (R9). Should it come back, it is
still told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from referral_hub.actor import system_actor
from referral_hub.audit.entries import record_audit_entry
from referral_hub.calendar.clock import local_date
from referral_hub.codes.states import REFERRAL_ENDED
from referral_hub.hub import Transaction
from referral_hub.modules.breaker import modules_out_of_use
from referral_hub.referrals.apply_effects import carry_out
from referral_hub.referrals.state import READABLE, Locked, state_of
from referral_hub.tables.consent import Consent
from referral_hub.tables.referrals import Delivery, ModuleDocument, Referral
from referral_hub.workflow.events import RetentionExpired

if TYPE_CHECKING:
    from referral_hub.hub import Hub

_BATCH = 200


def expire_retention(hub: Hub) -> int:
    """Take back what was given under ended referrals and is past the last day of its consent. Returns how many.

    The recipient reads it no more and is asked to delete or return its copies, its module is told to erase. What the
    referral came to stays: state, outcome, services and assistance, and the office's own record of what it gave.
    """
    at = hub.clock.now()
    by = system_actor()
    given = aliased(Consent)
    kept_until = (
        select(col(given.valid_until))
        .where(
            col(given.person_id) == col(Consent.person_id),
            col(given.recipient_id) == col(Consent.recipient_id),
            col(given.purpose) == col(Consent.purpose),
            col(given.state) != "refused",
            col(given.answered_at) <= func.coalesce(col(Referral.ended_at), at),
        )
        .order_by(col(given.version).desc())
        .limit(1)
        .scalar_subquery()
    )
    today = local_date(at)
    with hub.transaction(by) as session:
        # The consent is locked along with the referral: a withdrawal locks it first, and neither waits for the other.
        due = session.execute(
            select(Referral, kept_until, READABLE)
            .join(Consent, col(Consent.id) == col(Referral.consent_id))
            .where(
                col(Referral.state).in_(REFERRAL_ENDED),
                READABLE,
                # Without one given in its place the consent's own day counts; that spares most rows the search.
                or_(col(Consent.valid_until) < today, col(Consent.state) == "replaced"),
                kept_until < today,
            )
            .order_by(col(Referral.id))
            .limit(_BATCH)
            .with_for_update(of=[Referral, Consent], skip_locked=True, key_share=True)
        ).all()
        for referral, until, readable in due:
            carry_out(
                session,
                Locked(referral, state_of(referral, readable=readable)),
                RetentionExpired(kept_until=until),
                service=None,
                by=by,
                at=at,
            )
        return len(due)


def erase_for_absent_modules(hub: Hub) -> int:
    """Delete the documents of modules out of use about referrals that were withdrawn. Returns of how many referrals."""
    by = system_actor(via="module", name="hub")
    at = hub.clock.now()
    with hub.transaction(by) as session:
        referrals = _untold(session)
        for referral in referrals:
            statement = select(ModuleDocument).where(col(ModuleDocument.referral_id) == referral.id)
            for document in session.scalars(statement).all():
                session.delete(document)
            record_audit_entry(
                session,
                "module.documents",
                about=referral,
                by=by,
                at=at,
                details={"module": referral.module_key},
            )
        return len(referrals)


def _untold(session: Transaction) -> list[Referral]:
    """Referrals whose withdrawal waits for a module out of use that has documents about them."""
    told = select(col(Delivery.referral_id)).where(
        col(Delivery.kind) == "withdraw",
        col(Delivery.state) == "due",
        col(Delivery.module_key).in_(modules_out_of_use(session)),
    )
    kept = select(col(ModuleDocument.referral_id)).where(col(ModuleDocument.referral_id).in_(told))
    return list(session.scalars(select(Referral).where(col(Referral.id).in_(kept)).limit(_BATCH)).all())
