"""Delivering the outbox: what a referral's module has to receive, once, in order, whatever fails in between.

A delivery is leased, not locked, while the module is called: a hub process that dies leaves it due again when the
lease runs out, and a module takes the same message twice without harm. The answer is written in one transaction with
the mark that the delivery is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import func, update
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from referral_hub.actor import Actor, system_actor
from referral_hub.api import Acknowledgement, Changes, Problem, Receipt
from referral_hub.codes.states import REFERRAL_ENDED
from referral_hub.errors import HubError
from referral_hub.hub import Transaction
from referral_hub.isolation.errors import ModuleBusy, ModuleFailure
from referral_hub.modules.breaker import begin_call, is_serving, note_failure, note_success, open_circuits
from referral_hub.modules.settings import settings_of
from referral_hub.referrals.apply_effects import carry_out
from referral_hub.referrals.messages import (
    documents_of,
    entry_answers,
    entry_message,
    referral_message,
    withdrawal_message,
)
from referral_hub.referrals.replies import take_changes, take_receipt
from referral_hub.referrals.state import Declared, Locked, declared_service, installed_service, lock_referral
from referral_hub.tables.access import Account
from referral_hub.tables.referrals import Delivery, FormEntry, Referral
from referral_hub.workflow.events import FormReturned, ModuleErased, ReplyRefused

if TYPE_CHECKING:
    from referral_hub.hub import Hub

log = structlog.get_logger()

LEASE = timedelta(seconds=60)
"""Longer than a module's start and longest call together, so that a lease never ends under a living call."""
MAX_WAIT = timedelta(minutes=15)
_NOT_A_REFUSAL = 500
"""From this status on something is out of order, and what was asked may yet be done."""


class _Call(msgspec.Struct, frozen=True):
    """One hook to call, with its arguments, for one leased delivery."""

    delivery_id: UUID
    attempt: int
    module_key: str
    hook: str
    arguments: dict[str, object]


def deliver_due(hub: Hub, limit: int = 50) -> int:
    """Deliver what is due, oldest first, at most `limit`. Returns how many were delivered."""
    done = 0
    for _ in range(limit):
        delivery_id = _next_due(hub)
        if delivery_id is None:
            break
        done += deliver_one(hub, delivery_id)
    return done


def deliver_one(hub: Hub, delivery_id: UUID) -> bool:
    """Deliver one message now, if it is due and its turn. True when the module answered and the answer was written."""
    call = _lease(hub, delivery_id)
    if call is None:
        return False
    try:
        reply = hub.modules.call(call.module_key, call.hook, **call.arguments)
    except ModuleBusy:
        _postpone(hub, call)
        return False
    except ModuleFailure as failure:
        _note_failure(hub, call, failure)
        return False
    try:
        _write_reply(hub, call, reply)
    except HubError as refusal:
        if refusal.status >= _NOT_A_REFUSAL:
            _note_failure(hub, call, refusal)
            return False
        # What the hub's own rules refuse is no fault of the module: it is a matter for the person at the form.
        _hand_to_person(hub, call, refusal)
    return True


