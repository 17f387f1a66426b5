"""While a service runs: first contact, hold and resume, stage forms, the client's word, reopening."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

import msgspec
from sqlalchemy import update
from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.audit.actions import write_record
from referral_hub.calendar.clock import local_date
from referral_hub.calendar.deadlines import after_working_days
from referral_hub.codes import CLIENT_WORDS
from referral_hub.consent.errors import ConsentMissing
from referral_hub.errors import Invalid
from referral_hub.hub import Transaction, as_system
from referral_hub.i18n import Label
from referral_hub.ids import new_id
from referral_hub.referrals.duties import settle_duties
from referral_hub.referrals.entries import read_entry
from referral_hub.referrals.errors import FormFaulty, FormNotHere, ToldToForget
from referral_hub.referrals.lookup import declared_service, locked_referral, put_in_outbox
from referral_hub.referrals.once import answer_given_before, remember_answer
from referral_hub.referrals.transitions import apply_transition
from referral_hub.tables.access import Account
from referral_hub.tables.cases import Need
from referral_hub.tables.consent import Consent
from referral_hub.tables.directory import Organisation
from referral_hub.tables.referrals import Delivery, Disclosure, FormEntry, Referral

FILLED_IN = frozenset({"accepted", "in_service", "on_hold"})


class FilledIn(msgspec.Struct, frozen=True):
    """What a form sent twice under one key is answered with."""

    entry_id: UUID


def record_first_contact(session: Transaction, *, referral_id: UUID, on: date, by: Actor, at: datetime) -> None:
    """The recipient has reached the client. Said once; later it changes nothing."""
    referral = locked_referral(session, referral_id)
    _check_day(on, referral, at)
    if referral.state in FILLED_IN and referral.first_contact_at is None:
        mark_contact(session, referral, by=by, at=at, on=on)


def mark_contact(session: Transaction, referral: Referral, *, by: Actor, at: datetime, on: date) -> None:
    """Note the first contact on a locked referral."""
    referral.first_contact_at = at
    session.add(referral)
    session.flush()
    _record(session, "referral.contact", referral, by=by, at=at, facts={"on": on.isoformat()})


def name_owner(session: Transaction, *, referral_id: UUID, owner_id: UUID, by: Actor, at: datetime) -> None:
    """Name who looks after the referral on the recipient's side."""
    referral = locked_referral(session, referral_id)
    account = session.get(Account, owner_id)
    if account is None or account.organisation_id != referral.recipient_id:
        raise Invalid(
            field="owner_id",
            message=Label(zh="承办人须是本机构的人员。", en="The owner must be somebody of your organisation."),
        )
    referral.owner_id = owner_id
    session.add(referral)
    session.flush()
    _record(session, "referral.own", referral, by=by, at=at)


def hold_referral(session: Transaction, *, referral_id: UUID, by: Actor, at: datetime) -> None:
    """Pause a running service."""
    apply_transition(session, locked_referral(session, referral_id), "hold", by=by, at=at)


def resume_referral(session: Transaction, *, referral_id: UUID, by: Actor, at: datetime) -> None:
    """Go on with a paused service."""
    apply_transition(session, locked_referral(session, referral_id), "resume", by=by, at=at)


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
    Raises `FormNotHere` when the present stage has no such form, `FormFaulty` with every problem at once.
    """
    fingerprint = f"{referral_id}:{form}"
    before = answer_given_before(session, key, act="form.fill", fingerprint=fingerprint, by=by)
    if before is not None:
        return msgspec.convert(before, FilledIn).entry_id
    referral = locked_referral(session, referral_id)
    if referral.state not in FILLED_IN:
        raise FormNotHere
    service = declared_service(session, referral.service_key).service
    declared_form = service.form(form)
    if declared_form is None or referral.stage is None or referral.stage not in declared_form.stages:
        raise FormNotHere
    _check_day(on, referral, at)
    clean, problems = read_entry(service, declared_form, values)
    if problems:
        raise FormFaulty(count=len(problems), problems=problems)
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
    entry.content = session.vault.encrypt_json(clean, f"form_entry:{entry.id}")
    session.add(entry)
    session.flush()
    with as_system(session):
        put_in_outbox(session, referral, "apply", at=at, entry_id=entry.id)
    _record(session, "form.fill", referral, by=by, at=at, facts={"form": form, "stage": referral.stage})
    remember_answer(session, key, act="form.fill", fingerprint=fingerprint, answer=FilledIn(entry.id), by=by)
    return entry.id


def confirm_by_client(session: Transaction, *, referral_id: UUID, word: str, by: Actor, at: datetime) -> None:
    """What the client says: received, or not. Kept beside the organisation's own record, never instead of it (R28)."""
    if word not in CLIENT_WORDS:
        raise Invalid(
            field="word", message=Label(zh="请选择「收到」或「未收到」。", en="Choose received or not received.")
        )
    referral = locked_referral(session, referral_id)
    if referral.sent_at is None:
        raise FormNotHere
    referral.client_word = word
    session.add(referral)
    session.flush()
    _record(session, "referral.confirm", referral, by=by, at=at, facts={"word": word})


