"""Values of the ledger that actions take and queries give."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec

from referral_hub import api
from referral_hub.codes.states import AID_DECIDED
from referral_hub.paging import Page


class Applicant(msgspec.Struct, frozen=True):
    """Who received assistance, for the named ledger of the deciding organisation. Kept encrypted, shown masked."""

    name: str = ""
    phone: str = ""
    household_number: str = ""


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """Someone applies for assistance. `type` is what is applied for; `source` how it came: referral, application or
    found. The ID number is indexed for the double-payment check and not kept.
    """

    type: str
    applied_on: date | None = None
    source: str = "referral"
    hardship: str | None = None
    household_size: int | None = None
    area_code: str | None = None
    applicant: Applicant | None = None
    id_number: str | None = None
    evidence: str = "provider"
    note: str | None = None


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What is decided on an application: granted, refused (with a code of REFUSAL_REASONS) or withdrawn.

    `advance` is aid given before the decision (先行救助). `fund` is the key, name or source of a fund. Counted in yuan
    the quantity is the amount.
    """

    result: str = "granted"
    type: str | None = None
    amount_fen: int = 0
    unit: str = "yuan"
    quantity: Decimal = Decimal()
    fund: str | None = None
    applied_on: date | None = None
    decided_on: date | None = None
    reason: str | None = None
    hardship: str | None = None
    household_size: int | None = None
    investigated_on: date | None = None
    investigator: str | None = None
    notice_from: date | None = None
    notice_to: date | None = None
    period_start: date | None = None
    period_end: date | None = None
    advance: bool = False
    pay_way: str | None = None
    evidence: str = "provider"
    overlap_reason: str | None = None
    note: str | None = None

    def of(self, assistance: api.Assistance) -> Decision:
        """The same decision about what a module gives in one action."""
        granted = self.result == "granted"
        return msgspec.structs.replace(
            self,
            type=assistance.type,
            amount_fen=assistance.amount_fen,
            unit=assistance.unit,
            quantity=assistance.quantity,
            fund=assistance.fund if granted else None,
            decided_on=self.decided_on or assistance.paid_on,
            period_start=assistance.period_start,
            period_end=assistance.period_end,
        )


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
    closed_on: date | None = None


class EarlierAid(msgspec.Struct, frozen=True):
    """Another entry for the same person or household in a period: its month and type, and nothing that names anyone.

    `same_type` tells a likely double payment from other aid; the amount is given for our own organisation's only (R38).
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
    paid_fen: int
    reason: str | None
    evidence: str
    corrected: bool


class LedgerChange(msgspec.Struct, frozen=True):
    """What came after a decision: a payment of it, or a correction of it or of one of its payments."""

    id: UUID
    kind: str
    of_payment: bool
    on: date
    quantity: Decimal
    unit: str
    amount_fen: int
    pay_way: str | None
    voucher: str | None
    reason: str
    entered_by: str | None


class LedgerLine(msgspec.Struct, frozen=True, kw_only=True):
    """One decision of the named ledger, an application not decided yet, or a single payment or correction (`kind`).

    Name, phone and household number are masked (R23, R38); money is fen. `changes` are the payments and corrections of
    a decision, oldest first.
    """

    id: UUID
    application_id: UUID
    about_id: UUID | None
    """The decision that a payment or correction belongs to."""
    kind: str
    type: str
    applied_for: str
    source: str
    hardship: str | None
    reason: str | None
    applicant: str
    phone: str
    household: str
    household_size: int | None
    area_code: str | None
    applied_on: date
    investigated_on: date | None
    investigator: str | None
    notice_from: date | None
    notice_to: date | None
    decided_by: str
    happened_on: date
    pay_way: str | None
    voucher: str | None
    quantity: Decimal
    unit: str
    amount_fen: int
    fund: str | None
    period_start: date | None
    period_end: date | None
    advance: bool
    evidence: str
    follow_up_on: date | None
    follow_up_answer: str | None
    note: str
    entered_by: str | None
    changes: Sequence[LedgerChange] = ()

    @property
    def decided_on(self) -> date | None:
        return self.happened_on if self.kind in AID_DECIDED else None

    @property
    def standing_quantity(self) -> Decimal:
        """The quantity after corrections."""
        return self.quantity + sum((change.quantity for change in self._corrections), Decimal())

    @property
    def standing_fen(self) -> int:
        """The amount after corrections."""
        return self.amount_fen + sum(change.amount_fen for change in self._corrections)

    @property
    def corrected(self) -> bool:
        return bool(self._corrections)

    @property
    def paid_fen(self) -> int:
        """What is paid of it, after corrections."""
        return sum(change.amount_fen for change in self.changes if change.of_payment or change.kind == "payment")

    @property
    def unpaid_fen(self) -> int:
        return self.standing_fen - self.paid_fen if self.kind == "granted" else 0

    @property
    def payments(self) -> Sequence[LedgerChange]:
        return [change for change in self.changes if change.kind == "payment"]

    @property
    def _corrections(self) -> Sequence[LedgerChange]:
        return [change for change in self.changes if change.kind == "correction" and not change.of_payment]


class LedgerPage(Page[LedgerLine], frozen=True):
    """Lines, newest decision first. Totals are of the whole selection."""

    total_lines: int
    total_fen: int
