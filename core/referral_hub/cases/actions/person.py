"""Who the client is: reading, writing and changing identity, the profile, and revealing an ID number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from referral_hub.actor import Actor
from referral_hub.audit.entries import fields_changed, record_audit_entry
from referral_hub.audit.subjects import subject_of
from referral_hub.calendar.clock import local_date
from referral_hub.cases.actions.common import check_code, lock_any_case, lock_case
from referral_hub.cases.profile import Profile, change
from referral_hub.codes import SEX
from referral_hub.codes.identity import read_id_number, read_phone
from referral_hub.errors import Invalid, NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.storage.personal_fields import PERSON_FIELDS, decrypt_field, encrypt_field, index_of
from referral_hub.tables.cases import Person
from referral_hub.text import name_text, plain
from referral_hub.text_limits import MAX_PERSON, MAX_REASON, need_line, read_text

INDEXED = {"name": "name_index", "id_number": "id_index", "phone": "phone_index", "household_number": "household_index"}
_OLDEST = 1900


class Identity(msgspec.Struct, frozen=True):
    """What was typed about a person, checked. `texts` has a None for what is to be emptied."""

    texts: dict[str, str | None]
    sex: str | None
    birth_year: int | None
    indexes: dict[str, bytes | None]
    warnings: list[Label]

    def __repr__(self) -> str:
        """Names and numbers stay out of logs and tracebacks."""
        return f"Identity(fields={sorted(self.texts)})"


def read_identity(
    session: Transaction, values: dict[str, str | None], *, sex: str | None, birth_year: int | None, at: datetime
) -> Identity:
    """Check what was typed. An ID number tells sex and birth year where they are missing (GB 11643)."""
    texts = {name: _read(session, name, value, at) for name, value in values.items()}
    warnings: list[Label] = []
    number = texts.get("id_number")
    if number:
        told_sex, told_year = "1" if int(number[16]) % 2 else "2", int(number[6:10])
        if sex in ("1", "2") and sex != told_sex:
            warnings.append(Label(zh="性别与身份证号不一致，请核对。", en="The sex does not agree with the ID number."))
        if birth_year is not None and birth_year != told_year:
            warnings.append(
                Label(
                    zh="出生年份与身份证号不一致，已按证号登记。",
                    en="The birth year did not agree with the ID number; the year in the number was recorded.",
                )
            )
        sex = sex if sex in ("1", "2") else told_sex
        birth_year = told_year
    elif birth_year is not None and not _OLDEST <= birth_year <= local_date(at).year:
        raise Invalid(field="birth_year", message=Label(zh="出生年份不对。", en="The birth year is not valid."))
    cipher = session.cipher
    indexes = {name: index_of(cipher, name, texts.get(name)) for name in INDEXED}
    return Identity(texts=texts, sex=sex, birth_year=birth_year, indexes=indexes, warnings=warnings)


def write_identity(session: Transaction, person: Person, identity: Identity) -> None:
    """Seal what was read into the person's row; a field that was not among the values stays as it is."""
    cipher = session.cipher
    for name, value in identity.texts.items():
        setattr(person, name, encrypt_field(cipher, "person", name, person.id, value) if value else None)
        if name in INDEXED:
            setattr(person, INDEXED[name], identity.indexes[name])
    if identity.sex is not None:
        person.sex = identity.sex
    if identity.birth_year is not None:
        person.birth_year = identity.birth_year


def change_person(
    session: Transaction,
    *,
    case_id: UUID,
    values: dict[str, Any],
    version: int | None = None,
    by: Actor,
    at: datetime,
) -> list[Label]:
    """Correct who the client is: any of the sealed fields, `sex`, `birth_year`. Returns what to look at again."""
    unknown = set(values) - set(PERSON_FIELDS) - {"sex", "birth_year"}
    if unknown:
        raise Invalid(field=min(unknown), message=Label(zh="没有这个项目。", en="There is no such item."))
    case = lock_case(session, case_id, by=by, version=version)
    person = session.get_one(Person, case.person_id, with_for_update=True)
    sex = check_code(str(values["sex"]), SEX, "sex") if "sex" in values else None
    texts = {name: values[name] for name in values if name in PERSON_FIELDS}
    identity = read_identity(session, texts, sex=sex, birth_year=values.get("birth_year"), at=at)
    write_identity(session, person, identity)
    case.version += 1
    session.add_all([person, case])
    session.flush()
    about = subject_of(case).part("person", person.id)
    record_audit_entry(session, "case.change", about=about, by=by, at=at, details=fields_changed(values))
    return identity.warnings


def change_profile(
    session: Transaction,
    *,
    case_id: UUID,
    values: Mapping[str, object],
    version: int | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Write what the client stated about themselves: education, skills, wanted work and so on (`cases.profile`)."""
    case = lock_case(session, case_id, by=by, version=version)
    cipher, context = session.cipher, f"client_case.profile:{case.id}"
    before = msgspec.convert(cipher.decrypt_json(case.profile, context), Profile) if case.profile else Profile()
    case.profile = cipher.encrypt_json(change(before, values), context)
    case.version += 1
    session.add(case)
    session.flush()
    record_audit_entry(session, "case.change", about=case, by=by, at=at, details=fields_changed(values))


def reveal_id_number(session: Transaction, *, case_id: UUID, reason: str, by: Actor, at: datetime) -> str:
    """The full ID number, for a reason that is kept (R23). Raises `Invalid` without one, `NotFound` if unknown."""
    why = need_line(reason, "reason", maximum=MAX_REASON)
    case = lock_any_case(session, case_id, by=by)
    person = session.get_one(Person, case.person_id)
    number = decrypt_field(session.cipher, "person", "id_number", person.id, person.id_number)
    if number is None:
        raise NotFound
    about = subject_of(case).part("person", person.id)
    record_audit_entry(session, "person.reveal", about=about, by=by, at=at, reason=why)
    return number


def _read(session: Transaction, name: str, value: str | None, at: datetime) -> str | None:
    words = plain(value or "")
    if name == "name":
        return need_line(name_text(words), name, maximum=MAX_PERSON[name])
    if not words:
        return None
    if name == "id_number":
        return read_id_number(words, today=local_date(at), demo=session.hub.settings.demo).text
    if name == "phone":
        return read_phone(words)
    return read_text(value, name, maximum=MAX_PERSON[name])
