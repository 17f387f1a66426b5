"""Contracts: who buys which service from whom, with the clauses PIPL 21 asks of an entrusted processor (R1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.api import CATEGORIES
from referral_hub.calendar.clock import local_date
from referral_hub.calendar.periods import check_period
from referral_hub.directory.actions.common import check_keeper, record_change
from referral_hub.directory.errors import NumberTaken
from referral_hub.errors import Invalid, NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.ids import new_id
from referral_hub.tables.directory import Contract, Organisation
from referral_hub.text_limits import MAX_CONTRACT_NUMBER, MAX_CONTRACT_PURPOSE, MAX_SAFEGUARDS, need_line


def add_contract(
    session: Transaction,
    *,
    number: str,
    title: str,
    purchaser_id: UUID,
    provider_id: UUID,
    purpose: str,
    categories: Sequence[str],
    safeguards: str,
    starts_on: date,
    ends_on: date,
    amount_fen: int | None = None,
    targets: dict[str, object] | None = None,
    by: Actor,
    at: datetime,
) -> UUID:
    """Enter a contract. `categories` are the data it covers, `targets` what is to be delivered, by unit of service.

    Raises `Invalid`, `NumberTaken`, `NotFound`.
    """
    check_keeper(by)
    for organisation_id in (purchaser_id, provider_id):
        if session.get(Organisation, organisation_id) is None:
            raise NotFound
    if any(category not in CATEGORIES for category in categories):
        raise Invalid(field="categories", message=Label(zh="请从列表中选择信息类别。", en="Choose from the list."))
    check_period(starts_on, ends_on, "ends_on", today=local_date(at))
    number = need_line(number, "number", maximum=MAX_CONTRACT_NUMBER)
    if session.exec(select(Contract.id).where(col(Contract.number) == number)).first() is not None:
        raise NumberTaken(number=number, field="number")
    contract = Contract(
        id=new_id(),
        number=number,
        title=need_line(title, "title"),
        purchaser_id=purchaser_id,
        provider_id=provider_id,
        purpose=need_line(purpose, "purpose", maximum=MAX_CONTRACT_PURPOSE),
        categories=list(categories),
        safeguards=need_line(safeguards, "safeguards", maximum=MAX_SAFEGUARDS),
        starts_on=starts_on,
        ends_on=ends_on,
        amount_fen=_check_amount(amount_fen),
        targets=targets or {},
    )
    session.add(contract)
    session.flush()
    record_change(session, contract, by=by, at=at, what="add")
    return contract.id


def change_contract(
    session: Transaction,
    *,
    contract_id: UUID,
    ends_on: date | None = None,
    amount_fen: int | None = None,
    targets: dict[str, object] | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Extend or shorten a contract, or change its amount and targets. What it is about is another contract."""
    check_keeper(by)
    contract = session.exec(
        select(Contract).where(col(Contract.id) == contract_id).with_for_update(key_share=True)
    ).one_or_none()
    if contract is None:
        raise NotFound
    changed = []
    if ends_on is not None:
        check_period(contract.starts_on, ends_on, "ends_on", today=local_date(at))
        contract.ends_on = ends_on
        changed.append("ends_on")
    if amount_fen is not None:
        contract.amount_fen = _check_amount(amount_fen)
        changed.append("amount_fen")
    if targets is not None:
        contract.targets = targets
        changed.append("targets")
    session.add(contract)
    session.flush()
    record_change(session, contract, by=by, at=at, what="change", fields=changed)


def _check_amount(amount_fen: int | None) -> int | None:
    if amount_fen is not None and amount_fen < 0:
        raise Invalid(field="amount_fen", message=Label(zh="金额不能为负。", en="The amount cannot be negative."))
    return amount_fen
