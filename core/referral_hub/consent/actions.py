"""What changes a consent: asking and the answer, replacing, expiry. Withdrawal is in `referrals.withdrawal`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.audit.entries import record_audit_entry
from referral_hub.calendar.clock import local_date
from referral_hub.codes.declines import ASK_AGAIN_DAYS
from referral_hub.consent import rules
from referral_hub.consent.errors import ApproverNeeded, AskedTooSoon, SignatureIncomplete
from referral_hub.consent.notice import TEMPLATE_HASH, VERSION
from referral_hub.consent.values import Request, Signature
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.ids import new_id, public_number
from referral_hub.tables.cases import ClientCase, Person
from referral_hub.tables.consent import Consent, Notice
from referral_hub.tables.directory import Organisation
from referral_hub.tasks.actions import create_task
from referral_hub.text_limits import MAX_ARTICLE, MAX_PAPER_REFERENCE, MAX_REASON, read_line
from referral_hub.workflow.errors import RecipientNotReady
from referral_hub.workflow.release import agreed_fields
from referral_hub.workflow.tasks import TASK_KINDS

__all__ = [
    "InForce",
    "Request",
    "Signature",
    "expire_consents",
    "give_consent",
    "record_other_basis",
    "refuse_consent",
]


class InForce(msgspec.Struct, frozen=True):
    """A consent now in force, and those that it took the place of."""

    consent: Consent
    replaced: tuple[Consent, ...]


def give_consent(session: Transaction, request: Request, signature: Signature, *, by: Actor, at: datetime) -> InForce:
    """Record that the client agrees. A consent in force for the same recipient and purpose becomes `replaced`."""
    rules.check_categories(request.service, request.categories)
    rules.check_signature(
        signature.how, witness=signature.witness, signer=signature.signer, signer_relation=signature.relation
    )
    return _put_in_force(session, request, signature, basis="consent", by=by, at=at)


def record_other_basis(
    session: Transaction,
    request: Request,
    *,
    basis: str,
    article: str,
    reason: str,
    by: Actor,
    at: datetime,
) -> InForce:
    """Release without consent, under a statutory duty or in an emergency (R10). Only a supervisor may.

    Names the article and the reason. After an emergency the client is informed: a task with a due date opens.
    """
    if by.role != "supervisor":
        raise ApproverNeeded
    for name, value, maximum in (("article", article, MAX_ARTICLE), ("reason", reason, MAX_REASON)):
        if read_line(value, name, maximum=maximum) is None:
            raise SignatureIncomplete(
                field=name,
                message=Label(zh="请写明法律条款和理由。", en="Name the article of law and the reason."),
            )
    rules.check_categories(request.service, request.categories)
    given = _put_in_force(session, request, None, basis=basis, article=article, reason=reason, by=by, at=at)
    if basis == "emergency":
        create_task(
            session,
            "tell_client",
            organisation_id=_acting_for(by),
            office_id=_acting_for(by),
            consent_id=given.consent.id,
            due_at=session.work_calendar.after(at, TASK_KINDS["tell_client"].working_days),
            by=by,
            at=at,
        )
    return given


def refuse_consent(session: Transaction, request: Request, *, by: Actor, at: datetime) -> UUID:
    """Record that the client does not agree. Private to the office; another request is not touched by it (R8)."""
    case, person, recipient = _parties(session, request)
    _check_not_too_soon(session, request, person, at)
    consent = _answer(session, request, case=case, recipient=recipient, by=by, at=at)
    consent.state = "refused"
    consent.ended_at = at
    session.add(consent)
    session.flush()
    _record(session, "consent.refuse", consent, by=by, at=at)
    return consent.id


def expire_consents(session: Transaction, *, by: Actor, at: datetime) -> list[UUID]:
    """End every consent whose last day is past; returns their ids, for the referrals under them to be seen to."""
    today = local_date(at)
    ended = session.exec(
        select(Consent)
        .where(Consent.state == "given", col(Consent.valid_until) < today)
        .with_for_update(skip_locked=True)
        .limit(500)
    ).all()
    for consent in ended:
        consent.state = "expired"
        consent.ended_at = at
        session.add(consent)
        _record(session, "consent.expire", consent, by=by, at=at)
    session.flush()
    return [consent.id for consent in ended]


def _put_in_force(
    session: Transaction,
    request: Request,
    signature: Signature | None,
    *,
    basis: str,
    article: str | None = None,
    reason: str | None = None,
    by: Actor,
    at: datetime,
) -> InForce:
    case, person, recipient = _parties(session, request)
    office = session.get_one(Organisation, case.office_id)
    rules.check_basis(basis, processor_role=office.processor_role)
    if recipient.status != "active":
        raise RecipientNotReady(
            recipient=recipient.name,
            reason=Label(
                zh="还没有完成个人信息保护影响评估或已暂停，请联系管理员。",
                en="it has no impact assessment, or it is suspended; ask the administrator.",
            ),
        )
    if signature is not None:
        _check_not_too_soon(session, request, person, at)
        rules.check_signer_age(birth_year=person.birth_year, signer=signature.signer, on=local_date(at))
    consent = _answer(session, request, case=case, recipient=recipient, by=by, at=at)
    former = _former(session, consent)
    consent.version = 1 + max((old.version for old in former), default=0)
    replaced = [_replace(session, old, by=by, at=at) for old in former if old.state == "given"]
    consent.basis = basis
    cipher = session.cipher
    if signature is None:
        consent.basis_article = article
        consent.basis_reason = cipher.encrypt(reason or "", f"consent.basis_reason:{consent.id}")
        consent.approver_id = by.account_id
    else:
        consent.signed_how = signature.how
        consent.signer = signature.signer
        consent.signer_relation = signature.relation
        consent.paper_reference = read_line(signature.paper_reference, "paper_reference", maximum=MAX_PAPER_REFERENCE)
        if signature.witness:
            consent.witness = cipher.encrypt(signature.witness, f"consent.witness:{consent.id}")
    session.add(consent)
    session.flush()
    _record(session, "consent.give", consent, by=by, at=at)
    return InForce(consent, tuple(replaced))


def _parties(session: Transaction, request: Request) -> tuple[ClientCase, Person, Organisation]:
    """The case locked against a second answer at the same moment, its person, and the recipient."""
    case = session.exec(select(ClientCase).where(ClientCase.id == request.case_id).with_for_update()).one_or_none()
    recipient = session.get(Organisation, request.recipient_id)
    if case is None or recipient is None:
        raise NotFound
    return case, session.get_one(Person, case.person_id), recipient


def _answer(
    session: Transaction, request: Request, *, case: ClientCase, recipient: Organisation, by: Actor, at: datetime
) -> Consent:
    """The notice that was given, saved, and the answer about it, not yet saved."""
    today = local_date(at)
    until = rules.valid_until(today, request.valid_days, request.service)
    shared: dict[str, Any] = {
        "person_id": case.person_id,
        "case_id": case.id,
        "office_id": case.office_id,
        "recipient_id": recipient.id,
        "purpose": request.purpose,
        "categories": sorted(set(request.categories)),
        "method": request.method,
    }
    notice = Notice(
        **shared,
        keep_until=until,
        language=request.language,
        template_version=VERSION,
        template_hash=TEMPLATE_HASH,
        given_at=at,
        given_by=_account(by),
        read_aloud=request.read_aloud,
    )
    session.add(notice)
    session.flush()
    return Consent(
        id=new_id(),
        **shared,
        number=public_number(),
        state="given",
        fields=agreed_fields(request.service, request.categories, request.excluded_fields),
        notice_id=notice.id,
        asked_by_client=request.asked_by_client,
        answered_at=at,
        taken_by=_account(by),
        valid_from=today,
        valid_until=until,
    )


def _former(session: Transaction, consent: Consent) -> list[Consent]:
    """Earlier consents about the same recipient and purpose, under a lock."""
    return list(
        session.exec(
            select(Consent)
            .where(
                Consent.person_id == consent.person_id,
                Consent.recipient_id == consent.recipient_id,
                Consent.purpose == consent.purpose,
                Consent.state != "refused",
            )
            .with_for_update()
        ).all()
    )


def _replace(session: Transaction, old: Consent, *, by: Actor, at: datetime) -> Consent:
    """End the consent in force that a new one takes the place of."""
    old.state = "replaced"
    old.ended_at = at
    session.add(old)
    session.flush()
    _record(session, "consent.replace", old, by=by, at=at)
    return old


def _check_not_too_soon(session: Transaction, request: Request, person: Person, at: datetime) -> None:
    if request.asked_by_client:
        return
    refused_at = session.exec(
        select(Consent.answered_at)
        .where(
            Consent.person_id == person.id,
            Consent.recipient_id == request.recipient_id,
            Consent.purpose == request.purpose,
            Consent.state == "refused",
            col(Consent.answered_at) > at - timedelta(days=ASK_AGAIN_DAYS),
        )
        .order_by(col(Consent.answered_at).desc())
        .limit(1)
    ).first()
    if refused_at is not None:
        refused_on = local_date(refused_at)
        raise AskedTooSoon(
            field="asked_by_client",
            refused_on=refused_on.isoformat(),
            until=(refused_on + timedelta(days=ASK_AGAIN_DAYS)).isoformat(),
        )


def _record(session: Transaction, action: str, consent: Consent, *, by: Actor, at: datetime) -> None:
    record_audit_entry(
        session,
        action,
        about=consent,
        by=by,
        at=at,
        details={
            "recipient": str(consent.recipient_id),
            "purpose": consent.purpose,
            "categories": consent.categories,
            "version": consent.version,
            "basis": consent.basis,
        },
    )


def _account(by: Actor) -> UUID:
    if by.account_id is None:
        raise NotFound
    return by.account_id


def _acting_for(by: Actor) -> UUID:
    if by.organisation_id is None:
        raise NotFound
    return by.organisation_id
