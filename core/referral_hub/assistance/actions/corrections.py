"""Correcting the ledger: the difference becomes an entry of its own, and the entry corrected stays as it was."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlmodel import col

from referral_hub.actor import Actor
from referral_hub.assistance.entries import add_entry, lock_entry, own_entry, sums_of
from referral_hub.assistance.errors import BelowPaid, EntryUnusable, MoreThanGranted, NothingToCorrect
from referral_hub.assistance.fund_money import demand_money, locked_fund
from referral_hub.assistance.rules import quantity_of, yuan
from referral_hub.calendar.clock import local_date
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.tables.assistance import AssistanceEntry
from referral_hub.text_limits import MAX_REASON, need_line


def correct_entry(
    session: Transaction, *, entry_id: UUID, quantity: Decimal, amount_fen: int, reason: str, by: Actor, at: datetime
) -> UUID:
    """Say what a grant or a payment should have said. Zero and zero takes it back.

    A grant is never less than what of it is paid, payments never more than their grant. A wrong type, unit or person
    is taken back and entered again. Raises `NotFound`, `NotAllowed`, `FundShort`, `BelowPaid`, `MoreThanGranted`,
    `NothingToCorrect`, `EntryUnusable`.
    """
    why = need_line(reason, "reason", maximum=MAX_REASON)
    root = _root(session, entry_id, by)
    lock_entry(session, root.decision_id or root.id)
    standing = _standing(session, root.id)
    if amount_fen < 0 or quantity < 0:
        both = Label(zh="金额和数量不能小于零。", en="Amount and quantity cannot be negative.")
        raise EntryUnusable(field="amount_fen", message=both)
    more = quantity_of(root.unit, quantity, amount_fen) - standing.quantity
    more_fen = amount_fen - standing.amount_fen
    if not more and not more_fen:
        raise NothingToCorrect
    _demand_room(session, root, more_fen)
    return _add_correction(session, root, quantity=more, amount_fen=more_fen, reason=why, by=by, at=at)


def release_reserved(session: Transaction, *, decision_id: UUID, reason: str, by: Actor, at: datetime) -> UUID | None:
    """Give back to the fund what of a grant will not be paid any more; None where nothing was left."""
    root = _root(session, decision_id, by)
    lock_entry(session, root.id)
    unpaid = sums_of(session, root.id).unpaid
    if root.kind != "granted" or unpaid <= 0:
        return None
    quantity = Decimal(-unpaid) / 100 if root.unit == "yuan" else Decimal()
    return _add_correction(session, root, quantity=quantity, amount_fen=-unpaid, reason=reason, by=by, at=at)


def _root(session: Transaction, entry_id: UUID, by: Actor) -> AssistanceEntry:
    """The grant or payment that corrections hang on; correcting a correction corrects what it belongs to."""
    entry = own_entry(session, entry_id, by)
    if entry.corrects_id is not None:
        return _root(session, entry.corrects_id, by)
    if entry.kind not in ("granted", "payment"):
        raise NotFound
    return entry


def _standing(session: Transaction, root_id: UUID) -> Row[Decimal, int]:
    entry = AssistanceEntry
    return session.execute(
        select(
            func.sum(col(entry.quantity)).label("quantity"), func.sum(col(entry.amount_fen)).label("amount_fen")
        ).where((col(entry.id) == root_id) | (col(entry.corrects_id) == root_id))
    ).one()


def _demand_room(session: Transaction, root: AssistanceEntry, more_fen: int) -> None:
    sums = sums_of(session, root.decision_id or root.id)
    if root.kind == "payment":
        if more_fen > sums.unpaid:
            raise MoreThanGranted(field="amount_fen", unpaid=yuan(sums.unpaid))
        return
    if sums.granted + more_fen < sums.paid:
        raise BelowPaid(field="amount_fen", paid=yuan(sums.paid))
    if root.fund_id is not None and more_fen > 0:
        demand_money(session, locked_fund(session, root.fund_id), more_fen)


def _add_correction(
    session: Transaction,
    root: AssistanceEntry,
    *,
    quantity: Decimal,
    amount_fen: int,
    reason: str,
    by: Actor,
    at: datetime,
) -> UUID:
    return add_entry(
        session,
        "correction",
        about=root,
        happened_on=local_date(at),
        corrects_id=root.id,
        decision_id=root.decision_id,
        quantity=quantity,
        amount_fen=amount_fen,
        note=reason,
        by=by,
        at=at,
    )
