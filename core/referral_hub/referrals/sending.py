"""Sending. A send without a consent in force is impossible: the row is not even found without one."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import insert, update
from sqlalchemy import select as core_select
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.calendar.clock import local_date
from referral_hub.calendar.deadlines import after_working_days
from referral_hub.cases.facts import case_facts
from referral_hub.consent.errors import ConsentMissing, RecipientNotReady, RequiredNotAgreed
from referral_hub.directory.rules import contract_in_force
from referral_hub.errors import HubError, NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.ids import new_id
from referral_hub.referrals.drafts import LETTER_FIELDS, NEED_OPEN
from referral_hub.referrals.errors import (
    AlreadyReferred,
    ModuleUnknown,
    NeedEnded,
    OfferingClosed,
    TransitionImpossible,
)
from referral_hub.referrals.lookup import Declared, declared_service
from referral_hub.referrals.neutrality import check_neutral
from referral_hub.referrals.once import answer_given_before, remember_answer
from referral_hub.referrals.placing import hold_for
from referral_hub.referrals.transitions import OPEN, STATES, apply_transition
from referral_hub.registry.pseudonyms import pseudonym
from referral_hub.tables.access import Account
from referral_hub.tables.cases import Need
from referral_hub.tables.consent import Consent
from referral_hub.tables.directory import Offering, Organisation
from referral_hub.tables.modules import Module
from referral_hub.tables.referrals import Delivery, Disclosure, Letter, Referral
from referral_hub.workflow.release import Released, release, wanted_fields

TAKES_REFERRALS = frozenset({"enabled", "degraded"})
"""States of a module in which it is sent new referrals; a degraded one takes them as soon as it is back."""


class Sent(msgspec.Struct, frozen=True):
    """A referral on its way. `held_place` is the number of a place held until the answer is due, if one was free."""

    id: UUID
    number: str
    answer_by: datetime
    held_place: int | None


class _Sending(msgspec.Struct, frozen=True):
    """All that a send reads, in one statement and under its locks."""

    referral: Referral
    need: Need
    offering: Offering
    recipient: Organisation
    office: Organisation
    sender: Account
    consent: Consent
    letter: Letter | None
    module_state: str | None


def preview_release(session: Transaction, referral_id: UUID) -> Released:
    """What the recipient would get if the draft were sent now: exactly what `send_referral` would release."""
    sending = _read(session, referral_id, lock=False)
    declared = declared_service(session, sending.referral.service_key)
    return _release(session, sending, declared)


def send_referral(
    session: Transaction,
    *,
    referral_id: UUID,
    by: Actor,
    at: datetime,
    key: str | None = None,
    hold: bool = True,
) -> Sent:
    """Send a draft: release, disclosure, state, record and outbox in one transaction.

    With a `key` seen before, changes nothing and answers as before. Raises `ConsentMissing`, `RequiredNotAgreed`,
    `WordsNotNeutral`, `OfferingClosed`, `RecipientNotReady`, `NeedEnded`, `AlreadyReferred` or `TransitionImpossible`.
    """
    before = answer_given_before(session, key, act="referral.send", fingerprint=str(referral_id), by=by)
    if before is not None:
        return msgspec.convert(before, Sent)
    sending = _read(session, referral_id, lock=True)
    referral = sending.referral
    declared = declared_service(session, referral.service_key)
    _check_ready(session, sending, at)
    released = _release(session, sending, declared)
    missing = released.missing(wanted_fields(declared.service))
    if missing:
        raise RequiredNotAgreed(
            field="categories",
            fields=Label(zh="、".join(f.label.zh for f in missing), en=", ".join(f.label.en for f in missing)),
        )
    check_neutral(declared.service, released.fields)
    answer_by = _answer_by(session, sending, declared, at)
    apply_transition(
        session,
        referral,
        "send",
        by=by,
        at=at,
        met=["consent"],
        facts={"fields": list(released.fields), "consent": sending.consent.number, "service": referral.service_key},
        set_values={
            "sent_at": at,
            "answer_by": answer_by,
            "consent_id": sending.consent.id,
            "manifest_digest": declared.digest,
            "module_key": declared.module_key,
            "module_ref": pseudonym(session.vault, declared.module_key, referral.id),
        },
    )
    _write_disclosure(session, sending, declared, released, by=by, at=at)
    if sending.need.state == "open":
        session.execute(update(Need).where(col(Need.id) == referral.need_id).values(state="being_met"))
    place = None
    if hold and declared.service.capacity == "places":
        place = hold_for(session, referral, sending.offering, declared.service, until=answer_by, by=by, at=at)
    sent = Sent(id=referral.id, number=referral.number, answer_by=answer_by, held_place=place)
    remember_answer(session, key, act="referral.send", fingerprint=str(referral_id), answer=sent, by=by)
    return sent


def _read(session: Transaction, referral_id: UUID, *, lock: bool) -> _Sending:
    """The draft with its consent in force. The consent is locked against a withdrawal at the same moment:
    either that comes first and nothing is found here, or it comes after and recalls what was sent.
    """
    office = aliased(Organisation)
    # Plain Core columns: SQLModel's own `select` types at most four of them.
    statement = (
        core_select(  # type: ignore[call-overload]  # nine columns are more than the stubs have
            Referral, Need, Offering, Organisation, office, Account, Consent, Letter, Module.state
        )
        .join(Need, col(Need.id) == col(Referral.need_id))
        .join(Offering, col(Offering.id) == col(Referral.offering_id))
        .join(Organisation, col(Organisation.id) == col(Referral.recipient_id))
        .join(office, col(office.id) == col(Referral.office_id))
        .join(Account, col(Account.id) == col(Referral.sender_id))
        .join(
            Consent,
            (col(Consent.case_id) == col(Referral.case_id))
            & (col(Consent.recipient_id) == col(Referral.recipient_id))
            & (col(Consent.purpose) == col(Referral.service_key))
            & (col(Consent.state) == "given"),
        )
        .outerjoin(Letter, col(Letter.referral_id) == col(Referral.id))
        .outerjoin(Module, col(Module.key) == col(Referral.module_key))
        .where(col(Referral.id) == referral_id)
        .execution_options(populate_existing=True)
    )
    if lock:
        # FOR NO KEY UPDATE: stronger than FOR SHARE on the consent, one clause for both, and foreign keys pass.
        statement = statement.with_for_update(of=(Referral, Consent), key_share=True)
    row = session.execute(statement).one_or_none()
    if row is None:
        raise _why_not(session, referral_id)
    return _Sending(*row)


def _why_not(session: Transaction, referral_id: UUID) -> HubError:
    referral = session.get(Referral, referral_id)
    if referral is None:
        return NotFound()
    if referral.state != "draft":
        return TransitionImpossible(state=STATES[referral.state], act=Label(zh="发出", en="send"))
    return ConsentMissing(recipient=session.get_one(Organisation, referral.recipient_id).name)


def _check_ready(session: Transaction, sending: _Sending, at: datetime) -> None:
    today = local_date(at)
    consent = sending.consent
    if not consent.valid_from <= today <= consent.valid_until:
        raise ConsentMissing(recipient=sending.recipient.name)
    if sending.module_state not in TAKES_REFERRALS:
        raise ModuleUnknown
    if sending.offering.status != "open":
        raise OfferingClosed(offering=sending.offering.title)
    if sending.recipient.status != "active":
        raise RecipientNotReady(
            recipient=sending.recipient.name,
            reason=Label(zh="该机构已暂停接收。", en="the organisation is suspended."),
        )
    if sending.recipient.processor_role == "entrusted" and not contract_in_force(
        session, sending.recipient.id, on=today
    ):
        raise RecipientNotReady(
            recipient=sending.recipient.name,
            reason=Label(zh="委托合同不在有效期内。", en="no contract with it is in force."),
        )
    if sending.need.state not in NEED_OPEN:
        raise NeedEnded(state=sending.need.state)
    if sending.referral.state == "draft":
        twin = session.execute(
            select(Referral.number).where(
                Referral.need_id == sending.referral.need_id,
                Referral.offering_id == sending.referral.offering_id,
                col(Referral.state).in_(OPEN),
            )
        ).scalar()
        if twin is not None:
            raise AlreadyReferred(number=twin)


def _release(session: Transaction, sending: _Sending, declared: Declared) -> Released:
    letter = {}
    if sending.letter is not None:
        letter = session.vault.decrypt_json(sending.letter.content, f"letter:{sending.referral.id}")
    known = {
        **case_facts(session, sending.referral.case_id),
        **{name: letter[name] for name in LETTER_FIELDS if letter.get(name)},
        **letter.get("intake", {}),
        "referrer_name": sending.sender.name,
        "referrer_phone": sending.sender.phone or sending.office.phone,
        "referrer_office": sending.office.short_name,
    }
    return release(declared.service, categories=sending.consent.categories, fields=sending.consent.fields, known=known)


def _answer_by(session: Transaction, sending: _Sending, declared: Declared, at: datetime) -> datetime:
    """24 hours when urgent, else working days: the offering's own, or the module's (R26)."""
    times = declared.service.times
    if sending.referral.urgency == "urgent":
        return at + timedelta(hours=times.urgent_hours)
    return after_working_days(session.special_days, at, sending.offering.answer_days or times.answer_days)


def _write_disclosure(
    session: Transaction, sending: _Sending, declared: Declared, released: Released, *, by: Actor, at: datetime
) -> None:
    referral, consent = sending.referral, sending.consent
    disclosure_id = new_id()
    session.execute(
        insert(Disclosure),
        [
            {
                "id": disclosure_id,
                "created_at": at,
                "referral_id": referral.id,
                "case_id": referral.case_id,
                "office_id": referral.office_id,
                "recipient_id": referral.recipient_id,
                "content": session.vault.encrypt_json(released.fields, f"disclosure:{disclosure_id}"),
                "fields": list(released.fields),
                "categories": sorted(consent.categories),
                "consent_id": consent.id,
                "consent_version": consent.version,
                "manifest_digest": declared.digest,
                "basis": consent.basis,
                "released_at": at,
                "released_by": by.account_id,
            }
        ],
    )
    session.execute(
        insert(Delivery),
        [
            {
                "id": new_id(),
                "created_at": at,
                "referral_id": referral.id,
                "module_key": declared.module_key,
                "kind": "receive",
                "state": "due",
                "attempts": 0,
                "due_at": at,
            }
        ],
    )
