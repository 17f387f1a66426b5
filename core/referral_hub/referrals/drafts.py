"""Drafts while they are written: another place, other words. What was sent is never changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from sqlmodel import select

from referral_hub.actor import Actor
from referral_hub.api import Screening
from referral_hub.audit.entries import record_audit_entry
from referral_hub.audit.subjects import AuditSubject, subject_of
from referral_hub.codes.declines import ASK_AGAIN_REASONS, SUPERVISOR_AGREES
from referral_hub.errors import Conflict, Invalid, NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.ids import new_id, public_number
from referral_hub.referrals.choices import choice_at_draft, screening_for
from referral_hub.referrals.next_details import kept_details
from referral_hub.referrals.state import installed_service, lock_referral
from referral_hub.tables.cases import Need
from referral_hub.tables.directory import Offering, Organisation
from referral_hub.tables.referrals import Referral, RequestDetails
from referral_hub.text_limits import MAX_REASON, read_text
from referral_hub.workflow.neutral import check_typed
from referral_hub.workflow.sending import check_choice


class Drafted(msgspec.Struct, frozen=True):
    id: UUID
    number: str


def draft_referral(
    session: Transaction,
    *,
    need_id: UUID,
    offering_id: UUID,
    details: Mapping[str, object],
    urgency: str = "normal",
    previous_id: UUID | None = None,
    asked_again: str | None = None,
    exception: str | None = None,
    by: Actor,
    at: datetime,
) -> Drafted:
    """Begin a referral as an attempt at a need. `details` holds `REQUEST_FIELDS` and the answers under `intake`.

    `asked_again` is why a place is asked that declined, or that the client refused, a short time ago; `exception` why
    one is asked that cannot serve the client, in a supervisor's words. What would stop the send for certain is refused
    here already, before the client is asked: see `workflow.sending.check_choice`.
    """
    need = session.get(Need, need_id)
    if need is None:
        raise NotFound
    screening = screening_for(session, need.case_id, offering_id, at=at)
    return draft_screened(
        session,
        need=need,
        offering_id=offering_id,
        screening=screening,
        details=details,
        urgency=urgency,
        previous_id=previous_id,
        asked_again=asked_again,
        exception=exception,
        by=by,
        at=at,
    )


def draft_screened(
    session: Transaction,
    *,
    need: Need,
    offering_id: UUID,
    screening: Screening | None,
    details: Mapping[str, object],
    urgency: str,
    previous_id: UUID | None,
    asked_again: str | None,
    exception: str | None,
    by: Actor,
    at: datetime,
) -> Drafted:
    """`draft_referral` where the module was asked before (`screening`), because rows are locked by now."""
    offering = session.get(Offering, offering_id)
    if offering is None or by.account_id is None:
        raise NotFound
    chosen = _Chosen(offering=offering, screening=screening, asked_again=asked_again, exception=exception)
    excepted = _check_choice(session, need, chosen, by=by, at=at)
    referral = Referral(
        id=new_id(),
        created_at=at,
        number=public_number(),
        case_id=need.case_id,
        office_id=need.office_id,
        need_id=need.id,
        offering_id=offering.id,
        recipient_id=offering.organisation_id,
        module_key=offering.module_key,
        service_key=offering.service_key,
        previous_id=previous_id,
        asked_again=asked_again,
        urgency="urgent" if urgency == "urgent" else "normal",
        sender_id=by.account_id,
    )
    session.add(referral)
    _make_exception(session, referral, excepted, exception, by=by)
    _check_words(session, referral, details)
    session.flush()
    save_request_details(session, referral, details)
    record_audit_entry(
        session,
        "referral.draft",
        about=_unsent(referral),
        by=by,
        at=at,
        reason=asked_again,
        details={"service": referral.service_key, "recipient": str(referral.recipient_id)},
    )
    _record_exception(session, referral, by=by, at=at)
    return Drafted(id=referral.id, number=referral.number)


def _check_words(session: Transaction, referral: Referral, details: Mapping[str, object]) -> None:
    """What is written for the recipient is neutral before the client is asked whether it may go out (R20)."""
    service = installed_service(session, referral.service_key)
    if service is not None:
        intake = details.get("intake")
        check_typed(service, {**details, **(intake if isinstance(intake, dict) else {})})


def save_request_details(session: Transaction, referral: Referral, details: Mapping[str, object]) -> None:
    """Keep what the sender wrote, encrypted, for as long as the referral is a draft."""
    content = session.cipher.encrypt_json(dict(details), f"request_details:{referral.id}")
    kept = session.exec(select(RequestDetails).where(RequestDetails.referral_id == referral.id)).one_or_none()
    if kept is None:
        kept = RequestDetails(
            id=new_id(),
            referral_id=referral.id,
            case_id=referral.case_id,
            office_id=referral.office_id,
            content=content,
        )
    else:
        kept.content = content
    session.add(kept)
    session.flush()


def change_draft(
    session: Transaction,
    *,
    referral_id: UUID,
    offering_id: UUID | None = None,
    details: Mapping[str, object] | None = None,
    urgency: str | None = None,
    asked_again: str | None = None,
    exception: str | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Take the draft to another offering, or put other words into its details.

    With another service the answers to the former service's questions are dropped: they were asked for that one.
    Raises `NotFound`, `Conflict` once it is sent, and for an offering what `draft_referral` raises.
    """
    screening = _screening_of_draft(session, referral_id, offering_id, at=at) if offering_id is not None else None
    referral = lock_referral(session, referral_id).row
    if referral.state != "draft":
        raise Conflict
    words = dict(details) if details is not None else None
    if offering_id is not None:
        offering = session.get(Offering, offering_id)
        if offering is None:
            raise NotFound
        before = referral.service_key
        chosen = _Chosen(offering=offering, screening=screening, asked_again=asked_again, exception=exception)
        _move(session, referral, chosen, by=by, at=at)
        if before != referral.service_key:
            words = {
                name: value for name, value in (words or kept_details(session, referral)).items() if name != "intake"
            }
    if urgency is not None:
        referral.urgency = "urgent" if urgency == "urgent" else "normal"
    session.add(referral)
    session.flush()
    if words is not None:
        _check_words(session, referral, words)
        save_request_details(session, referral, words)
    record_audit_entry(
        session,
        "referral.draft",
        about=_unsent(referral),
        by=by,
        at=at,
        reason=asked_again,
        details={"service": referral.service_key, "recipient": str(referral.recipient_id), "changed": True},
    )
    if offering_id is not None:
        _record_exception(session, referral, by=by, at=at)


