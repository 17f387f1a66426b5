"""Tables of assistance: funds and the append-only ledger."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlmodel import Field

from referral_hub.tables.columns import Row, fen, quantity, reference, secret


class Fund(Row, table=True):
    """Money set aside by one payer for one year."""

    __tablename__ = "fund"

    organisation_id: UUID = reference("organisation", index=True)
    name: str
    source: str
    year: int
    budget_fen: int = fen()


class AssistanceEntry(Row, table=True):
    """One line of the ledger. Never changed: a correction is a new line that names the one it corrects (R36, R38)."""

    __tablename__ = "assistance_entry"
    __table_args__ = (
        Index("assistance_month", "organisation_id", "decided_on"),
        Index("assistance_double", "household_index", "type"),
    )

    organisation_id: UUID = reference("organisation")
    office_id: UUID | None = reference("organisation", index=True, optional=True)
    referral_id: UUID | None = reference("referral", index=True, optional=True)
    case_id: UUID | None = reference("client_case", optional=True)
    fund_id: UUID | None = reference("fund", index=True, optional=True)
    type: str
    source: str = "referral"
    hardship: str | None = None
    decision: str
    quantity: Decimal = quantity()
    unit: str
    amount_fen: int = fen(default=0)
    decided_on: date
    applied_on: date | None = None
    paid_on: date | None = None
    period: Range[date] | None = Field(default=None, sa_type=DATERANGE, nullable=True)
    urgent: bool = False
    pay_way: str | None = None
    voucher: str | None = None
    area_code: str | None = None
    household_size: int | None = None
    applicant: bytes | None = secret(optional=True)
    person_index: bytes | None = secret(optional=True)
    household_index: bytes | None = secret(optional=True)
    evidence: str = "provider"
    note: bytes | None = secret(optional=True)
    corrects_id: UUID | None = reference("assistance_entry", optional=True)
    entered_by: UUID | None = reference("account", optional=True)
