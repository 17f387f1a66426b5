"""Short reads for filters: which organisations offer anything, and where an office is."""

from __future__ import annotations

from uuid import UUID

import msgspec
from sqlalchemy import text

from referral_hub.errors import NotFound
from referral_hub.hub import Transaction

_PROVIDERS = text("""
    SELECT g.id, g.name, g.short_name, g.area_code FROM organisation g
     WHERE g.status <> 'preparing'
       AND EXISTS (SELECT FROM offering o WHERE o.organisation_id = g.id AND o.status <> 'closed')
     ORDER BY g.short_name, g.id
     LIMIT 1000
""")
_ONE = text("SELECT id, name, short_name, area_code FROM organisation WHERE id = :id")


class OrganisationBrief(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    short_name: str
    area_code: str | None


def providers_for_choice(session: Transaction) -> list[OrganisationBrief]:
    """Organisations that offer something, by short name."""
    return [OrganisationBrief(**row) for row in session.execute(_PROVIDERS).mappings()]


def organisation_brief(session: Transaction, organisation_id: UUID) -> OrganisationBrief:
    """What an organisation is called and where it is. Raises `NotFound`."""
    row = session.execute(_ONE, {"id": organisation_id}).mappings().one_or_none()
    if row is None:
        raise NotFound
    return OrganisationBrief(**row)
