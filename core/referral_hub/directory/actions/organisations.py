"""Organisations: entered, corrected, activated once assessed (R41), suspended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.calendar.clock import local_date
from referral_hub.calendar.periods import check_happened
from referral_hub.codes import ORGANISATION_KINDS, PROCESSOR_ROLES
from referral_hub.codes.areas import read_area_code
from referral_hub.codes.credit_code import read_credit_code
from referral_hub.codes.identity import read_phone
from referral_hub.directory.actions.common import check_keeper, check_neutral, record_change
from referral_hub.directory.errors import AssessmentMissing, ContractMissing, CreditCodeTaken
from referral_hub.directory.rules import lacks_contract
from referral_hub.errors import Invalid, NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.ids import new_id
from referral_hub.tables.directory import Organisation
from referral_hub.text_limits import (
    MAX_ASSESSMENT_REFERENCE,
    MAX_CONTACT_NAME,
    MAX_LINE,
    MAX_REASON,
    MAX_SHORT_NAME,
    need_line,
    read_line,
)

_CHANGEABLE = (
    "name",
    "short_name",
    "processor_role",
    "credit_code",
    "area_code",
    "contact_name",
    "phone",
    "external_id",
)


def add_organisation(
    session: Transaction,
    *,
    name: str,
    short_name: str,
    kind: str,
    processor_role: str,
    credit_code: str | None = None,
    area_code: str | None = None,
    contact_name: str | None = None,
    phone: str | None = None,
    external_id: str | None = None,
    by: Actor,
    at: datetime,
) -> UUID:
    """Enter an organisation. A provider is `preparing` until it is assessed; others may work at once.

    `short_name` is what partners and clients read, in neutral words (R20). Raises `Invalid`, `CreditCodeTaken`.
    """
    check_keeper(by)
    organisation = Organisation(
        id=new_id(),
        name=need_line(name, "name"),
        short_name=need_line(short_name, "short_name", maximum=MAX_SHORT_NAME),
        kind=_code(kind, ORGANISATION_KINDS, "kind"),
        processor_role=_code(processor_role, PROCESSOR_ROLES, "processor_role"),
        status="preparing" if kind == "provider" else "active",
    )
    _write(
        session,
        organisation,
        {
            "short_name": short_name,
            "credit_code": credit_code,
            "area_code": area_code,
            "contact_name": contact_name,
            "phone": phone,
            "external_id": external_id,
        },
    )
    session.add(organisation)
    session.flush()
    record_change(session, organisation, by=by, at=at, what="add")
    return organisation.id


def change_organisation(
    session: Transaction, *, organisation_id: UUID, values: dict[str, Any], by: Actor, at: datetime
) -> None:
    """Correct an organisation: any of name, short_name, processor_role, credit_code, area_code, contact_name, phone."""
    check_keeper(by)
    organisation = _lock(session, organisation_id)
    _write(session, organisation, values)
    session.add(organisation)
    session.flush()
    record_change(session, organisation, by=by, at=at, what="change", fields=list(values))


def activate_organisation(
    session: Transaction,
    *,
    organisation_id: UUID,
    assessment_reference: str | None = None,
    assessment_on: date | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Let an organisation receive or send. A provider needs its impact assessment (R41), an entrusted one a contract.

    An assessment already recorded need not be given again. Raises `AssessmentMissing`, `ContractMissing`.
    """
    check_keeper(by)
    organisation = _lock(session, organisation_id)
    if assessment_reference is not None:
        organisation.assessment_reference = read_line(
            assessment_reference, "assessment_reference", maximum=MAX_ASSESSMENT_REFERENCE
        )
        organisation.assessment_on = assessment_on
    if organisation.assessment_on is not None:
        check_happened(organisation.assessment_on, "assessment_on", today=local_date(at))
    if organisation.kind == "provider":
        if not organisation.assessment_reference or organisation.assessment_on is None:
            raise AssessmentMissing(field="assessment_reference")
        if lacks_contract(session, organisation.id, on=local_date(at)):
            raise ContractMissing
    organisation.status = "active"
    session.add(organisation)
    session.flush()
    record_change(session, organisation, by=by, at=at, what="activate")


def suspend_organisation(session: Transaction, *, organisation_id: UUID, reason: str, by: Actor, at: datetime) -> None:
    """Stop an organisation: nothing is offered or sent any more; what is under way stays with it."""
    check_keeper(by)
    organisation = _lock(session, organisation_id)
    organisation.status = "suspended"
    session.add(organisation)
    session.flush()
    why = need_line(reason, "reason", maximum=MAX_REASON)
    record_change(session, organisation, by=by, at=at, what="suspend", reason=why)


def _lock(session: Transaction, organisation_id: UUID) -> Organisation:
    organisation = session.exec(
        select(Organisation)
        .where(col(Organisation.id) == organisation_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if organisation is None:
        raise NotFound
    return organisation


def _write(session: Transaction, organisation: Organisation, values: dict[str, Any]) -> None:
    for field, value in values.items():
        if field not in _CHANGEABLE:
            raise Invalid(field=field, message=Label(zh="这一项不能在这里修改。", en="This cannot be changed here."))
        setattr(organisation, field, _read(field, value))
    if "credit_code" in values and organisation.credit_code:
        _check_credit_code_free(session, organisation)


def _read(field: str, value: Any) -> str | None:
    if field in ("name", "short_name", "processor_role"):
        words = need_line(value, field, maximum=MAX_SHORT_NAME if field == "short_name" else MAX_LINE)
        return _REQUIRED[field](words) if field in _REQUIRED else words
    line = read_line(value, field, maximum=MAX_CONTACT_NAME if field == "contact_name" else MAX_LINE)
    return _OPTIONAL[field](line) if line is not None and field in _OPTIONAL else line


def _check_credit_code_free(session: Transaction, organisation: Organisation) -> None:
    with session.no_autoflush:
        other = session.exec(
            select(Organisation.name).where(
                col(Organisation.credit_code) == organisation.credit_code, col(Organisation.id) != organisation.id
            )
        ).first()
    if other is not None:
        raise CreditCodeTaken(organisation=other, field="credit_code")


def _code(value: str, codes: dict[str, Label], field: str) -> str:
    if value not in codes:
        raise Invalid(field=field, message=Label(zh="请从列表中选择。", en="Choose one from the list."))
    return value


_REQUIRED: dict[str, Callable[[str], str | None]] = {
    "short_name": lambda words: check_neutral(words, "short_name"),
    "processor_role": lambda words: _code(words, PROCESSOR_ROLES, "processor_role"),
}
_OPTIONAL: dict[str, Callable[[str], str | None]] = {
    "credit_code": read_credit_code,
    "area_code": read_area_code,
    "phone": read_phone,
}
