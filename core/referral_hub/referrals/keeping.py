"""The end of the time that the notice named: what a recipient was given is taken back from it, as the client was told.

Who is still being served is spared (decision 0011), until the service ends. Another consent about the same recipient
and service moves the day, if the client gave it while the referral was open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from referral_hub.actor import system_actor
from referral_hub.audit.actions import write_record
from referral_hub.calendar.clock import local_date
from referral_hub.referrals.duties import KEPT_TIME_OVER
from referral_hub.referrals.transitions import ENDED
from referral_hub.referrals.withdrawal import recall
from referral_hub.tables.consent import Consent
from referral_hub.tables.referrals import Disclosure, Referral

if TYPE_CHECKING:
    from referral_hub.hub import Hub

_BATCH = 200


def end_keeping(hub: Hub) -> int:
    """Take back what was given under ended referrals and is past the last day of its consent. Returns how many.

    The recipient reads it no more and is asked to delete or return its copies, its module is told to forget. What the
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
    readable = select(col(Disclosure.id)).where(
        col(Disclosure.referral_id) == col(Referral.id), col(Disclosure.access_ended_at).is_(None)
    )
    today = local_date(at)
    with hub.transaction(by) as session:
        # The consent is locked along with the referral: a withdrawal locks it first, and neither waits for the other.
        due = session.execute(
            select(Referral, kept_until)
            .join(Consent, col(Consent.id) == col(Referral.consent_id))
            .where(
                col(Referral.state).in_(ENDED),
                readable.exists(),
                # Without one given in its place the consent's own day counts; that spares most rows the search.
                or_(col(Consent.valid_until) < today, col(Consent.state) == "replaced"),
                kept_until < today,
            )
            .order_by(col(Referral.id))
            .limit(_BATCH)
            .with_for_update(of=[Referral, Consent], skip_locked=True, key_share=True)
        ).all()
        ended = 0
        for referral, until in due:
            if not recall(session, referral, duty=KEPT_TIME_OVER, by=by, at=at):
                continue
            ended += 1
            write_record(
                session,
                "referral.forget",
                by=by,
                at=at,
                subject="referral",
                subject_id=referral.id,
                case_id=referral.case_id,
                office_id=referral.office_id,
                referral_id=referral.id,
                recipient_id=referral.recipient_id,
                facts={"kept_until": until.isoformat()},
            )
        return ended
