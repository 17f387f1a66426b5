"""A referral that is being written: everything typed so far, so that any step can be left and taken up again."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import aliased
from sqlmodel import col

from referral_hub.api.manifest import Service
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.modules.titles import service_of, service_title
from referral_hub.storage.personal_fields import decrypt_field
from referral_hub.tables.cases import ClientCase, Need
from referral_hub.tables.directory import Offering, Organisation
from referral_hub.tables.referrals import Referral, RequestDetails


class Draft(msgspec.Struct, frozen=True):
    """One referral as the steps of writing it need it. `service` is None when its module is gone."""

    id: UUID
    number: str
    state: str
    case_id: UUID
    case_number: str
    need_id: UUID
    need_kind: str
    need_words: str
    need_state: str
    offering_id: UUID
    offering: str
    recipient_id: UUID
    recipient: str
    service_key: str
    service: Service | None
    title: Label
    urgency: str
    previous_id: UUID | None
    previous_number: str | None
    asked_again: str | None
    details: dict[str, Any]
    created_at: datetime
    sent_at: datetime | None
    answer_due_at: datetime | None


def draft_for_page(session: Transaction, referral_id: UUID) -> Draft:
    """The draft (or what was sent of it). Raises `NotFound`."""
    row = session.execute(_query().where(col(Referral.id) == referral_id)).one_or_none()
    if row is None:
        raise NotFound
    return _draft(session, row)


def draft_for_need(session: Transaction, *, need_id: UUID, sender_id: UUID) -> Draft | None:
    """The sender's own unfinished draft about a need, so that choosing a place twice begins nothing twice."""
    row = session.execute(
        _query()
        .where(col(Referral.need_id) == need_id, col(Referral.sender_id) == sender_id, col(Referral.state) == "draft")
        .order_by(col(Referral.created_at).desc())
        .limit(1)
    ).one_or_none()
    return _draft(session, row) if row else None


def _query() -> Any:
    previous = aliased(Referral, name="previous")
    return (
        select(
            Referral,
            Need,
            Offering,
            Organisation,
            RequestDetails,
            col(ClientCase.number).label("case_number"),
            col(previous.number).label("previous_number"),
        )
        .join(Need, col(Need.id) == col(Referral.need_id))
        .join(ClientCase, col(ClientCase.id) == col(Referral.case_id))
        .join(Offering, col(Offering.id) == col(Referral.offering_id))
        .join(Organisation, col(Organisation.id) == col(Referral.recipient_id))
        .outerjoin(previous, col(previous.id) == col(Referral.previous_id))
        .outerjoin(RequestDetails, col(RequestDetails.referral_id) == col(Referral.id))
    )


def _draft(session: Transaction, row: Any) -> Draft:
    cipher = session.cipher
    referral, need, details = row.Referral, row.Need, row.RequestDetails
    return Draft(
        id=referral.id,
        number=referral.number,
        state=referral.state,
        case_id=referral.case_id,
        case_number=row.case_number,
        need_id=need.id,
        need_kind=need.kind,
        need_words=decrypt_field(cipher, "need", "words", need.id, need.words) or "",
        need_state=need.state,
        offering_id=row.Offering.id,
        offering=row.Offering.title,
        recipient_id=row.Organisation.id,
        recipient=row.Organisation.name,
        service_key=referral.service_key,
        service=service_of(session, referral.service_key),
        title=service_title(session, referral.service_key),
        urgency=referral.urgency,
        previous_id=referral.previous_id,
        previous_number=row.previous_number,
        asked_again=referral.asked_again,
        details=cipher.decrypt_json(details.content, f"request_details:{referral.id}") if details else {},
        created_at=referral.created_at,
        sent_at=referral.sent_at,
        answer_due_at=referral.answer_due_at,
    )
