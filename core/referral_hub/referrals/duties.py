"""Duties: something an organisation must do by a date, so that it stands on somebody's list until it is done."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.audit.actions import write_record
from referral_hub.calendar.deadlines import after_working_days
from referral_hub.errors import Conflict, NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.ids import new_id
from referral_hub.tables.referrals import Duty

KEPT_TIME_OVER = "kept_time_over"
"""The duty to delete or return when the time is over, and the reason that the module is told."""

KINDS: dict[str, Label] = {
    "delete_or_return": Label(
        zh="删除或退回服务对象的信息，并回报", en="Delete or return the client's data, and say so"
    ),
    KEPT_TIME_OVER: Label(
        zh="保存期已满：删除或退回服务对象的信息，并回报",
        en="The time it may be kept is over: delete or return the client's data, and say so",
    ),
    "tell_client": Label(zh="向服务对象补办告知", en="Tell the client what was released"),
    "renew_consent": Label(zh="同意已到期：请与服务对象续签", en="Consent has ended: ask the client again"),
    "answer_overdue": Label(
        zh="转介超时未答：请联系对方或另找名额", en="No answer in time: call them or find another place"
    ),
    "call_client": Label(zh="有紧急提示：请尽快联系服务对象", en="Urgent sign: contact the client soon"),
    "module_gone": Label(
        zh="这项服务停用了或就要停用：请把转介改派到别处，或与对方商定怎样办完",
        en="The service is or soon will be out of use: redirect the referral, or agree with the provider how it ends",
    ),
    "module_close": Label(
        zh="这项服务停用了或就要停用：请与对方商定，把这张转介结束",
        en="The service is or soon will be out of use: agree with the provider and bring the referral to its end",
    ),
    "find_next": Label(zh="对方不受理：请为这项需求另找服务", en="Declined: find another service for this need"),
}

FORGET_KINDS = frozenset({"delete_or_return", KEPT_TIME_OVER})
"""Duties of a recipient to delete or return what it was given."""


def open_duty(
    session: Transaction,
    kind: str,
    *,
    organisation_id: UUID,
    office_id: UUID,
    referral_id: UUID | None = None,
    consent_id: UUID | None = None,
    account_id: UUID | None = None,
    case_id: UUID | None = None,
    working_days: int,
    by: Actor,
    at: datetime,
) -> UUID:
    """Put a duty on `organisation_id`'s list (on `account_id`'s own, where one is named), due after working days."""
    duty = Duty(
        id=new_id(),
        created_at=at,
        kind=kind,
        organisation_id=organisation_id,
        office_id=office_id,
        referral_id=referral_id,
        consent_id=consent_id,
        account_id=account_id,
        due_at=after_working_days(session.special_days, at, working_days),
    )
    session.add(duty)
    session.flush()
    write_record(
        session,
        "duty.open",
        by=by,
        at=at,
        subject="duty",
        subject_id=duty.id,
        case_id=case_id,
        office_id=office_id,
        referral_id=referral_id,
        recipient_id=organisation_id if organisation_id != office_id else None,
        facts={"kind": kind},
    )
    return duty.id


GONE_KINDS = frozenset({"module_gone", "module_close"})
"""Duties of a sender because the module is out of use; done with as soon as the referral has ended."""


def settle_duties(
    session: Transaction,
    referral_ids: Collection[UUID],
    kinds: Collection[str],
    *,
    how: str,
    by: Actor,
    at: datetime,
) -> int:
    """Finish the duties of these kinds about these referrals, whoever's they are: within the hub's own scope.

    Returns how many.
    """
    duties = session.exec(
        select(Duty).where(
            col(Duty.referral_id).in_(referral_ids), col(Duty.kind).in_(kinds), col(Duty.done_at).is_(None)
        )
    ).all()
    for duty in duties:
        _finish(session, duty, how=how, by=by, at=at)
    return len(duties)


def finish_duty(session: Transaction, duty_id: UUID, *, how: str, by: Actor, at: datetime) -> None:
    """Tick a duty off, saying how. Raises `NotFound`, or `Conflict` when it is done already."""
    duty = session.get(Duty, duty_id, with_for_update=True)
    if duty is None or duty.organisation_id != by.organisation_id:
        raise NotFound
    if duty.done_at is not None:
        raise Conflict
    _finish(session, duty, how=how, by=by, at=at)


def _finish(session: Transaction, duty: Duty, *, how: str, by: Actor, at: datetime) -> None:
    duty.done_at = at
    duty.done_by = by.account_id
    duty.done_how = how.strip()[:200]
    session.add(duty)
    session.flush()
    write_record(
        session,
        "duty.done",
        by=by,
        at=at,
        subject="duty",
        subject_id=duty.id,
        office_id=duty.office_id,
        referral_id=duty.referral_id,
        recipient_id=duty.organisation_id if duty.organisation_id != duty.office_id else None,
        facts={"kind": duty.kind},
    )
