"""A recipient's own figures for a period: what came, how it was answered, what was delivered. Its own rows only."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import case, func, select
from sqlmodel import col

from referral_hub.calendar.clock import end_of, start_of
from referral_hub.codes import DECLINE_REASONS
from referral_hub.codes.states import REFERRAL_EVER_ACCEPTED, REFERRAL_UNANSWERED
from referral_hub.hub import Transaction
from referral_hub.i18n import Label, untranslated
from referral_hub.modules.titles import service_of
from referral_hub.tables.directory import Offering
from referral_hub.tables.outcomes import Outcome, ServiceEvent
from referral_hub.tables.referrals import Referral


class ReferralFigures(msgspec.Struct, frozen=True):
    """Counts of referrals (R36: 件 each) sent to one offering within the period, by what became of them.

    `answer_hours` and `contact_days` are medians over those that were answered, or contacted; None with none.
    """

    offering: str
    received: int
    accepted: int
    waitlisted: int
    declined: int
    unanswered: int
    late: int
    completed: int
    answer_hours: float | None
    contact_days: float | None


class Delivered(msgspec.Struct, frozen=True):
    """How much of one unit was delivered, to how many clients, in how many entries."""

    service: Label
    unit: str
    quantity: Decimal
    entries: int
    clients: int


class Figures(msgspec.Struct, frozen=True):
    """All of a recipient's figures from `since` to `until`, both days included."""

    since: date
    until: date
    total: ReferralFigures
    by_offering: list[ReferralFigures]
    declined: list[tuple[Label, int]]
    delivered: list[Delivered]
    outcomes: list[tuple[str, int]]


def figures_for_partner(session: Transaction, *, since: date, until: date, at: datetime) -> Figures:
    """What was sent to the organisation in the period, and what it delivered in it. Four statements."""
    first, last = start_of(since), end_of(until)
    within = (col(Referral.sent_at) >= first, col(Referral.sent_at) < last)
    measures = _measures(at)
    groups = session.execute(
        select(col(Offering.title), *measures)
        .join(Offering, col(Offering.id) == col(Referral.offering_id))
        .where(*within)
        .group_by(func.rollup(col(Offering.title)))
        .order_by(func.grouping(col(Offering.title)).desc(), col(Offering.title))
    ).all()
    declined = session.execute(
        select(col(Referral.reason_code), func.count())
        .where(*within, col(Referral.state) == "declined")
        .group_by(col(Referral.reason_code))
        .order_by(func.count().desc())
    ).all()
    outcomes = session.execute(
        select(col(Outcome.code), func.count())
        .where(col(Outcome.given_on).between(since, until), col(Outcome.replaced_at).is_(None))
        .group_by(col(Outcome.code))
        .order_by(func.count().desc())
    ).all()
    total = ReferralFigures("", 0, 0, 0, 0, 0, 0, 0, None, None)
    if groups:
        total = _figures(groups[0], "")
    return Figures(
        since=since,
        until=until,
        total=total,
        by_offering=[_figures(row, row[0]) for row in groups[1:]],
        declined=[(DECLINE_REASONS.get(code, untranslated(code or "")), count) for code, count in declined],
        delivered=_delivered(session, since, until),
        outcomes=[(code, count) for code, count in outcomes],
    )


def _measures(at: datetime) -> list[Any]:
    state = col(Referral.state)
    answered = col(Referral.answered_at)
    took = func.extract("epoch", answered - col(Referral.sent_at)) / 3600
    contact = func.extract("epoch", col(Referral.first_contact_at) - answered) / 86400
    late = (func.coalesce(answered, at) > col(Referral.answer_due_at)) & (
        answered.is_not(None) | state.in_(REFERRAL_UNANSWERED)
    )
    taken = state.in_(REFERRAL_EVER_ACCEPTED)
    return [
        func.count().label("received"),
        func.count().filter(taken).label("accepted"),
        func.count().filter(state == "waitlisted").label("waitlisted"),
        func.count().filter(state == "declined").label("declined"),
        func.count().filter(state.in_(REFERRAL_UNANSWERED)).label("unanswered"),
        func.count().filter(late).label("late"),
        func.count().filter(state == "completed").label("completed"),
        func.percentile_cont(0.5).within_group(case((answered.is_not(None), took))).label("answer_hours"),
        func.percentile_cont(0.5).within_group(contact).label("contact_days"),
    ]


def _figures(row: Any, offering: str) -> ReferralFigures:
    return ReferralFigures(
        offering=offering,
        received=row.received,
        accepted=row.accepted,
        waitlisted=row.waitlisted,
        declined=row.declined,
        unanswered=row.unanswered,
        late=row.late,
        completed=row.completed,
        answer_hours=_rounded(row.answer_hours),
        contact_days=_rounded(row.contact_days),
    )


def _delivered(session: Transaction, since: date, until: date) -> list[Delivered]:
    """Units are never added to one another; a cancelled entry and the entry that cancels it both stay out (R36)."""
    cancelled = select(col(ServiceEvent.cancels_id)).where(col(ServiceEvent.cancels_id).is_not(None))
    rows = session.execute(
        select(
            col(ServiceEvent.service_key),
            col(ServiceEvent.unit),
            func.sum(col(ServiceEvent.quantity)),
            func.count(),
            func.count(func.distinct(col(ServiceEvent.case_id))),
        )
        .where(
            col(ServiceEvent.happened_on).between(since, until),
            col(ServiceEvent.cancels_id).is_(None),
            col(ServiceEvent.id).not_in(cancelled),
        )
        .group_by(col(ServiceEvent.service_key), col(ServiceEvent.unit))
        .order_by(col(ServiceEvent.service_key), func.sum(col(ServiceEvent.quantity)).desc())
    ).all()
    return [
        Delivered(_title(session, key), unit, quantity, entries, clients)
        for key, unit, quantity, entries, clients in rows
    ]


def _title(session: Transaction, service_key: str) -> Label:
    service = service_of(session, service_key)
    return service.title if service else untranslated(service_key)


def _rounded(value: Any) -> float | None:
    return None if value is None else round(float(value), 1)
