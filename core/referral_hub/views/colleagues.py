"""The people of an account's own organisation, to give work to."""

from __future__ import annotations

from uuid import UUID

import msgspec
from sqlmodel import col, select

from referral_hub.actor import Role
from referral_hub.hub import Transaction
from referral_hub.tables.access import Account

OFFICE_ROLES: tuple[Role, ...] = ("worker", "supervisor")
PROVIDER_ROLES: tuple[Role, ...] = ("partner",)


class Colleague(msgspec.Struct, frozen=True):
    """Someone work can be given to."""

    id: UUID
    name: str


def colleagues(session: Transaction) -> list[Colleague]:
    """The active accounts of the acting organisation that do the same kind of work, by name."""
    roles = PROVIDER_ROLES if session.actor.role in PROVIDER_ROLES else OFFICE_ROLES
    rows = session.execute(
        select(col(Account.id), col(Account.name))
        .where(
            col(Account.organisation_id) == session.actor.organisation_id,
            col(Account.role).in_(roles),
            col(Account.status) == "active",
        )
        .order_by(col(Account.name), col(Account.id))
    ).all()
    return [Colleague(id=row.id, name=row.name) for row in rows]
