"""Paying what was granted: each payment is an event of its own and uses the money its grant reserved."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from referral_hub.actor import Actor
from referral_hub.assistance.entries import add_entry, lock_entry, own_entry, sums_of
from referral_hub.assistance.errors import MoreThanGranted
from referral_hub.assistance.rules import check_payment, quantity_of, yuan
from referral_hub.calendar.clock import local_date
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.text_limits import MAX_VOUCHER, read_line


def record_payment(
    session: Transaction,
    *,
    decision_id: UUID,
    paid_on: date,
    amount_fen: int | None = None,
    unit: str = "yuan",
    quantity: Decimal = Decimal(),
    pay_way: str | None = None,
    voucher: str | None = None,
    by: Actor,
    at: datetime,
) -> UUID:
    """Enter a payment, or goods handed over at their worth, of a grant: all that is unpaid unless an amount is given.

    Raises `NotFound`, `NotAllowed`, `EntryUnusable`, `MoreThanGranted`.
    """
    decision = own_entry(session, decision_id, by)
    if decision.kind != "granted":
        raise NotFound
    lock_entry(session, decision.id)
    unpaid = sums_of(session, decision.id).unpaid
    amount = unpaid if amount_fen is None else amount_fen
    check_payment(amount, unit, quantity, pay_way, paid_on, decided_on=decision.happened_on, today=local_date(at))
    if amount > unpaid:
        raise MoreThanGranted(field="amount_fen", unpaid=yuan(unpaid))
    return add_entry(
        session,
        "payment",
        about=decision,
        happened_on=paid_on,
        decision_id=decision.id,
        amount_fen=amount,
        unit=unit,
        quantity=quantity_of(unit, quantity, amount),
        pay_way=pay_way or decision.pay_way,
        voucher=read_line(voucher, "voucher", maximum=MAX_VOUCHER),
        by=by,
        at=at,
    )
