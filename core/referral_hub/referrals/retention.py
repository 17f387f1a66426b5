"""The end of access: what a recipient was given is taken back once nothing allows it to have it, and erased everywhere.

How a referral ends itself (declined, expired, withdrawn) takes it back at once, by the rules. Here is what time and
the directory do: the last day that the notice named, some days after a service, a newer referral, the end of the
contract, a suspension. Who is still being served is spared the last day (decision 0011), until the service ends.
A module that is out of use, or gone, acknowledges no withdrawal; what it wrote about the person is deleted all the
same (R9). Should it come back, it is still told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select
from sqlmodel import col

from referral_hub.actor import system_actor
from referral_hub.audit.entries import record_audit_entry
from referral_hub.codes.states import REFERRAL_ENDED
from referral_hub.hub import Transaction
from referral_hub.modules.breaker import modules_out_of_use
from referral_hub.referrals.apply_effects import carry_out
from referral_hub.referrals.state import READABLE, Locked, state_of
from referral_hub.tables.consent import Consent
from referral_hub.tables.directory import Organisation
from referral_hub.tables.referrals import Delivery, ModuleDocument, Referral
from referral_hub.workflow.erasure import Grounds
from referral_hub.workflow.events import ReviewAccess

if TYPE_CHECKING:
    from referral_hub.hub import Hub

_BATCH = 200
_BARRED = select(col(Organisation.id)).where(func.hub_barred(Organisation.id).is_not(None))


def end_access(hub: Hub) -> int:
    """Take back what recipients were given and nothing allows them to have any more. Returns of how many referrals.

    The database has stopped showing it by then (`hub_lost_ground`); here each is asked to delete or return its copies,
    and its module is asked to erase. What the referral came to stays: state, outcome, services and assistance, and the
    office's own record of what it gave.
    """
    at = hub.clock.now()
    by = system_actor()
    barred = func.hub_barred(col(Referral.recipient_id))
    with hub.transaction(by) as session:
        # The consent is locked along with the referral: a withdrawal locks it first, and neither waits for the other.
        due = session.execute(
            select(Referral, READABLE, func.hub_kept_until(Referral.id), barred, func.hub_superseded(Referral.id))
            .join(Consent, col(Consent.id) == col(Referral.consent_id))
            .where(
                READABLE,
                # Who is open is asked about only where its recipient may read nothing at all.
                or_(col(Referral.state).in_(REFERRAL_ENDED), col(Referral.recipient_id).in_(_BARRED)),
                func.hub_lost_ground(Referral.id).is_not(None),
            )
            .order_by(col(Referral.id))
            .limit(_BATCH)
            .with_for_update(of=[Referral, Consent], skip_locked=True, key_share=True)
        ).all()
        for referral, readable, kept_until, why, superseded in due:
            grounds = Grounds(
                kept_until=kept_until, access_days=hub.settings.access_days, barred=why, superseded=superseded
            )
            carry_out(
                session,
                Locked(referral, state_of(referral, readable=readable)),
                ReviewAccess(grounds=grounds),
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
