"""Tables of the audit log: one append-only row for every action and every read of identity data, and its seals."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Index, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from referral_hub.tables.columns import document, instant, utc_now


class AuditEntry(SQLModel, table=True):
    """Who did what to which subject, when and why. Holds codes and field names, never contents (R40).

    A look at several clients in one list is one row that names their cases in `case_ids`; `case_id` is then empty.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("audit_entry_case", "case_id", text("seq DESC")),
        Index("audit_entry_referral", "referral_id", text("seq DESC")),
        Index("audit_entry_account", "account_id", "at"),
        Index("audit_entry_listed", "case_ids", postgresql_using="gin", postgresql_where=text("case_ids IS NOT NULL")),
    )

    seq: int | None = Field(
        default=None,
        sa_column=Column(BigInteger, Identity(always=True), primary_key=True),
    )
    at: datetime = instant(index=True)
    action: str
    account_id: UUID | None = None
    organisation_id: UUID | None = None
    role: str
    via: str
    subject: str
    subject_id: UUID | None = None
    case_id: UUID | None = None
    case_ids: list[UUID] | None = Field(default=None, sa_type=ARRAY(Uuid), nullable=True)
    office_id: UUID | None = None
    referral_id: UUID | None = None
    recipient_id: UUID | None = None
    reason: str | None = None
    details: dict[str, object] = document()


class Seal(SQLModel, table=True):
    """A Merkle root over the records from `first_seq` to `last_seq`, chained to the seal before it.

    `leaves` keeps number and hash of each record sealed, so that a broken seal can name the record that broke it.
    """

    __tablename__ = "seal"

    number: int = Field(primary_key=True, sa_type=BigInteger)
    first_seq: int = Field(sa_type=BigInteger)
    last_seq: int = Field(sa_type=BigInteger)
    rows: int
    root: bytes
    leaves: bytes
    chained: bytes
    sealed_at: datetime = Field(default_factory=utc_now, sa_type=instant().sa_type)
