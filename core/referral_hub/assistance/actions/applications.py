"""Entering an application for assistance (受理)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from referral_hub.actor import Actor
from referral_hub.assistance.entries import add_entry, demand_decider
from referral_hub.assistance.from_referral import take_from_referral
from referral_hub.assistance.rules import check_application
from referral_hub.assistance.values import Applicant, Application
from referral_hub.calendar.clock import local_date
from referral_hub.calendar.periods import BEFORE_BIRTH
from referral_hub.codes.identity import birth_year_in
from referral_hub.hub import Transaction
from referral_hub.storage.personal_fields import index_of
from referral_hub.text import invalid
from referral_hub.text_limits import MAX_NOTE, MAX_NUMBER_TYPED, MAX_PERSON, read_line, read_text


def record_application(
    session: Transaction,
    *,
    organisation_id: UUID,
    application: Application,
    office_id: UUID | None = None,
    referral_id: UUID | None = None,
    case_id: UUID | None = None,
    not_after: date | None = None,
    by: Actor,
    at: datetime,
) -> UUID:
    """Enter an application to `organisation_id`. Returns its key, which all that follows carries.

    Person and household are indexed for the double-payment check: from the case where there is one, else from the ID
    and household numbers given, of which no more than the index is kept. Of a referral, applicant and household are
    what was disclosed unless given; the day is that on which it reached them, but `not_after` the one given.
    Raises `EntryUnusable`, `NotAllowed`.
    """
    demand_decider(by, organisation_id)
    check_application(application, local_date(at))
    taken = take_from_referral(session, referral_id)
    applied_on = application.applied_on or min(taken.applied_on or local_date(at), not_after or local_date(at))
    check_born(session, "applied_on", applied_on, case_id=case_id, id_number=application.id_number)
    keys = _case_keys(session, case_id)
    applicant = _read_applicant(application.applicant) or taken.applicant
    number = applicant.household_number if applicant else ""
    return add_entry(
        session,
        "application",
        happened_on=applied_on,
        applied_on=applied_on,
        organisation_id=organisation_id,
        office_id=office_id,
        referral_id=referral_id,
        case_id=case_id,
        type=application.type,
        source=application.source,
        hardship=application.hardship,
        quantity=Decimal(),
        unit="yuan",
        area_code=application.area_code or (keys.area_code if keys else None),
        household_size=application.household_size or taken.household_size,
        applicant=applicant,
        person_index=_index(keys, "person_index") or index_of(session.cipher, "id_number", application.id_number),
        household_index=_index(keys, "household_index") or index_of(session.cipher, "household_number", number),
        evidence=application.evidence,
        note=read_text(application.note, "note", maximum=MAX_NOTE),
        by=by,
        at=at,
    )


def check_born(
    session: Transaction, field: str, day: date, *, case_id: UUID | None, id_number: str | None = None
) -> None:
    """Raise `Invalid` at `field` for a day before the person was born, as far as case or ID number tell it."""
    born = birth_year_in(id_number) if id_number else None
    early = (
        case_id is not None
        and session.execute(
            text("SELECT hub_before_birth(:case_id, :day)"), {"case_id": case_id, "day": day}
        ).scalar_one()
    )
    if early or (born is not None and day.year < born):
        raise invalid(field, BEFORE_BIRTH)


def _read_applicant(applicant: Applicant | None) -> Applicant | None:
    if applicant is None:
        return None
    return Applicant(
        name=read_line(applicant.name, "name", maximum=MAX_PERSON["name"]) or "",
        phone=read_line(applicant.phone, "phone", maximum=MAX_NUMBER_TYPED) or "",
        household_number=read_line(
            applicant.household_number, "household_number", maximum=MAX_PERSON["household_number"]
        )
        or "",
    )


def _case_keys(session: Transaction, case_id: UUID | None) -> Row[Any] | None:
    """Keyed hashes of person and household, and the area: all that the ledger may know of a case without a name."""
    if case_id is None:
        return None
    return session.execute(text("SELECT * FROM hub_case_keys(:case_id)"), {"case_id": case_id}).one_or_none()


def _index(keys: Row[Any] | None, name: str) -> bytes | None:
    value = getattr(keys, name, None)
    return None if value is None else bytes(value)
