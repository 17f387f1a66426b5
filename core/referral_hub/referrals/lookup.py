"""Finding what an act on a referral needs: the row under lock, its service as declared, who is who."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from sqlmodel import select

from referral_hub.api.manifest import Service
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.ids import new_id
from referral_hub.referrals.errors import ModuleUnknown
from referral_hub.tables.referrals import Delivery, Referral


class Declared(msgspec.Struct, frozen=True):
    """A service as an enabled module declares it."""

    module_key: str
    service: Service
    digest: str


def declared_service(session: Transaction, service_key: str) -> Declared:
    """The service by its key, or `ModuleUnknown` when no enabled module offers it."""
    found = session.hub.modules.find_service(service_key)
    if found is None:
        raise ModuleUnknown
    return Declared(module_key=found.module_key, service=found.service, digest=found.digest)


def locked_referral(session: Transaction, referral_id: UUID) -> Referral:
    """The referral under a row lock, as it is now. Raises `NotFound`."""
    referral = session.exec(
        select(Referral).where(Referral.id == referral_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if referral is None:
        raise NotFound
    return referral


def put_in_outbox(
    session: Transaction, referral: Referral, kind: str, *, at: datetime, entry_id: UUID | None = None
) -> UUID:
    """Queue a message for the referral's module, in the transaction of the change it tells of."""
    delivery = Delivery(
        id=new_id(), referral_id=referral.id, module_key=referral.module_key, kind=kind, entry_id=entry_id, due_at=at
    )
    session.add(delivery)
    session.flush()
    return delivery.id
