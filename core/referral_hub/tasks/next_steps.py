"""The one open task that keeps a referral, a need or a case from standing still, in the statement of what causes it.

A referral's follows from its state (`workflow.next_step`); while a need has an open referral, that one carries it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, Update, case, exists, insert, literal, select, true, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from referral_hub.actor import Actor
from referral_hub.codes.states import NEED_OPEN, REFERRAL_OPEN
from referral_hub.hub import Transaction
from referral_hub.ids import new_id
from referral_hub.tables.cases import ClientCase, Need
from referral_hub.tables.referrals import Referral, Task
from referral_hub.workflow.deadlines import CASE_DAYS, NEED_DAYS
from referral_hub.workflow.effects import Effects, Escalated
from referral_hub.workflow.tasks import SENDER_STEPS

_OPEN = (col(Task.next_step), col(Task.done_at).is_(None))


def next_step_ctes(referral: Referral, effects: Effects, *, by: Actor, at: datetime) -> list[CTE]:
    """What closes the referral's step and opens its next, to be added to the statement that moves it."""
    how = effects.audit[0].action if effects.audit else None
    ctes = []
    if effects.step_done:
        closed = update(Task).where(col(Task.referral_id) == referral.id, *_OPEN).values(_done(how, by=by, at=at))
        ctes.append(closed.cte("step_closed"))
    if effects.next_step is not None:
        senders = effects.next_step.kind in SENDER_STEPS
        values = {
            "id": new_id(),
            "created_at": at,
            "kind": effects.next_step.kind,
            "organisation_id": referral.office_id if senders else referral.recipient_id,
            "account_id": referral.sender_id if senders else None,
            "office_id": referral.office_id,
            "referral_id": referral.id,
            "next_step": True,
            "opened_how": how,
            "due_at": effects.next_step.due_at,
            "escalate_at": effects.next_step.escalate_at,
        }
        ctes.append(insert(Task).values(values).cte("step_opened"))
    return ctes


def note_escalation(session: Transaction, referral_id: UUID, escalated: Escalated) -> None:
    """Write down which step of its escalation the open answer has reached, and when the next is due."""
    session.execute(
        update(Task)
        .where(col(Task.referral_id) == referral_id, *_OPEN)
        .values(step=escalated.step, escalate_at=escalated.next_at)
        .execution_options(synchronize_session=False)
    )


def follow_need(session: Transaction, change: Update, *, attempted: bool, by: Actor, at: datetime) -> None:
    """Change needs, and in the same statement close the step of each and open the next where it is still open and
    (`attempted`) no referral carries it.
    """
    changed = change.returning(
        col(Need.id).label("id"),
        col(Need.case_id).label("case_id"),
        col(Need.office_id).label("office_id"),
        col(Need.priority).label("priority"),
        col(Need.state).label("state"),
    ).cte("need_changed")
    closed = (
        update(Task)
        .where(col(Task.need_id).in_(select(changed.c.id)), *_OPEN)
        .values(_done("need.change", by=by, at=at))
        .cte("step_closed")
    )
    wanting = changed.c.state.in_(sorted(NEED_OPEN))
    opened = _need_steps(session, changed, wanting if not attempted else ~true(), at=at)
    session.execute(opened.add_cte(closed).execution_options(synchronize_session=False))


def review_need(session: Transaction, need: Need, *, by: Actor, at: datetime) -> None:
    """Close the step of a need that was written down or moved by hand, and open its next."""
    session.execute(_close(col(Task.need_id) == need.id, how="need.change", by=by, at=at))
    if need.state not in NEED_OPEN:
        return
    row = select(col(Need.id), col(Need.case_id), col(Need.office_id), col(Need.priority)).where(
        col(Need.id) == need.id
    )
    source = row.cte("need_changed")
    carried = exists().where(col(Referral.need_id) == source.c.id, col(Referral.state).in_(sorted(REFERRAL_OPEN)))
    session.execute(_need_steps(session, source, ~carried, at=at))


def review_case(session: Transaction, opened: ClientCase, *, how: str, by: Actor, at: datetime) -> None:
    """Put the case on its responsible worker's list for the next review, instead of the review that stood there."""
    session.execute(_close(col(Task.case_id) == opened.id, col(Task.need_id).is_(None), how=how, by=by, at=at))
    values = {
        "id": new_id(),
        "created_at": at,
        "kind": "next_review",
        "organisation_id": opened.office_id,
        "office_id": opened.office_id,
        "case_id": opened.id,
        "account_id": opened.responsible_id,
        "next_step": True,
        "opened_how": how,
        "due_at": session.work_calendar.after(at, CASE_DAYS),
    }
    session.execute(insert(Task).values(values))


def renew_step(session: Transaction, done: Task, *, by: Actor, at: datetime) -> None:
    """Whoever ticked off the step of a need or a case has looked at it; it comes back after its time."""
    if done.need_id is not None:
        review_need(session, session.get_one(Need, done.need_id), by=by, at=at)
    elif done.case_id is not None:
        review_case(session, session.get_one(ClientCase, done.case_id), how="task.complete", by=by, at=at)


def hand_over_steps(session: Transaction, handed: ClientCase) -> None:
    """The steps of a case and of its needs are its new responsible worker's."""
    session.execute(
        update(Task)
        .where(col(Task.case_id) == handed.id, *_OPEN)
        .values(account_id=handed.responsible_id)
        .execution_options(synchronize_session=False)
    )


def end_case_steps(session: Transaction, ended: ClientCase, *, by: Actor, at: datetime) -> None:
    """A closed case, and its needs that ended with it, wait for nothing."""
    session.execute(_close(col(Task.case_id) == ended.id, how="case.close", by=by, at=at))


def _need_steps(session: Transaction, source: CTE, wanted: Any, *, at: datetime) -> Any:
    after = session.work_calendar.after
    due_at = case({priority: after(at, days) for priority, days in NEED_DAYS.items()}, value=source.c.priority)
    # The case itself is no business of whoever declines, not even by way of the hub (R5); its review names the worker.
    review = aliased(Task)
    responsible = (
        select(col(review.account_id))
        .where(
            col(review.case_id) == source.c.case_id,
            col(review.need_id).is_(None),
            col(review.next_step),
            col(review.done_at).is_(None),
        )
        .limit(1)
        .scalar_subquery()
    )
    rows = (
        select(
            literal(new_id()),
            literal(at),
            literal("next_attempt"),
            source.c.office_id,
            source.c.office_id,
            source.c.case_id,
            source.c.id,
            responsible,
            literal(True),
            literal("need.change"),
            due_at,
        )
        .select_from(source)
        .where(wanted)
    )
    names = ("id", "created_at", "kind", "organisation_id", "office_id", "case_id", "need_id", "account_id")
    return insert(Task).from_select([*names, "next_step", "opened_how", "due_at"], rows)


def _close(*about: Any, how: str, by: Actor, at: datetime) -> Update:
    return (
        update(Task).where(*about, *_OPEN).values(_done(how, by=by, at=at)).execution_options(synchronize_session=False)
    )


def _done(how: str | None, *, by: Actor, at: datetime) -> dict[str, object]:
    return {"done_at": at, "done_by": by.account_id, "done_how": how}
