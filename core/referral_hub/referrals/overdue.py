"""What time itself does to referrals: answers overdue, planned ends that pass, drafts left lying."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func
from sqlmodel import col, select

from referral_hub.actor import system_actor
from referral_hub.audit.actions import write_record
from referral_hub.calendar.clock import local_date
from referral_hub.consent.actions import expire_consents
from referral_hub.referrals.duties import open_duty
from referral_hub.referrals.progress import feedback_after
from referral_hub.referrals.transitions import SERVED, UNANSWERED, apply_transition
from referral_hub.referrals.withdrawal import end_after_expiry
from referral_hub.tables.directory import Reservation
from referral_hub.tables.referrals import Referral

if TYPE_CHECKING:
    from referral_hub.hub import Hub

CHASE_WORKING_DAYS = 1
DRAFT_DAYS = timedelta(days=30)
_BATCH = 200


def mark_overdue(hub: Hub) -> int:
    """Mark referrals whose answer is past due, and put each on its sender's list. Returns how many."""
    at = hub.clock.now()
    by = system_actor()
    with hub.transaction(by) as session:
        late = session.exec(
            select(Referral)
            .where(
                col(Referral.state).in_(UNANSWERED),
                col(Referral.answer_by) < at,
                col(Referral.overdue_since).is_(None),
            )
            .order_by(col(Referral.answer_by))
            .limit(_BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        for referral in late:
            referral.overdue_since = at
            session.add(referral)
            session.flush()
            write_record(
                session,
                "referral.overdue",
                by=by,
                at=at,
                subject="referral",
                subject_id=referral.id,
                case_id=referral.case_id,
                office_id=referral.office_id,
                referral_id=referral.id,
                recipient_id=referral.recipient_id,
            )
            open_duty(
                session,
                "answer_overdue",
                organisation_id=referral.office_id,
                office_id=referral.office_id,
                referral_id=referral.id,
                account_id=referral.sender_id,
                case_id=referral.case_id,
                working_days=CHASE_WORKING_DAYS,
                by=by,
                at=at,
            )
        return len(late)


def ask_for_results(hub: Hub) -> int:
    """Set until when the result is due of services whose place was planned until a day that is over.

    A place given for longer meanwhile takes it back. Returns how many changed; run again it changes nothing.
    """
    at = hub.clock.now()
    with hub.transaction(system_actor()) as session:
        after_last_day = func.upper(col(Reservation.during))
        over = after_last_day <= local_date(at)
        rows = session.execute(
            select(Referral, after_last_day)
            .join(Reservation, col(Reservation.referral_id) == col(Referral.id))
            .where(
                col(Referral.state).in_(SERVED),
                Reservation.state == "taken",
                # What is over and not asked for, or asked for and not over.
                over == col(Referral.feedback_by).is_(None),
            )
            .order_by(after_last_day)
            .limit(_BATCH)
            .with_for_update(of=Referral, skip_locked=True)
        ).all()
        for referral, first_day_after in rows:
            referral.feedback_by = (
                feedback_after(session, referral.service_key, first_day_after - timedelta(days=1))
                if referral.feedback_by is None
                else None
            )
            session.add(referral)
        session.flush()
        return len(rows)


def end_expired_consents(hub: Hub) -> int:
    """End consents past their last day, with what follows for the referrals under them. Returns how many ended."""
    at = hub.clock.now()
    by = system_actor()
    with hub.transaction(by) as session:
        ended = expire_consents(session, by=by, at=at)
        end_after_expiry(session, ended, by=by, at=at)
        return len(ended)


def expire_drafts(hub: Hub) -> int:
    """Let drafts expire that nobody touched for 30 days. Returns how many."""
    at = hub.clock.now()
    by = system_actor()
    with hub.transaction(by) as session:
        drafts = session.exec(
            select(Referral)
            .where(Referral.state == "draft", col(Referral.created_at) < at - DRAFT_DAYS)
            .limit(_BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        for referral in drafts:
            apply_transition(session, referral, "expire", by=by, at=at)
        return len(drafts)
