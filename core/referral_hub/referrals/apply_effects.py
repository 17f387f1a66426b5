"""Writing down what the rules decided: every effect of one event, in the caller's transaction and under its row lock.

The one place where effects become rows. What lies outside the actor's own scope (a partner that declines may not see
the need behind the referral, yet the need must be open again) is written as the hub itself, and nothing of it is read
back to the actor.
"""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import col

from referral_hub.actor import Actor, system_actor
from referral_hub.api.manifest import Service
from referral_hub.assistance.from_module import settle_aid
from referral_hub.audit.entries import entry_values
from referral_hub.audit.subjects import subject_of
from referral_hub.calendar.clock import local_date
from referral_hub.codes.states import NEED_OPEN, REFERRAL_OPEN
from referral_hub.directory.places import hold_again, release_places
from referral_hub.hub import Transaction, as_system
from referral_hub.ids import new_id
from referral_hub.referrals.disclosures import SentUnder, end_access, open_disclosure, reopen_access
from referral_hub.referrals.messages import erase_documents, keep_documents
from referral_hub.referrals.presentation import seal_note
from referral_hub.referrals.reservations import make_reservation
from referral_hub.referrals.results import take_back_result, write_service
from referral_hub.referrals.state import COLUMNS, Locked, parties
from referral_hub.tables.audit import AuditEntry
from referral_hub.tables.cases import Need
from referral_hub.tables.referrals import Delivery, Referral
from referral_hub.tasks.actions import complete_tasks, create_task
from referral_hub.tasks.next_steps import follow_need, next_step_ctes, note_escalation
from referral_hub.workflow.decide import decide
from referral_hub.workflow.effects import Effects, NeedChange, NewTask
from referral_hub.workflow.errors import NoPlaceFree
from referral_hub.workflow.events import Event
from referral_hub.workflow.tasks import TASK_KINDS


def carry_out(
    session: Transaction,
    locked: Locked,
    event: Event,
    *,
    service: Service | None,
    entry_id: UUID | None = None,
    under: SentUnder | None = None,
    by: Actor,
    at: datetime,
) -> Effects:
    """Ask the rules what follows from the event, and write it. Raises what the rules raise, or `NoPlaceFree`."""
    effects = decide(
        locked.state,
        event,
        service=service,
        parties=parties(locked.row, by),
        calendar=session.work_calendar,
        now=at,
        by_id=by.account_id,
    )
    apply_effects(session, locked.row, effects, entry_id=entry_id, under=under, by=by, at=at)
    return effects


def apply_effects(
    session: Transaction,
    referral: Referral,
    effects: Effects,
    *,
    entry_id: UUID | None = None,
    under: SentUnder | None = None,
    by: Actor,
    at: datetime,
) -> int | None:
    """Write all of it about a referral that is locked; returns the number of the place held or confirmed.

    `entry_id` is the form that it follows from, `under` what a send rests on. Raises `NoPlaceFree` where a place must
    be had and none is free; then nothing was written.
    """
    place = None
    if effects.reservation is not None and effects.reservation.action in ("confirm", "offer", "retake"):
        try:
            with _as_hub(session) if effects.reservation.action == "retake" else nullcontext():
                place = make_reservation(session, referral, effects.reservation, by=by, at=at)
        except NoPlaceFree:
            if effects.if_full is None:
                raise
            return apply_effects(session, referral, effects.if_full, entry_id=entry_id, under=under, by=by, at=at)
    if effects.escalated is not None:
        note_escalation(session, referral.id, effects.escalated)
    _set_values(session, referral, effects, under, by=by, at=at)
    write_service(session, referral, effects, entry_id=entry_id, by=by, at=at)
    keep_documents(session, referral, effects.documents, at=at)
    if effects.documents_erased:
        erase_documents(session, referral.id)
    if under is not None and effects.released is not None:
        open_disclosure(session, referral, effects.released, under, by=by, at=at)
        _queue(session, referral, "receive", at=at)
    beyond = _reaches_beyond(effects)
    if effects.need is not None and not beyond:
        _change_need(session, referral, effects.need, by=by, at=at)
    _write_audit(session, referral, effects, place=place, by=by, at=at)
    if beyond:
        with _as_hub(session):
            _write_beyond(session, referral, effects, entry_id=entry_id, by=by, at=at)
    if effects.reservation is not None and effects.reservation.action == "hold":
        place = make_reservation(session, referral, effects.reservation, by=by, at=at)
    return place


def _as_hub(session: Transaction) -> Any:
    return nullcontext() if session.actor.role == "system" else as_system(session)


def _reaches_beyond(effects: Effects) -> bool:
    """Whether something is to be written that the actor may not see. A send stays within its office's own scope."""
    released = effects.reservation is not None and effects.reservation.action in ("release", "unconfirm")
    return bool(
        released
        or effects.tasks
        or effects.completed
        or effects.dropped
        or effects.undone
        or effects.outcome_voided
        or effects.follow_ups_off
        or effects.disclosure in ("end", "reopen")
        or "apply" in effects.messages
    )


