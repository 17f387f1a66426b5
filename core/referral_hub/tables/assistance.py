"""Tables of assistance: funds and the append-only ledger."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import DATERANGE, Range
from sqlmodel import Field

from referral_hub.tables.columns import Row, fen, quantity, reference, secret


class Fund(Row, table=True):
    """Money set aside by one payer for one year. Closed, it takes no new grant; what was granted is still paid."""

    __tablename__ = "fund"
    __table_args__ = (UniqueConstraint("organisation_id", "year", "name"),)

    organisation_id: UUID = reference("organisation", index=True)
    name: str
    source: str
    year: int
    budget_fen: int = fen()
    closed_on: date | None = None


class AssistanceEntry(Row, table=True):
    """One event of the ledger, never changed (R36, R38). `kind` says which:

    application; granted, refused, withdrawn (the decision on it); payment (of the grant `decision_id`); correction
    (the difference it makes to the grant or payment `corrects_id`). All events of one application carry its key.
    Money decided is what grants and their corrections say, money paid what carries a `decision_id`.
    """

    __tablename__ = "assistance_entry"
    __table_args__ = (
        Index("assistance_month", "organisation_id", "happened_on"),
        Index("assistance_double", "household_index", "type"),
    )

    organisation_id: UUID = reference("organisation")
    office_id: UUID | None = reference("organisation", index=True, optional=True)
    referral_id: UUID | None = reference("referral", index=True, optional=True)
    case_id: UUID | None = reference("client_case", optional=True)
    application_id: UUID = reference("assistance_entry", index=True)
    decision_id: UUID | None = reference("assistance_entry", optional=True)
    corrects_id: UUID | None = reference("assistance_entry", optional=True)
    fund_id: UUID | None = reference("fund", index=True, optional=True)
    kind: str
    happened_on: date
    type: str
    source: str = "referral"
    hardship: str | None = None
    reason: str | None = None
    quantity: Decimal = quantity()
    unit: str
    amount_fen: int = fen(default=0)
    applied_on: date
    investigated_on: date | None = None
    investigator: str | None = None
    notice_from: date | None = None
    notice_to: date | None = None
    period: Range[date] | None = Field(default=None, sa_type=DATERANGE, nullable=True)
    advance: bool = False
    pay_way: str | None = None
    voucher: str | None = None
    area_code: str | None = None
    household_size: int | None = None
    applicant: bytes | None = secret(optional=True)
    person_index: bytes | None = secret(optional=True)
    household_index: bytes | None = secret(optional=True)
    evidence: str = "provider"
    note: bytes | None = secret(optional=True)
    entered_by: UUID | None = reference("account", optional=True)
