"""Consents shaped for pages: what stands for a case, one with its notice for print, and what was answered before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from referral_hub.calendar.clock import local_date
from referral_hub.codes import BASES
from referral_hub.codes.declines import ASK_AGAIN_DAYS
from referral_hub.consent import rules
from referral_hub.consent.notice import NoticeText, build_notice
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.modules.history import service_when
from referral_hub.modules.titles import service_of, service_title
from referral_hub.storage.personal_fields import decrypt_field
from referral_hub.tables.access import Account
from referral_hub.tables.cases import ClientCase, Person
from referral_hub.tables.consent import Consent, Notice
from referral_hub.tables.directory import Offering, Organisation
from referral_hub.tables.referrals import Referral


class ConsentLine(msgspec.Struct, frozen=True):
    """One answer of a client about one recipient and one service. `referrals` counts what was sent under it."""

    id: UUID
    number: str
    recipient_id: UUID
    recipient: str
    purpose: str
    service: Label
    state: str
    basis: str
    version: int
    categories: list[str]
    fields: list[str]
    answered_at: datetime
    valid_from: date
    valid_until: date
    ended_at: datetime | None
    ended_how: str | None
    taken_by: str
    referrals: int


class ConsentPaper(msgspec.Struct, frozen=True):
    """One consent with all that its paper shows. `notice` is None when the service's module is gone."""

    line: ConsentLine
    case_id: UUID
    case_number: str
    client: str
    recipient_phone: str | None
    office: str
    office_phone: str | None
    notice: NoticeText | None
    template_version: str
    template_hash: str
    language: str
    read_aloud: bool
    signed_how: str | None
    signer: str
    signer_relation: str | None
    witness: str | None
    paper_reference: str | None
    basis_article: str | None
    basis_reason: str | None
    approver: str | None
    asked_by_client: bool


class NoticeParties(msgspec.Struct, frozen=True):
    """Who gives and who gets, as the notice names them (PIPL 17, 23)."""

    recipient_id: UUID
    recipient: str
    recipient_phone: str | None
    recipient_role: str
    office: str
    office_phone: str | None
    office_role: str
    birth_year: int | None
    client: str


def consents_for_case(session: Transaction, case_id: UUID) -> list[ConsentLine]:
    """Every answer, those in force first, then the newest. Refusals are among them: they are the office's own (R8)."""
    query = _lines().where(col(Consent.case_id) == case_id)
    rows = session.execute(query.order_by(col(Consent.state) != "given", col(Consent.answered_at).desc())).all()
    if rows:
        session.looks.at_case(case_id)
    return [_line(session, row) for row in rows]


def consent_in_force(
    session: Transaction, *, case_id: UUID, recipient_id: UUID, purpose: str, on: date
) -> ConsentLine | None:
    """The consent that a send to this recipient for this service would rest on, or None."""
    query = _lines().where(
        col(Consent.case_id) == case_id,
        col(Consent.recipient_id) == recipient_id,
        col(Consent.purpose) == purpose,
        col(Consent.state) == "given",
        col(Consent.valid_from) <= on,
        col(Consent.valid_until) >= on,
    )
    row = session.execute(query).one_or_none()
    return _line(session, row) if row else None


def recipients_in_force(session: Transaction, *, case_id: UUID, on: date) -> set[tuple[UUID, str]]:
    """(recipient, service) of every consent in force: a referral there needs no new question."""
    rows = session.execute(
        select(col(Consent.recipient_id), col(Consent.purpose)).where(
            col(Consent.case_id) == case_id,
            col(Consent.state) == "given",
            col(Consent.valid_from) <= on,
            col(Consent.valid_until) >= on,
        )
    ).all()
    return {(row.recipient_id, row.purpose) for row in rows}


def refused_on(
    session: Transaction, *, case_id: UUID, recipient_id: UUID, purpose: str, at: datetime
) -> tuple[date, date] | None:
    """When the same request was refused, and until when it is not asked again; None when it may be asked (R8)."""
    answered = session.execute(
        select(col(Consent.answered_at))
        .where(
            col(Consent.case_id) == case_id,
            col(Consent.recipient_id) == recipient_id,
            col(Consent.purpose) == purpose,
            col(Consent.state) == "refused",
            col(Consent.answered_at) > at - timedelta(days=ASK_AGAIN_DAYS),
        )
        .order_by(col(Consent.answered_at).desc())
        .limit(1)
    ).scalar()
    if answered is None:
        return None
    day = local_date(answered)
    return day, day + timedelta(days=ASK_AGAIN_DAYS)


