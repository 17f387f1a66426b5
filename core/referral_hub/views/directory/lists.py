"""Lists of organisations, contracts and offerings, paged by key. No client's data is in them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import TextClause, text

from referral_hub.calendar.clock import local_date
from referral_hub.calendar.working_days import add_working_days
from referral_hub.directory.contract_rules import RECEIPT_DAYS, own_party
from referral_hub.directory.place_counts import PlaceUse, use_of_offerings
from referral_hub.directory.rules import capacity_is_stale
from referral_hub.hub import Transaction
from referral_hub.paging import Page, read_only_key, take


class OrganisationRow(msgspec.Struct, frozen=True):
    """`contract_until` is the last day of the longest contract in force, for an entrusted organisation."""

    id: UUID
    name: str
    short_name: str
    kind: str
    processor_role: str
    status: str
    area_code: str | None
    phone: str | None
    offerings: int
    contract_until: date | None


class ContractRow(msgspec.Struct, frozen=True):
    """`targets` by code of CONTRACT_TARGETS; `offerings` are those whose work counts for it.

    `receipt_due_on`: the provider is asked until then to delete or return the data; `receipt_how`: it said so.
    """

    id: UUID
    number: str
    title: str
    purchaser: str
    provider_id: UUID
    provider: str
    categories: list[str]
    starts_on: date
    ends_on: date
    amount_fen: int | None
    targets: dict[str, object]
    offerings: list[UUID]
    in_force: bool
    receipt_due_on: date | None
    receipt_how: str | None
    receipt_on: date | None


class OfferingRow(msgspec.Struct, frozen=True):
    id: UUID
    title: str
    organisation_id: UUID
    organisation: str
    module_key: str
    service_key: str
    area_codes: list[str]
    status: str
    organisation_status: str
    capacity_confirmed_at: datetime | None
    capacity_stale: bool
    use: PlaceUse


_ORGANISATIONS = text("""
    SELECT g.id, g.name, g.short_name, g.kind, g.processor_role, g.status, g.area_code, g.phone,
           (SELECT count(*)::int FROM offering o WHERE o.organisation_id = g.id AND o.status <> 'closed') AS offerings,
           (SELECT max(c.ends_on) FROM hub_contracts_in_force(:on) c WHERE c.provider_id = g.id) AS contract_until
      FROM organisation g
     WHERE (:kind = '' OR g.kind = :kind) AND (:status = '' OR g.status = :status)
       AND (:words = '' OR g.name ILIKE :pattern OR g.short_name ILIKE :pattern OR g.credit_code = :words)
       AND (CAST(:after AS uuid) IS NULL OR g.id > CAST(:after AS uuid))
     ORDER BY g.id
     LIMIT :limit
""")
_CONTRACTS = text("""
    SELECT c.id, c.number, c.title, b.short_name AS purchaser, c.provider_id, p.short_name AS provider, c.categories,
           c.starts_on, c.ends_on, c.amount_fen, c.targets,
           ARRAY(SELECT l.offering_id FROM contract_offering l WHERE l.contract_id = c.id ORDER BY 1) AS offerings,
           c.id IN (SELECT f.id FROM hub_contracts_in_force(:on) f) AS in_force,
           c.id IN (SELECT f.id FROM hub_contracts_owing_receipt(:on) f) AS owes_receipt, c.receipt_how, c.receipt_on
      FROM contract c
      JOIN organisation b ON b.id = c.purchaser_id
      JOIN organisation p ON p.id = c.provider_id
     WHERE (CAST(:provider AS uuid) IS NULL OR c.provider_id = CAST(:provider AS uuid))
       AND (CAST(:purchaser AS uuid) IS NULL OR c.purchaser_id = CAST(:purchaser AS uuid))
       AND (CAST(:after AS uuid) IS NULL OR c.id < CAST(:after AS uuid))
     ORDER BY c.id DESC
     LIMIT :limit
""")
_OFFERINGS = text("""
    SELECT o.id, o.title, o.organisation_id, g.short_name AS organisation, o.module_key, o.service_key, o.area_codes,
           o.status, g.status AS organisation_status, o.capacity_confirmed_at
      FROM offering o
      JOIN organisation g ON g.id = o.organisation_id
     WHERE (CAST(:organisation AS uuid) IS NULL OR o.organisation_id = CAST(:organisation AS uuid))
       AND (:service = '' OR o.service_key = :service) AND (:status = '' OR o.status = :status)
       AND (:words = '' OR o.title ILIKE :pattern OR g.name ILIKE :pattern)
       AND (CAST(:after AS uuid) IS NULL OR o.id > CAST(:after AS uuid))
     ORDER BY o.id
     LIMIT :limit
""")


def organisations_for_list(
    session: Transaction,
    *,
    kind: str = "",
    status: str = "",
    words: str = "",
    after: str | None = None,
    limit: int = 50,
    at: datetime,
) -> Page[OrganisationRow]:
    """Organisations in the order they were entered."""
    rows = _page(
        session, _ORGANISATIONS, kind=kind, status=status, words=words, after=after, limit=limit, on=local_date(at)
    )
    return rows.showing([msgspec.convert(row, OrganisationRow) for row in rows.lines])


def contracts_for_reader(
    session: Transaction, *, after: str | None = None, limit: int = 50, at: datetime
) -> Page[ContractRow]:
    """The contracts that the acting person may see: as provider or purchaser those of the own organisation."""
    party = own_party(session.actor)
    of = {f"{party}_id": session.actor.organisation_id} if party else {}
    return contracts_for_list(session, **of, after=after, limit=limit, at=at)


def contracts_for_list(
    session: Transaction,
    *,
    provider_id: UUID | None = None,
    purchaser_id: UUID | None = None,
    after: str | None = None,
    limit: int = 50,
    at: datetime,
) -> Page[ContractRow]:
    """Contracts, the latest first."""
    rows = _page(
        session, _CONTRACTS, provider=provider_id, purchaser=purchaser_id, after=after, limit=limit, on=local_date(at)
    )
    lines = []
    for row in rows.lines:
        asked = row.pop("owes_receipt")
        due_on = add_working_days(row["ends_on"], RECEIPT_DAYS, session.work_calendar.special) if asked else None
        lines.append(ContractRow(**row, receipt_due_on=due_on))
    return rows.showing(lines)


def offerings_for_list(
    session: Transaction,
    *,
    organisation_id: UUID | None = None,
    service_key: str = "",
    status: str = "",
    words: str = "",
    after: str | None = None,
    limit: int = 50,
    at: datetime,
) -> Page[OfferingRow]:
    """Offerings with the use of their places, in two statements."""
    rows = _page(
        session,
        _OFFERINGS,
        organisation=organisation_id,
        service=service_key,
        status=status,
        words=words,
        after=after,
        limit=limit,
    )
    uses = use_of_offerings(session, [row["id"] for row in rows.lines], at=at)
    lines = [
        OfferingRow(
            **row,
            capacity_stale=capacity_is_stale(row["capacity_confirmed_at"], at),
            use=uses.get(row["id"], PlaceUse()),
        )
        for row in rows.lines
    ]
    return rows.showing(lines)


def _page(
    session: Transaction, statement: TextClause, *, after: str | None, limit: int, **values: object
) -> Page[dict[str, Any]]:
    if "words" in values:
        words = str(values["words"]).strip()
        escaped = words.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        values |= {"words": words, "pattern": f"%{escaped}%"}
    values |= {"after": read_only_key(after, UUID), "limit": limit + 1}
    rows = [dict(row) for row in session.execute(statement, values).mappings()]
    return take(rows, limit, lambda row: (row["id"],))
