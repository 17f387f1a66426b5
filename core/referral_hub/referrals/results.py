"""Effects about what a referral came to: delivered, granted, achieved, to be asked again; and taking that back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col

from referral_hub import api
from referral_hub.actor import Actor
from referral_hub.assistance.from_module import record_proposed_aid
from referral_hub.hub import Transaction
from referral_hub.outcomes.actions import (
    add_service_event,
    call_off_follow_ups,
    cancel_events_of,
    give_outcome,
    note_unknown_outcome,
    schedule_follow_ups,
    void_outcome,
)
from referral_hub.referrals.messages import restore_documents
from referral_hub.tables.referrals import FormEntry, Referral
from referral_hub.workflow.effects import Effects, GivenOutcome


def write_service(
    session: Transaction, referral: Referral, effects: Effects, *, entry_id: UUID | None, by: Actor, at: datetime
) -> None:
    """What was delivered, granted and achieved, and when to ask again."""
    for event in effects.events:
        add_service_event(session, referral=referral, event=event, entry_id=entry_id, by=by, at=at)
    if effects.aid is not None:
        record_proposed_aid(session, referral, effects.aid, by=by, at=at)
    if effects.outcome is not None:
        _give_outcome(session, referral, effects.outcome, by=by, at=at)
    if effects.follow_ups is not None:
        schedule_follow_ups(
            session,
            referral=referral,
            months=effects.follow_ups.months,
            ended_on=effects.follow_ups.ended_on,
            by=by,
            at=at,
        )


def _give_outcome(session: Transaction, referral: Referral, outcome: GivenOutcome, *, by: Actor, at: datetime) -> None:
    if outcome.evidence == "none":
        note_unknown_outcome(session, referral=referral, note=outcome.note, by=by, at=at)
        return
    give_outcome(
        session,
        referral=referral,
        outcome=api.Outcome(code=outcome.code, evidence=outcome.evidence, measures=dict(outcome.measures)),
        no_event_reason=outcome.no_event_reason,
        by=by,
        at=at,
    )


def take_back_result(session: Transaction, referral: Referral, effects: Effects, *, by: Actor, at: datetime) -> None:
    """What an end or an act left behind, where the referral goes on as if it had not been."""
    if effects.outcome_voided:
        void_outcome(session, referral.id, at=at)
    if effects.follow_ups_off:
        call_off_follow_ups(session, referral.id, at=at)
    if effects.undone is not None:
        cancel_events_of(session, referral.id, entered_at=effects.undone, reason=_UNDONE, by=by, at=at)
        restore_documents(session, referral.id, kept_at=effects.undone, at=at)
        session.execute(
            update(FormEntry)
            .where(col(FormEntry.referral_id) == referral.id, col(FormEntry.applied_at) == effects.undone)
            .values(state="undone")
        )


_UNDONE = "撤销上一步"
