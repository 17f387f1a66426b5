"""The heading that every page about a case carries, and the needs a referral may begin from."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, text
from sqlmodel import col

from referral_hub.calendar.clock import local_date
from referral_hub.cases.rules import age_band, polite_name
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.storage.cipher import FieldCipher
from referral_hub.storage.personal_fields import decrypt_field
from referral_hub.tables.access import Account
from referral_hub.tables.cases import ClientCase, Person
from referral_hub.tables.directory import Organisation


class CaseHead(msgspec.Struct, frozen=True):
    """Whose case it is and who is responsible. `version` goes back with a form, so that nobody overwrites another."""

    id: UUID
    number: str
    version: int
    status: str
    opened_on: date
    closed_on: date | None
    closing_reason: str | None
    planned_release_on: date | None
    area_code: str | None
    person_id: UUID
    name: str
    display_name: str
    sex: str
    age_band: str | None
    office_id: UUID
    office: str
    responsible_id: UUID
    responsible: str


class NeedLine(msgspec.Struct, frozen=True):
    id: UUID
    kind: str
    words: str
    priority: int
    state: str
    ended_on: date | None
    created_at: datetime


_NEEDS = text("""
    SELECT id, kind, words, priority, state, ended_on, created_at FROM need
     WHERE case_id = :case AND (:all OR state = ANY (hub_states('need_open')))
     ORDER BY state <> ALL (hub_states('need_open')), priority, id
""")


def case_head(session: Transaction, case_id: UUID) -> CaseHead:
    """The heading of a case. Raises `NotFound`."""
    case, person, office, responsible = read_case(session, case_id)
    return head_of(session, case, person, office=office, responsible=responsible)


def open_needs(session: Transaction, case_id: UUID) -> list[NeedLine]:
    """The needs that still want something, the most urgent first."""
    return needs_of_case(session, case_id, ended=False)


def needs_of_case(session: Transaction, case_id: UUID, *, ended: bool = True) -> list[NeedLine]:
    rows = session.execute(_NEEDS, {"case": case_id, "all": ended})
    cipher = session.cipher
    return [
        NeedLine(
            id=row.id,
            kind=row.kind,
            words=decrypt_field(cipher, "need", "words", row.id, row.words) or "",
            priority=row.priority,
            state=row.state,
            ended_on=row.ended_on,
            created_at=row.created_at,
        )
        for row in rows
    ]


def read_case(session: Transaction, case_id: UUID) -> tuple[ClientCase, Person, str, str]:
    """The rows of a case, its office's short name and its responsible worker's name. Raises `NotFound`."""
    row = session.execute(
        select(ClientCase, Person, col(Organisation.short_name), col(Account.name))
        .join(Person, col(Person.id) == col(ClientCase.person_id))
        .join(Organisation, col(Organisation.id) == col(ClientCase.office_id))
        .join(Account, col(Account.id) == col(ClientCase.responsible_id))
        .where(col(ClientCase.id) == case_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1], row[2], row[3]


def head_of(session: Transaction, case: ClientCase, person: Person, *, office: str, responsible: str) -> CaseHead:
    cipher = session.cipher
    name = open_field(cipher, person, "name") or ""
    return CaseHead(
        id=case.id,
        number=case.number,
        version=case.version,
        status=case.status,
        opened_on=case.opened_on,
        closed_on=case.closed_on,
        closing_reason=case.closing_reason,
        planned_release_on=case.planned_release_on,
        area_code=case.area_code,
        person_id=person.id,
        name=name,
        display_name=open_field(cipher, person, "display_name") or polite_name(name, person.sex),
        sex=person.sex,
        age_band=age_band(person.birth_year, local_date(session.hub.clock.now())),
        office_id=case.office_id,
        office=office,
        responsible_id=case.responsible_id,
        responsible=responsible,
    )


def open_field(cipher: FieldCipher, person: Person, field: str) -> str | None:
    blob: Any = getattr(person, field)
    return decrypt_field(cipher, "person", field, person.id, blob)
