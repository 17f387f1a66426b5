"""The care team: who works on a case beside the responsible worker, perhaps from another organisation."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.audit.entries import record_audit_entry
from referral_hub.audit.subjects import subject_of
from referral_hub.calendar.clock import local_date
from referral_hub.cases.actions.common import check_code, lock_any_case, lock_case
from referral_hub.cases.errors import WorkerUnusable
from referral_hub.codes import CARE_TEAM_PARTS
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.ids import new_id
from referral_hub.tables.cases import CareTeamMember

_HELPER = text("SELECT 1 FROM account WHERE id = :account AND role IN ('worker', 'supervisor') AND status = 'active'")


def add_team_member(
    session: Transaction, *, case_id: UUID, account_id: UUID, part: str, by: Actor, at: datetime
) -> None:
    """Let an account work on the case. From another office it sees this case and no other; again lifts an end."""
    check_code(part, CARE_TEAM_PARTS, "part")
    case = lock_case(session, case_id, by=by)
    if session.execute(_HELPER, {"account": account_id}).first() is None:
        raise WorkerUnusable(field="account_id")
    member = _member(session, case_id, account_id)
    if member is None:
        member = CareTeamMember(id=new_id(), case_id=case.id, account_id=account_id, part=part, since=local_date(at))
    member.part, member.until = part, None
    session.add(member)
    session.flush()
    member_of = subject_of(case).part("account", account_id)
    record_audit_entry(session, "case.team", about=member_of, by=by, at=at, details={"part": part})


def end_team_member(session: Transaction, *, case_id: UUID, account_id: UUID, by: Actor, at: datetime) -> None:
    """End an account's part in the case, today. Raises `NotFound`."""
    case = lock_any_case(session, case_id, by=by)
    member = _member(session, case_id, account_id)
    if member is None or member.until is not None:
        raise NotFound
    # The last day is the day before: from this moment on nothing is shown.
    member.until = local_date(at) - timedelta(days=1)
    session.add(member)
    session.flush()
    member_of = subject_of(case).part("account", account_id)
    record_audit_entry(session, "case.team", about=member_of, by=by, at=at, details={"ended": True})


def _member(session: Transaction, case_id: UUID, account_id: UUID) -> CareTeamMember | None:
    return session.exec(
        select(CareTeamMember)
        .where(col(CareTeamMember.case_id) == case_id, col(CareTeamMember.account_id) == account_id)
        .with_for_update()
    ).one_or_none()
