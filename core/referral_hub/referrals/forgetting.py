"""Forgetting for modules that cannot be told to.

A withdrawal deletes a module's documents when the module acknowledges it. One that is out of use, or gone, acknowledges
nothing; what it wrote about the person is deleted all the same (R9). Should it come back, it is still told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import col, select

from referral_hub.actor import system_actor
from referral_hub.audit.actions import write_record
from referral_hub.hub import Transaction
from referral_hub.modules.breaker import modules_out_of_use
from referral_hub.tables.referrals import Delivery, ModuleDocument, Referral

if TYPE_CHECKING:
    from referral_hub.hub import Hub

_BATCH = 200


def forget_for_absent_modules(hub: Hub) -> int:
    """Delete the documents of modules out of use about referrals that were withdrawn. Returns of how many referrals."""
    by = system_actor(via="module", name="hub")
    at = hub.clock.now()
    with hub.transaction(by) as session:
        referrals = _untold(session)
        for referral in referrals:
            statement = select(ModuleDocument).where(ModuleDocument.referral_id == referral.id)
            for document in session.exec(statement).all():
                session.delete(document)
            write_record(
                session,
                "module.documents",
                by=by,
                at=at,
                subject="referral",
                subject_id=referral.id,
                case_id=referral.case_id,
                office_id=referral.office_id,
                referral_id=referral.id,
                recipient_id=referral.recipient_id,
                facts={"module": referral.module_key},
            )
        return len(referrals)


def _untold(session: Transaction) -> list[Referral]:
    """Referrals whose withdrawal waits for a module out of use that has documents about them."""
    told = select(Delivery.referral_id).where(
        Delivery.kind == "withdraw",
        Delivery.state == "due",
        col(Delivery.module_key).in_(modules_out_of_use(session)),
    )
    kept = select(ModuleDocument.referral_id).where(col(ModuleDocument.referral_id).in_(told))
    return list(session.exec(select(Referral).where(col(Referral.id).in_(kept)).limit(_BATCH)).all())
