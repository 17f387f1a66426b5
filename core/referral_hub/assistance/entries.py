"""Rows of the ledger: adding one, and reading back what an application or a grant has come to."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, insert, select
from sqlmodel import col

from referral_hub.actor import Actor
from referral_hub.audit.entries import record_audit_entry
from referral_hub.audit.subjects import AuditSubject
from referral_hub.codes.states import AID_DECIDED
from referral_hub.errors import NotAllowed, NotFound
from referral_hub.hub import Transaction
from referral_hub.ids import new_id
from referral_hub.tables.assistance import AssistanceEntry

_OF_THE_APPLICATION = (
    "organisation_id", "office_id", "referral_id", "case_id", "application_id", "type", "source", "hardship", "unit",
    "applied_on", "area_code", "household_size", "person_index", "household_index", "evidence",
)  # fmt: skip
_OF_THE_DECISION = (*_OF_THE_APPLICATION, "fund_id", "period", "advance")

ACTIONS = {
    "application": "assistance.apply",
    "granted": "assistance.grant",
    "refused": "assistance.refuse",
    "withdrawn": "assistance.withdraw",
    "payment": "assistance.pay",
    "correction": "assistance.correct",
}


class Sums(msgspec.Struct, frozen=True):
    """What is granted by one decision and what of it is paid, in fen, corrections included."""

    granted: int
    paid: int

    @property
    def unpaid(self) -> int:
        return self.granted - self.paid


def add_entry(
    session: Transaction,
    kind: str,
    *,
    happened_on: date,
    about: AssistanceEntry | None = None,
    note: str | None = None,
    by: Actor,
    at: datetime,
    **values: Any,
) -> UUID:
    """Add one event. What it has in common with the entry it is `about` (its application, grant or payment) is copied.

    Applicant and note are encrypted; the applicant stands at the application alone.
    """
    key = new_id()
    copied = () if about is None else _OF_THE_APPLICATION if about.kind == "application" else _OF_THE_DECISION
    row: dict[str, Any] = {name: getattr(about, name) for name in copied}
    row |= {name: value for name, value in values.items() if value is not None or name not in row}
    row.setdefault("application_id", key)
    applicant = row.pop("applicant", None)
    session.execute(
        insert(AssistanceEntry).values(
            id=key,
            kind=kind,
            happened_on=happened_on,
            applicant=session.cipher.encrypt_json(applicant, f"assistance_entry.applicant:{key}")
            if applicant
            else None,
            note=session.cipher.encrypt(note, f"assistance_entry.note:{key}") if note else None,
            entered_by=by.account_id,
            **row,
        )
    )
    record_audit_entry(
        session, ACTIONS[kind], by=by, at=at,
        about=AuditSubject("assistance_entry", key, case_id=row.get("case_id"), office_id=row.get("office_id"),
                           referral_id=row.get("referral_id"), recipient_id=row["organisation_id"]),
        details={"type": row["type"], "application": str(row["application_id"])},
    )  # fmt: skip
    return key


def locked_application(session: Transaction, application_id: UUID, by: Actor) -> AssistanceEntry:
    """An application of the acting organisation, one action on it at a time. Raises `NotFound`, `NotAllowed`."""
    entry = own_entry(session, application_id, by)
    if entry.kind != "application":
        raise NotFound
    lock_entry(session, entry.id)
    return entry


def own_entry(session: Transaction, entry_id: UUID, by: Actor) -> AssistanceEntry:
    entry: AssistanceEntry | None = session.execute(
        select(AssistanceEntry).where(col(AssistanceEntry.id) == entry_id)
    ).scalar_one_or_none()
    if entry is None:
        raise NotFound
    demand_decider(by, entry.organisation_id)
    return entry


def lock_entry(session: Transaction, entry_id: UUID) -> None:
    """Nobody may update the ledger, so a row of it cannot be locked; its key can."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(entry_id), 0))))


def sums_of(session: Transaction, decision_id: UUID) -> Sums:
    """What a grant comes to now, and what of it is paid."""
    entry = AssistanceEntry
    granted = (col(entry.id) == decision_id) | (
        (col(entry.corrects_id) == decision_id) & col(entry.decision_id).is_(None)
    )
    row = session.execute(
        select(
            func.coalesce(func.sum(col(entry.amount_fen)).filter(granted), 0),
            func.coalesce(func.sum(col(entry.amount_fen)).filter(col(entry.decision_id) == decision_id), 0),
        ).where(granted | (col(entry.decision_id) == decision_id))
    ).one()
    return Sums(int(row[0]), int(row[1]))


def decision_on(session: Transaction, application_id: UUID) -> AssistanceEntry | None:
    """The decision on an application; aid given first (先行救助) is none yet."""
    entry = AssistanceEntry
    found: AssistanceEntry | None = session.execute(
        select(entry)
        .where(
            col(entry.application_id) == application_id,
            col(entry.kind).in_(sorted(AID_DECIDED)),
            col(entry.advance).is_(False),
        )
        .order_by(col(entry.id).desc())
        .limit(1)
    ).scalar_one_or_none()
    return found


def demand_decider(by: Actor, organisation_id: UUID) -> None:
    """Only the deciding organisation's own staff, or the hub for it, writes its ledger."""
    if by.role != "system" and (by.role not in ("partner", "civil") or by.organisation_id != organisation_id):
        raise NotAllowed
