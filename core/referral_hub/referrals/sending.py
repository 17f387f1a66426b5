"""Sending. A send without a consent in force is impossible: the row is not even found without one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select as core_select
from sqlalchemy.orm import aliased
from sqlmodel import col

from referral_hub.actor import Actor
from referral_hub.cases.facts import case_facts, searcher_for_case
from referral_hub.errors import HubError, NotFound
from referral_hub.hub import Transaction
from referral_hub.referrals.apply_effects import apply_effects
from referral_hub.referrals.choices import choice_at_send
from referral_hub.referrals.disclosures import SentUnder
from referral_hub.referrals.idempotency import find_previous_response, remember_response
from referral_hub.referrals.next_details import REQUEST_FIELDS
from referral_hub.referrals.state import declared_service, parties, state_of
from referral_hub.registry.pseudonyms import pseudonym
from referral_hub.tables.access import Account
from referral_hub.tables.cases import Need
from referral_hub.tables.consent import Consent
from referral_hub.tables.directory import Offering, Organisation
from referral_hub.tables.referrals import Referral, RequestDetails
from referral_hub.workflow.decide import decide
from referral_hub.workflow.errors import ConsentMissing
from referral_hub.workflow.events import Agreement, Send
from referral_hub.workflow.release import Released, release
from referral_hub.workflow.table import impossible


class Sent(msgspec.Struct, frozen=True):
    """A referral on its way. `held_place` is the number of a place held until the answer is due, if one was free."""

    id: UUID
    number: str
    answer_due_at: datetime
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
    details: RequestDetails | None


def preview_release(session: Transaction, referral_id: UUID) -> Released:
    """What the recipient would get if the draft were sent now: exactly what `send_referral` would release."""
    sending = _read(session, referral_id, lock=False)
    service = declared_service(session, sending.referral.service_key).service
    return release(
        service,
        categories=sending.consent.categories,
        fields=sending.consent.fields,
        known=_known(session, sending, case_facts(session, sending.referral.case_id)),
    )


def send_referral(
    session: Transaction,
    *,
    referral_id: UUID,
    by: Actor,
    at: datetime,
    key: str | None = None,
    hold: bool = True,
) -> Sent:
    """Send a draft: release, disclosure, state, audit and outbox in one transaction.

    With a `key` seen before, changes nothing and answers as before. Raises `ConsentMissing`, `RequiredNotAgreed`,
    `WordsNotNeutral`, `TransitionImpossible`, or what `workflow.sending.check_choice` raises.
    """
    before = find_previous_response(session, key, action="referral.send", fingerprint=str(referral_id), by=by)
    if before is not None:
        return msgspec.convert(before, Sent)
    sending = _read(session, referral_id, lock=True)
    referral = sending.referral
    declared = declared_service(session, referral.service_key)
    with session.looks.unshown():
        client = searcher_for_case(session, referral.case_id)
        known = _known(session, sending, client.facts)
    event = Send(
        agreement=agreement_of(sending.consent),
        known=known,
        choice=choice_at_send(
            session,
            referral,
            sending.need,
            sending.offering,
            client=client,
            recipient=sending.recipient.name,
            at=at,
        ),
        hold=hold,
    )
    effects = decide(
        state_of(referral, readable=False),
        event,
        service=declared.service,
        parties=parties(referral, by),
        calendar=session.work_calendar,
        now=at,
    )
    due = effects.after.answer_due_at
    assert due is not None, "whatever is sent is answered by a day"
    module_ref = pseudonym(session.cipher, declared.module_key, referral.id)
    under = SentUnder(consent=sending.consent, declared=declared, module_ref=module_ref)
    place = apply_effects(session, referral, effects, under=under, by=by, at=at)
    sent = Sent(id=referral.id, number=referral.number, answer_due_at=due, held_place=place)
    remember_response(session, key, action="referral.send", fingerprint=str(referral_id), answer=sent, by=by)
    return sent


def _read(session: Transaction, referral_id: UUID, *, lock: bool) -> _Sending:
    """The draft with its consent in force. The consent is locked against a withdrawal at the same moment:
    either that comes first and nothing is found here, or it comes after and recalls what was sent.
    """
    office = aliased(Organisation)
    # Plain Core columns: SQLModel's own `select` types at most four of them.
    statement = (
        core_select(Referral, Need, Offering, Organisation, office, Account, Consent, RequestDetails)
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
        .outerjoin(RequestDetails, col(RequestDetails.referral_id) == col(Referral.id))
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
        return impossible("send", referral.state)
    return ConsentMissing(recipient=session.get_one(Organisation, referral.recipient_id).name)


def agreement_of(consent: Consent) -> Agreement:
    """The consent as the rules see it."""
    return Agreement(
        number=consent.number,
        valid_from=consent.valid_from,
        valid_until=consent.valid_until,
        categories=frozenset(consent.categories),
        fields=frozenset(consent.fields),
    )


def known_for_release(session: Transaction, referral: Referral) -> dict[str, object]:
    """All that a draft could release, whatever the client agrees to. It is shown to nobody."""
    details = session.execute(
        core_select(RequestDetails).where(col(RequestDetails.referral_id) == referral.id)
    ).scalar_one_or_none()
    sender = session.get_one(Account, referral.sender_id)
    office = session.get_one(Organisation, referral.office_id)
    with session.looks.unshown():
        facts = case_facts(session, referral.case_id)
        return _with_request(session, facts, details, sender=sender, office=office)


def _known(session: Transaction, sending: _Sending, facts: Mapping[str, object]) -> dict[str, object]:
    """All that the hub knows of the client and the request; the rules cut it to what may go out."""
    return _with_request(session, facts, sending.details, sender=sending.sender, office=sending.office)


def _with_request(
    session: Transaction,
    facts: Mapping[str, object],
    kept: RequestDetails | None,
    *,
    sender: Account,
    office: Organisation,
) -> dict[str, object]:
    details = {}
    if kept is not None:
        details = session.cipher.decrypt_json(kept.content, f"request_details:{kept.referral_id}")
    return {
        **facts,
        **{name: details[name] for name in REQUEST_FIELDS if details.get(name)},
        **details.get("intake", {}),
        "referrer_name": sender.name,
        "referrer_phone": sender.phone or office.phone,
        "referrer_office": office.short_name,
    }