def _unsent(referral: Referral) -> AuditSubject:
    """A draft is the sender's own: the recipient does not see that it was thought of."""
    return subject_of(referral).hidden("recipient_id")


class _Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """A place chosen for a need, and what was said for choosing it all the same."""

    offering: Offering
    screening: Screening | None
    asked_again: str | None
    exception: str | None


def _check_choice(session: Transaction, need: Need, chosen: _Chosen, *, by: Actor, at: datetime) -> frozenset[str]:
    """Raises what stands against it; the criteria that the exception is made of otherwise."""
    if chosen.asked_again is not None and chosen.asked_again not in ASK_AGAIN_REASONS:
        raise Invalid(
            field="asked_again", message=Label(zh="请从列表中选择原因。", en="Choose the reason from the list.")
        )
    if by.role != "supervisor":
        if chosen.asked_again == SUPERVISOR_AGREES:
            raise Invalid(field="asked_again", message=_FOR_SUPERVISOR)
        if chosen.exception:
            raise Invalid(field="exception", message=_FOR_SUPERVISOR)
    words = read_text(chosen.exception, "exception", maximum=MAX_REASON)
    choice = choice_at_draft(
        session,
        need,
        chosen.offering,
        recipient=session.get_one(Organisation, chosen.offering.organisation_id).name,
        asked_again=chosen.asked_again,
        screening=chosen.screening,
        at=at,
    )
    excepted = choice.fit.refused if words else frozenset[str]()
    check_choice(msgspec.structs.replace(choice, excepted=excepted), now=at)
    return excepted


_FOR_SUPERVISOR = Label(zh="请由督导来发这张转介。", en="This referral must be sent by a supervisor.")


def _screening_of_draft(
    session: Transaction, referral_id: UUID, offering_id: UUID, *, at: datetime
) -> Screening | None:
    referral = session.get(Referral, referral_id)
    return screening_for(session, referral.case_id, offering_id, at=at) if referral is not None else None


def _move(session: Transaction, referral: Referral, chosen: _Chosen, *, by: Actor, at: datetime) -> None:
    offering = chosen.offering
    need = session.get_one(Need, referral.need_id)
    excepted = _check_choice(session, need, chosen, by=by, at=at)
    referral.asked_again = chosen.asked_again
    referral.offering_id = offering.id
    referral.recipient_id = offering.organisation_id
    referral.module_key = offering.module_key
    referral.service_key = offering.service_key
    _make_exception(session, referral, excepted, chosen.exception, by=by)


def _make_exception(
    session: Transaction, referral: Referral, excepted: frozenset[str], words: str | None, *, by: Actor
) -> None:
    """Keep of which criteria an exception was made, and why; an exception for another place counts no more."""
    referral.excepted = sorted(excepted)
    referral.exception_by_id = by.account_id if excepted else None
    context = f"referral.exception:{referral.id}"
    referral.exception_reason = session.cipher.encrypt((words or "").strip(), context) if excepted else None


def _record_exception(session: Transaction, referral: Referral, *, by: Actor, at: datetime) -> None:
    if referral.excepted:
        record_audit_entry(
            session, "referral.except", about=_unsent(referral), by=by, at=at, details={"of": list(referral.excepted)}
        )
