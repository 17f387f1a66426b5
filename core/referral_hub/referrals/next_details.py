"""What was written for one attempt, carried over to the next as far as it fits."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import select

from referral_hub.api import Field
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.modules.titles import service_of
from referral_hub.tables.directory import Offering
from referral_hub.tables.referrals import Referral, RequestDetails

REQUEST_FIELDS = ("need_summary", "goals", "wish", "constraints", "tried")
"""What the sender writes about the need, beside the answers to the service's own questions."""


def details_after(session: Transaction, referral_id: UUID, offering_id: UUID) -> dict[str, object]:
    """`details_for_next` by key; nothing where the attempt is not to be seen."""
    referral = session.get(Referral, referral_id)
    return details_for_next(session, referral, offering_id) if referral else {}


def details_for_next(session: Transaction, referral: Referral, offering_id: UUID) -> dict[str, object]:
    """What was written for one attempt, as far as it fits an attempt at another offering.

    The words about the need go along. Of the answers to the former service's questions only those that the other
    service asks in the same way, with the same choices: the rest was asked for that one alone (R15).
    """
    offering = session.get(Offering, offering_id)
    if offering is None:
        raise NotFound
    content = kept_details(session, referral)
    if not content:
        return {}
    answers = content.get("intake")
    asked, service = service_of(session, referral.service_key), service_of(session, offering.service_key)
    before = {field.key: field for field in asked.intake} if asked else {}
    kept = {
        field.key: answers[field.key]
        for field in (service.intake if service else [])
        if isinstance(answers, dict) and field.key in answers and _same_question(before.get(field.key), field)
    }
    return {name: content[name] for name in REQUEST_FIELDS if name in content} | {"intake": kept}


def kept_details(session: Transaction, referral: Referral) -> dict[str, object]:
    details = session.exec(select(RequestDetails).where(RequestDetails.referral_id == referral.id)).one_or_none()
    if details is None:
        return {}
    content: dict[str, object] = session.cipher.decrypt_json(details.content, f"request_details:{referral.id}")
    return content


def _same_question(one: Field | None, other: Field) -> bool:
    return one is not None and one.type == other.type and one.choices == other.choices
