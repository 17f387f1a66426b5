"""Loading what the rules need: the row under lock, the referral as they see it, its service as declared."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import exists
from sqlalchemy import select as core_select
from sqlmodel import col

from referral_hub.actor import Actor
from referral_hub.api.manifest import Service
from referral_hub.audit.catalogue import ACTIONS
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.tables.referrals import Disclosure, Referral
from referral_hub.workflow.errors import ModuleUnknown
from referral_hub.workflow.state import FACTS, Earlier, ReferralState
from referral_hub.workflow.table import Demand, Party, Transition, parties_of, possible_actions
from referral_hub.workflow.undoing import undoable

COLUMNS: dict[str, str] = {name: name for name in ReferralState.__struct_fields__ if name not in FACTS} | {
    "answer_due_at": "answer_due_at",
    "first_contact_due_at": "first_contact_due_at",
    "progress_due_at": "progress_due_at",
    "outcome_due_at": "outcome_due_at",
    "client_confirmation": "client_confirmation",
}
"""The column of each value of a `ReferralState`."""

READABLE = exists().where(col(Disclosure.referral_id) == col(Referral.id), col(Disclosure.access_ended_at).is_(None))
"""Whether the recipient may still read what was released under the referral of the same query."""


class Declared(msgspec.Struct, frozen=True):
    """A service as an enabled module declares it."""

    module_key: str
    service: Service
    digest: str


class Locked(msgspec.Struct, frozen=True):
    """A referral under a row lock, as it is now."""

    row: Referral
    state: ReferralState


def declared_service(session: Transaction, service_key: str) -> Declared:
    """The service by its key, or `ModuleUnknown` when no enabled module offers it."""
    found = session.hub.modules.find_service(service_key)
    if found is None:
        raise ModuleUnknown
    return Declared(module_key=found.module_key, service=found.service, digest=found.digest)


def installed_service(session: Transaction, service_key: str) -> Service | None:
    """The service as an enabled module declares it now, None where there is none."""
    found = session.hub.modules.find_service(service_key)
    return found.service if found else None


def lock_referral(session: Transaction, referral_id: UUID) -> Locked:
    """The referral under a row lock, as it is now. Raises `NotFound`."""
    found = session.execute(
        core_select(Referral, READABLE)
        .where(col(Referral.id) == referral_id)
        .with_for_update(of=Referral)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound
    row, readable = found
    return Locked(row, state_of(row, readable=readable))


def state_of(row: Referral, *, readable: bool) -> ReferralState:
    """The row as the rules see it."""
    values: dict[str, Any] = {name: getattr(row, column) for name, column in COLUMNS.items()}
    values["flags"] = tuple(row.flags)
    values["earlier"] = _earlier_of(row)
    return ReferralState(**values, readable=readable)


def parties(row: Referral, by: Actor) -> frozenset[Party]:
    """Which sides of the referral the actor stands on."""
    return parties_of(
        role=by.role, organisation_id=by.organisation_id, office_id=row.office_id, recipient_id=row.recipient_id
    )


def possible_for(row: Referral, by: Actor, *, provider_gone: bool = True) -> list[Transition]:
    """What the actor may do with the referral now. The end of the case and undoing have doors of their own."""
    unmet: set[Demand] = {"case", "lately"}
    if not provider_gone:
        unmet.add("gone")
    if row.sent_at is None:
        unmet.add("sent")
    if row.offer_until is None:
        unmet.add("offer")
    return possible_actions(row.state, parties(row, by), unmet=unmet)


def undoable_for(row: Referral, by: Actor, *, at: datetime) -> Label | None:
    """The last act in words, where the actor may take it back now, unless something of it has left already."""
    earlier = _earlier_of(row)
    if earlier is None or not undoable(earlier, parties=parties(row, by), by_id=by.account_id, now=at):
        return None
    return ACTIONS[f"referral.{earlier.act}"]


def _earlier_of(row: Referral) -> Earlier | None:
    return msgspec.convert(row.earlier, Earlier, strict=False) if row.earlier else None
