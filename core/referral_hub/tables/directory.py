"""Tables of the directory: organisations, contracts, offerings, places and who holds them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import DATERANGE, ExcludeConstraint, Range
from sqlmodel import Field

from referral_hub.tables.columns import Row, document, fen, instant, reference, texts


class Organisation(Row, table=True):
    """An office, a provider, the civil-affairs department or the hub's operator.

    `processor_role` limits the legal bases it may use (R1). A recipient is active only with a recorded impact
    assessment (R41).
    """

    __tablename__ = "organisation"

    name: str
    short_name: str
    kind: str
    processor_role: str
    credit_code: str | None = Field(default=None, unique=True)
    area_code: str | None = None
    contact_name: str | None = None
    phone: str | None = None
    status: str = "preparing"
    assessment_reference: str | None = None
    assessment_on: date | None = None
    external_id: str | None = Field(default=None, unique=True)


class Contract(Row, table=True):
    """Who buys which service from whom, with its purpose, period, categories and targets (PIPL 21).

    `receipt_how` says that the data were deleted or returned after the end; from then on the contract is closed.
    """

    __tablename__ = "contract"

    number: str = Field(unique=True)
    title: str
    purchaser_id: UUID = reference("organisation")
    provider_id: UUID = reference("organisation", index=True)
    purpose: str
    categories: list[str] = texts()
    safeguards: str
    starts_on: date
    ends_on: date
    amount_fen: int | None = fen(optional=True)
    targets: dict[str, object] = document()
    receipt_how: str | None = None
    receipt_on: date | None = None
    receipt_by: UUID | None = reference("account", optional=True)


class Offering(Row, table=True):
    """One organisation offering one service of a module in certain areas."""

    __tablename__ = "offering"

    organisation_id: UUID = reference("organisation", index=True)
    module_key: str
    service_key: str = Field(index=True)
    title: str
    area_codes: list[str] = texts()
    languages: list[str] = texts()
    hours: str | None = None
    phone: str | None = None
    description: str | None = None
    eligibility: dict[str, object] = document()
    settings: dict[str, object] = document()
    status: str = "open"
    answer_days: int | None = None
    contact_days: int | None = None
    offer_hours: int | None = None
    capacity_confirmed_at: datetime | None = instant(optional=True)
    external_id: str | None = Field(default=None, unique=True)


class ContractOffering(Row, table=True):
    """What a contract pays for: work of this offering, on the days of the contract, counts for it."""

    __tablename__ = "contract_offering"
    __table_args__ = (UniqueConstraint("contract_id", "offering_id"),)

    contract_id: UUID = reference("contract")
    offering_id: UUID = reference("offering", index=True)


class Place(Row, table=True):
    """What one client can hold at a time: a bed, a seat in a class, a slot with a counsellor."""

    __tablename__ = "place"
    __table_args__ = (UniqueConstraint("offering_id", "group_label", "label"),)

    number: int | None = Field(
        default=None,
        sa_column=Column(BigInteger, Identity(always=True), unique=True, nullable=False),
    )
    offering_id: UUID = reference("offering", index=True)
    label: str
    group_label: str = ""
    sex: str | None = None
    attributes: dict[str, object] = document()
    starts_on: date | None = None
    ends_on: date | None = None
    out_of_service: bool = False


class Reservation(Row, table=True):
    """A place held for, or taken by, one referral. The database lets no two overlap; a hold ends by itself.

    The exclusion compares places as ranges of one number, which plain PostgreSQL indexes together with the dates;
    comparing keys would need an extension that not every server has.
    """

    __tablename__ = "reservation"
    __table_args__ = (
        ExcludeConstraint(
            (text("int8range(place_number, place_number, '[]')"), "&&"),
            ("during", "&&"),
            where=text("state IN ('held', 'taken')"),
            using="gist",
            name="place_held_once",
        ),
        Index("reservation_place", "place_number", postgresql_where=text("state IN ('held', 'taken')")),
        # One need holds one place, at whichever offering (R44).
        Index("reservation_need", "need_id", unique=True, postgresql_where=text("state IN ('held', 'taken')")),
        Index("reservation_holds", "hold_until", postgresql_where=text("state = 'held'")),
    )

    place_number: int = Field(sa_column_args=(ForeignKey("place.number"),), sa_type=BigInteger)
    referral_id: UUID = reference("referral", index=True)
    need_id: UUID = reference("need")
    office_id: UUID = reference("organisation")
    recipient_id: UUID = reference("organisation", index=True)
    during: Range[date] = Field(sa_type=DATERANGE, nullable=False)
    state: str = "held"
    hold_until: datetime | None = instant(optional=True)
    ended_at: datetime | None = instant(optional=True)
