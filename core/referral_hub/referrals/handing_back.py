"""Giving referrals back to the people who sent them, when the module that should serve them is out of use.

The referral stays where it is and nothing about the client moves: what changes is that a person has it on their list,
in words, and can take it back and send it elsewhere, or agree the end with the organisation.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from referral_hub.access.actor import Actor
from referral_hub.access.scope import as_system
from referral_hub.referrals.duties import open_duty
from referral_hub.referrals.models import Duty, Referral
from referral_hub.referrals.transitions import OPEN

_WORKING_DAYS = 2


def hand_back_referrals(session: Session, module_key: str, *, by: Actor, at: datetime) -> int:
    """Open a duty for the sender of every open referral of the module that has none yet. Returns how many."""
    with as_system(session):
        told = select(Duty.referral_id).where(Duty.kind == "module_gone", col(Duty.done_at).is_(None))
        referrals = session.exec(
            select(Referral)
            .where(
                Referral.module_key == module_key,
                col(Referral.state).in_(OPEN),
                col(Referral.id).not_in(told.where(col(Duty.referral_id).is_not(None))),
            )
            .order_by(col(Referral.id))
        ).all()
        for referral in referrals:
            if referral.waiting_since is None:
                referral.waiting_since = at
                session.add(referral)
            open_duty(
                session,
                "module_gone",
                organisation_id=referral.office_id,
                office_id=referral.office_id,
                referral_id=referral.id,
                account_id=referral.sender_id,
                case_id=referral.case_id,
                working_days=_WORKING_DAYS,
                by=by,
                at=at,
            )
    return len(referrals)
