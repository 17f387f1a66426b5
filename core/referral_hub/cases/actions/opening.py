"""Opening a case: who it is, whether we know them already, and the first facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from referral_hub.actor import Actor
from referral_hub.audit.entries import record_audit_entry
from referral_hub.calendar.clock import local_date
from referral_hub.calendar.periods import check_day, check_happened
from referral_hub.cases.actions.common import check_code, check_worker
from referral_hub.cases.actions.person import Identity, read_identity, write_identity
from referral_hub.cases.actions.restricted import put_measure
from referral_hub.cases.errors import DuplicatePerson
from referral_hub.cases.profile import Profile, change
from referral_hub.cases.rules import age_in
from referral_hub.codes import SEX
from referral_hub.codes.areas import read_area_code
from referral_hub.errors import NotAllowed
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.ids import new_id, public_number
from referral_hub.tables.cases import ClientCase, Person
from referral_hub.tasks.next_steps import review_case

_KNOWN = text("""
    SELECT c.number, c.status, c.person_id, a.name AS worker,
           coalesce(p.id_index = :id_index, false) AS same_id,
           coalesce(p.phone_index = :phone_index, false) AS same_phone,
           coalesce(p.name_index = :name_index, false) AS same_name
      FROM person p
      JOIN client_case c ON c.person_id = p.id
      JOIN account a ON a.id = c.responsible_id
     WHERE p.office_id = :office
       AND (p.id_index = :id_index OR p.phone_index = :phone_index OR p.name_index = :name_index)
     ORDER BY c.status = 'closed', c.id DESC
     LIMIT 50
""")
# Two workers who open a case for the same person at the same moment: the second waits and then sees the first.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(encode(:key, 'hex'), 0))")
GUARDIAN_UNDER = 14


class OpenedCase(msgspec.Struct, frozen=True):
    """The new case, and what the worker should look at before going on."""

    id: UUID
    person_id: UUID
    number: str
    warnings: list[Label]


class _Known(msgspec.Struct, frozen=True):
    """What the office knows already: the person to go on with, and what is worth a second look."""

    person_id: UUID | None
    warnings: list[Label]


def open_case(
    session: Transaction,
    *,
    office_id: UUID,
    name: str,
    sex: str = "0",
    id_number: str | None = None,
    phone: str | None = None,
    birth_year: int | None = None,
    aliases: str | None = None,
    address: str | None = None,
    registered_address: str | None = None,
    household_number: str | None = None,
    display_name: str | None = None,
    contact_note: str | None = None,
    guardian: str | None = None,
    responsible_id: UUID,
    opened_on: date,
    planned_release_on: date | None = None,
    area_code: str | None = None,
    profile: Mapping[str, object] | None = None,
    measure: Mapping[str, object] | None = None,
    allow_duplicate: bool = False,
    by: Actor,
    at: datetime,
) -> OpenedCase:
    """Open a case for a client of this office.

    Looks for the same person within the office only, by blind index: nobody can ask by ID number across offices. A
    person whose cases are all closed goes on with the same personal record. Raises `DuplicatePerson` (unless
    `allow_duplicate`), `Invalid`, `WorkerUnusable`, `NotAllowed`, and `OfficersOnly` for a measure.
    """
    if by.role not in ("worker", "supervisor") or by.organisation_id != office_id:
        raise NotAllowed
    check_worker(session, responsible_id, office_id=office_id)
    identity = read_identity(
        session,
        {
            "name": name,
            "aliases": aliases,
            "display_name": display_name,
            "id_number": id_number,
            "phone": phone,
            "contact_note": contact_note,
            "address": address,
            "registered_address": registered_address,
            "household_number": household_number,
            "guardian": guardian,
        },
        sex=check_code(sex, SEX, "sex"),
        birth_year=birth_year,
        at=at,
    )
    check_happened(opened_on, "opened_on", today=local_date(at), birth_year=identity.birth_year)
    if planned_release_on is not None:
        check_day(planned_release_on, "planned_release_on", today=local_date(at), birth_year=identity.birth_year)
    known = _look_for_known(session, identity, office_id=office_id, allow_duplicate=allow_duplicate)
    person = _person(session, identity, known, office_id=office_id)
    case = ClientCase(
        id=new_id(),
        person_id=person.id,
        office_id=office_id,
        number=public_number(),
        responsible_id=responsible_id,
        opened_on=opened_on,
        planned_release_on=planned_release_on,
        area_code=read_area_code(area_code),
    )
    details = change(Profile(), profile or {})
    case.profile = session.cipher.encrypt_json(details, f"client_case.profile:{case.id}")
    session.add(case)
    session.flush()
    record_audit_entry(session, "case.open", about=case, by=by, at=at)
    review_case(session, case, how="case.open", by=by, at=at)
    if measure:
        put_measure(session, case, measure, by=by, at=at)
    return OpenedCase(
        id=case.id,
        person_id=person.id,
        number=case.number,
        warnings=[*identity.warnings, *known.warnings, *_guardian_warning(identity, at)],
    )


def _person(session: Transaction, identity: Identity, known: _Known, *, office_id: UUID) -> Person:
    if known.person_id is not None:
        person = session.get_one(Person, known.person_id, with_for_update=True)
    else:
        person = Person(id=new_id(), office_id=office_id, name=b"")
    write_identity(session, person, identity)
    session.add(person)
    session.flush()
    return person


def _look_for_known(session: Transaction, identity: Identity, *, office_id: UUID, allow_duplicate: bool) -> _Known:
    indexes = identity.indexes
    if indexes["id_number"] is not None:
        session.execute(_ONE_AT_A_TIME, {"key": indexes["id_number"]})
    found = session.execute(
        _KNOWN,
        {
            "office": office_id,
            "id_index": indexes["id_number"],
            "phone_index": indexes["phone"],
            "name_index": indexes["name"],
        },
    ).all()
    same = [row for row in found if row.same_id or (row.same_phone and row.same_name)]
    serving = next((row for row in same if row.status != "closed"), None)
    if serving is not None and not allow_duplicate:
        raise DuplicatePerson(number=serving.number, worker=serving.worker, field="id_number")
    former = next((row for row in same if row.same_id), None) if serving is None else None
    warnings = [_warning(row) for row in found]
    return _Known(person_id=former.person_id if former else None, warnings=warnings[:5])


def _warning(row: Any) -> Label:
    if row.same_id:
        return Label(zh=f"此前有个案 {row.number}，身份证号相同。", en=f"Case {row.number} has the same ID number.")
    if row.same_phone:
        return Label(
            zh=f"个案 {row.number}（{row.worker}）用的是同一个电话，请核对是否家人。",
            en=f"Case {row.number} ({row.worker}) has the same telephone number. Please check whether this is a "
            "relative.",
        )
    return Label(
        zh=f"个案 {row.number}（{row.worker}）同名，请核对是否同一人。",
        en=f"Case {row.number} ({row.worker}) has the same name. Please check whether this is the same person.",
    )


def _guardian_warning(identity: Identity, at: datetime) -> list[Label]:
    """R13: under 14 a guardian answers for consent."""
    young = identity.birth_year is not None and age_in(identity.birth_year, local_date(at)) < GUARDIAN_UNDER
    if not young or identity.texts.get("guardian"):
        return []
    return [
        Label(
            zh="未满14岁：请补填监护人，同意书由监护人签署。",
            en="Under 14: enter the guardian, who signs the consent form.",
        )
    ]