def parties_of_notice(session: Transaction, *, case_id: UUID, offering_id: UUID) -> NoticeParties:
    """Who the notice about an offering names. Raises `NotFound`."""
    office = aliased(Organisation)
    row = session.execute(
        select(Person, Organisation, office)
        .select_from(ClientCase)
        .join(Person, col(Person.id) == col(ClientCase.person_id))
        .join(office, col(office.id) == col(ClientCase.office_id))
        .join(Offering, col(Offering.id) == offering_id)
        .join(Organisation, col(Organisation.id) == col(Offering.organisation_id))
        .where(col(ClientCase.id) == case_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    person, recipient, giver = row
    return NoticeParties(
        recipient_id=recipient.id,
        recipient=recipient.name,
        recipient_phone=recipient.phone,
        recipient_role=recipient.processor_role,
        office=giver.short_name,
        office_phone=giver.phone,
        office_role=giver.processor_role,
        birth_year=person.birth_year,
        client=_name(session, person),
    )


def consent_for_page(session: Transaction, consent_id: UUID) -> ConsentPaper:
    """One consent with its notice, signature and basis. Raises `NotFound`."""
    office, approver = aliased(Organisation, name="office"), aliased(Account)
    row = session.execute(
        _lines()
        .add_columns(Notice, Person, ClientCase, office, col(approver.name).label("approver"))
        .join(Notice, col(Notice.id) == col(Consent.notice_id))
        .join(Person, col(Person.id) == col(Consent.person_id))
        .join(ClientCase, col(ClientCase.id) == col(Consent.case_id))
        .join(office, col(office.id) == col(Consent.office_id))
        .outerjoin(approver, col(approver.id) == col(Consent.approver_id))
        .where(col(Consent.id) == consent_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    consent, recipient, notice, giver = row.Consent, row.Organisation, row.Notice, row.office
    cipher = session.cipher
    # What was said then, not what the module would have said today.
    service = service_when(session, consent.purpose, notice.given_at) or service_of(session, consent.purpose)
    text = service and build_notice(
        service,
        recipient=recipient.name,
        recipient_phone=recipient.phone,
        office=giver.short_name,
        office_phone=giver.phone,
        keep_until=notice.keep_until,
        method=consent.method,
        only=consent.categories,
    )
    return ConsentPaper(
        line=_line(session, row),
        case_id=consent.case_id,
        case_number=row.ClientCase.number,
        client=_name(session, row.Person),
        recipient_phone=recipient.phone,
        office=giver.short_name,
        office_phone=giver.phone,
        notice=text or None,
        template_version=notice.template_version,
        template_hash=notice.template_hash,
        language=notice.language,
        read_aloud=notice.read_aloud,
        signed_how=consent.signed_how,
        signer=consent.signer,
        signer_relation=consent.signer_relation,
        witness=cipher.decrypt(consent.witness, f"consent.witness:{consent.id}") if consent.witness else None,
        paper_reference=consent.paper_reference,
        basis_article=consent.basis_article,
        basis_reason=(
            cipher.decrypt(consent.basis_reason, f"consent.basis_reason:{consent.id}") if consent.basis_reason else None
        ),
        approver=row.approver,
        asked_by_client=consent.asked_by_client,
    )


def bases_allowed(office_role: str) -> Sequence[str]:
    """The bases beside consent that an office of this role may release on (R1, R10)."""
    return [basis for basis in BASES if basis != "consent" and rules.basis_allowed(basis, office_role)]


def _lines() -> Select[Any]:
    sent = (
        select(func.count())
        .select_from(Referral)
        .where(col(Referral.consent_id) == col(Consent.id), col(Referral.sent_at).is_not(None))
        .correlate(Consent)
        .scalar_subquery()
        .label("sent")
    )
    return (
        select(Consent, Organisation, col(Account.name).label("taken_by"), sent)
        .join(Organisation, col(Organisation.id) == col(Consent.recipient_id))
        .join(Account, col(Account.id) == col(Consent.taken_by))
    )


def _line(session: Transaction, row: Any) -> ConsentLine:
    consent = row.Consent
    return ConsentLine(
        id=consent.id,
        number=consent.number,
        recipient_id=consent.recipient_id,
        recipient=row.Organisation.name,
        purpose=consent.purpose,
        service=service_title(session, consent.purpose),
        state=consent.state,
        basis=consent.basis,
        version=consent.version,
        categories=consent.categories,
        fields=consent.fields,
        answered_at=consent.answered_at,
        valid_from=consent.valid_from,
        valid_until=consent.valid_until,
        ended_at=consent.ended_at,
        ended_how=consent.ended_how,
        taken_by=row.taken_by,
        referrals=row.sent,
    )


def _name(session: Transaction, person: Person) -> str:
    return decrypt_field(session.cipher, "person", "name", person.id, person.name) or ""
