"""Deciding on an application: granted, refused with its reason, or withdrawn. A grant reserves money of its fund."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import Range

from referral_hub import api
from referral_hub.actor import Actor
from referral_hub.assistance.actions.applications import check_born, record_application
from referral_hub.assistance.actions.payments import record_payment
from referral_hub.assistance.entries import add_entry, decision_on, locked_application
from referral_hub.assistance.errors import AidOverlaps, AlreadyDecided
from referral_hub.assistance.fund_money import reserve
from referral_hub.assistance.queries import duplicate_facts
from referral_hub.assistance.rules import check_decision, check_paid_on, quantity_of
from referral_hub.assistance.values import Applicant, Application, Decision
from referral_hub.calendar.clock import local_date
from referral_hub.hub import Transaction
from referral_hub.tables.assistance import AssistanceEntry
from referral_hub.text_limits import MAX_NOTE, MAX_REASON, MAX_WITNESS, read_line, read_text


def decide(
    session: Transaction,
    *,
    application_id: UUID,
    decision: Decision,
    check_overlap: bool = True,
    by: Actor,
    at: datetime,
) -> UUID:
    """Write the decision on an application; returns its key. A grant above what its fund has free is refused here.

    Aid given first (`decision.advance`) is granted before the decision, and once decided nothing is decided again.
    Where the same person or household has aid of the type in the period, a grant needs `decision.overlap_reason`.
    Raises `NotFound`, `NotAllowed`, `EntryUnusable`, `AlreadyDecided`, `AidOverlaps`, `FundShort`.
    """
    application = locked_application(session, application_id, by)
    today = local_date(at)
    decided_on = decision.decided_on or today
    check_decision(decision, application.applied_on, today)
    for field in ("investigated_on", "notice_from", "period_start"):
        day = getattr(decision, field)
        if day is not None and day < application.applied_on:
            check_born(session, field, day, case_id=application.case_id)
    if decision_on(session, application_id) is not None:
        raise AlreadyDecided
    granted = decision.result == "granted"
    if granted and check_overlap:
        _demand_no_overlap(session, application, decision, decided_on)
    fund_id = (
        reserve(session, application.organisation_id, decision.fund, decision.amount_fen, decided_on.year)
        if granted
        else None
    )
    return add_entry(
        session,
        decision.result,
        about=application,
        happened_on=decided_on,
        type=decision.type,
        fund_id=fund_id,
        reason=decision.reason,
        quantity=quantity_of(decision.unit, decision.quantity, decision.amount_fen),
        unit=decision.unit,
        amount_fen=decision.amount_fen,
        hardship=decision.hardship,
        household_size=decision.household_size,
        pay_way=decision.pay_way,
        period=_period(decision),
        advance=decision.advance,
        investigated_on=decision.investigated_on,
        investigator=read_line(decision.investigator, "investigator", maximum=MAX_WITNESS),
        notice_from=decision.notice_from,
        notice_to=decision.notice_to,
        evidence=decision.evidence,
        note=_note(decision),
        by=by,
        at=at,
    )


def grant(
    session: Transaction,
    *,
    organisation_id: UUID,
    assistance: api.Assistance,
    decision: Decision | None = None,
    office_id: UUID | None = None,
    referral_id: UUID | None = None,
    case_id: UUID | None = None,
    applicant: Applicant | None = None,
    area_code: str | None = None,
    household_size: int | None = None,
    source: str = "referral",
    by: Actor,
    at: datetime,
) -> UUID:
    """Application, decision and, where `assistance` says when it was paid, payment in one action; the decision's key.

    For aid that is given without a decision of its own before it, such as a training subsidy.
    """
    given = (decision or Decision()).of(assistance)
    if assistance.paid_on is not None:
        check_paid_on(assistance.paid_on, local_date(at))
    application_id = record_application(
        session,
        organisation_id=organisation_id,
        application=Application(
            type=assistance.type, applied_on=given.applied_on, source=source, hardship=given.hardship,
            household_size=household_size, area_code=area_code, applicant=applicant, evidence=given.evidence,
        ),
        office_id=office_id, referral_id=referral_id, case_id=case_id, not_after=given.decided_on, by=by, at=at,
    )  # fmt: skip
    decision_id = decide(session, application_id=application_id, decision=given, check_overlap=False, by=by, at=at)
    if assistance.paid_on is not None and given.result == "granted":
        record_payment(
            session, decision_id=decision_id, paid_on=assistance.paid_on, amount_fen=assistance.amount_fen,
            unit=assistance.unit, quantity=assistance.quantity, pay_way=assistance.pay_way or given.pay_way,
            voucher=assistance.voucher, by=by, at=at,
        )  # fmt: skip
    return decision_id


def _demand_no_overlap(
    session: Transaction, application: AssistanceEntry, decision: Decision, decided_on: date
) -> None:
    aid_type = decision.type or application.type
    first = decision.period_start or decided_on.replace(day=1)
    last = decision.period_end or _last_of_month(decided_on)
    earlier = [
        aid
        for aid in duplicate_facts(
            session,
            household_index=application.household_index,
            person_index=application.person_index,
            type=aid_type,
            period=(first, max(first, last)),
            but_application=application.id,
        )
        if aid.same_type
    ]
    if earlier and not decision.overlap_reason:
        raise AidOverlaps.of(earlier)


def _note(decision: Decision) -> str | None:
    """Why aid was granted beside other aid, and what else was remarked."""
    why = read_line(decision.overlap_reason, "overlap_reason", maximum=MAX_REASON)
    remark = read_text(decision.note, "note", maximum=MAX_NOTE)
    return "\n".join(words for words in (why, remark) if words) or None


def _last_of_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _period(decision: Decision) -> Range[date] | None:
    if decision.period_start is None:
        return None
    return Range(decision.period_start, decision.period_end, bounds="[]" if decision.period_end else "[)")
