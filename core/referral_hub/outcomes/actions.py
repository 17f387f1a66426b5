"""Writing down what was delivered, what came of it, and what was found on asking again later.

The caller has locked the referral and checked the module's reply against its manifest. Service events are append-only:
a mistake is cancelled by a second entry.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.orm import aliased
from sqlmodel import col

from referral_hub import api
from referral_hub.actor import Actor
from referral_hub.audit.entries import record_audit_entry
from referral_hub.audit.subjects import subject_of
from referral_hub.calendar.clock import add_months, local_date
from referral_hub.calendar.periods import check_day
from referral_hub.codes import EVIDENCE_LEVELS, FOLLOW_UP_ANSWERS, NO_EVENT_REASONS, OUTCOME_CODES
from referral_hub.errors import NotAllowed, NotFound
from referral_hub.hub import Transaction
from referral_hub.ids import new_id
from referral_hub.outcomes.errors import CodeUnknown, EventCancelled, EventInFuture, FollowUpAnswered
from referral_hub.tables.outcomes import FollowUp, Outcome, ServiceEvent
from referral_hub.tables.referrals import Referral
from referral_hub.text_limits import MAX_NOTE, MAX_REASON, need_line, read_text


def add_service_event(
    session: Transaction,
    *,
    referral: Referral,
    event: api.ServiceEvent,
    entry_id: UUID | None = None,
    by: Actor,
    at: datetime,
) -> UUID:
    """Record something delivered. Raises `EventInFuture`; a late entry is taken, and flagged where it is read (R25)."""
    if event.on > local_date(at):
        raise EventInFuture(field="on")
    key = new_id()
    session.execute(
        insert(ServiceEvent).values(
            id=key,
            **_of(referral),
            happened_on=event.on,
            unit=event.unit,
            quantity=event.quantity,
            kind=event.kind,
            entry_id=entry_id,
            entered_by=by.account_id,
            entered_at=at,
        )
    )
    record_audit_entry(
        session, "service.add", about=subject_of(referral).part("service_event", key), by=by, at=at,
        details={"unit": event.unit, "quantity": str(event.quantity), "on": event.on.isoformat()},
    )  # fmt: skip
    return key


def cancel_service_event(session: Transaction, *, event_id: UUID, reason: str, by: Actor, at: datetime) -> UUID:
    """Take an event back by an entry of the same quantity below zero. Only its own provider may.

    Raises `NotFound`, `NotAllowed`, `EventCancelled`.
    """
    why = need_line(reason, "reason", maximum=MAX_REASON)
    # Nobody may update events, so the row cannot be locked; its key can.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(event_id), 0))))
    event = session.execute(select(ServiceEvent).where(col(ServiceEvent.id) == event_id)).scalar_one_or_none()
    if event is None or event.cancels_id is not None:
        raise NotFound
    if by.role != "system" and (by.role != "partner" or by.organisation_id != event.recipient_id):
        raise NotAllowed
    earlier = select(col(ServiceEvent.id)).where(col(ServiceEvent.cancels_id) == event_id)
    if session.execute(earlier).first() is not None:
        raise EventCancelled
    return _cancel(session, event, reason=why, by=by, at=at)


def cancel_events_of(
    session: Transaction, referral_id: UUID, *, entered_at: datetime, reason: str, by: Actor, at: datetime
) -> None:
    """Take back what one act recorded, as the hub itself: the referral is locked, so nobody cancels beside it."""
    cancelled = aliased(ServiceEvent)
    events = session.execute(
        select(ServiceEvent).where(
            col(ServiceEvent.referral_id) == referral_id,
            col(ServiceEvent.entered_at) == entered_at,
            col(ServiceEvent.cancels_id).is_(None),
            ~exists().where(col(cancelled.cancels_id) == col(ServiceEvent.id)),
        )
    ).scalars()
    for event in list(events):
        _cancel(session, event, reason=reason, by=by, at=at)


def _cancel(session: Transaction, event: ServiceEvent, *, reason: str, by: Actor, at: datetime) -> UUID:
    key = new_id()
    copied = ("referral_id", "case_id", "office_id", "recipient_id", "service_key", "happened_on", "unit", "kind")
    session.execute(
        insert(ServiceEvent).values(
            id=key,
            **{name: getattr(event, name) for name in copied},
            quantity=-event.quantity,
            cancels_id=event.id,
            entered_by=by.account_id,
            entered_at=at,
        )
    )
    record_audit_entry(session, "service.cancel", about=event, by=by, at=at, reason=reason)
    return key


def give_outcome(
    session: Transaction,
    *,
    referral: Referral,
    outcome: api.Outcome,
    no_event_reason: str | None = None,
    note: str | None = None,
    by: Actor,
    at: datetime,
) -> UUID:
    """Record what came of a referral; an earlier outcome is kept and marked as replaced.

    `no_event_reason` is a code of NO_EVENT_REASONS. That an outcome rests on something delivered, or on such a reason,
    is a rule of the loop (`workflow.serving`). Raises `CodeUnknown`.
    """
    _demand("code", outcome.code, OUTCOME_CODES)
    _demand("evidence", outcome.evidence, EVIDENCE_LEVELS)
    if no_event_reason is not None:
        _demand("no_event_reason", no_event_reason, NO_EVENT_REASONS)
    return _keep_outcome(
        session,
        referral,
        {
            "code": outcome.code,
            "measures": outcome.measures,
            "evidence": outcome.evidence,
            "no_event_reason": no_event_reason,
        },
        note=note,
        by=by,
        at=at,
    )


def note_unknown_outcome(
    session: Transaction, *, referral: Referral, note: str | None = None, by: Actor, at: datetime
) -> UUID:
    """The provider is gone and nobody can say what came of it: that is written down, not left out of the figures."""
    unknown = {"code": "unknown", "measures": {}, "evidence": "none"}
    return _keep_outcome(session, referral, unknown, note=note, by=by, at=at)


def _keep_outcome(
    session: Transaction,
    referral: Referral,
    outcome: dict[str, Any],
    *,
    note: str | None,
    by: Actor,
    at: datetime,
) -> UUID:
    note = read_text(note, "note", maximum=MAX_NOTE)
    void_outcome(session, referral.id, at=at)
    key = new_id()
    session.execute(
        insert(Outcome).values(
            id=key,
            **_of(referral),
            **outcome,
            note=session.cipher.encrypt(note, f"outcome.note:{key}") if note else None,
            given_on=local_date(at),
            entered_by=by.account_id,
        )
    )
    record_audit_entry(
        session, "outcome.give", about=subject_of(referral).part("outcome", key), by=by, at=at,
        details={"code": outcome["code"], "evidence": outcome["evidence"]},
    )  # fmt: skip
    return key


def delivered_under(session: Transaction, referral_id: UUID) -> Decimal:
    """The sum of what was delivered under the referral and stands, cancelled entries left out."""
    total = session.execute(
        select(func.sum(col(ServiceEvent.quantity))).where(col(ServiceEvent.referral_id) == referral_id)
    ).scalar()
    return Decimal(total) if total is not None else Decimal()


def schedule_follow_ups(
    session: Transaction, *, referral: Referral, months: Sequence[int], ended_on: date, by: Actor, at: datetime
) -> None:
    """Ask again so many months after the end. Ended once more after a reopening, open questions move with it."""
    for number in sorted(set(months)):
        due_on = add_months(ended_on, number)
        session.execute(
            insert_or(FollowUp)
            .values(id=new_id(), **_of(referral), months=number, due_on=due_on)
            .on_conflict_do_update(
                index_elements=["referral_id", "months"],
                set_={"due_on": due_on, "called_off_at": None},
                where=col(FollowUp.done_on).is_(None),
            )
        )


def call_off_follow_ups(session: Transaction, referral_id: UUID, *, at: datetime) -> None:
    """Nobody is asked: the service goes on, or the client cannot be asked. What was answered stays."""
    session.execute(
        update(FollowUp)
        .where(
            col(FollowUp.referral_id) == referral_id,
            col(FollowUp.done_on).is_(None),
            col(FollowUp.called_off_at).is_(None),
        )
        .values(called_off_at=at)
        .execution_options(synchronize_session=False)
    )


def void_outcome(session: Transaction, referral_id: UUID, *, at: datetime) -> None:
    """The outcome that stood stands no more; it stays readable as replaced."""
    session.execute(
        update(Outcome)
        .where(col(Outcome.referral_id) == referral_id, col(Outcome.replaced_at).is_(None))
        .values(replaced_at=at)
        .execution_options(synchronize_session=False)
    )


def answer_follow_up(
    session: Transaction,
    *,
    follow_up_id: UUID,
    answer: str,
    note: str | None = None,
    evidence: str = "provider",
    on: date,
    by: Actor,
    at: datetime,
) -> None:
    """Write down what was found; `answer` is a code of FOLLOW_UP_ANSWERS.

    Raises `NotFound`, `FollowUpAnswered`, `EventInFuture`, `CodeUnknown`.
    """
    _demand("answer", answer, FOLLOW_UP_ANSWERS)
    _demand("evidence", evidence, EVIDENCE_LEVELS)
    if on > local_date(at):
        raise EventInFuture(field="on")
    check_day(on, "on", today=local_date(at))
    note = read_text(note, "note", maximum=MAX_NOTE)
    found = session.execute(
        select(FollowUp).where(col(FollowUp.id) == follow_up_id).with_for_update()
    ).scalar_one_or_none()
    if found is None or found.called_off_at is not None:
        raise NotFound
    if found.done_on is not None:
        raise FollowUpAnswered
    session.execute(
        update(FollowUp)
        .where(col(FollowUp.id) == follow_up_id)
        .values(
            done_on=on,
            answer=answer,
            note=session.cipher.encrypt(note, f"follow_up.note:{follow_up_id}") if note else None,
            evidence=evidence,
            by_id=by.account_id,
        )
    )
    record_audit_entry(
        session, "followup.answer", about=found, by=by, at=at,
        details={"months": found.months, "answer": answer, "evidence": evidence},
    )  # fmt: skip


def _of(referral: Referral) -> dict[str, Any]:
    return {
        "referral_id": referral.id,
        "case_id": referral.case_id,
        "office_id": referral.office_id,
        "recipient_id": referral.recipient_id,
        "service_key": referral.service_key,
    }


def _demand(field: str, value: str, codes: Collection[str]) -> None:
    if value not in codes:
        raise CodeUnknown(field=field, value=value)
