"""What would stop a send is said before the client is asked, and again before a signature is kept: never after."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from referral_hub.api.manifest import Service
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.referrals.choices import choice_at_draft
from referral_hub.referrals.sending import known_for_release
from referral_hub.referrals.state import declared_service
from referral_hub.tables.cases import Need
from referral_hub.tables.directory import Offering, Organisation
from referral_hub.tables.referrals import Referral
from referral_hub.workflow.events import Choice
from referral_hub.workflow.release import agreed_fields, wanted_fields
from referral_hub.workflow.sending import check_choice, check_release


def check_before_asking(session: Transaction, referral_id: UUID, *, at: datetime) -> None:
    """The draft's place and all that is known, as if the client agreed to everything that the service asks.

    Raises what `workflow.sending.check_choice` and `check_release` raise.
    """
    referral = _draft(session, referral_id)
    service = declared_service(session, referral.service_key).service
    _check_place(session, referral, at=at)
    everything = {field.category for field in wanted_fields(service)}
    _check_release(session, referral, service, categories=everything, excluded=())


def check_before_signing(
    session: Transaction, referral_id: UUID, *, categories: Collection[str], excluded: Collection[str], at: datetime
) -> None:
    """The same for what the client is about to agree to."""
    referral = _draft(session, referral_id)
    service = declared_service(session, referral.service_key).service
    _check_place(session, referral, at=at)
    _check_release(session, referral, service, categories=categories, excluded=excluded)


def _draft(session: Transaction, referral_id: UUID) -> Referral:
    referral = session.get(Referral, referral_id)
    if referral is None:
        raise NotFound
    return referral


def _check_place(session: Transaction, referral: Referral, *, at: datetime) -> None:
    with session.looks.unshown():
        choice = _choice(session, referral, at=at)
    check_choice(msgspec.structs.replace(choice, excepted=frozenset(referral.excepted)), now=at)


def _choice(session: Transaction, referral: Referral, *, at: datetime) -> Choice:
    return choice_at_draft(
        session,
        session.get_one(Need, referral.need_id),
        session.get_one(Offering, referral.offering_id),
        recipient=session.get_one(Organisation, referral.recipient_id).name,
        asked_again=referral.asked_again,
        at=at,
    )


def _check_release(
    session: Transaction,
    referral: Referral,
    service: Service,
    *,
    categories: Collection[str],
    excluded: Collection[str],
) -> None:
    check_release(
        service,
        categories=categories,
        fields=agreed_fields(service, categories, excluded),
        known=known_for_release(session, referral),
    )
