"""Redirecting: while a module or a provider is silent, the sender takes the referral back and tries another place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from referral_hub.access.actor import Actor
from referral_hub.referrals.drafts import Drafted, draft_referral
from referral_hub.referrals.duties import finish_duty
from referral_hub.referrals.lookup import locked_referral
from referral_hub.referrals.models import Duty
from referral_hub.referrals.withdrawal import withdraw_referral


def redirect_referral(
    session: Session,
    *,
    referral_id: UUID,
    offering_id: UUID,
    reason_code: str,
    letter: Mapping[str, object] | None = None,
    by: Actor,
    at: datetime,
) -> Drafted:
    """Take the referral back and begin the next attempt at the same need, at another offering.

    What was disclosed is recalled. The new attempt needs its own consent: that of another recipient covers nothing.
    A duty of the sender because the module is out of use is done with it. Raises `NotFound`, `TransitionImpossible`
    once service has begun, or what drafting raises.
    """
    referral = locked_referral(session, referral_id)
    withdraw_referral(session, referral_id=referral_id, reason_code=reason_code, by=by, at=at)
    drafted = draft_referral(
        session,
        need_id=referral.need_id,
        offering_id=offering_id,
        letter=letter or {},
        urgency=referral.urgency,
        previous_id=referral_id,
        by=by,
        at=at,
    )
    for duty_id in session.exec(
        select(Duty.id).where(
            Duty.referral_id == referral_id,
            Duty.kind == "module_gone",
            Duty.organisation_id == by.organisation_id,
            col(Duty.done_at).is_(None),
        )
    ).all():
        finish_duty(session, duty_id, how=f"改派：{drafted.number}", by=by, at=at)
    return drafted
