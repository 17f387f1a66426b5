"""Contracts: who buys which service from whom, with the clauses PIPL 21 asks of an entrusted processor (R1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete, insert, text
from sqlmodel import col, select

from referral_hub.actor import Actor
from referral_hub.api import CATEGORIES
from referral_hub.calendar.clock import local_date
from referral_hub.calendar.periods import check_happened, check_period
from referral_hub.codes import CONTRACT_RECEIPTS
from referral_hub.directory.actions.common import check_keeper, check_may_run, record_change
from referral_hub.directory.contract_rules import read_targets
from referral_hub.directory.errors import ContractClosed, NumberTaken, OfferingInContract, ReceiptNotAsked
from referral_hub.errors import Invalid, NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.ids import new_id
from referral_hub.tables.directory import Contract, ContractOffering, Offering, Organisation
from referral_hub.text_limits import (
    MAX_CONTRACT_NUMBER,
    MAX_CONTRACT_PURPOSE,
    MAX_REASON,
    MAX_SAFEGUARDS,
    need_line,
)

_BUYERS = frozenset({"office", "civil_affairs"})
_OWES_RECEIPT = text("SELECT 1 FROM hub_contracts_owing_receipt(:on) WHERE id = :contract")
_SAME_WORK = text("""
    SELECT o.title, c.number
      FROM contract_offering l
      JOIN contract c ON c.id = l.contract_id
      JOIN offering o ON o.id = l.offering_id
     WHERE l.offering_id = ANY (:offerings) AND c.id <> :contract AND c.purchaser_id = :purchaser
       AND c.starts_on <= :ends_on AND c.ends_on >= :starts_on
     ORDER BY o.title LIMIT 1
""")


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
    targets: Mapping[str, object] | None = None,
    offering_ids: Collection[UUID] = (),
    by: Actor,
    at: datetime,
) -> UUID:
    """Enter a contract. `categories` are the data it covers, `targets` what is to be delivered, by code of
    CONTRACT_TARGETS; work of the offerings named counts for it.

    Raises `Invalid`, `NumberTaken`, `OfferingInContract`, `NotFound`.
    """
    check_keeper(by)
    purchaser = session.get(Organisation, purchaser_id)
    if purchaser is None or session.get(Organisation, provider_id) is None:
        raise NotFound
    if purchaser.kind not in _BUYERS:
        raise Invalid(
            field="purchaser_id",
            message=Label(
                zh="委托方应为转出单位或民政部门。", en="An office or the civil-affairs department buys services."
            ),
        )
    if any(category not in CATEGORIES for category in categories):
        raise Invalid(
            field="categories", message=Label(zh="请从列表中选择信息类别。", en="Choose the category from the list.")
        )
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
        targets=read_targets(targets or {}),
    )
    session.add(contract)
    session.flush()
    _name_offerings(session, contract, offering_ids)
    record_change(session, contract, by=by, at=at, what="add")
    return contract.id


def change_contract(
    session: Transaction,
    *,
    contract_id: UUID,
    title: str | None = None,
    ends_on: date | None = None,
    amount_fen: int | None = None,
    targets: Mapping[str, object] | None = None,
    offering_ids: Collection[UUID] | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Extend a contract, or change its title, amount, targets and offerings; what is None stays as it is.

    Purpose, parties and data are those of another contract. Raises `NotFound`, `ContractClosed`, `Invalid`,
    `OfferingInContract`.
    """
    check_keeper(by)
    contract = _lock_open(session, contract_id)
    changed = []
    if title is not None:
        contract.title = need_line(title, "title")
        changed.append("title")
    if ends_on is not None:
        check_period(contract.starts_on, ends_on, "ends_on", today=local_date(at))
        if ends_on < contract.ends_on:
            raise Invalid(
                field="ends_on",
                message=Label(
                    zh="要提前结束，请用“提前结束”，写明原因。",
                    en="To end it early, use “End early” and give the reason.",
                ),
            )
        contract.ends_on = ends_on
        changed.append("ends_on")
    if amount_fen is not None:
        contract.amount_fen = _check_amount(amount_fen)
        changed.append("amount_fen")
    if targets is not None:
        contract.targets = read_targets(targets)
        changed.append("targets")
    session.add(contract)
    session.flush()
    if offering_ids is not None or ends_on is not None:
        _name_offerings(session, contract, _named(session, contract_id) if offering_ids is None else offering_ids)
    if offering_ids is not None:
        changed.append("offerings")
    record_change(session, contract, by=by, at=at, what="change", fields=changed)