def _set_values(
    session: Transaction, referral: Referral, effects: Effects, under: SentUnder | None, *, by: Actor, at: datetime
) -> None:
    values = {COLUMNS[name]: value for name, value in effects.changes().items() if name in COLUMNS}
    if "flags" in values:
        values["flags"] = list(effects.after.flags)
    if "earlier" in values:
        values["earlier"] = msgspec.to_builtins(effects.after.earlier)
    if effects.note is not msgspec.UNSET:
        values["reason_note"] = seal_note(session, referral, effects.note)
    if under is not None:
        values |= {
            "consent_id": under.consent.id,
            "manifest_digest": under.declared.digest,
            "module_key": under.declared.module_key,
            "module_ref": under.module_ref,
        }
    if not values:
        return
    statement = update(Referral).where(col(Referral.id) == referral.id).values(values)
    # With the row itself, in one statement: a send pays no round trip for its task.
    steps = next_step_ctes(referral, effects, by=by, at=at)
    session.execute(statement.add_cte(*steps).execution_options(synchronize_session=False))
    for name, value in values.items():
        # The row in hand follows without being read again; it is not to be flushed a second time.
        set_committed_value(referral, name, value)


def _write_beyond(
    session: Transaction, referral: Referral, effects: Effects, *, entry_id: UUID | None, by: Actor, at: datetime
) -> None:
    if effects.reservation is not None and effects.reservation.action == "release":
        release_places(session, referral.id, by=by, at=at)
    if effects.reservation is not None and effects.reservation.action == "unconfirm":
        assert effects.reservation.until is not None, "a place is held until a moment"
        hold_again(session, referral_id=referral.id, until=effects.reservation.until, by=by, at=at)
    if effects.aid_settled is not None:
        served = effects.aid_settled == "service"
        settle_aid(session, referral.id, served=served, by=system_actor(via="job"), at=at)
    if effects.disclosure == "end":
        end_access(session, referral.id, at=at)
    elif effects.disclosure == "reopen":
        reopen_access(session, referral.id)
    take_back_result(session, referral, effects, by=by, at=at)
    _write_messages(session, referral, effects, entry_id=entry_id, at=at)
    for done in effects.completed:
        complete_tasks(session, [referral.id], done.kinds, how=done.how, by=by, at=at)
    for task in effects.tasks:
        _create_task(session, referral, task, by=by, at=at)
    if effects.need is not None:
        _change_need(session, referral, effects.need, by=by, at=at)


def _write_messages(
    session: Transaction, referral: Referral, effects: Effects, *, entry_id: UUID | None, at: datetime
) -> None:
    if effects.dropped:
        session.execute(
            update(Delivery)
            .where(
                col(Delivery.referral_id) == referral.id,
                col(Delivery.state) == "due",
                col(Delivery.kind).in_(sorted(effects.dropped)),
            )
            .values(state="dropped", done_at=at)
        )
    for kind in effects.messages:
        _queue(session, referral, kind, entry_id=entry_id, at=at)


def _queue(session: Transaction, referral: Referral, kind: str, *, entry_id: UUID | None = None, at: datetime) -> None:
    """A message for the referral's module, in the transaction of the change it tells of."""
    session.execute(
        insert(Delivery),
        [
            {
                "id": new_id(),
                "created_at": at,
                "referral_id": referral.id,
                "module_key": referral.module_key,
                "kind": kind,
                "entry_id": entry_id,
                "state": "due",
                "attempts": 0,
                "due_at": at,
            }
        ],
    )


def _create_task(session: Transaction, referral: Referral, task: NewTask, *, by: Actor, at: datetime) -> None:
    owner = TASK_KINDS[task.kind].owner
    create_task(
        session,
        task.kind,
        organisation_id=referral.recipient_id if owner == "recipient" else referral.office_id,
        office_id=referral.office_id,
        referral_id=referral.id,
        consent_id=referral.consent_id,
        account_id={"sender": referral.sender_id, "recipient": referral.owner_id}.get(owner),
        case_id=referral.case_id,
        due_at=task.due_at,
        by=by,
        at=at,
    )


def _change_need(session: Transaction, referral: Referral, change: NeedChange, *, by: Actor, at: datetime) -> None:
    values: dict[str, object] = {"state": change.state}
    if change.state == "met":
        values["ended_on"] = local_date(at)
    elif change.before - NEED_OPEN:
        values["ended_on"] = None
    statement = update(Need).where(col(Need.id) == referral.need_id, col(Need.state).in_(sorted(change.before)))
    if change.unless_attempted:
        other = select(col(Referral.id)).where(
            col(Referral.need_id) == referral.need_id,
            col(Referral.id) != referral.id,
            col(Referral.state).in_(sorted(REFERRAL_OPEN)),
        )
        statement = statement.where(~other.exists())
    follow_need(session, statement.values(values), attempted=change.state == "being_met", by=by, at=at)


def _write_audit(
    session: Transaction, referral: Referral, effects: Effects, *, place: int | None, by: Actor, at: datetime
) -> None:
    rows = [
        entry_values(
            entry.action,
            about=subject_of(referral).hidden(
                *(() if entry.shown_to_office else ("case_id", "office_id")),
                *(() if entry.shown_to_recipient else ("recipient_id",)),
            ),
            by=by,
            at=at,
            reason=entry.reason,
            details={**entry.details, "place": place}
            if entry.with_place and place is not None
            else dict(entry.details),
        )
        for entry in effects.audit
    ]
    if len(rows) == 1:
        # Inline: no number is asked back, because whoever may write the record may not always read it.
        session.execute(insert(AuditEntry).inline().values(rows[0]))
    elif rows:
        session.execute(insert(AuditEntry).inline(), rows)
