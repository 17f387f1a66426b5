"""What is said to a module, built from the disclosure alone under pseudonyms of that module's own; and what it gives
the hub to keep.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from referral_hub.api import Document, Entry, Offering, Referral, Withdrawal
from referral_hub.assistance.facts import fund_facts
from referral_hub.directory.place_counts import places_for_referral
from referral_hub.hub import Transaction
from referral_hub.ids import new_id
from referral_hub.referrals.forms import HUB_QUESTIONS
from referral_hub.referrals.state import Declared
from referral_hub.registry.pseudonyms import pseudonym
from referral_hub.tables import directory
from referral_hub.tables import referrals as models
from referral_hub.workflow.erasure import withdrawal_reason


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
    cipher = session.cipher
    return Referral(
        id=pseudonym(cipher, referral.module_key, referral.id),
        number=referral.number,
        service=declared.service.key,
        offering=offering_message(session, referral, declared),
        urgency="urgent" if referral.urgency == "urgent" else "normal",
        fields=cipher.decrypt_json(disclosure.content, f"disclosure:{disclosure.id}"),
        answer_due_at=referral.answer_due_at,
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
        id=pseudonym(session.cipher, referral.module_key, offering.id),
        service=declared.service.key,
        settings=dict(offering.settings),
        attributes=attributes | groups,
        places=places,
    )


def entry_message(session: Transaction, entry: models.FormEntry, message: Referral) -> Entry:
    """A stage form for the module. The hub's own questions about the outcome are answered by the hub."""
    answers = entry_answers(session, entry)
    return Entry(
        id=pseudonym(session.cipher, "entry", entry.id),
        referral=message,
        form=entry.form,
        stage=entry.stage or "",
        values={name: value for name, value in answers.items() if name not in HUB_QUESTIONS},
        on=entry.happened_on,
    )


def entry_answers(session: Transaction, entry: models.FormEntry) -> dict[str, Any]:
    """All answers of a form as they were typed, the hub's own questions among them."""
    answers: dict[str, Any] = session.cipher.decrypt_json(entry.content, f"form_entry:{entry.id}")
    return answers


def withdrawal_message(session: Transaction, referral: models.Referral) -> Withdrawal:
    """Stop and erase: because of how the referral ended, or because what it held was kept until its last day."""
    kinds = session.exec(select(models.Task.kind).where(models.Task.referral_id == referral.id)).all()
    return Withdrawal(
        referral_id=pseudonym(session.cipher, referral.module_key, referral.id),
        reason=withdrawal_reason(referral.state, kinds),
    )


def documents_of(session: Transaction, referral: models.Referral) -> list[Document]:
    """The module's documents about a referral, to pass to it with the next call."""
    rows = session.exec(
        select(models.ModuleDocument)
        .where(
            models.ModuleDocument.referral_id == referral.id,
            models.ModuleDocument.module_key == referral.module_key,
        )
        .order_by(col(models.ModuleDocument.name))
    ).all()
    cipher = session.cipher
    return [
        Document(
            name=row.name,
            content=cipher.decrypt_json(row.content, f"module_document:{row.module_key}:{row.referral_id}:{row.name}"),
        )
        for row in rows
    ]


def keep_documents(
    session: Transaction, referral: models.Referral, documents: Sequence[Document], *, at: datetime
) -> None:
    """Keep a module's private documents, each under its name; the latest replaces the one before, which is kept
    for as long as it may have to be restored.
    """
    for document in documents:
        context = f"module_document:{referral.module_key}:{referral.id}:{document.name}"
        content = session.cipher.encrypt_json(document.content, context)
        session.execute(
            insert(models.ModuleDocument)
            .values(
                id=new_id(),
                created_at=at,
                module_key=referral.module_key,
                referral_id=referral.id,
                name=document.name,
                content=content,
                version=1,
                updated_at=at,
            )
            .on_conflict_do_update(
                index_elements=["module_key", "referral_id", "offering_id", "name"],
                set_={
                    "content": content,
                    "former": models.ModuleDocument.content,
                    "version": models.ModuleDocument.version + 1,
                    "updated_at": at,
                },
            )
        )


def restore_documents(session: Transaction, referral_id: UUID, *, kept_at: datetime, at: datetime) -> None:
    """The module's documents as they were before those that were kept at that moment."""
    kept = (col(models.ModuleDocument.referral_id) == referral_id, col(models.ModuleDocument.updated_at) == kept_at)
    session.execute(delete(models.ModuleDocument).where(*kept, col(models.ModuleDocument.former).is_(None)))
    session.execute(
        update(models.ModuleDocument)
        .where(*kept)
        .values(
            content=col(models.ModuleDocument.former),
            former=None,
            version=col(models.ModuleDocument.version) + 1,
            updated_at=at,
        )
        .execution_options(synchronize_session=False)
    )


def erase_documents(session: Transaction, referral_id: UUID) -> None:
    """Delete what the module wrote about the referral, and what its partner's system brought and was not applied."""
    session.execute(delete(models.ModuleDocument).where(col(models.ModuleDocument.referral_id) == referral_id))
    session.execute(
        update(models.ModuleUpdate)
        .where(col(models.ModuleUpdate.referral_id) == referral_id, col(models.ModuleUpdate.state) == "waiting")
        .values(state="refused", content=None)
    )
