"""What is said to a module: built from the disclosure alone, under pseudonyms of that module's own."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select

from referral_hub.api import Entry, Offering, Referral, Withdrawal
from referral_hub.assistance.facts import fund_facts
from referral_hub.directory.places import places_for_referral
from referral_hub.hub import Transaction
from referral_hub.referrals.duties import KEPT_TIME_OVER
from referral_hub.referrals.entries import HUB_QUESTIONS
from referral_hub.referrals.lookup import Declared
from referral_hub.registry.pseudonyms import pseudonym
from referral_hub.tables import directory
from referral_hub.tables import referrals as models


def referral_message(session: Transaction, referral: models.Referral, declared: Declared) -> Referral | None:
    """The referral as its module may know it, or None when access to what was disclosed has ended."""
    disclosure = session.exec(
        select(models.Disclosure)
        .where(models.Disclosure.referral_id == referral.id, col(models.Disclosure.access_ended_at).is_(None))
        .order_by(col(models.Disclosure.released_at).desc())
        .limit(1)
    ).first()
    if disclosure is None:
        return None
    vault = session.vault
    return Referral(
        id=pseudonym(vault, referral.module_key, referral.id),
        number=referral.number,
        service=declared.service.key,
        offering=offering_message(session, referral, declared),
        urgency="urgent" if referral.urgency == "urgent" else "normal",
        fields=vault.decrypt_json(disclosure.content, f"disclosure:{disclosure.id}"),
        answer_by=referral.answer_by,
        sent_at=referral.sent_at,
    )


def offering_message(session: Transaction, referral: models.Referral, declared: Declared) -> Offering:
    """The offering with the facts of this moment: places free, and for a fund its balance and earlier aid."""
    offering = session.get_one(directory.Offering, referral.offering_id)
    attributes: dict[str, Any] = {"stage": referral.stage} if referral.stage else {}
    if declared.service.capacity == "fund":
        attributes |= fund_facts(session, referral)
    places, groups = places_for_referral(session, offering, declared.service.capacity, referral.id)
    return Offering(
        id=pseudonym(session.vault, referral.module_key, offering.id),
        service=declared.service.key,
        settings=dict(offering.settings),
        attributes=attributes | groups,
        places=places,
    )


def entry_message(session: Transaction, entry: models.FormEntry, message: Referral) -> Entry:
    """A stage form for the module. The hub's own questions about the outcome are answered by the hub."""
    answers = entry_answers(session, entry)
    return Entry(
        id=pseudonym(session.vault, "entry", entry.id),
        referral=message,
        form=entry.form,
        stage=entry.stage or "",
        values={name: value for name, value in answers.items() if name not in HUB_QUESTIONS},
        on=entry.happened_on,
    )


def entry_answers(session: Transaction, entry: models.FormEntry) -> dict[str, Any]:
    """All answers of a form as they were typed, the hub's own questions among them."""
    answers: dict[str, Any] = session.vault.decrypt_json(entry.content, f"form_entry:{entry.id}")
    return answers


def withdrawal_message(session: Transaction, referral: models.Referral) -> Withdrawal:
    """Stop and forget: because of how the referral ended, or because what it held was kept until its last day."""
    over = select(models.Duty.id).where(models.Duty.referral_id == referral.id, models.Duty.kind == KEPT_TIME_OVER)
    return Withdrawal(
        referral_id=pseudonym(session.vault, referral.module_key, referral.id),
        reason=KEPT_TIME_OVER if session.exec(over.limit(1)).first() else referral.state,
    )
