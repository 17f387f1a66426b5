"""What an audit row is about: read from the row itself, so that no caller spells out who may see it.

An office reads the rows that carry its `office_id`, a recipient those that carry its `recipient_id`. Both stand here
once for each table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlmodel import SQLModel

from referral_hub.tables.access import Account, ApiToken
from referral_hub.tables.assistance import AssistanceEntry, Fund
from referral_hub.tables.cases import CaseNote, ClientCase, Measure, Need, PlanItem
from referral_hub.tables.consent import Consent
from referral_hub.tables.directory import Contract, Offering, Organisation, Place
from referral_hub.tables.outcomes import FollowUp, ServiceEvent
from referral_hub.tables.referrals import Disclosure, Referral


class AuditSubject(msgspec.Struct, frozen=True):
    """The subject of an audit row. Written by hand only where no row is at hand: a search, a list, a deleted key."""

    subject: str
    subject_id: UUID | None = None
    case_id: UUID | None = None
    office_id: UUID | None = None
    referral_id: UUID | None = None
    recipient_id: UUID | None = None

    def part(self, subject: str, subject_id: UUID) -> AuditSubject:
        """Something that belongs to it, and is seen by the same people."""
        return msgspec.structs.replace(self, subject=subject, subject_id=subject_id)

    def hidden(self, *columns: str) -> AuditSubject:
        """The same with these columns empty: whoever reads by them does not see the audit row."""
        return msgspec.structs.replace(self, **dict.fromkeys(columns))


class _Source(msgspec.Struct, frozen=True):
    """Subject of a table's rows, and which attribute fills which column besides `subject_id`."""

    subject: str
    columns: Mapping[str, str] = {}


_OF_CASE = {"case_id": "case_id", "office_id": "office_id"}
_OF_REFERRAL = {**_OF_CASE, "referral_id": "referral_id", "recipient_id": "recipient_id"}

_SOURCES: dict[type[SQLModel], _Source] = {
    Account: _Source("account"),
    ApiToken: _Source("api_token"),
    AssistanceEntry: _Source("assistance_entry", {**_OF_REFERRAL, "recipient_id": "organisation_id"}),
    CaseNote: _Source("note", _OF_CASE),
    ClientCase: _Source("case", {**_OF_CASE, "case_id": "id"}),
    # The recipient reads what was released, not how consent to it was given.
    Consent: _Source("consent", _OF_CASE),
    Contract: _Source("contract"),
    Disclosure: _Source("disclosure", _OF_REFERRAL),
    FollowUp: _Source("follow_up", _OF_REFERRAL),
    Fund: _Source("fund", {"recipient_id": "organisation_id"}),
    Measure: _Source("measure", _OF_CASE),
    Need: _Source("need", _OF_CASE),
    Offering: _Source("offering"),
    Organisation: _Source("organisation"),
    Place: _Source("place"),
    PlanItem: _Source("plan", _OF_CASE),
    Referral: _Source("referral", {**_OF_REFERRAL, "referral_id": "id"}),
    ServiceEvent: _Source("service_event", _OF_REFERRAL),
}


def subject_of(about: SQLModel | AuditSubject) -> AuditSubject:
    """The audit subject of a row; what is one already stays as it is."""
    if isinstance(about, AuditSubject):
        return about
    row: Any = about
    source = _SOURCES[type(row)]
    return AuditSubject(
        source.subject, row.id, **{column: getattr(row, attribute) for column, attribute in source.columns.items()}
    )
