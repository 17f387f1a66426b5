"""What was delivered under a referral and what came of it, shaped for a page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy import Select, select, tuple_
from sqlmodel import col

from referral_hub.calendar.clock import local_date
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.outcomes.rules import bulk_days, entry_lag, is_late
from referral_hub.tables.outcomes import FollowUp, Outcome, ServiceEvent


class EventLine(msgspec.Struct, frozen=True):
    """One service event. `late` and `bulk` are the flags of R25; a cancelled one stays readable."""

    id: UUID
    referral_id: UUID
    happened_on: date
    unit: str
    quantity: Decimal
    kind: str | None
    entered_at: datetime
    entered_by: UUID | None
    lag_days: int
    late: bool
    bulk: bool
    cancelled: bool


class OutcomeView(msgspec.Struct, frozen=True):
    """What came of a referral, with the module's measures by their keys."""

    id: UUID
    code: str
    measures: dict[str, object]
    evidence: str
    note: str | None
    no_event_reason: str | None
    given_on: date
    entered_by: UUID | None
    replaced_at: datetime | None


class FollowUpLine(msgspec.Struct, frozen=True):
    """One question to ask again, answered or not."""

    id: UUID
    referral_id: UUID
    case_id: UUID
    service_key: str
    months: int
    due_on: date
    done_on: date | None
    answer: str | None
    evidence: str
    note: str | None


def events_for_referral(session: Transaction, referral_id: UUID) -> list[EventLine]:
    """Every event of a referral, newest service first; cancelled ones are marked, the cancelling entries left out."""
    return _event_lines(session, select(ServiceEvent).where(col(ServiceEvent.referral_id) == referral_id))


def delivered(session: Transaction, referral_id: UUID) -> dict[str, Decimal]:
    """How much was delivered, by unit; units are never added to one another (R36)."""
    totals: dict[str, Decimal] = {}
    for line in events_for_referral(session, referral_id):
        if not line.cancelled:
            totals[line.unit] = totals.get(line.unit, Decimal()) + line.quantity
    return totals


def outcome_for_referral(session: Transaction, referral_id: UUID) -> OutcomeView | None:
    """The outcome that stands, or None."""
    found = [view for view in outcomes_for_referral(session, referral_id) if view.replaced_at is None]
    return found[0] if found else None


def outcomes_for_referral(session: Transaction, referral_id: UUID) -> list[OutcomeView]:
    """All outcomes ever given, newest first."""
    cipher = session.cipher
    rows = session.execute(
        select(Outcome)
        .where(col(Outcome.referral_id) == referral_id)
        .order_by(col(Outcome.replaced_at).desc().nulls_first())
    ).scalars()
    return [
        OutcomeView(
            id=row.id,
            code=row.code,
            measures=row.measures,
            evidence=row.evidence,
            note=cipher.decrypt(row.note, f"outcome.note:{row.id}") if row.note else None,
            no_event_reason=row.no_event_reason,
            given_on=row.given_on,
            entered_by=row.entered_by,
            replaced_at=row.replaced_at,
        )
        for row in rows
    ]


def follow_ups_due(
    session: Transaction,
    *,
    until: date,
    case_ids: Sequence[UUID] | None = None,
    after: tuple[date, UUID] | None = None,
    limit: int = 50,
) -> list[FollowUpLine]:
    """Open follow-ups due by `until`, earliest first; `after` is the due date and key of the last line seen."""
    query = select(FollowUp).where(col(FollowUp.done_on).is_(None), col(FollowUp.due_on) <= until)
    if case_ids is not None:
        query = query.where(col(FollowUp.case_id).in_(case_ids))
    if after is not None:
        query = query.where(tuple_(col(FollowUp.due_on), col(FollowUp.id)) > after)
    return _follow_up_lines(session, query.limit(limit))


def follow_up_for_page(session: Transaction, follow_up_id: UUID) -> FollowUpLine:
    """One follow-up. Raises `NotFound`."""
    found = _follow_up_lines(session, select(FollowUp).where(col(FollowUp.id) == follow_up_id))
    if not found:
        raise NotFound
    return found[0]


def follow_ups_for_referral(session: Transaction, referral_id: UUID) -> list[FollowUpLine]:
    """Every follow-up of a referral, by due date."""
    return _follow_up_lines(session, select(FollowUp).where(col(FollowUp.referral_id) == referral_id))


def follow_ups_for_case(session: Transaction, case_id: UUID) -> list[FollowUpLine]:
    """Every follow-up of a case, by due date."""
    return _follow_up_lines(session, select(FollowUp).where(col(FollowUp.case_id) == case_id))


def follow_ups_for_referrals(session: Transaction, referral_ids: Sequence[UUID]) -> dict[UUID, FollowUpLine]:
    """The latest answered follow-up of each referral, for a ledger."""
    query = select(FollowUp).where(col(FollowUp.referral_id).in_(referral_ids), col(FollowUp.done_on).is_not(None))
    return {line.referral_id: line for line in _follow_up_lines(session, query)}


def _event_lines(session: Transaction, query: Select[ServiceEvent]) -> list[EventLine]:
    rows = session.execute(query.order_by(col(ServiceEvent.happened_on).desc(), col(ServiceEvent.id).desc())).scalars()
    events = list(rows)
    cancelled = {event.cancels_id for event in events if event.cancels_id is not None}
    kept = [event for event in events if event.cancels_id is None]
    bulk = bulk_days((event.entered_by, event.happened_on, event.entered_at) for event in kept)
    return [_event_line(event, bulk, cancelled=event.id in cancelled) for event in kept]


def _event_line(event: ServiceEvent, bulk: frozenset[tuple[UUID | None, date]], *, cancelled: bool) -> EventLine:
    lag = entry_lag(event.happened_on, event.entered_at)
    return EventLine(
        id=event.id,
        referral_id=event.referral_id,
        happened_on=event.happened_on,
        unit=event.unit,
        quantity=event.quantity,
        kind=event.kind,
        entered_at=event.entered_at,
        entered_by=event.entered_by,
        lag_days=lag,
        late=is_late(lag),
        bulk=is_late(lag) and (event.entered_by, local_date(event.entered_at)) in bulk,
        cancelled=cancelled,
    )


def _follow_up_lines(session: Transaction, query: Select[FollowUp]) -> list[FollowUpLine]:
    cipher = session.cipher
    kept = query.where(col(FollowUp.called_off_at).is_(None))
    rows = session.execute(kept.order_by(col(FollowUp.due_on), col(FollowUp.id))).scalars()
    return [
        FollowUpLine(
            id=row.id,
            referral_id=row.referral_id,
            case_id=row.case_id,
            service_key=row.service_key,
            months=row.months,
            due_on=row.due_on,
            done_on=row.done_on,
            answer=row.answer,
            evidence=row.evidence,
            note=cipher.decrypt(row.note, f"follow_up.note:{row.id}") if row.note else None,
        )
        for row in rows
    ]
