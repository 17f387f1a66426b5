"""Stage forms as they were filled in, for the recipient alone: the office never reads them (R22)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlmodel import Session, col

from referral_hub.access.models import Account
from referral_hub.api import Problem
from referral_hub.api.manifest import Service
from referral_hub.errors import NotFound
from referral_hub.referrals.entries import questions
from referral_hub.referrals.messages import entry_answers
from referral_hub.referrals.models import Delivery, FormEntry
from referral_hub.referrals.titles import stage_title
from referral_hub.referrals.words import ReleasedLine, released_lines
from referral_hub.words import Label


class EntryView(msgspec.Struct, frozen=True):
    """A stage form as it was filled in. `state`: waiting for the module, applied, or returned with problems."""

    id: UUID
    form: str
    title: Label
    stage: Label | None
    on: date
    entered_at: datetime
    by: str | None
    state: str
    problems: list[Problem]
    answers: list[ReleasedLine]


def entries_for_partner(session: Session, referral_id: UUID, service: Service | None) -> list[EntryView]:
    """Every form filled in under a referral, newest first, with all answers: the office never reads these (R22)."""
    rows = session.execute(
        select(FormEntry, col(Account.name).label("by"))
        .outerjoin(Account, col(Account.id) == col(FormEntry.by_id))
        .where(col(FormEntry.referral_id) == referral_id)
        .order_by(col(FormEntry.id).desc())
    ).all()
    return [_entry(session, row.FormEntry, row.by, service) for row in rows]


def entry_for_partner(session: Session, entry_id: UUID, service: Service | None) -> EntryView:
    """One form entry. Raises `NotFound`."""
    row = session.execute(
        select(FormEntry, col(Account.name).label("by"))
        .outerjoin(Account, col(Account.id) == col(FormEntry.by_id))
        .where(col(FormEntry.id) == entry_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    return _entry(session, row.FormEntry, row.by, service)


def returned_entry(session: Session, referral_id: UUID, form: str) -> EntryView | None:
    """The latest entry of a form, if the module sent it back: it is to be mended and sent again."""
    row = session.execute(
        select(FormEntry)
        .where(col(FormEntry.referral_id) == referral_id, col(FormEntry.form) == form)
        .order_by(col(FormEntry.id).desc())
        .limit(1)
    ).scalar_one_or_none()
    return _entry(session, row, None, None) if row is not None and row.state == "returned" else None


def answers_typed(session: Session, entry_id: UUID) -> Mapping[str, Any]:
    """The answers of one form entry as they were kept, to show the form again. Raises `NotFound`."""
    entry = session.get(FormEntry, entry_id)
    if entry is None:
        raise NotFound
    return entry_answers(session, entry)


def waiting_deliveries(session: Session, referral_id: UUID) -> list[UUID]:
    """What the referral's module has still to be told, in order: for delivering at once, and not only by the job."""
    rows = session.execute(
        select(col(Delivery.id))
        .where(col(Delivery.referral_id) == referral_id, col(Delivery.state) == "due")
        .order_by(col(Delivery.id))
    )
    return list(rows.scalars())


def _entry(session: Session, entry: FormEntry, by: str | None, service: Service | None) -> EntryView:
    form = service.form(entry.form) if service else None
    answers = entry_answers(session, entry)
    asked = msgspec.structs.replace(service, intake=questions(service, form)) if service and form else None
    return EntryView(
        id=entry.id,
        form=entry.form,
        title=form.title if form else Label(zh=entry.form, en=entry.form),
        stage=stage_title(service, entry.stage),
        on=entry.happened_on,
        entered_at=entry.created_at,
        by=by,
        state=entry.state,
        problems=msgspec.convert(entry.problems or [], list[Problem]),
        answers=released_lines(asked, answers),
    )
