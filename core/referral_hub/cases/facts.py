"""What is known of a client, by the names of the catalogue: the one door through which a release looks at a case."""

from __future__ import annotations

from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlmodel import col

from referral_hub.calendar.clock import local_date
from referral_hub.cases.occupations import suitable_families
from referral_hub.cases.profile import NAMES, Profile
from referral_hub.cases.rules import age_band, age_in, polite_name
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.storage.personal_fields import decrypt_field
from referral_hub.tables.cases import ClientCase, Person

_ENCRYPTED = ("id_number", "phone", "contact_note", "address", "registered_address", "household_number")
_STATED_SEX = frozenset({"1", "2"})


class Searcher(msgspec.Struct, frozen=True):
    """For whom a service is looked for: what may be asked before any consent, and where they live.

    `age` is the age reached this year: the day of birth is not known in clear.
    """

    facts: dict[str, object]
    sex: str | None
    age: int | None
    area_code: str | None


def case_facts(session: Transaction, case_id: UUID) -> dict[str, object]:
    """Everything known, by catalogue field name; what is not known is not there. Never the measure (R3, R4).

    Codes stay codes (`codes.FIELD_CODES`); `suitable_jobs` is the positive list of what the client looks for (R19).
    Raises `NotFound`.
    """
    case, person = _read(session, case_id)
    return _facts(session, case, person)


def searcher_for_case(session: Transaction, case_id: UUID) -> Searcher:
    """The client as the directory's search wants to know them. Raises `NotFound`."""
    case, person = _read(session, case_id)
    today = local_date(session.hub.clock.now())
    return Searcher(
        facts=_facts(session, case, person),
        sex=person.sex if person.sex in _STATED_SEX else None,
        age=age_in(person.birth_year, today) if person.birth_year is not None else None,
        area_code=case.area_code,
    )


def profile_of(session: Transaction, case: ClientCase) -> Profile:
    """What the client stated about themselves, decrypted."""
    if case.profile is None:
        return Profile()
    return msgspec.convert(session.cipher.decrypt_json(case.profile, f"client_case.profile:{case.id}"), Profile)


def _read(session: Transaction, case_id: UUID) -> tuple[ClientCase, Person]:
    row = session.execute(
        select(ClientCase, Person)
        .join(Person, col(Person.id) == col(ClientCase.person_id))
        .where(col(ClientCase.id) == case_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def _facts(session: Transaction, case: ClientCase, person: Person) -> dict[str, object]:
    cipher = session.cipher
    today = local_date(session.hub.clock.now())
    name = decrypt_field(cipher, "person", "name", person.id, person.name) or ""
    profile = profile_of(session, case)
    known: dict[str, object] = {
        "full_name": name,
        "display_name": decrypt_field(cipher, "person", "display_name", person.id, person.display_name)
        or polite_name(name, person.sex),
        "sex": person.sex if person.sex in _STATED_SEX else None,
        "age_band": age_band(person.birth_year, today),
        "suitable_jobs": suitable_families(profile.wanted_jobs, profile.jobs_barred_until, today),
    }
    known |= {field: decrypt_field(cipher, "person", field, person.id, getattr(person, field)) for field in _ENCRYPTED}
    known |= {field: getattr(profile, field) for field in NAMES if field != "wanted_jobs"}
    return {field: value for field, value in known.items() if value not in (None, "", [])}
