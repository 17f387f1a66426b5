"""What an import looks up before anything is written: staff by name, and who already has a case."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import msgspec
from sqlalchemy import text

from referral_hub.hub import Transaction
from referral_hub.importing.texts import name_text
from referral_hub.importing.values import CaseloadRow
from referral_hub.storage.personal_fields import index_of
from referral_hub.text import plain

_STAFF = text(
    "SELECT id, name FROM account WHERE organisation_id = :office AND role IN ('worker', 'supervisor')"
    " AND status = 'active' ORDER BY name, id"
)
# The same rule as for one case opened by hand: the same ID number, or the same name and telephone.
_KNOWN = text("""
    SELECT p.id_index, p.phone_index, p.name_index, c.number
      FROM person p
      JOIN client_case c ON c.person_id = p.id
     WHERE p.office_id = :office AND c.status <> 'closed'
       AND (p.id_index = ANY(:ids) OR (p.phone_index = ANY(:phones) AND p.name_index = ANY(:names)))
""")
_AREA = text("SELECT area_code FROM organisation WHERE id = :office")


class Staff(msgspec.Struct, frozen=True):
    """The workers and supervisors of an office, by name as a register writes it. Two may share one."""

    by_name: dict[str, list[UUID]]

    @property
    def names(self) -> str:
        return "、".join(sorted(self.by_name))


class KnownPeople(msgspec.Struct, frozen=True):
    """Case numbers by blind index. Nothing here can be read back into a person."""

    by_id: dict[bytes, str]
    by_phone_and_name: dict[tuple[bytes, bytes], str]


def staff_of_office(session: Transaction, office_id: UUID) -> Staff:
    by_name: dict[str, list[UUID]] = {}
    for row in session.execute(_STAFF, {"office": office_id}):
        by_name.setdefault(name_text(plain(row.name)), []).append(row.id)
    return Staff(by_name)


def area_of_office(session: Transaction, office_id: UUID) -> str | None:
    area: str | None = session.execute(_AREA, {"office": office_id}).scalar_one_or_none()
    return area


def open_cases_of(session: Transaction, office_id: UUID, rows: Collection[CaseloadRow]) -> dict[tuple[str, int], str]:
    """The case number for each row (sheet, number) whose person has an open case at this office; one statement."""
    cipher = session.cipher
    indexes = {
        (row.sheet, row.number): (
            index_of(cipher, "id_number", row.id_number),
            index_of(cipher, "phone", row.phones[0]) if row.phones else None,
            index_of(cipher, "name", row.name),
        )
        for row in rows
    }
    known = _known_people(session, office_id, list(indexes.values()))
    found = {}
    for place, (id_index, phone_index, name_index) in indexes.items():
        number = known.by_id.get(id_index) if id_index else None
        if number is None and phone_index and name_index:
            number = known.by_phone_and_name.get((phone_index, name_index))
        if number is not None:
            found[place] = number
    return found


def _known_people(
    session: Transaction, office_id: UUID, indexes: list[tuple[bytes | None, bytes | None, bytes | None]]
) -> KnownPeople:
    ids, phones, names = ([value for value in column if value] for column in zip(*indexes, strict=True))
    rows = session.execute(_KNOWN, {"office": office_id, "ids": ids, "phones": phones, "names": names}).all()
    return KnownPeople(
        by_id={bytes(row.id_index): row.number for row in rows if row.id_index},
        by_phone_and_name={
            (bytes(row.phone_index), bytes(row.name_index)): row.number
            for row in rows
            if row.phone_index and row.name_index
        },
    )
