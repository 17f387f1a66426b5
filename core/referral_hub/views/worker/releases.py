"""What an office released on another basis than consent, month by month, for review by a supervisor (R10)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from referral_hub.audit.entries import record_audit_entry
from referral_hub.audit.subjects import AuditSubject
from referral_hub.calendar.clock import start_of
from referral_hub.codes import BASES
from referral_hub.codes.case_fields import CATEGORY_TEXTS
from referral_hub.errors import NotAllowed
from referral_hub.hub import Transaction
from referral_hub.i18n import Label, untranslated
from referral_hub.modules.titles import service_title
from referral_hub.tables.access import Account
from referral_hub.tables.cases import ClientCase
from referral_hub.tables.consent import Consent
from referral_hub.tables.directory import Organisation
from referral_hub.tables.referrals import Referral


class Release(msgspec.Struct, frozen=True):
    """One release without consent. `sent` are the referrals that went out under it, `reviewed_at` None until then."""

    id: UUID
    number: str
    case_id: UUID
    case_number: str
    recipient: str
    service: Label
    categories: list[Label]
    basis: str
    basis_label: Label
    article: str
    reason: str
    approver: str
    recorded_at: datetime
    sent: list[str]
    reviewed_by: str | None
    reviewed_at: datetime | None


def releases_between(session: Transaction, *, since: date, until: date, at: datetime) -> list[Release]:
    """Those recorded from one day to another, what is not reviewed yet first. Reading the reasons is itself recorded.

    Raises `NotAllowed` for anyone but a supervisor.
    """
    actor = session.actor
    if actor.role != "supervisor":
        raise NotAllowed
    approver, reviewer = aliased(Account), aliased(Account)
    numbers = (
        select(func.array_agg(col(Referral.number)))
        .where(col(Referral.consent_id) == col(Consent.id), col(Referral.sent_at).is_not(None))
        .correlate(Consent)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Consent,
            col(ClientCase.number).label("case_number"),
            col(Organisation.short_name).label("recipient"),
            col(approver.name).label("approver"),
            col(reviewer.name).label("reviewer"),
            numbers.label("sent"),
        )
        .join(ClientCase, col(ClientCase.id) == col(Consent.case_id))
        .join(Organisation, col(Organisation.id) == col(Consent.recipient_id))
        .join(approver, col(approver.id) == col(Consent.approver_id))
        .outerjoin(reviewer, col(reviewer.id) == col(Consent.reviewed_by))
        .where(
            col(Consent.office_id) == actor.organisation_id,
            col(Consent.answered_at) >= start_of(since),
            col(Consent.answered_at) < start_of(until + timedelta(days=1)),
        )
        .order_by(col(Consent.reviewed_at).is_not(None), col(Consent.answered_at).desc(), col(Consent.id))
    ).all()
    if rows:
        seen = AuditSubject("consent", office_id=actor.organisation_id)
        record_audit_entry(session, "consent.list_releases", about=seen, by=actor, at=at, details={"rows": len(rows)})
    return [
        Release(
            id=consent.id,
            number=consent.number,
            case_id=consent.case_id,
            case_number=case_number,
            recipient=recipient,
            service=service_title(session, consent.purpose),
            categories=[
                CATEGORY_TEXTS[one].label if one in CATEGORY_TEXTS else untranslated(one) for one in consent.categories
            ],
            basis=consent.basis,
            basis_label=BASES[consent.basis],
            article=consent.basis_article or "",
            reason=session.cipher.decrypt(consent.basis_reason, f"consent.basis_reason:{consent.id}"),
            approver=approved_by,
            recorded_at=consent.answered_at,
            sent=sorted(sent or ()),
            reviewed_by=reviewed_by,
            reviewed_at=consent.reviewed_at,
        )
        for consent, case_number, recipient, approved_by, reviewed_by, sent in rows
    ]


def releases_to_review(session: Transaction) -> int:
    """How many of the acting office, of any month, nobody has reviewed yet."""
    found: int = session.execute(
        select(func.count())
        .select_from(Consent)
        .where(
            col(Consent.office_id) == session.actor.organisation_id,
            col(Consent.approver_id).is_not(None),
            col(Consent.reviewed_at).is_(None),
        )
    ).scalar_one()
    return found
