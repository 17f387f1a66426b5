"""What every change of the directory begins with and ends with."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlmodel import SQLModel, col, select

from referral_hub.actor import Actor
from referral_hub.api import denied_words
from referral_hub.audit.entries import fields_changed, record_audit_entry
from referral_hub.errors import Invalid, NotAllowed, NotFound
from referral_hub.hub import Transaction, as_system
from referral_hub.i18n import Label
from referral_hub.tables.directory import Offering
from referral_hub.tables.referrals import Referral, Task
from referral_hub.tasks.actions import complete_tasks

_KEEPERS = frozenset({"admin", "system"})


def complete_offering_tasks(
    session: Transaction, offering_id: UUID, kind: str, *, how: Label, by: Actor, at: datetime
) -> None:
    """What declines asked of the organisation about this offering is done, whichever referral asked."""
    about = select(Task.referral_id).join(Referral, col(Referral.id) == col(Task.referral_id))
    with as_system(session):
        asked = session.exec(
            about.where(Referral.offering_id == offering_id, Task.kind == kind, col(Task.done_at).is_(None))
        ).all()
        complete_tasks(session, [key for key in asked if key], {kind}, how=how.zh, by=by, at=at)


def check_keeper(by: Actor) -> None:
    """The directory is kept by administrators, and by the hub when it imports one."""
    if by.role not in _KEEPERS:
        raise NotAllowed


def check_may_run(by: Actor, organisation_id: UUID) -> None:
    """What an organisation offers is also kept by itself: hours, places, capacity, pauses."""
    if by.role not in _KEEPERS and not (by.role == "partner" and by.organisation_id == organisation_id):
        raise NotAllowed


def lock_offering(session: Transaction, offering_id: UUID, *, by: Actor) -> Offering:
    """The offering, locked. Raises `NotFound`, `NotAllowed`."""
    offering = session.exec(
        select(Offering)
        .where(col(Offering.id) == offering_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if offering is None:
        raise NotFound
    check_may_run(by, offering.organisation_id)
    return offering


def check_neutral(words: str | None, field: str) -> str | None:
    """What partners, clients and passers-by read names no treatment (R20). Raises `Invalid` at `field`."""
    denied = denied_words(words or "")
    if denied:
        named = "、".join(denied)
        raise Invalid(
            field=field,
            message=Label(
                zh=f"这里会被服务对象和其他机构看到，请换成中性的说法，不要出现“{named}”。",
                en=f"Clients and other organisations read this: use neutral words, without “{named}”.",
            ),
        )
    return words


def record_change(
    session: Transaction,
    row: SQLModel,
    *,
    by: Actor,
    at: datetime,
    what: str,
    fields: Collection[str] = (),
    reason: str | None = None,
) -> None:
    record_audit_entry(
        session,
        "directory.change",
        about=row,
        by=by,
        at=at,
        reason=reason,
        details={"what": what, **fields_changed(fields)},
    )
