"""Funds with their balance, and the facts of the double-payment check."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import select, text
from sqlmodel import col

from referral_hub.assistance.values import AidLine, Balance, EarlierAid, FundView
from referral_hub.errors import NotAllowed
from referral_hub.hub import Transaction
from referral_hub.tables.assistance import AssistanceEntry, Fund


def funds_for_organisation(session: Transaction, organisation_id: UUID, *, year: int | None = None) -> list[FundView]:
    """The organisation's funds, newest year first, with what is left of each."""
    query = select(Fund).where(col(Fund.organisation_id) == organisation_id)
    if year is not None:
        query = query.where(col(Fund.year) == year)
    funds = session.execute(query.order_by(col(Fund.year).desc(), col(Fund.name))).scalars()
    return [FundView(fund.id, fund.name, fund.source, fund.year, balance_of(session, fund)) for fund in funds]


def balance_of(session: Transaction, fund: Fund) -> Balance:
    """The sum of the fund's lines. Only its own organisation and the hub see all of them; anybody else is refused."""
    actor = session.actor
    if actor.role != "system" and actor.organisation_id != fund.organisation_id and actor.role != "admin":
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
) -> list[EarlierAid]:
    """Aid to the same person or household within `period` (first and last day), from every organisation.

    Of others' entries only the month and the type are told (R38). `same_type` compares with `type`. Newest first.
    """
    rows = session.execute(
        text("SELECT * FROM hub_earlier_aid(:household, :person, :type, :since, :until)"),
        {"household": household_index, "person": person_index, "type": type, "since": period[0], "until": period[1]},
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


def entries_for_referral(session: Transaction, referral_id: UUID) -> list[AidLine]:
    """What was granted or refused under a referral as it stands after corrections, for both sides' pages."""
    entry = AssistanceEntry
    rows = session.execute(
        select(entry).where(col(entry.referral_id) == referral_id).order_by(col(entry.decided_on), col(entry.id))
    ).scalars()
    lines: dict[UUID, AidLine] = {}
    for row in rows:
        root = lines.get(row.corrects_id) if row.corrects_id else None
        if root is None:
            lines[row.id] = _aid_line(row)
        else:
            lines[root.id] = msgspec.structs.replace(
                root,
                quantity=root.quantity + row.quantity,
                amount_fen=root.amount_fen + row.amount_fen,
                paid_on=row.paid_on or root.paid_on,
                corrected=root.corrected or bool(row.quantity or row.amount_fen),
            )
    return list(lines.values())


def _aid_line(row: AssistanceEntry) -> AidLine:
    return AidLine(
        id=row.id,
        decision=row.decision,
        type=row.type,
        quantity=row.quantity,
        unit=row.unit,
        amount_fen=row.amount_fen,
        decided_on=row.decided_on,
        paid_on=row.paid_on,
        evidence=row.evidence,
        corrected=False,
    )
