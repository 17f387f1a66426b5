"""The recipient's answers: received, accepted, wait-listed, declined; and reading what was released to it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.audit.entries import record_audit_entry
from referral_hub.calendar.clock import local_date
from referral_hub.calendar.periods import check_day
from referral_hub.directory.places import sex_fits
from referral_hub.errors import Invalid, NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.referrals.apply_effects import carry_out
from referral_hub.referrals.state import declared_service, installed_service, lock_referral
from referral_hub.tables.access import Account
from referral_hub.tables.directory import Offering
from referral_hub.tables.referrals import Disclosure, Referral
from referral_hub.text_limits import MAX_REASON, read_text
from referral_hub.workflow.events import Accept, Decline, NameOwner, Receive, Waitlist


def receive_referral(session: Transaction, *, referral_id: UUID, by: Actor, at: datetime) -> None:
    """Sign for it: someone of the recipient has seen it. Does nothing when it was signed for already."""
    carry_out(session, lock_referral(session, referral_id), Receive(), service=None, by=by, at=at)


def accept_referral(
    session: Transaction,
    *,
    referral_id: UUID,
    note: str | None = None,
    owner_id: UUID | None = None,
    group_label: str | None = None,
    sex: str | None = None,
    starts_on: date | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Accept, naming the owner on the recipient's side (the accepting account if none), and take a place."""
    if starts_on is not None:
        check_day(starts_on, "starts_on", today=local_date(at))
    locked = lock_referral(session, referral_id)
    service = declared_service(session, locked.row.service_key).service
    event = Accept(
        note=note,
        owner_id=_owner(session, locked.row, owner_id or by.account_id),
        contact_days=session.get_one(Offering, locked.row.offering_id).contact_days,
        group_label=group_label,
        sex=sex,
        sex_fits=sex is None or sex_fits(session, referral_id, sex),
        starts_on=starts_on,
    )
    carry_out(session, locked, event, service=service, by=by, at=at)


def waitlist_referral(
    session: Transaction,
    *,
    referral_id: UUID,
    note: str | None = None,
    expected_on: date | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Put on the waiting list, with the day a place is expected, if that can be said."""
    event = Waitlist(note=note, expected_on=expected_on)
    carry_out(session, lock_referral(session, referral_id), event, service=None, by=by, at=at)


def decline_referral(
    session: Transaction, *, referral_id: UUID, reason_code: str, note: str | None = None, by: Actor, at: datetime
) -> None:
    """Decline with a reason code (R27). The need stays open; the sender is asked to find the next place."""
    locked = lock_referral(session, referral_id)
    event = Decline(reason=reason_code, note=note)
    carry_out(session, locked, event, service=installed_service(session, locked.row.service_key), by=by, at=at)


def name_owner(session: Transaction, *, referral_id: UUID, owner_id: UUID, by: Actor, at: datetime) -> None:
    """Name the person in charge of the referral at the recipient."""
    locked = lock_referral(session, referral_id)
    owner = _owner(session, locked.row, owner_id)
    assert owner is not None, "an owner was named"
    service = installed_service(session, locked.row.service_key)
    carry_out(session, locked, NameOwner(owner_id=owner), service=service, by=by, at=at)


def open_referral(session: Transaction, *, referral_id: UUID, by: Actor, at: datetime) -> None:
    """Sign for a referral that nobody has opened yet. Raises `NotFound` for a referral of someone else."""
    referral, _ = _disclosed(session, referral_id)
    if referral.state == "sent":
        receive_referral(session, referral_id=referral_id, by=by, at=at)


def reveal_released(session: Transaction, *, referral_id: UUID, name: str, reason: str, by: Actor, at: datetime) -> str:
    """One released value in full, for a reason that is recorded (R23).

    Raises `NotFound` when it was not released or access has ended, `Invalid` without a reason or for a long one.
    """
    words = read_text(reason, "reason", maximum=MAX_REASON)
    if words is None:
        raise Invalid(
            field="reason", message=Label(zh="请写明查看的原因。", en="State why you need to see the full value.")
        )
    _, disclosure = _disclosed(session, referral_id)
    content: dict[str, Any] = {}
    if disclosure is not None:
        content = session.cipher.decrypt_json(disclosure.content, f"disclosure:{disclosure.id}")
    if name not in content or disclosure is None:
        raise NotFound
    record_audit_entry(
        session, "person.reveal", about=disclosure, by=by, at=at, reason=words, details={"fields": [name]}
    )
    return str(content[name])


def _disclosed(session: Transaction, referral_id: UUID) -> tuple[Referral, Disclosure | None]:
    """A referral with what the actor may still read of it. Raises `NotFound` for a referral of someone else."""
    row = session.execute(
        select(Referral, Disclosure)
        .outerjoin(
            Disclosure,
            (col(Disclosure.referral_id) == col(Referral.id)) & col(Disclosure.access_ended_at).is_(None),
        )
        .where(col(Referral.id) == referral_id)
        .order_by(col(Disclosure.released_at).desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def _owner(session: Transaction, referral: Referral, owner_id: UUID | None) -> UUID | None:
    """Someone of the receiving organisation; raises `Invalid` for anyone else."""
    if owner_id is None:
        return None
    account = session.get(Account, owner_id)
    if account is None or account.organisation_id != referral.recipient_id:
        raise Invalid(
            field="owner_id",
            message=Label(zh="承办人须是本机构的人员。", en="The person in charge must belong to your organisation."),
        )
    return account.id
