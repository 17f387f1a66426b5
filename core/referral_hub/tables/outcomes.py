"""Tables of what was delivered and what came of it."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from referral_hub.tables.columns import Row, document, instant, quantity, reference, secret


class ServiceEvent(Row, table=True):
    """Something delivered on a day: a unit and how much of it. The lag to its entry stays visible (R25)."""

    __tablename__ = "service_event"
    __table_args__ = (Index("service_event_month", "service_key", "happened_on"),)

    referral_id: UUID = reference("referral", index=True)
    case_id: UUID = reference("client_case")
    office_id: UUID = reference("organisation")
    recipient_id: UUID = reference("organisation")
    service_key: str
    happened_on: date
    unit: str
    quantity: Decimal = quantity()
    kind: str | None = None
    entry_id: UUID | None = reference("form_entry", optional=True)
    entered_by: UUID | None = reference("account", optional=True)
    entered_at: datetime = instant()
    cancels_id: UUID | None = reference("service_event", optional=True)


class Outcome(Row, table=True):
    """What came of a referral: a core code, the module's measures, and how well it is evidenced."""

    __tablename__ = "outcome"

    referral_id: UUID = reference("referral", index=True)
    case_id: UUID = reference("client_case")
    office_id: UUID = reference("organisation")
    recipient_id: UUID = reference("organisation")
    service_key: str
    code: str
    measures: dict[str, object] = document()
    evidence: str = "provider"
    note: bytes | None = secret(optional=True)
    no_event_reason: str | None = None
    given_on: date
    entered_by: UUID | None = reference("account", optional=True)
    replaced_at: datetime | None = instant(optional=True)


class FollowUp(Row, table=True):
    """A question to ask some months after the end: still in work, still housed. `called_off_at`: not to be asked."""

    __tablename__ = "follow_up"
    __table_args__ = (
        UniqueConstraint("referral_id", "months"),
        Index("follow_up_due", "due_on", postgresql_where=text("done_on IS NULL AND called_off_at IS NULL")),
    )

    referral_id: UUID = reference("referral")
    case_id: UUID = reference("client_case", index=True)
    office_id: UUID = reference("organisation")
    recipient_id: UUID = reference("organisation")
    service_key: str
    months: int
    due_on: date
    done_on: date | None = None
    answer: str | None = None
    note: bytes | None = secret(optional=True)
    by_id: UUID | None = reference("account", optional=True)
    evidence: str = Field(default="provider")
    called_off_at: datetime | None = instant(optional=True)