def _next_due(hub: Hub) -> UUID | None:
    at = hub.clock.now()
    earlier = aliased(Delivery)
    with hub.transaction(system_actor()) as session:
        resting = open_circuits(session, at)
        statement = (
            select(Delivery.id)
            .where(
                Delivery.state == "due",
                Delivery.due_at <= at,
                col(Delivery.module_key).not_in(resting),
                ~select(earlier.id)
                .where(
                    earlier.referral_id == Delivery.referral_id,
                    earlier.state == "due",
                    col(earlier.id) < col(Delivery.id),
                )
                .exists(),
            )
            .order_by(col(Delivery.due_at), col(Delivery.id))
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        return session.exec(statement).first()


def _lease(hub: Hub, delivery_id: UUID) -> _Call | None:
    """Take the delivery for `LEASE` and build its call; None when someone else has it or it needs no call any more."""
    at = hub.clock.now()
    with hub.transaction(system_actor(via="module")) as session:
        delivery = session.exec(
            select(Delivery)
            .where(Delivery.id == delivery_id, Delivery.state == "due", Delivery.due_at <= at)
            .with_for_update(skip_locked=True)
        ).one_or_none()
        if delivery is None:
            return None
        if not is_serving(session, delivery.module_key):
            return None
        delivery.due_at = at + LEASE
        delivery.attempts += 1
        session.add(delivery)
        referral = session.get_one(Referral, delivery.referral_id)
        try:
            declared = declared_service(session, referral.service_key)
        except HubError as unknown:
            _keep_waiting(session, delivery, referral, unknown, at)
            return None
        arguments = _arguments(session, delivery, referral, declared, at)
        if arguments is None:
            delivery.state = "dropped"
            delivery.done_at = at
            return None
        begin_call(session, delivery.module_key, at=at)
        hook = {"receive": "hub_receive", "apply": "hub_apply", "withdraw": "hub_withdraw"}[delivery.kind]
        return _Call(delivery.id, delivery.attempts, delivery.module_key, hook, arguments)


def _arguments(
    session: Transaction, delivery: Delivery, referral: Referral, declared: Declared, at: datetime
) -> dict[str, object] | None:
    """The hook's arguments, or None when there is nothing left to tell: the referral ended, access was closed."""
    shared: dict[str, object] = {
        "documents": documents_of(session, referral),
        "settings": settings_of(session, referral.module_key),
        "now": at,
    }
    if delivery.kind == "withdraw":
        return {"withdrawal": withdrawal_message(session, referral), **shared}
    message = referral_message(session, referral, declared)
    if message is None or referral.state in REFERRAL_ENDED:
        return None
    if delivery.kind == "receive":
        return {"referral": message, **shared}
    entry = session.get_one(FormEntry, delivery.entry_id)
    return {"entry": entry_message(session, entry, message), **shared}


def _write_reply(hub: Hub, call: _Call, reply: object) -> None:
    """Write the answer and the mark that it was written, together. A late answer of a lost lease is thrown away."""
    at = hub.clock.now()
    with hub.transaction(system_actor(via="module", name=call.module_key)) as session:
        delivery = session.exec(select(Delivery).where(Delivery.id == call.delivery_id).with_for_update()).one()
        if delivery.state != "due" or delivery.attempts != call.attempt:
            return
        locked = lock_referral(session, delivery.referral_id)
        by = system_actor(via="module", name=call.module_key)
        match reply:
            case Receipt():
                declared = declared_service(session, locked.row.service_key)
                take_receipt(session, locked, reply, declared, by=by, at=at)
            case Changes():
                _write_changes(session, delivery, locked, reply, at=at)
            case Acknowledgement():
                erased = ModuleErased(deleted=reply.deleted, module_key=call.module_key)
                carry_out(session, locked, erased, service=None, by=by, at=at)
        _finish(session, delivery, at=at)
        note_success(session, call.module_key, at=at)


def _hand_to_person(hub: Hub, call: _Call, refusal: HubError) -> None:
    """The hub refused what the module made of a message, and would refuse it again. The delivery is done: a form goes
    back to whoever filled it in with what is wrong, an answer to the referral is left to the organisation's people.
    """
    at = hub.clock.now()
    by = system_actor(via="module", name=call.module_key)
    log.info("reply refused by the hub", module=call.module_key, hook=call.hook, error=refusal.code)
    with hub.transaction(by) as session:
        delivery = session.exec(select(Delivery).where(Delivery.id == call.delivery_id).with_for_update()).one()
        if delivery.state != "due" or delivery.attempts != call.attempt:
            return
        locked = lock_referral(session, delivery.referral_id)
        if delivery.entry_id is not None:
            entry = session.get_one(FormEntry, delivery.entry_id)
            _return_entry(session, entry, locked, [Problem(field=refusal.field, message=refusal.label)], at=at)
        else:
            carry_out(session, locked, ReplyRefused(), service=None, by=by, at=at)
        _finish(session, delivery, at=at)
        delivery.problem = refusal.code
        note_success(session, call.module_key, at=at)


def _finish(session: Transaction, delivery: Delivery, *, at: datetime) -> None:
    delivery.state = "done"
    delivery.done_at = at
    delivery.problem = None
    session.add(delivery)


def _return_entry(
    session: Transaction, entry: FormEntry, locked: Locked, problems: Sequence[Problem], *, at: datetime
) -> None:
    """Back to whoever filled it in, with what is wrong."""
    entry.state = "returned"
    entry.problems = [{"field": p.field, "message": {"zh": p.message.zh, "en": p.message.en}} for p in problems]
    session.add(entry)
    service = installed_service(session, locked.row.service_key)
    by = _filled_in_by(session, entry, locked.row)
    carry_out(session, locked, FormReturned(form=entry.form), service=service, by=by, at=at)


def _write_changes(session: Transaction, delivery: Delivery, locked: Locked, changes: Changes, *, at: datetime) -> None:
    entry = session.get_one(FormEntry, delivery.entry_id)
    by = _filled_in_by(session, entry, locked.row)
    if changes.problems:
        _return_entry(session, entry, locked, changes.problems, at=at)
        return
    declared = declared_service(session, locked.row.service_key)
    answers = entry_answers(session, entry)
    take_changes(session, locked, changes, declared, entry_id=entry.id, answers=answers, by=by, at=at)
    entry.state = "applied"
    entry.applied_at = at
    session.add(entry)


def _filled_in_by(session: Transaction, entry: FormEntry, referral: Referral) -> Actor:
    """The person who filled the form in is the one the audit entry names, though the hub does the writing."""
    account = session.get(Account, entry.by_id) if entry.by_id else None
    if account is None:
        return system_actor(via="module", name=referral.module_key)
    return Actor(
        account_id=account.id,
        organisation_id=account.organisation_id,
        role="partner",
        name=account.name,
        via="module",
    )


def _note_failure(hub: Hub, call: _Call, failure: HubError) -> None:
    at = hub.clock.now()
    log.warning("module failed", module=call.module_key, hook=call.hook, error=failure.code)
    with hub.transaction(system_actor(via="module")) as session:
        delivery = session.exec(select(Delivery).where(Delivery.id == call.delivery_id).with_for_update()).one()
        if delivery.state == "due" and delivery.attempts == call.attempt:
            referral = lock_referral(session, delivery.referral_id).row
            _keep_waiting(session, delivery, referral, failure, at)
        note_failure(session, call.module_key, failure, at=at)


def _postpone(hub: Hub, call: _Call) -> None:
    """The module is busy with other calls: its turn comes again at once, and nobody is blamed."""
    with hub.transaction(system_actor(via="module")) as session:
        session.execute(
            update(Delivery)
            .where(col(Delivery.id) == call.delivery_id, col(Delivery.attempts) == call.attempt)
            .values(due_at=hub.clock.now() + timedelta(seconds=2), attempts=func.greatest(0, call.attempt - 1))
        )


def _keep_waiting(
    session: Transaction, delivery: Delivery, referral: Referral, failure: HubError, at: datetime
) -> None:
    """Back off, doubling from 5 seconds; the page says since when we wait."""
    delay = min(timedelta(seconds=5 * 2 ** min(delivery.attempts - 1, 10)), MAX_WAIT)
    delivery.due_at = at + delay
    delivery.failed_since = delivery.failed_since or at
    delivery.problem = failure.code
    session.add(delivery)
    if referral.waiting_since is None:
        referral.waiting_since = at
        session.add(referral)
    session.flush()
