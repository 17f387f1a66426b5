"""Taking what a module proposed. A reply was checked against the manifest; the rules of the loop decide about it as
they do about a person's action.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from referral_hub.actor import Actor
from referral_hub.api import Changes, Receipt
from referral_hub.hub import Transaction
from referral_hub.outcomes.actions import delivered_under
from referral_hub.referrals.apply_effects import carry_out
from referral_hub.referrals.forms import EVIDENCE, NO_EVENT_REASON
from referral_hub.referrals.state import Declared, Locked
from referral_hub.tables.directory import Offering
from referral_hub.workflow.effects import Effects
from referral_hub.workflow.events import ModuleAnswered, ModuleChanged


def take_receipt(
    session: Transaction,
    locked: Locked,
    receipt: Receipt,
    declared: Declared,
    *,
    polled: bool = False,
    by: Actor,
    at: datetime,
) -> Effects:
    """Take a module's answer to a locked referral; one that a person gave in the meantime stands."""
    days = session.get_one(Offering, locked.row.offering_id).contact_days if receipt.decision == "accepted" else None
    event = ModuleAnswered(receipt=receipt, contact_days=days, polled=polled)
    return carry_out(session, locked, event, service=declared.service, by=by, at=at)


def take_changes(
    session: Transaction,
    locked: Locked,
    changes: Changes,
    declared: Declared,
    *,
    polled: bool = False,
    entry_id: UUID | None = None,
    answers: Mapping[str, Any] | None = None,
    by: Actor,
    at: datetime,
) -> Effects:
    """Write what follows from a stage form with these answers, or from an update of the partner's system."""
    answers = answers or {}
    if changes.outcome is not None:
        delivered = delivered_under(session, locked.row.id)
        locked = Locked(locked.row, msgspec.structs.replace(locked.state, delivered=delivered))
    event = ModuleChanged(
        changes=changes,
        evidence=answers.get(EVIDENCE),
        no_event_reason=answers.get(NO_EVENT_REASON),
        polled=polled,
    )
    return carry_out(session, locked, event, service=declared.service, entry_id=entry_id, by=by, at=at)
