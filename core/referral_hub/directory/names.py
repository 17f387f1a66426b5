"""Names of organisations, for sheets and headings."""

from __future__ import annotations

from uuid import UUID

import msgspec

from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.tables.directory import Organisation


class OrganisationName(msgspec.Struct, frozen=True):
    """`short_name` is the neutral one that clients and other organisations read (R20)."""

    id: UUID
    name: str
    short_name: str
    phone: str | None


def organisation_name(session: Transaction, organisation_id: UUID | None) -> OrganisationName:
    """One organisation. Raises `NotFound`."""
    found = session.get(Organisation, organisation_id) if organisation_id else None
    if found is None:
        raise NotFound
    return OrganisationName(id=found.id, name=found.name, short_name=found.short_name, phone=found.phone)
