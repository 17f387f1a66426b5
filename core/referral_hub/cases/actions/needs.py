"""Needs: recorded in the client's words, attempted by referrals, ended one way or another."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.audit.entries import fields_changed, record_audit_entry
from referral_hub.calendar.clock import local_date
from referral_hub.cases.actions.common import check_code, lock_case
from referral_hub.cases.errors import NeedMoveImpossible
from referral_hub.cases.rules import NEED_MOVES
from referral_hub.codes import NEED_KINDS, NEED_STATES, PRIORITIES
from referral_hub.codes.states import NEED_ENDED
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.ids import new_id
from referral_hub.storage.personal_fields import encrypt_field
from referral_hub.tables.cases import Need
from referral_hub.tasks.next_steps import review_need
from referral_hub.text_limits import MAX_NEED, need_text


def add_need(
    session: Transaction, *, case_id: UUID, kind: str, words: str, priority: int = 2, by: Actor, at: datetime
) -> UUID:
    """Record a need. `kind` is a code, `words` what the client said, `priority` 1 urgent … 3 can wait."""
    check_code(kind, NEED_KINDS, "kind")
    check_code(str(priority), PRIORITIES, "priority")
    case = lock_case(session, case_id, by=by)
    need_id = new_id()
    need = Need(
        id=need_id,
        created_at=at,
        case_id=case.id,
        office_id=case.office_id,
        kind=kind,
        words=encrypt_field(session.cipher, "need", "words", need_id, need_text(words, "words", maximum=MAX_NEED)),
        priority=priority,
    )
    session.add(need)
    session.flush()
    record_audit_entry(session, "need.open", about=need, by=by, at=at, details={"kind": kind})
    review_need(session, need, by=by, at=at)
    return need_id


def change_need(
    session: Transaction,
    *,
    need_id: UUID,
    words: str | None = None,
    priority: int | None = None,
    kind: str | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Put a need in other words, or give it another kind or priority."""
    need = _lock_need(session, need_id)
    lock_case(session, need.case_id, by=by)
    changed = []
    if words is not None:
        need.words = encrypt_field(
            session.cipher, "need", "words", need.id, need_text(words, "words", maximum=MAX_NEED)
        )
        changed.append("words")
    if priority is not None:
        need.priority = int(check_code(str(priority), PRIORITIES, "priority"))
        changed.append("priority")
    if kind is not None:
        need.kind = check_code(kind, NEED_KINDS, "kind")
        changed.append("kind")
    session.add(need)
    session.flush()
    record_audit_entry(session, "need.change", about=need, by=by, at=at, details=fields_changed(changed))


def set_need_state(session: Transaction, *, need_id: UUID, state: str, by: Actor, at: datetime) -> None:
    """Move a need on. The state it has already is no change. Raises `NeedMoveImpossible`, `NotFound`.

    The loop calls it too, acting as the hub: a service that begins is meeting the need, one that is declined is not.
    """
    check_code(state, NEED_STATES, "state")
    need = _lock_need(session, need_id)
    if by.role != "system":
        lock_case(session, need.case_id, by=by)
    if need.state == state:
        return
    if state not in NEED_MOVES[need.state]:
        raise NeedMoveImpossible(before=NEED_STATES[need.state], after=NEED_STATES[state])
    before, need.state = need.state, state
    need.ended_on = local_date(at) if state in NEED_ENDED else None
    session.add(need)
    session.flush()
    record_audit_entry(
        session,
        "need.change",
        about=need,
        by=by,
        at=at,
        details={"before": before, "after": state},
    )
    review_need(session, need, by=by, at=at)


def _lock_need(session: Transaction, need_id: UUID) -> Need:
    need = session.exec(
        select(Need).where(col(Need.id) == need_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if need is None:
        raise NotFound
    return need
