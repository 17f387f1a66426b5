"""Writing the restricted compartment (R3, R4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.audit.entries import record_audit_entry
from referral_hub.calendar.clock import local_date
from referral_hub.cases.actions.common import lock_case
from referral_hub.cases.errors import OfficersOnly
from referral_hub.cases.measures import bars_until, read_measure
from referral_hub.cases.profile import Profile
from referral_hub.hub import Transaction
from referral_hub.ids import new_id
from referral_hub.tables.cases import ClientCase, Measure, Person


def write_measure(
    session: Transaction, *, case_id: UUID, measure: Mapping[str, object], by: Actor, at: datetime
) -> None:
    """Write what the law ordered, in place of what stood there. Raises `OfficersOnly`, `Invalid`."""
    if not by.statutory:
        raise OfficersOnly
    put_measure(session, lock_case(session, case_id, by=by), measure, by=by, at=at)


def put_measure(
    session: Transaction, case: ClientCase, values: Mapping[str, object], *, by: Actor, at: datetime
) -> None:
    """As `write_measure`, for a case in hand.

    What else depends on it is one date, kept in the profile: until when some families of work are closed (R19), so
    that a colleague who may not read the measure still releases no wrong one.
    """
    if not by.statutory:
        raise OfficersOnly
    person = session.get_one(Person, case.person_id)
    measure = read_measure(values, today=local_date(at), birth_year=person.birth_year)
    cipher = session.cipher
    row = session.exec(select(Measure).where(col(Measure.case_id) == case.id).with_for_update()).first()
    if row is None:
        row = Measure(id=new_id(), case_id=case.id, office_id=case.office_id, content=b"")
    row.content = cipher.encrypt_json(measure, f"measure.content:{row.id}")
    context = f"client_case.profile:{case.id}"
    profile = msgspec.convert(cipher.decrypt_json(case.profile, context), Profile) if case.profile else Profile()
    until = bars_until(measure)
    if until != profile.jobs_barred_until:
        case.profile = cipher.encrypt_json(msgspec.structs.replace(profile, jobs_barred_until=until), context)
    session.add_all([row, case])
    session.flush()
    record_audit_entry(session, "measure.write", about=row, by=by, at=at)
