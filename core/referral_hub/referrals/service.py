"""While a service runs: first contact, hold and resume, stage forms, what the client says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

import msgspec

from referral_hub.actor import Actor
from referral_hub.calendar.clock import local_date
from referral_hub.codes.states import REFERRAL_ACCEPTED
from referral_hub.hub import Transaction
from referral_hub.ids import new_id
from referral_hub.referrals.apply_effects import apply_effects, carry_out
from referral_hub.referrals.forms import read_entry
from referral_hub.referrals.idempotency import find_previous_response, remember_response
from referral_hub.referrals.state import (
    declared_service,
    installed_service,
    lock_referral,
    parties,
)
from referral_hub.tables.referrals import FormEntry, Referral
from referral_hub.workflow.decide import decide
from referral_hub.workflow.errors import FormInvalid, FormNotHere
from referral_hub.workflow.events import (
    Event,
    FillForm,
    Hold,
    RecordClientConfirmation,
    RecordClientSatisfaction,
    RecordContact,
    Resume,
)


class FilledIn(msgspec.Struct, frozen=True):
    """What a form sent twice under one key is answered with."""

    entry_id: UUID


def record_first_contact(session: Transaction, *, referral_id: UUID, on: date, by: Actor, at: datetime) -> None:
    """The recipient has reached the client. Said once; later it changes nothing."""
    _happen(session, referral_id, RecordContact(on=on), by=by, at=at)


def hold_referral(session: Transaction, *, referral_id: UUID, by: Actor, at: datetime) -> None:
    """Pause a running service."""
    _happen(session, referral_id, Hold(), by=by, at=at)


def resume_referral(session: Transaction, *, referral_id: UUID, by: Actor, at: datetime) -> None:
    """Go on with a paused service."""
    _happen(session, referral_id, Resume(), by=by, at=at)


def record_client_confirmation(
    session: Transaction, *, referral_id: UUID, confirmation: str, by: Actor, at: datetime
) -> None:
    """What the client says: received, or not. Kept beside the organisation's own record, never instead of it (R28)."""
    _happen(session, referral_id, RecordClientConfirmation(answer=confirmation), by=by, at=at)


def record_client_satisfaction(
    session: Transaction, *, referral_id: UUID, satisfaction: str, by: Actor, at: datetime
) -> None:
    """How satisfied the client is, a code of CLIENT_SATISFACTION. The latest answer counts; the provider sees none."""
    _happen(session, referral_id, RecordClientSatisfaction(answer=satisfaction), by=by, at=at)


def fill_form(
    session: Transaction,
    *,
    referral_id: UUID,
    form: str,
    values: Mapping[str, object],
    on: date,
    by: Actor,
    at: datetime,
    key: str | None = None,
) -> UUID:
    """Keep a stage form as the recipient filled it in and queue it for the module, which says what follows.

    The same form sent again under the same `key` is kept once, and answered with the entry that is there.
    Raises `FormNotHere` when the present stage has no such form, `FormInvalid` with every problem at once.
    """
    fingerprint = f"{referral_id}:{form}"
    before = find_previous_response(session, key, action="form.fill", fingerprint=fingerprint, by=by)
    if before is not None:
        return msgspec.convert(before, FilledIn).entry_id
    locked = lock_referral(session, referral_id)
    if locked.state.state not in REFERRAL_ACCEPTED:
        raise FormNotHere
    service = declared_service(session, locked.row.service_key).service
    effects = decide(
        locked.state,
        FillForm(form=form, on=on),
        service=service,
        parties=parties(locked.row, by),
        calendar=session.work_calendar,
        now=at,
    )
    declared = service.form(form)
    assert declared is not None, "the rules know the form"
    clean, problems = read_entry(service, declared, values, today=local_date(at))
    if problems:
        raise FormInvalid(count=len(problems), problems=problems)
    entry_id = _keep_entry(session, locked.row, form, clean, on=on, by=by)
    apply_effects(session, locked.row, effects, entry_id=entry_id, by=by, at=at)
    remember_response(session, key, action="form.fill", fingerprint=fingerprint, answer=FilledIn(entry_id), by=by)
    return entry_id


def _happen(session: Transaction, referral_id: UUID, event: Event, *, by: Actor, at: datetime) -> None:
    locked = lock_referral(session, referral_id)
    carry_out(session, locked, event, service=installed_service(session, locked.row.service_key), by=by, at=at)


def _keep_entry(
    session: Transaction, referral: Referral, form: str, answers: Mapping[str, object], *, on: date, by: Actor
) -> UUID:
    entry = FormEntry(
        id=new_id(),
        referral_id=referral.id,
        recipient_id=referral.recipient_id,
        form=form,
        stage=referral.stage,
        happened_on=on,
        content=b"",
        by_id=by.account_id,
    )
    entry.content = session.cipher.encrypt_json(answers, f"form_entry:{entry.id}")
    session.add(entry)
    session.flush()
    return entry.id
