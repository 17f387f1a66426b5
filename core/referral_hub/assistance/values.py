"""Values of the ledger that actions take and queries give."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec

from referral_hub.paging import Page


class Applicant(msgspec.Struct, frozen=True):
    """Who received assistance, for the named ledger of the deciding organisation. Kept encrypted, shown masked."""

    name: str = ""
    phone: str = ""
    household_number: str = ""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """How a grant came about. `source`: referral, application or found; codes of HARDSHIPS and PAY_WAYS."""

    granted: bool = True
    source: str = "referral"
    hardship: str | None = None
    applied_on: date | None = None
    decided_on: date | None = None
    urgent: bool = False
    pay_way: str | None = None
    evidence: str = "provider"
    note: str | None = None


class Balance(msgspec.Struct, frozen=True):
    """A fund in fen. `spent` is paid out, `reserved` decided and not yet paid; `left` is what may still be decided."""

    budget: int
    spent: int
    reserved: int

    @property
    def left(self) -> int:
        return self.budget - self.spent - self.reserved


class FundView(msgspec.Struct, frozen=True):
    """A fund of one organisation for one year, with its balance."""

    id: UUID
    name: str
    source: str
    year: int
    balance: Balance


class EarlierAid(msgspec.Struct, frozen=True):
    """Another entry for the same person or household in a period: its month and type, and nothing that names anybody.

    `same_type` tells a likely double payment from other aid; the amount is told of our own organisation's only (R38).
    """

    month: date
    type: str
    same_type: bool
    same_household_only: bool
    ours: bool
    amount_fen: int | None


class AidLine(msgspec.Struct, frozen=True):
    """One grant or refusal under a referral, corrections included; names nobody."""

    id: UUID
    decision: str
    type: str
    quantity: Decimal
    unit: str
    amount_fen: int
    decided_on: date
    paid_on: date | None
    evidence: str
    corrected: bool


class LedgerChange(msgspec.Struct, frozen=True):
    """What a later line did to an earlier one: the difference it made, or the payment it recorded."""

    on: date
    quantity: Decimal
    amount_fen: int
    paid_on: date | None
    pay_way: str | None
    voucher: str | None
    reason: str
    entered_by: str | None


class LedgerLine(msgspec.Struct, frozen=True):
    """One line of the named ledger. Name, phone and household number are masked (R23, R38); money is fen.

    `changes` are the later lines that name this one, oldest first.
    """

    id: UUID
    corrects_id: UUID | None
    decision: str
    type: str
    source: str
    hardship: str | None
    applicant: str
    phone: str
    household: str
    household_size: int | None
    area_code: str | None
    applied_on: date | None
    decided_on: date
    paid_on: date | None
    pay_way: str | None
    voucher: str | None
    quantity: Decimal
    unit: str
    amount_fen: int
    fund: str | None
    period_start: date | None
    period_end: date | None
    urgent: bool
    evidence: str
    follow_up_on: date | None
    follow_up_answer: str | None
    entered_by: str | None
    changes: Sequence[LedgerChange] = ()

    @property
    def standing_quantity(self) -> Decimal:
        """The quantity after corrections."""
        return self.quantity + sum((change.quantity for change in self.changes), Decimal())

    @property
    def standing_fen(self) -> int:
        """The amount after corrections."""
        return self.amount_fen + sum(change.amount_fen for change in self.changes)

    @property
    def corrected(self) -> bool:
        return any(change.quantity or change.amount_fen for change in self.changes)

    @property
    def payment(self) -> LedgerChange | LedgerLine | None:
        """The last word on the payment: of a later line, else of this one."""
        paid = [change for change in self.changes if change.paid_on is not None]
        return paid[-1] if paid else self if self.paid_on is not None else None


class LedgerPage(Page[LedgerLine], frozen=True):
    """Lines, newest decision first. Totals are of the whole selection."""

    total_lines: int
    total_fen: int
