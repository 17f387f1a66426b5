"""Next month's register: what it says of people who have a case, shown as a difference and then taken over.

An empty cell changes nothing: a register that lacks a telephone does not take one away.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec
from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.cases.actions import change_person, change_profile
from referral_hub.cases.profile import Profile
from referral_hub.codes import EDUCATION, EMPLOYMENT_STATUS, HOUSING_STATUS
from referral_hub.hub import Transaction
from referral_hub.i18n import Label, untranslated
from referral_hub.importing.columns import FIELDS
from referral_hub.importing.values import CaseloadRow
from referral_hub.storage.personal_fields import decrypt_field, normal_name
from referral_hub.tables.cases import ClientCase, Person
from referral_hub.text import mask, plain

_PERSON = ("name", "id_number", "phone", "aliases", "address", "registered_address", "household_number", "guardian")
_PROFILE = ("education", "employment_status", "housing_status", "skills")
_CODES = {"education": EDUCATION, "employment_status": EMPLOYMENT_STATUS, "housing_status": HOUSING_STATUS}
_HEADINGS = {"guardian": "contact", "employment_status": "employment", "housing_status": "housing"}


class FieldChange(msgspec.Struct, frozen=True):
    """One field that the register gives otherwise. `before` and `after` are for showing, long numbers masked (R23)."""

    field: str
    label: Label
    before: Label
    after: Label


class PersonInCase(msgspec.Struct, frozen=True):
    """A case with its person, as the rows stand."""

    case: ClientCase
    person: Person


def people_in(session: Transaction, case_ids: Collection[UUID]) -> dict[UUID, PersonInCase]:
    """The people of these cases, in one statement however many there are."""
    rows = session.exec(
        select(ClientCase, Person)
        .join(Person, col(Person.id) == col(ClientCase.person_id))
        .where(col(ClientCase.id).in_(case_ids))
    )
    return {case.id: PersonInCase(case, person) for case, person in rows}


def changes_of(session: Transaction, row: CaseloadRow, known: PersonInCase) -> tuple[FieldChange, ...]:
    """The differences. Only where there are any to show, someone looks at the case."""
    with session.looks.unshown():
        before = _known(session, known.case, known.person)
    after = _told(row)
    changes = tuple(
        FieldChange(field, FIELDS[_HEADINGS.get(field, field)], _shown(field, before.get(field)), _shown(field, value))
        for field, value in after.items()
        if value and not _same(field, before.get(field), value)
    )
    if changes:
        session.looks.at_case(known.case.id)
    return changes


def apply_changes(
    session: Transaction,
    row: CaseloadRow,
    changes: Collection[FieldChange],
    *,
    case_id: UUID,
    by: Actor,
    at: datetime,
) -> None:
    """Take over what was found to differ. Raises `Invalid` at the field that cannot be taken."""
    changed = {change.field for change in changes}
    told = _told(row)
    person = {field: told[field] for field in _PERSON if field in changed}
    profile = {field: told[field] for field in _PROFILE if field in changed}
    if person:
        change_person(session, case_id=case_id, values=person, by=by, at=at)
    if profile:
        change_profile(session, case_id=case_id, values=profile, by=by, at=at)


def guardian_of(row: CaseloadRow) -> str | None:
    """The contact as it is kept: name, relation and telephone in one line."""
    if row.contact is None:
        return None
    relation = f"（{row.contact.relation}）" if row.contact.relation else ""
    return f"{row.contact.name}{relation} {row.contact.phone or ''}".strip()


def profile_of(row: CaseloadRow) -> dict[str, object]:
    values = {
        "education": row.education,
        "employment_status": row.employment,
        "housing_status": row.housing,
        "skills": row.skills,
    }
    return {name: value for name, value in values.items() if value}


def _told(row: CaseloadRow) -> dict[str, str | None]:
    person = {
        "name": row.name,
        "id_number": row.id_number,
        "phone": row.phones[0] if row.phones else None,
        "aliases": "、".join(row.aliases) or None,
        "address": row.address,
        "registered_address": row.registered_address,
        "household_number": row.household_number,
        "guardian": guardian_of(row),
    }
    return person | {name: str(value) for name, value in profile_of(row).items()}


def _known(session: Transaction, case: ClientCase, person: Person) -> dict[str, str | None]:
    cipher = session.cipher
    known = {field: decrypt_field(cipher, "person", field, person.id, getattr(person, field)) for field in _PERSON}
    if case.profile:
        told = msgspec.convert(cipher.decrypt_json(case.profile, f"client_case.profile:{case.id}"), Profile)
        known |= {field: getattr(told, field) for field in _PROFILE}
    return known


def _same(field: str, before: str | None, after: str) -> bool:
    if before is None:
        return False
    return normal_name(before) == normal_name(after) if field == "name" else plain(before) == plain(after)


def _shown(field: str, value: str | None) -> Label:
    if not value:
        return Label(zh="（空）", en="(empty)")
    if field in _CODES:
        return _CODES[field].get(value, untranslated(value))
    return untranslated(mask(value))
