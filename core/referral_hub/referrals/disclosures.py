"""Disclosures: exactly what was released under which consent, and until when the recipient may read it.

When a client agrees to less than before, what was taken back is no longer readable; the service goes on.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import insert, update
from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.hub import Transaction, as_system
from referral_hub.ids import new_id
from referral_hub.referrals.state import Declared
from referral_hub.tables.consent import Consent
from referral_hub.tables.referrals import Disclosure, Referral
from referral_hub.tasks.actions import create_task
from referral_hub.workflow.erasure import goes_beyond, still_agreed
from referral_hub.workflow.release import Released
from referral_hub.workflow.tasks import TASK_KINDS


class SentUnder(msgspec.Struct, frozen=True):
    """What a send rests on: the consent, the manifest, and the name that its module knows the referral by."""

    consent: Consent
    declared: Declared
    module_ref: str


def open_disclosure(
    session: Transaction, referral: Referral, released: Released, under: SentUnder, *, by: Actor, at: datetime
) -> None:
    """Keep exactly what was released."""
    disclosure_id = new_id()
    session.execute(
        insert(Disclosure),
        [
            {
                "id": disclosure_id,
                "created_at": at,
                "referral_id": referral.id,
                "case_id": referral.case_id,
                "office_id": referral.office_id,
                "recipient_id": referral.recipient_id,
                "content": session.cipher.encrypt_json(released.fields, f"disclosure:{disclosure_id}"),
                "fields": list(released.fields),
                "categories": sorted(under.consent.categories),
                "consent_id": under.consent.id,
                "consent_version": under.consent.version,
                "manifest_digest": under.declared.digest,
                "basis": under.consent.basis,
                "released_at": at,
                "released_by": by.account_id,
            }
        ],
    )


def end_access(session: Transaction, referral_id: UUID, *, at: datetime) -> None:
    """From now on the recipient reads nothing of it."""
    session.execute(
        update(Disclosure)
        .where(col(Disclosure.referral_id) == referral_id, col(Disclosure.access_ended_at).is_(None))
        .values(access_ended_at=at)
    )


def reopen_access(session: Transaction, referral_id: UUID) -> None:
    """The recipient reads again what was released to it."""
    # The last one: what was released before it went beyond a later consent.
    last = (
        select(Disclosure.id)
        .where(Disclosure.referral_id == referral_id)
        .order_by(col(Disclosure.released_at).desc())
        .limit(1)
        .scalar_subquery()
    )
    session.execute(update(Disclosure).where(col(Disclosure.id) == last).values(access_ended_at=None))


def restrict_disclosures(
    session: Transaction, former: Consent, consent: Consent, *, by: Actor, at: datetime
) -> list[str]:
    """Close what was released under `former` and goes beyond `consent`; release the rest again in its place.

    Each recipient concerned is asked to delete or return what was taken back. Returns the referrals' numbers.
    """
    if not goes_beyond(former.fields, consent.fields):
        return []
    rows = session.execute(
        select(Disclosure, Referral)
        .join(Referral, col(Referral.id) == col(Disclosure.referral_id))
        .where(Disclosure.consent_id == former.id, col(Disclosure.access_ended_at).is_(None))
        .order_by(col(Disclosure.id))
        .with_for_update(of=Disclosure)
    ).all()
    restricted = []
    for disclosure, referral in rows:
        if goes_beyond(disclosure.fields, consent.fields):
            _restrict(session, disclosure, referral, consent, by=by, at=at)
            restricted.append(referral.number)
    return restricted


def _restrict(
    session: Transaction, former: Disclosure, referral: Referral, consent: Consent, *, by: Actor, at: datetime
) -> None:
    cipher = session.cipher
    content = cipher.decrypt_json(former.content, f"disclosure:{former.id}")
    kept = still_agreed(content, former.fields, consent.fields)
    key = new_id()
    former.access_ended_at = at
    session.add(former)
    session.add(
        Disclosure(
            id=key,
            referral_id=referral.id,
            case_id=former.case_id,
            office_id=former.office_id,
            recipient_id=former.recipient_id,
            content=cipher.encrypt_json(kept, f"disclosure:{key}"),
            fields=list(kept),
            categories=sorted(set(former.categories) & set(consent.categories)),
            consent_id=consent.id,
            consent_version=consent.version,
            manifest_digest=former.manifest_digest,
            basis=consent.basis,
            released_at=at,
            released_by=former.released_by,
        )
    )
    with as_system(session):
        create_task(
            session,
            "delete_or_return",
            organisation_id=former.recipient_id,
            office_id=former.office_id,
            referral_id=referral.id,
            consent_id=consent.id,
            case_id=former.case_id,
            due_at=session.work_calendar.after(at, TASK_KINDS["delete_or_return"].working_days),
            by=by,
            at=at,
        )
