"""Who received what: the client's own question, answered from the disclosures themselves (PIPL 44, 45; R14)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import and_, func, select
from sqlmodel import col

from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.modules.history import remembered_service
from referral_hub.modules.titles import service_title
from referral_hub.referrals.presentation import released_labels
from referral_hub.tables.consent import Consent
from referral_hub.tables.directory import Organisation
from referral_hub.tables.referrals import Disclosure, Referral, Task
from referral_hub.workflow.tasks import ERASURE_KINDS


class ReceivedLine(msgspec.Struct, frozen=True):
    """One disclosure. `closed`: the recipient may read it no more, whether or not a job has noted since when.

    `deleted_at` is when the recipient said that it deleted or returned the data.
    """

    referral_id: UUID
    number: str
    recipient: str
    recipient_phone: str | None
    service: Label
    categories: list[str]
    fields: list[Label]
    basis: str
    consent_number: str
    released_at: datetime
    valid_until: Any
    access_ended_at: datetime | None
    closed: bool
    asked_to_delete: bool
    deleted_at: datetime | None


def received_for_case(session: Transaction, case_id: UUID) -> list[ReceivedLine]:
    """Every disclosure of a case, newest first, those that have ended among them."""
    rows = session.execute(
        select(Disclosure, Referral, Organisation, Consent, Task, func.hub_lost_ground(Referral.id).label("lost"))
        .join(Referral, col(Referral.id) == col(Disclosure.referral_id))
        .join(Organisation, col(Organisation.id) == col(Disclosure.recipient_id))
        .join(Consent, col(Consent.id) == col(Disclosure.consent_id))
        .outerjoin(
            Task,
            and_(col(Task.referral_id) == col(Disclosure.referral_id), col(Task.kind).in_(ERASURE_KINDS)),
        )
        .where(col(Disclosure.case_id) == case_id)
        .order_by(col(Disclosure.released_at).desc(), col(Task.due_at).desc())
    ).all()
    seen: dict[UUID, ReceivedLine] = {}
    for row in rows:
        seen.setdefault(row.Disclosure.id, _line(session, row))
    return list(seen.values())


def _line(session: Transaction, row: Any) -> ReceivedLine:
    disclosure, task = row.Disclosure, row.Task
    service = remembered_service(session, row.Referral.service_key, digest=disclosure.manifest_digest)
    return ReceivedLine(
        referral_id=disclosure.referral_id,
        number=row.Referral.number,
        recipient=row.Organisation.name,
        recipient_phone=row.Organisation.phone,
        service=service_title(session, row.Referral.service_key),
        categories=disclosure.categories,
        fields=released_labels(service, disclosure.fields),
        basis=disclosure.basis,
        consent_number=row.Consent.number,
        released_at=disclosure.released_at,
        valid_until=row.Consent.valid_until,
        access_ended_at=disclosure.access_ended_at,
        closed=disclosure.access_ended_at is not None or row.lost is not None,
        asked_to_delete=task is not None,
        deleted_at=task.done_at if task else None,
    )
