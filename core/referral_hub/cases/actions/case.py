"""The case as a whole: its facts, who is responsible, closing and reopening."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.audit.entries import fields_changed, record_audit_entry
from referral_hub.calendar.clock import local_date
from referral_hub.calendar.periods import check_day
from referral_hub.cases.actions.common import birth_year_of, check_code, check_worker, lock_any_case, lock_case
from referral_hub.cases.errors import CaseHasOpenNeeds, CaseHasOpenReferrals, ReopenedTooLate
from referral_hub.cases.rules import REOPEN_DAYS, need_state_at_closing
from referral_hub.codes import CASE_CLOSING_REASONS
from referral_hub.codes.areas import read_area_code
from referral_hub.codes.states import NEED_ENDED
from referral_hub.errors import Conflict, Invalid, NotAllowed
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.tables.cases import Need
from referral_hub.tables.referrals import Referral
from referral_hub.tasks.actions import complete_tasks
from referral_hub.tasks.next_steps import end_case_steps, hand_over_steps, review_case
from referral_hub.workflow.tasks import SENDER_KINDS

_OPEN_REFERRALS = text(
    "SELECT count(*) FROM referral WHERE case_id = :case AND state = ANY (hub_states('referral_open'))"
)


def change_case(
    session: Transaction, *, case_id: UUID, values: dict[str, Any], version: int | None = None, by: Actor, at: datetime
) -> None:
    """Change `area_code` or `planned_release_on`."""
    case = lock_case(session, case_id, by=by, version=version)
    for name, value in values.items():
        if name == "area_code":
            case.area_code = read_area_code(value)
        elif name == "planned_release_on" and (value is None or isinstance(value, date)):
            case.planned_release_on = value and check_day(
                value, name, today=local_date(at), birth_year=birth_year_of(session, case)
            )
        else:
            raise Invalid(field=name, message=Label(zh="这一项不能在这里修改。", en="This cannot be changed here."))
    case.version += 1
    session.add(case)
    session.flush()
    record_audit_entry(session, "case.change", about=case, by=by, at=at, details=fields_changed(values))


def reassign_case(
    session: Transaction, *, case_id: UUID, responsible_id: UUID, reason: str | None = None, by: Actor, at: datetime
) -> None:
    """Hand a case to another worker of the office: the responsible worker may, and any supervisor."""
    case = lock_case(session, case_id, by=by)
    if by.role != "supervisor" and case.responsible_id != by.account_id:
        raise NotAllowed
    check_worker(session, responsible_id, office_id=case.office_id)
    before, case.responsible_id = case.responsible_id, responsible_id
    case.version += 1
    session.add(case)
    session.flush()
    record_audit_entry(
        session,
        "case.reassign",
        about=case,
        by=by,
        at=at,
        reason=reason,
        details={"before": str(before), "after": str(responsible_id)},
    )
    hand_over_steps(session, case)


def close_case(session: Transaction, *, case_id: UUID, reason: str, by: Actor, at: datetime) -> None:
    """Close a case, once no referral of it is open. Needs without an end take the one that the reason implies,
    and what the worker had to do about its referrals is done.

    Follow-ups stay due and consents run out by themselves. Raises `CaseHasOpenReferrals`, `CaseHasOpenNeeds`.
    """
    check_code(reason, CASE_CLOSING_REASONS, "reason")
    case = lock_case(session, case_id, by=by)
    waiting = session.execute(_OPEN_REFERRALS, {"case": case.id}).scalar_one()
    if waiting:
        raise CaseHasOpenReferrals(count=waiting)
    needs = session.exec(
        select(Need).where(col(Need.case_id) == case.id, col(Need.state).not_in(NEED_ENDED)).with_for_update()
    ).all()
    state = need_state_at_closing(reason)
    if needs and state is None:
        raise CaseHasOpenNeeds(count=len(needs))
    today = local_date(at)
    for need in needs:
        need.state, need.ended_on = str(state), today
    case.status, case.closed_on, case.closing_reason = "closed", today, reason
    case.version += 1
    session.add_all([case, *needs])
    session.flush()
    record_audit_entry(session, "case.close", about=case, by=by, at=at, reason=reason, details={"needs": len(needs)})
    end_case_steps(session, case, by=by, at=at)
    referrals = session.exec(select(Referral.id).where(Referral.case_id == case.id)).all()
    complete_tasks(session, referrals, SENDER_KINDS, how=CASE_CLOSING_REASONS[reason].zh, by=by, at=at)


def reopen_case(session: Transaction, *, case_id: UUID, reason: str, by: Actor, at: datetime) -> None:
    """Take a closing back within 30 days: supervisors only, with a reason. Needs stay as they are."""
    if by.role != "supervisor":
        raise NotAllowed
    case = lock_any_case(session, case_id, by=by)
    if case.status != "closed" or case.closed_on is None:
        raise Conflict
    if (local_date(at) - case.closed_on).days > REOPEN_DAYS:
        raise ReopenedTooLate(days=REOPEN_DAYS)
    case.status, case.closed_on, case.closing_reason = "open", None, None
    case.version += 1
    session.add(case)
    session.flush()
    record_audit_entry(session, "case.change", about=case, by=by, at=at, reason=reason, details={"fields": ["status"]})
    review_case(session, case, how="case.change", by=by, at=at)
