"""When a client agrees to less than before: what was taken back is no longer readable, the service goes on."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.consent.rules import DELETE_WITHIN_WORKING_DAYS
from referral_hub.hub import Transaction, as_system
from referral_hub.ids import new_id
from referral_hub.referrals.duties import open_duty
from referral_hub.tables.consent import Consent
from referral_hub.tables.referrals import Disclosure, Referral


def narrow_disclosures(
    session: Transaction, former: Consent, consent: Consent, *, by: Actor, at: datetime
) -> list[str]:
    """Close what was released under `former` and goes beyond `consent`; release the rest again in its place.

    Each recipient concerned is asked to delete or return what was taken back. Returns the referrals' numbers.
    """
    if set(former.fields) <= set(consent.fields):
        return []
    rows = session.execute(
        select(Disclosure, Referral)
        .join(Referral, col(Referral.id) == col(Disclosure.referral_id))
        .where(Disclosure.consent_id == former.id, col(Disclosure.access_ended_at).is_(None))
        .order_by(col(Disclosure.id))
        .with_for_update(of=Disclosure)
    ).all()
    narrowed = []
    for disclosure, referral in rows:
        if not set(disclosure.fields) <= set(consent.fields):
            _narrow(session, disclosure, referral, consent, by=by, at=at)
            narrowed.append(referral.number)
    return narrowed


def _narrow(
    session: Transaction, former: Disclosure, referral: Referral, consent: Consent, *, by: Actor, at: datetime
) -> None:
    vault = session.vault
    content = vault.decrypt_json(former.content, f"disclosure:{former.id}")
    kept = {name: content[name] for name in former.fields if name in consent.fields and name in content}
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
            content=vault.encrypt_json(kept, f"disclosure:{key}"),
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
        open_duty(
            session,
            "delete_or_return",
            organisation_id=former.recipient_id,
            office_id=former.office_id,
            referral_id=referral.id,
            consent_id=consent.id,
            case_id=former.case_id,
            working_days=DELETE_WITHIN_WORKING_DAYS,
            by=by,
            at=at,
        )