def end_contract(
    session: Transaction, *, contract_id: UUID, last_day: date, reason: str, by: Actor, at: datetime
) -> None:
    """End a contract before its term. After `last_day` the provider reads nothing any more, unless another is in force.

    Raises `NotFound`, `ContractClosed`, `Invalid`.
    """
    check_keeper(by)
    contract = _lock_open(session, contract_id)
    if not contract.starts_on <= last_day < contract.ends_on:
        raise Invalid(
            field="last_day",
            message=Label(
                zh=f"最后一天应在 {contract.starts_on} 到 {contract.ends_on} 之前。",
                en=f"The last day must be from {contract.starts_on} and before {contract.ends_on}.",
            ),
        )
    why = need_line(reason, "reason", maximum=MAX_REASON)
    contract.ends_on = last_day
    session.add(contract)
    session.flush()
    record_change(session, contract, by=by, at=at, what="end", fields=["ends_on"], reason=why)


def record_receipt(session: Transaction, *, contract_id: UUID, how: str, on: date, by: Actor, at: datetime) -> None:
    """The provider says that it has deleted or returned the data of an ended contract; an administrator may enter it.

    `how` is a code of CONTRACT_RECEIPTS. Raises `NotFound`, `NotAllowed`, `ReceiptNotAsked`, `ContractClosed`,
    `Invalid`.
    """
    contract = _lock(session, contract_id)
    check_may_run(by, contract.provider_id)
    if contract.receipt_on is not None:
        raise ContractClosed(number=contract.number)
    if session.execute(_OWES_RECEIPT, {"on": local_date(at), "contract": contract_id}).first() is None:
        raise ReceiptNotAsked(number=contract.number)
    if how not in CONTRACT_RECEIPTS:
        raise Invalid(field="how", message=Label(zh="请选择已删除或已退回。", en="Choose deleted or returned."))
    check_happened(on, "on", today=local_date(at))
    if on < contract.ends_on:
        raise Invalid(
            field="on",
            message=Label(
                zh=f"应在合同结束（{contract.ends_on}）当日或以后。",
                en=f"The date cannot be before the contract ended ({contract.ends_on}).",
            ),
        )
    contract.receipt_how, contract.receipt_on, contract.receipt_by = how, on, by.account_id
    session.add(contract)
    session.flush()
    record_change(session, contract, by=by, at=at, what="receipt", fields=["receipt_how", "receipt_on"])


def _lock_open(session: Transaction, contract_id: UUID) -> Contract:
    contract = _lock(session, contract_id)
    if contract.receipt_on is not None:
        raise ContractClosed(number=contract.number)
    return contract


def _lock(session: Transaction, contract_id: UUID) -> Contract:
    contract = session.exec(
        select(Contract)
        .where(col(Contract.id) == contract_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if contract is None:
        raise NotFound
    return contract


def _named(session: Transaction, contract_id: UUID) -> list[UUID]:
    link = ContractOffering
    return list(session.exec(select(link.offering_id).where(col(link.contract_id) == contract_id)).all())


def _name_offerings(session: Transaction, contract: Contract, offering_ids: Collection[UUID]) -> None:
    """Make the contract's offerings these. They are locked, so that no other contract takes one meanwhile."""
    wanted = sorted(set(offering_ids))
    locked = session.exec(
        select(Offering.organisation_id)
        .where(col(Offering.id).in_(wanted))
        .order_by(col(Offering.id))
        .with_for_update(key_share=True)
    ).all()
    if len(locked) < len(wanted) or set(locked) - {contract.provider_id}:
        raise Invalid(
            field="offering_ids",
            message=Label(zh="请选择该机构自己的服务。", en="Choose services of this provider."),
        )
    asked = {
        "offerings": wanted,
        "contract": contract.id,
        "purchaser": contract.purchaser_id,
        "starts_on": contract.starts_on,
        "ends_on": contract.ends_on,
    }
    taken = session.execute(_SAME_WORK, asked).first()
    if taken is not None:
        raise OfferingInContract(offering=taken.title, number=taken.number, field="offering_ids")
    here = set(_named(session, contract.id))
    link = ContractOffering
    session.execute(delete(link).where(col(link.contract_id) == contract.id, col(link.offering_id).not_in(wanted)))
    new = [{"id": new_id(), "contract_id": contract.id, "offering_id": key} for key in wanted if key not in here]
    if new:
        session.execute(insert(link), new)


def _check_amount(amount_fen: int | None) -> int | None:
    if amount_fen is not None and amount_fen < 0:
        raise Invalid(field="amount_fen", message=Label(zh="金额不能为负。", en="The amount cannot be negative."))
    return amount_fen
