"""The service plan and the notes of contacts."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.audit.entries import record_audit_entry
from referral_hub.calendar.clock import local_date
from referral_hub.calendar.periods import check_happened, check_to_come
from referral_hub.cases.actions.common import (
    acting_account,
    birth_year_of,
    check_code,
    lock_case,
)
from referral_hub.codes import NOTE_KINDS
from referral_hub.errors import Conflict, NotFound
from referral_hub.hub import Transaction
from referral_hub.ids import new_id
from referral_hub.storage.personal_fields import encrypt_field
from referral_hub.tables.cases import CaseNote, Need, PlanItem
from referral_hub.text_limits import MAX_CASE_NOTE, MAX_GOAL, need_text


def add_plan_item(
    session: Transaction,
    *,
    case_id: UUID,
    goal: str,
    due_on: date,
    owner_id: UUID | None = None,
    need_id: UUID | None = None,
    by: Actor,
    at: datetime,
) -> UUID:
    """Add a goal with a date and an owner; without one named, the responsible worker is in charge of it."""
    case = lock_case(session, case_id, by=by, own_office=False)
    check_to_come(due_on, "due_on", today=local_date(at))
    if need_id is not None:
        need = session.get(Need, need_id)
        if need is None or need.case_id != case.id:
            raise NotFound
    item_id = new_id()
    item = PlanItem(
        id=item_id,
        case_id=case.id,
        office_id=case.office_id,
        need_id=need_id,
        owner_id=owner_id or case.responsible_id,
        goal=encrypt_field(session.cipher, "plan_item", "goal", item_id, need_text(goal, "goal", maximum=MAX_GOAL)),
        due_on=due_on,
    )
    session.add(item)
    session.flush()
    record_audit_entry(session, "plan.add", about=item, by=by, at=at)
    return item_id


def finish_plan_item(
    session: Transaction, *, item_id: UUID, done_on: date | None = None, by: Actor, at: datetime
) -> None:
    """Tick a plan item off. Raises `Conflict` when it is done already."""
    item = session.exec(select(PlanItem).where(col(PlanItem.id) == item_id).with_for_update()).one_or_none()
    if item is None:
        raise NotFound
    case = lock_case(session, item.case_id, by=by, own_office=False)
    if item.done_on is not None:
        raise Conflict
    item.done_on = check_happened(
        done_on or local_date(at), "done_on", today=local_date(at), birth_year=birth_year_of(session, case)
    )
    session.add(item)
    session.flush()
    record_audit_entry(session, "plan.done", about=item, by=by, at=at)


def add_note(
    session: Transaction,
    *,
    case_id: UUID,
    words: str,
    kind: str = "other",
    happened_on: date | None = None,
    by: Actor,
    at: datetime,
) -> UUID:
    """Write down a contact. A note is not changed afterwards: a correction is another note."""
    check_code(kind, NOTE_KINDS, "kind")
    text = need_text(words, "words", maximum=MAX_CASE_NOTE)
    case = lock_case(session, case_id, by=by, own_office=False)
    day = check_happened(
        happened_on or local_date(at), "happened_on", today=local_date(at), birth_year=birth_year_of(session, case)
    )
    note_id = new_id()
    note = CaseNote(
        id=note_id,
        case_id=case.id,
        office_id=case.office_id,
        by_id=acting_account(by),
        happened_on=day,
        kind=kind,
        words=encrypt_field(session.cipher, "case_note", "words", note_id, text),
    )
    session.add(note)
    session.flush()
    record_audit_entry(session, "case.note", about=note, by=by, at=at, details={"kind": kind})
    return note_id
