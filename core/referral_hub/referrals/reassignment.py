"""When a module or a provider is silent or gone: the sender takes the referral elsewhere, or ends it.

The referral stays where it is and nothing about the client moves until the office that sent it decides. While anyone
is there the end is theirs to tell (R25). When nobody is, the referral may not stay in service for ever: the client
needs the next place, the place given must be free, and the figures must show that nobody knows what came of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select as core_select
from sqlalchemy import update
from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.codes import WITHDRAW_REASONS
from referral_hub.codes.states import REFERRAL_OPEN, REFERRAL_SERVED
from referral_hub.errors import Invalid
from referral_hub.hub import Transaction, as_system
from referral_hub.i18n import Label
from referral_hub.modules.breaker import is_serving
from referral_hub.referrals.apply_effects import carry_out
from referral_hub.referrals.choices import screening_for
from referral_hub.referrals.drafts import Drafted, draft_screened
from referral_hub.referrals.idempotency import find_previous_response, remember_response
from referral_hub.referrals.next_details import details_for_next
from referral_hub.referrals.provider_status import provider_status_of
from referral_hub.referrals.state import READABLE, Locked, installed_service, lock_referral, state_of
from referral_hub.tables.cases import Need
from referral_hub.tables.referrals import Delivery, Referral, Task
from referral_hub.tasks.actions import complete_tasks
from referral_hub.workflow.events import EndUnserved, RequestReassignment, Withdraw
from referral_hub.workflow.tasks import REASSIGNMENT_KINDS, ReassignmentRequest


def end_unserved(
    session: Transaction, *, referral_id: UUID, reason_code: str, note: str | None = None, by: Actor, at: datetime
) -> None:
    """End a referral in service because its module or its provider is gone. `note`: what the sender knows of it.

    The outcome is written down as unknown, without evidence; places are free, the recipient's access ends, what it
    holds is to be deleted or returned, the need is open again. Raises `StillServed` while module and provider are
    there, `TransitionImpossible` before service (then it is withdrawn), or what the table raises.
    """
    _end(session, lock_referral(session, referral_id), reason_code=reason_code, note=note, by=by, at=at)


def redirect_referral(
    session: Transaction,
    *,
    referral_id: UUID,
    offering_id: UUID,
    reason_code: str,
    details: Mapping[str, object] | None = None,
    asked_again: str | None = None,
    exception: str | None = None,
    by: Actor,
    at: datetime,
    key: str | None = None,
) -> Drafted:
    """End the referral and begin the next attempt at the same need, at another offering.

    Before service it is withdrawn; in service it is ended, which only a module or provider that is gone allows
    (`StillServed`). What was disclosed is recalled. The new attempt needs its own consent: that of another recipient
    covers nothing. Without `details` it begins with what was written before, as far as it fits the other service. With
    a `key` seen before, changes nothing and answers as before. Raises `NotFound`, `TransitionImpossible`, or what
    drafting raises.
    """
    fingerprint = f"{referral_id}:{offering_id}"
    before = find_previous_response(session, key, action="referral.redirect", fingerprint=fingerprint, by=by)
    if before is not None:
        return msgspec.convert(before, Drafted)
    if reason_code not in WITHDRAW_REASONS:
        raise Invalid(
            field="reason_code", message=Label(zh="请从列表中选择原因。", en="Choose the reason from the list.")
        )
    before_it = session.get(Referral, referral_id)
    screening = screening_for(session, before_it.case_id, offering_id, at=at) if before_it is not None else None
    locked = lock_referral(session, referral_id)
    referral = locked.row
    if referral.offering_id == offering_id:
        raise Invalid(
            field="offering_id",
            message=Label(zh="请另选一家，不是原来这一家。", en="Choose a provider other than the present one."),
        )
    if locked.state.state in REFERRAL_SERVED:
        _end(session, locked, reason_code=reason_code, note=None, by=by, at=at)
    else:
        carry_out(session, locked, Withdraw(reason=reason_code), service=None, by=by, at=at)
    drafted = draft_screened(
        session,
        need=session.get_one(Need, referral.need_id),
        offering_id=offering_id,
        screening=screening,
        details=details if details is not None else details_for_next(session, referral, offering_id),
        urgency=referral.urgency,
        previous_id=referral_id,
        asked_again=asked_again,
        exception=exception,
        by=by,
        at=at,
    )
    remember_response(session, key, action="referral.redirect", fingerprint=fingerprint, answer=drafted, by=by)
    return drafted


def request_reassignment(
    session: Transaction,
    module_key: str,
    *,
    numbers: Collection[str] | None = None,
    request: ReassignmentRequest = "redirect",
    by: Actor,
    at: datetime,
) -> int:
    """Put the module's open referrals (those of these public numbers) on their senders' lists, asking for this.

    What was asked before about one of them is replaced; the same asked twice stays as it was. `wait` only revokes
    what was asked. Returns how many changed.
    """
    with as_system(session):
        query = core_select(Referral, READABLE).where(
            col(Referral.module_key) == module_key, col(Referral.state).in_(REFERRAL_OPEN)
        )
        if numbers is not None:
            query = query.where(col(Referral.number).in_(numbers))
        rows = session.execute(query.order_by(col(Referral.id)).with_for_update(of=Referral)).all()
        asked = _asked(session, [row.id for row, _ in rows])
        out_of_use = not is_serving(session, module_key)
        changed = 0
        for row, readable in rows:
            event = RequestReassignment(request=request, asked=asked.get(row.id), out_of_use=out_of_use)
            locked = Locked(row, state_of(row, readable=readable))
            effects = carry_out(session, locked, event, service=None, by=by, at=at)
            changed += bool(effects.completed)
    return changed


def cancel_reassignment_requests(session: Transaction, module_key: str, *, by: Actor, at: datetime) -> int:
    """The module is in use again: nobody has to take its referrals elsewhere, and only what failed to be delivered
    still waits. Returns how many tasks were completed.
    """
    with as_system(session):
        open_here = select(Referral.id).where(Referral.module_key == module_key, col(Referral.state).in_(REFERRAL_OPEN))
        ids = session.exec(open_here).all()
        completed = complete_tasks(session, ids, REASSIGNMENT_KINDS, how="模块恢复使用", by=by, at=at)
        failing = select(col(Delivery.referral_id)).where(
            col(Delivery.state) == "due", col(Delivery.failed_since).is_not(None)
        )
        session.execute(
            update(Referral)
            .where(
                col(Referral.module_key) == module_key,
                col(Referral.waiting_since).is_not(None),
                col(Referral.id).not_in(failing),
            )
            .values(waiting_since=None)
        )
    return completed


def _end(session: Transaction, locked: Locked, *, reason_code: str, note: str | None, by: Actor, at: datetime) -> None:
    gone = provider_status_of(session, locked.row.module_key, locked.row.recipient_id).gone
    event = EndUnserved(reason=reason_code, provider_gone=gone, note=note)
    carry_out(session, locked, event, service=installed_service(session, locked.row.service_key), by=by, at=at)


def _asked(session: Transaction, referral_ids: Collection[UUID]) -> dict[UUID | None, str]:
    """What is asked of the senders now, by referral."""
    rows = session.execute(
        select(col(Task.referral_id), col(Task.kind)).where(
            col(Task.referral_id).in_(referral_ids), col(Task.kind).in_(REASSIGNMENT_KINDS), col(Task.done_at).is_(None)
        )
    )
    return {row.referral_id: row.kind for row in rows}
