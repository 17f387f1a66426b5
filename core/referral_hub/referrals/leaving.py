"""Closing a case. Where the client's way here ends, every referral of it ends in the same act."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlmodel import col

from referral_hub.actor import Actor
from referral_hub.cases.actions import close_case
from referral_hub.codes.leaving import LEAVINGS
from referral_hub.hub import Transaction
from referral_hub.outcomes.actions import delivered_under
from referral_hub.referrals.apply_effects import carry_out
from referral_hub.referrals.state import READABLE, Locked, installed_service, state_of
from referral_hub.tables.referrals import Referral
from referral_hub.workflow.events import EndWithClient


class Closed(msgspec.Struct, frozen=True):
    """The numbers of the referrals that ended with the case, and of those whose recipient must delete what it holds."""

    ended: list[str]
    asked_to_delete: list[str]


def close_with_referrals(session: Transaction, *, case_id: UUID, reason: str, by: Actor, at: datetime) -> Closed:
    """Close a case; for a reason of `LEAVINGS` together with its referrals, in one transaction.

    What is open ends with a reason that tells recipients nothing about the client, what any recipient still reads is
    taken back, places are free, aid that was asked for is settled. For any other reason open referrals refuse it.
    Raises what `cases.actions.close_case` raises.
    """
    ended, deleted = [], []
    if reason in LEAVINGS:
        # The referrals before the case, as a send locks them: a send beside this one never waits in a circle.
        for locked in _lock_referrals(session, case_id):
            service = installed_service(session, locked.row.service_key)
            effects = carry_out(session, locked, EndWithClient(reason=reason), service=service, by=by, at=at)
            if effects.after.state != effects.before.state:
                ended.append(locked.row.number)
            if effects.disclosure == "end":
                deleted.append(locked.row.number)
    close_case(session, case_id=case_id, reason=reason, by=by, at=at)
    return Closed(ended=ended, asked_to_delete=deleted)


def _lock_referrals(session: Transaction, case_id: UUID) -> list[Locked]:
    rows = session.execute(
        select(Referral, READABLE)
        .where(col(Referral.case_id) == case_id)
        .order_by(col(Referral.id))
        .with_for_update(of=Referral)
        .execution_options(populate_existing=True)
    ).all()
    return [
        Locked(
            row,
            msgspec.structs.replace(state_of(row, readable=readable), delivered=delivered_under(session, row.id)),
        )
        for row, readable in rows
    ]
