"""Redirecting: while a module or a provider is silent or gone, the sender takes the referral elsewhere in one act."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from sqlmodel import select

from referral_hub.actor import Actor
from referral_hub.api import Field
from referral_hub.codes import WITHDRAW_REASONS
from referral_hub.errors import Invalid, NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.modules.titles import service_of
from referral_hub.referrals.drafts import LETTER_FIELDS, Drafted, draft_referral
from referral_hub.referrals.ending import end_unserved_now
from referral_hub.referrals.lookup import locked_referral
from referral_hub.referrals.once import answer_given_before, remember_answer
from referral_hub.referrals.transitions import SERVED
from referral_hub.referrals.withdrawal import withdraw_referral
from referral_hub.tables.directory import Offering
from referral_hub.tables.referrals import Letter, Referral


def redirect_referral(
    session: Transaction,
    *,
    referral_id: UUID,
    offering_id: UUID,
    reason_code: str,
    letter: Mapping[str, object] | None = None,
    by: Actor,
    at: datetime,
    key: str | None = None,
) -> Drafted:
    """End the referral and begin the next attempt at the same need, at another offering.

    Before service it is withdrawn; in service it is ended, which only a module or provider that is gone allows
    (`StillServed`). What was disclosed is recalled. The new attempt needs its own consent: that of another recipient
    covers nothing. Without a `letter` it begins with what was written before, as far as it fits the other service. With
    a `key` seen before, changes nothing and answers as before. Raises `NotFound`, `TransitionImpossible`, or what
    drafting raises.
    """
    fingerprint = f"{referral_id}:{offering_id}"
    before = answer_given_before(session, key, act="referral.redirect", fingerprint=fingerprint, by=by)
    if before is not None:
        return msgspec.convert(before, Drafted)
    if reason_code not in WITHDRAW_REASONS:
        raise Invalid(
            field="reason_code", message=Label(zh="请从列表中选择原因。", en="Choose the reason from the list.")
        )
    referral = locked_referral(session, referral_id)
    if referral.offering_id == offering_id:
        raise Invalid(
            field="offering_id",
            message=Label(zh="请另选一家，不是原来这一家。", en="Choose another place than this one."),
        )
    if referral.state in SERVED:
        end_unserved_now(session, referral, reason_code=reason_code, by=by, at=at)
    else:
        withdraw_referral(session, referral_id=referral_id, reason_code=reason_code, by=by, at=at)
    drafted = draft_referral(
        session,
        need_id=referral.need_id,
        offering_id=offering_id,
        letter=letter if letter is not None else letter_for_next(session, referral, offering_id),
        urgency=referral.urgency,
        previous_id=referral_id,
        by=by,
        at=at,
    )
    remember_answer(session, key, act="referral.redirect", fingerprint=fingerprint, answer=drafted, by=by)
    return drafted


def letter_after(session: Transaction, referral_id: UUID, offering_id: UUID) -> dict[str, object]:
    """`letter_for_next` by key; nothing where the attempt is not to be seen."""
    referral = session.get(Referral, referral_id)
    return letter_for_next(session, referral, offering_id) if referral else {}


def letter_for_next(session: Transaction, referral: Referral, offering_id: UUID) -> dict[str, object]:
    """What was written for one attempt, as far as it fits an attempt at another offering.

    The words about the need go along. Of the answers to the former service's questions only those that the other
    service asks in the same way, with the same choices: the rest was asked for that one alone (R15).
    """
    offering = session.get(Offering, offering_id)
    if offering is None:
        raise NotFound
    letter = session.exec(select(Letter).where(Letter.referral_id == referral.id)).one_or_none()
    if letter is None:
        return {}
    content: dict[str, object] = session.vault.decrypt_json(letter.content, f"letter:{referral.id}")
    answers = content.get("intake")
    asked, service = service_of(session, referral.service_key), service_of(session, offering.service_key)
    before = {field.key: field for field in asked.intake} if asked else {}
    kept = {
        field.key: answers[field.key]
        for field in (service.intake if service else [])
        if isinstance(answers, dict) and field.key in answers and _same_question(before.get(field.key), field)
    }
    return {name: content[name] for name in LETTER_FIELDS if name in content} | {"intake": kept}


def _same_question(one: Field | None, other: Field) -> bool:
    return one is not None and one.type == other.type and one.choices == other.choices
