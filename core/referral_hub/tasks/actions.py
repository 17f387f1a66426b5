"""Opening and completing tasks. Every kind is listed in `workflow.tasks`, with whose it is and its time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, update
from sqlmodel import col

from referral_hub.actor import Actor
from referral_hub.audit.entries import entry_values, record_audit_entry
from referral_hub.audit.subjects import AuditSubject
from referral_hub.errors import Conflict, NotAllowed, NotFound
from referral_hub.hub import Transaction
from referral_hub.ids import new_id
from referral_hub.tables.audit import AuditEntry
from referral_hub.tables.referrals import Task
from referral_hub.tasks.next_steps import renew_step
from referral_hub.text_limits import MAX_REASON, read_text
from referral_hub.workflow.tasks import TASK_KINDS


def create_task(
    session: Transaction,
    kind: str,
    *,
    organisation_id: UUID,
    office_id: UUID,
    referral_id: UUID | None = None,
    consent_id: UUID | None = None,
    account_id: UUID | None = None,
    case_id: UUID | None = None,
    due_at: datetime,
    by: Actor,
    at: datetime,
) -> UUID:
    """Put a task on `organisation_id`'s list, on `account_id`'s own where one is named."""
    key = new_id()
    session.execute(
        insert(Task).values(
            id=key,
            created_at=at,
            kind=kind,
            organisation_id=organisation_id,
            office_id=office_id,
            referral_id=referral_id,
            consent_id=consent_id,
            account_id=account_id,
            due_at=due_at,
        )
    )
    record_audit_entry(
        session,
        "task.create",
        about=_about(key, organisation_id, office_id, referral_id, case_id=case_id),
        by=by,
        at=at,
        details={"kind": kind},
    )
    return key


def complete_tasks(
    session: Transaction, referral_ids: Collection[UUID], kinds: Collection[str], *, how: str, by: Actor, at: datetime
) -> int:
    """Complete the open tasks of these kinds about these referrals, whoever's they are: within the hub's own scope.

    Returns how many.
    """
    done = session.execute(
        update(Task)
        .where(col(Task.referral_id).in_(referral_ids), col(Task.kind).in_(kinds), col(Task.done_at).is_(None))
        .values(done_at=at, done_by=by.account_id, done_how=how)
        .returning(col(Task.id), col(Task.kind), col(Task.organisation_id), col(Task.office_id), col(Task.referral_id))
        .execution_options(synchronize_session=False)
    ).all()
    if done:
        session.execute(insert(AuditEntry).inline(), [_completed(*row, by=by, at=at) for row in done])
    return len(done)


def complete_task(session: Transaction, task_id: UUID, *, how: str, by: Actor, at: datetime) -> None:
    """Tick a task off, saying how. Raises `NotFound`, `Conflict` when it is done already, `Invalid` for a long text,
    `NotAllowed` for what is a supervisor's.
    """
    words = read_text(how, "how", maximum=MAX_REASON)
    task = session.get(Task, task_id, with_for_update=True)
    if task is None or task.organisation_id != by.organisation_id:
        raise NotFound
    kind = TASK_KINDS.get(task.kind)
    if kind is not None and kind.owner == "supervisor" and by.role != "supervisor":
        raise NotAllowed
    by_doing = (task.next_step and task.referral_id is not None) or (kind is not None and not kind.by_hand)
    if task.done_at is not None or by_doing:
        # The next step of a referral, and what reminds of it, is done by doing it.
        raise Conflict
    task.done_at, task.done_by, task.done_how = at, by.account_id, words or ""
    session.add(task)
    session.flush()
    entry = _completed(task.id, task.kind, task.organisation_id, task.office_id, task.referral_id, by=by, at=at)
    session.execute(insert(AuditEntry).inline().values(entry))
    if task.next_step:
        renew_step(session, task, by=by, at=at)


def _completed(
    task_id: UUID,
    kind: str,
    organisation_id: UUID,
    office_id: UUID,
    referral_id: UUID | None,
    *,
    by: Actor,
    at: datetime,
) -> dict[str, object]:
    return entry_values(
        "task.complete",
        about=_about(task_id, organisation_id, office_id, referral_id),
        by=by,
        at=at,
        details={"kind": kind},
    )


def _about(
    task_id: UUID, organisation_id: UUID, office_id: UUID, referral_id: UUID | None, *, case_id: UUID | None = None
) -> AuditSubject:
    """A task is seen by the office, and by the organisation it is given to where that is another one."""
    recipient_id = organisation_id if organisation_id != office_id else None
    return AuditSubject(
        "task", task_id, case_id=case_id, office_id=office_id, referral_id=referral_id, recipient_id=recipient_id
    )
