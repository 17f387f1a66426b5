"""What time itself does to referrals: answers that do not come, planned ends that pass, drafts left lying."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlmodel import col

from referral_hub.actor import Actor, system_actor
from referral_hub.calendar.clock import local_date
from referral_hub.codes.states import REFERRAL_SERVED
from referral_hub.consent.actions import expire_consents
from referral_hub.hub import Transaction
from referral_hub.referrals.apply_effects import carry_out
from referral_hub.referrals.state import READABLE, Locked, installed_service, state_of
from referral_hub.referrals.withdrawal import end_after_expiry
from referral_hub.tables.directory import Reservation
from referral_hub.tables.referrals import Referral, Task
from referral_hub.workflow.deadlines import DRAFT_DAYS
from referral_hub.workflow.effects import Effects
from referral_hub.workflow.events import DraftExpired, Escalate, Event, PlannedEndPassed

if TYPE_CHECKING:
    from referral_hub.hub import Hub

_BATCH = 200


def escalate_unanswered(hub: Hub) -> int:
    """Take the steps that are due for answers that do not come. Quiet at night and on days off. Returns how many.

    A step is taken under the lock of its task, which says how far the escalation has come: however many processes run,
    each step is taken once.
    """
    # A step writes when the next is due, which may be now.
    return sum(iter(partial(_take_due_steps, hub, hub.clock.now()), 0))


def _take_due_steps(hub: Hub, at: datetime) -> int:
    by = system_actor()
    with hub.transaction(by) as session:
        if session.work_calendar.in_hours(at) != at:
            return 0
        due = session.execute(
            select(Referral, READABLE, col(Task.step), col(Task.escalate_at))
            .join(Task, col(Task.referral_id) == col(Referral.id))
            .where(col(Task.next_step), col(Task.done_at).is_(None), col(Task.escalate_at) <= at)
            .order_by(col(Task.escalate_at))
            .limit(_BATCH)
            .with_for_update(of=(Referral, Task), skip_locked=True)
        ).all()
        taken = 0
        for referral, readable, step, due_at in due:
            event = Escalate(taken=step, due_at=due_at)
            effects = _happen(session, referral, readable=readable, event=event, by=by, at=at)
            taken += effects.escalated is not None
        return taken


def ask_for_results(hub: Hub) -> int:
    """Set until when the result is due of services whose place was planned until a day that is over.

    A place given for longer meanwhile takes it back. Returns how many changed; run again it changes nothing.
    """
    at = hub.clock.now()
    by = system_actor()
    with hub.transaction(by) as session:
        after_last_day = func.upper(col(Reservation.during))
        over = after_last_day <= local_date(at)
        rows = session.execute(
            select(Referral, after_last_day, READABLE)
            .join(Reservation, col(Reservation.referral_id) == col(Referral.id))
            .where(
                col(Referral.state).in_(REFERRAL_SERVED),
                col(Reservation.state) == "taken",
                # What is over and not asked for, or asked for and not over.
                over == col(Referral.outcome_due_at).is_(None),
            )
            .order_by(after_last_day)
            .limit(_BATCH)
            .with_for_update(of=Referral, skip_locked=True)
        ).all()
        for referral, day_after, readable in rows:
            last_day = day_after - timedelta(days=1) if referral.outcome_due_at is None else None
            event = PlannedEndPassed(last_day=last_day)
            _happen(session, referral, readable=readable, event=event, by=by, at=at)
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
        drafts = session.scalars(
            select(Referral)
            .where(col(Referral.state) == "draft", col(Referral.created_at) < at - timedelta(days=DRAFT_DAYS))
            .limit(_BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        for referral in drafts:
            _happen(session, referral, readable=False, event=DraftExpired(), by=by, at=at)
        return len(drafts)


def _happen(session: Transaction, row: Referral, *, readable: bool, event: Event, by: Actor, at: datetime) -> Effects:
    locked = Locked(row, state_of(row, readable=readable))
    return carry_out(session, locked, event, service=installed_service(session, row.service_key), by=by, at=at)
