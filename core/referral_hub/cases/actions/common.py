"""What every change of a case begins with and ends with."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.cases.errors import CaseClosed, WorkerUnusable
from referral_hub.codes import Codes
from referral_hub.errors import Conflict, Invalid, NotAllowed, NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.tables.cases import ClientCase, Person

_STAFF = ("worker", "supervisor")
_ACTIVE_WORKER = text(
    "SELECT name FROM account WHERE id = :account AND organisation_id = :office"
    " AND role IN ('worker', 'supervisor') AND status = 'active'"
)


def lock_case(
    session: Transaction, case_id: UUID, *, by: Actor, own_office: bool = True, version: int | None = None
) -> ClientCase:
    """The open case, locked. `version` is what the form was made from: `Conflict` when someone was quicker.

    A helper from another office writes notes and plan items (`own_office=False`), and nothing else.
    Raises `NotFound`, `NotAllowed`, `CaseClosed`.
    """
    case = lock_any_case(session, case_id, by=by, own_office=own_office)
    if case.status == "closed":
        raise CaseClosed(number=case.number)
    if version is not None and version != case.version:
        raise Conflict
    return case


def birth_year_of(session: Transaction, case: ClientCase) -> int | None:
    """The year in which the client was born, where it is known: before it nothing happened to them."""
    person = session.get(Person, case.person_id)
    return person.birth_year if person is not None else None


def lock_any_case(session: Transaction, case_id: UUID, *, by: Actor, own_office: bool = True) -> ClientCase:
    """As `lock_case`, open or closed."""
    if by.role not in _STAFF:
        raise NotAllowed
    case = session.exec(
        select(ClientCase)
        .where(col(ClientCase.id) == case_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if case is None:
        raise NotFound
    if own_office and case.office_id != by.organisation_id:
        raise NotAllowed
    return case


def acting_account(by: Actor) -> UUID:
    """The account that acts. Raises `NotAllowed` for the hub itself, which writes no notes."""
    if by.account_id is None:
        raise NotAllowed
    return by.account_id


def check_worker(session: Transaction, account_id: UUID, *, office_id: UUID) -> str:
    """The name of an active worker or supervisor of the office. Raises `WorkerUnusable`."""
    name = session.execute(_ACTIVE_WORKER, {"account": account_id, "office": office_id}).scalar_one_or_none()
    if name is None:
        raise WorkerUnusable(field="responsible_id")
    return str(name)


def check_code(value: str, codes: Codes, field: str) -> str:
    if value not in codes:
        raise Invalid(field=field, message=Label(zh="请从列表中选择。", en="Choose one from the list."))
    return value
