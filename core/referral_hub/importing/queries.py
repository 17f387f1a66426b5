"""What an import looks up before anything is written: staff by name, and who already has a case."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import text

from referral_hub.hub import Transaction
from referral_hub.importing.values import CaseloadRow
from referral_hub.storage.personal_fields import index_of
from referral_hub.text import name_text

_STAFF = text(
    "SELECT id, name, login FROM account WHERE organisation_id = :office AND role IN ('worker', 'supervisor')"
    " AND status = 'active' ORDER BY name, id"
)
# A person is known by the ID number, or by name and telephone; the telephone alone is worth a look.
_KNOWN = text("""
    SELECT p.id_index, p.phone_index, p.name_index, c.id, c.number, c.status <> 'closed' AS open
      FROM person p
      JOIN client_case c ON c.person_id = p.id
     WHERE p.office_id = :office AND (p.id_index = ANY(:ids) OR p.phone_index = ANY(:phones))
     ORDER BY c.status = 'closed', c.id DESC
""")
_AREA = text("SELECT area_code FROM organisation WHERE id = :office")


class StaffMember(msgspec.Struct, frozen=True):
    """A worker or supervisor; the login tells two of one name apart."""

    id: UUID
    name: str
    login: str


class Staff(msgspec.Struct, frozen=True):
    """The workers and supervisors of an office, by name as a register writes it. Two may share one."""

    by_name: dict[str, list[StaffMember]]

    @property
    def members(self) -> list[StaffMember]:
        return [member for name in sorted(self.by_name) for member in self.by_name[name]]


class KnownCase(msgspec.Struct, frozen=True):
    """A case that may be of the person in a row: theirs and open, theirs and closed, or of the same telephone."""

    id: UUID
    number: str
    match: Literal["open", "closed", "telephone"]


def staff_of_office(session: Transaction, office_id: UUID) -> Staff:
    by_name: dict[str, list[StaffMember]] = {}
    for row in session.execute(_STAFF, {"office": office_id}):
        by_name.setdefault(name_text(row.name), []).append(StaffMember(id=row.id, name=row.name, login=row.login))
    return Staff(by_name)


def area_of_office(session: Transaction, office_id: UUID) -> str | None:
    area: str | None = session.execute(_AREA, {"office": office_id}).scalar_one_or_none()
    return area


def known_cases_of(
    session: Transaction, office_id: UUID, rows: Collection[CaseloadRow]
) -> dict[tuple[str, int], KnownCase]:
    """The case that comes nearest to each row (sheet, number) at this office; one statement for all."""
    cipher = session.cipher
    indexes = {
        (row.sheet, row.number): _Indexes(
            id=index_of(cipher, "id_number", row.id_number),
            phone=index_of(cipher, "phone", row.phones[0]) if row.phones else None,
            name=index_of(cipher, "name", row.name),
        )
        for row in rows
    }
    found = session.execute(
        _KNOWN,
        {
            "office": office_id,
            "ids": [each.id for each in indexes.values() if each.id],
            "phones": [each.phone for each in indexes.values() if each.phone],
        },
    ).all()
    by_id: dict[bytes, list[Any]] = {}
    by_phone: dict[bytes, list[Any]] = {}
    for case in found:
        if case.id_index:
            by_id.setdefault(bytes(case.id_index), []).append(case)
        if case.phone_index:
            by_phone.setdefault(bytes(case.phone_index), []).append(case)
    nearest = {place: _nearest(each, by_id, by_phone) for place, each in indexes.items()}
    return {place: case for place, case in nearest.items() if case}


class _Indexes(msgspec.Struct, frozen=True):
    """Blind indexes of a row. Nothing here can be read back into a person."""

    id: bytes | None
    phone: bytes | None
    name: bytes | None


def _nearest(row: _Indexes, by_id: dict[bytes, list[Any]], by_phone: dict[bytes, list[Any]]) -> KnownCase | None:
    """An open case of the same person, else a closed one, else any of the same telephone."""
    near = by_phone.get(row.phone, []) if row.phone else []
    same = [*(by_id.get(row.id, []) if row.id else []), *(case for case in near if bytes(case.name_index) == row.name)]
    if same:
        case = next((case for case in same if case.open), same[0])
        return KnownCase(id=case.id, number=case.number, match="open" if case.open else "closed")
    return KnownCase(id=near[0].id, number=near[0].number, match="telephone") if near else None
