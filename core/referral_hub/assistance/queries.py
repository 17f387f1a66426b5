"""Funds with their balance, and the facts of the double-payment check."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import col

from referral_hub.assistance.values import AidLine, Balance, EarlierAid, FundView
from referral_hub.codes.states import AID_DECIDED
from referral_hub.errors import NotAllowed, NotFound
from referral_hub.hub import Transaction
from referral_hub.tables.assistance import AssistanceEntry, Fund


def funds_for_organisation(session: Transaction, organisation_id: UUID, *, year: int | None = None) -> list[FundView]:
    """The organisation's funds, newest year first, with what is left of each."""
    query = select(Fund).where(col(Fund.organisation_id) == organisation_id)
    if year is not None:
        query = query.where(col(Fund.year) == year)
    funds = session.execute(query.order_by(col(Fund.year).desc(), col(Fund.name))).scalars()
    return [
        FundView(fund.id, fund.name, fund.source, fund.year, balance_of(session, fund), fund.closed_on)
        for fund in funds
    ]


def balance_of(session: Transaction, fund: Fund) -> Balance:
    """What of a fund is granted, paid and free. Its own organisation and the hub know; anyone else is refused."""
    actor = session.actor
    own = actor.role in ("partner", "civil") and actor.organisation_id == fund.organisation_id
    if not own and actor.role != "system":
        raise NotAllowed
    row = session.execute(text("SELECT * FROM hub_fund_sums(:fund_id)"), {"fund_id": fund.id}).one()
    return Balance(budget=fund.budget_fen, spent=int(row.paid), reserved=int(row.decided) - int(row.paid))


def duplicate_facts(
    session: Transaction,
    *,
    household_index: bytes | None,
    person_index: bytes | None,
    type: str,  # noqa: A002 - the field's own word
    period: tuple[date, date],
    but_application: UUID | None = None,
) -> list[EarlierAid]:
    """Aid to the same person or household within `period` (first and last day), from every organisation.

    What came of `but_application` is left out. Of others' entries only the month and the type are shown (R38).
    `same_type` compares with `type`. Newest first.
    """
    rows = session.execute(
        text("SELECT * FROM hub_earlier_aid(:household, :person, :type, :since, :until, :but)"),
        {
            "household": household_index,
            "person": person_index,
            "type": type,
            "since": period[0],
            "until": period[1],
            "but": but_application,
        },
    )
    return [EarlierAid(*row) for row in rows]


def earlier_aid_for_case(
    session: Transaction,
    case_id: UUID,
    *,
    type: str,  # noqa: A002 - the field's own word
    period: tuple[date, date],
) -> list[EarlierAid]:
    """`duplicate_facts` for a case: its person and household are found by their keyed hashes."""
    keys = session.execute(text("SELECT * FROM hub_case_keys(:case_id)"), {"case_id": case_id}).one_or_none()
    if keys is None:
        return []
    return duplicate_facts(
        session,
        household_index=keys.household_index,
        person_index=keys.person_index,
        type=type,
        period=period,
    )


def earlier_aid_for_application(
    session: Transaction, application_id: UUID, *, period: tuple[date, date]
) -> list[EarlierAid]:
    """`duplicate_facts` for an application in the ledger, without what came of itself. Raises `NotFound`."""
    application = session.execute(
        select(AssistanceEntry).where(col(AssistanceEntry.id) == application_id)
    ).scalar_one_or_none()
    if application is None:
        raise NotFound
    return duplicate_facts(
        session,
        household_index=application.household_index,
        person_index=application.person_index,
        type=application.type,
        period=period,
        but_application=application_id,
    )


def entries_for_referral(session: Transaction, referral_id: UUID) -> list[AidLine]:
    """What was decided on aid under a referral as it stands after corrections and payments, for both sides' pages."""
    entry = AssistanceEntry
    rows = list(
        session.execute(
            select(entry)
            .where(col(entry.referral_id) == referral_id, col(entry.kind) != "application")
            .order_by(col(entry.happened_on), col(entry.id))
        ).scalars()
    )
    decided = [row for row in rows if row.kind in AID_DECIDED]
    return [
        _aid_line(row, [other for other in rows if row.id in (other.corrects_id, other.decision_id)]) for row in decided
    ]


def _aid_line(row: AssistanceEntry, later: Sequence[AssistanceEntry]) -> AidLine:
    corrections = [other for other in later if other.decision_id is None]
    paid = [other for other in later if other.kind == "payment"]
    return AidLine(
        id=row.id,
        decision=row.kind,
        type=row.type,
        quantity=row.quantity + sum((other.quantity for other in corrections), Decimal()),
        unit=row.unit,
        amount_fen=row.amount_fen + sum(other.amount_fen for other in corrections),
        decided_on=row.happened_on,
        paid_on=max((other.happened_on for other in paid), default=None),
        paid_fen=sum(other.amount_fen for other in later if other.decision_id is not None),
        reason=row.reason,
        evidence=row.evidence,
        corrected=bool(corrections),
    )