def reopen_referral(session: Transaction, *, referral_id: UUID, reason_code: str, by: Actor, at: datetime) -> None:
    """A supervisor opens an ended referral again, with a reason, within 30 days and under a consent in force."""
    referral = locked_referral(session, referral_id)
    consent = session.exec(
        select(Consent)
        .where(
            Consent.case_id == referral.case_id,
            Consent.recipient_id == referral.recipient_id,
            Consent.purpose == referral.service_key,
            Consent.state == "given",
            Consent.id == referral.consent_id,
        )
        .with_for_update(read=True)
    ).one_or_none()
    if consent is None or not consent.valid_from <= local_date(at) <= consent.valid_until:
        raise ConsentMissing(recipient=session.get_one(Organisation, referral.recipient_id).name)
    _call_off_recall(session, referral.id, by=by, at=at)
    declined = referral.state == "declined"
    values: dict[str, object] = {"overdue_since": None}
    if declined:
        times = declared_service(session, referral.service_key).service.times
        values |= {"answer_by": after_working_days(session.special_days, at, times.answer_days), "answered_at": None}
    apply_transition(
        session,
        referral,
        "reopen",
        by=by,
        at=at,
        reason_code=reason_code,
        met=["consent"],
        set_values=values,
    )
    session.execute(update(Disclosure).where(col(Disclosure.referral_id) == referral.id).values(access_ended_at=None))
    session.execute(
        update(Need)
        .where(col(Need.id) == referral.need_id, col(Need.state).in_(("open", "met", "unmet")))
        .values(state="being_met", ended_on=None)
    )


def _call_off_recall(session: Transaction, referral_id: UUID, *, by: Actor, at: datetime) -> None:
    """A module that was gone when its referral was ended may still be about to hear that it must forget. If it has not
    heard, it need not; if it has, nothing is left to go on with (`ToldToForget`).
    """
    with as_system(session):
        told = session.exec(
            select(Delivery).where(Delivery.referral_id == referral_id, Delivery.kind == "withdraw").with_for_update()
        ).all()
        for delivery in told:
            if delivery.state == "done":
                raise ToldToForget
            delivery.state, delivery.done_at = "dropped", at
            session.add(delivery)
        settle_duties(session, [referral_id], ["delete_or_return"], how="重新打开", by=by, at=at)


def _check_day(on: date, referral: Referral, at: datetime) -> None:
    today = local_date(at)
    if on > today:
        raise Invalid(field="on", message=Label(zh="日期不能晚于今天。", en="The date cannot be later than today."))
    if referral.sent_at is not None and on < local_date(referral.sent_at):
        raise Invalid(
            field="on",
            message=Label(zh="日期不能早于转介发出的日期。", en="The date cannot be before the referral was sent."),
        )


def _record(
    session: Transaction,
    act: str,
    referral: Referral,
    *,
    by: Actor,
    at: datetime,
    facts: dict[str, object] | None = None,
) -> None:
    write_record(
        session,
        act,
        by=by,
        at=at,
        subject="referral",
        subject_id=referral.id,
        case_id=referral.case_id,
        office_id=referral.office_id,
        referral_id=referral.id,
        recipient_id=referral.recipient_id,
        facts=facts,
    )
