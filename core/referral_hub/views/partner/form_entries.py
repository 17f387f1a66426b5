"""Stage forms as they were filled in, for the recipient alone: the office never reads them (R22)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlmodel import col

from referral_hub.api import Problem
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label, untranslated
from referral_hub.modules.history import remembered_service
from referral_hub.modules.titles import stage_title
from referral_hub.referrals.forms import questions
from referral_hub.referrals.messages import entry_answers
from referral_hub.referrals.presentation import ReleasedLine, released_lines
from referral_hub.tables.access import Account
from referral_hub.tables.referrals import Delivery, FormEntry, Referral


class EntryView(msgspec.Struct, frozen=True):
    """A stage form as it was filled in. `state`: waiting for the module, applied, returned with problems, or
    undone.
    """

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


def entries_for_partner(session: Transaction, referral_id: UUID) -> list[EntryView]:
    """Every form filled in under a referral, newest first, with all answers: the office never reads these (R22)."""
    rows = session.execute(
        _entries().where(col(FormEntry.referral_id) == referral_id).order_by(col(FormEntry.id).desc())
    ).all()
    return [_entry(session, row) for row in rows]


def entry_for_partner(session: Transaction, entry_id: UUID) -> EntryView:
    """One form entry. Raises `NotFound`."""
    row = session.execute(
        _entries().where(col(FormEntry.id) == entry_id).execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    return _entry(session, row)


def returned_entry(session: Transaction, referral_id: UUID, form: str) -> EntryView | None:
    """The latest entry of a form, if the module sent it back: it is to be fixed and sent again."""
    row = session.execute(
        _entries()
        .where(col(FormEntry.referral_id) == referral_id, col(FormEntry.form) == form)
        .order_by(col(FormEntry.id).desc())
        .limit(1)
    ).one_or_none()
    return _entry(session, row) if row is not None and row.FormEntry.state == "returned" else None


def answers_typed(session: Transaction, entry_id: UUID) -> Mapping[str, Any]:
    """The answers of one form entry as they were kept, to show the form again. Raises `NotFound`."""
    entry = session.get(FormEntry, entry_id)
    if entry is None:
        raise NotFound
    return entry_answers(session, entry)


def waiting_deliveries(session: Transaction, referral_id: UUID) -> list[UUID]:
    """What the referral's module has yet to receive, in order: for delivering at once, and not only by the job."""
    rows = session.execute(
        select(col(Delivery.id))
        .where(col(Delivery.referral_id) == referral_id, col(Delivery.state) == "due")
        .order_by(col(Delivery.id))
    )
    return list(rows.scalars())


def _entries() -> Any:
    return (
        select(FormEntry, col(Account.name).label("by"), col(Referral.service_key).label("service_key"))
        .join(Referral, col(Referral.id) == col(FormEntry.referral_id))
        .outerjoin(Account, col(Account.id) == col(FormEntry.by_id))
    )


def _entry(session: Transaction, row: Any) -> EntryView:
    entry: FormEntry = row.FormEntry
    service = remembered_service(session, row.service_key)
    form = service.form(entry.form) if service else None
    answers = entry_answers(session, entry)
    asked = msgspec.structs.replace(service, intake=questions(service, form)) if service and form else None
    return EntryView(
        id=entry.id,
        form=entry.form,
        title=form.title if form else untranslated(entry.form),
        stage=stage_title(service, entry.stage),
        on=entry.happened_on,
        entered_at=entry.created_at,
        by=row.by,
        state=entry.state,
        problems=msgspec.convert(entry.problems or [], list[Problem]),
        answers=released_lines(asked, answers),
    )
