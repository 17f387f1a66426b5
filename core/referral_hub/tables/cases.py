"""Tables of a case: the person, the case, its care team, the restricted measure, needs and plan."""

from datetime import date
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from referral_hub.tables.columns import Row, blind_index, reference, secret


class Person(Row, table=True):
    """A client. What identifies them is encrypted field by field; sex and birth year are in clear."""

    __tablename__ = "person"

    office_id: UUID = reference("organisation", index=True)
    name: bytes = secret()
    aliases: bytes | None = secret(optional=True)
    display_name: bytes | None = secret(optional=True)
    id_number: bytes | None = secret(optional=True)
    phone: bytes | None = secret(optional=True)
    contact_note: bytes | None = secret(optional=True)
    address: bytes | None = secret(optional=True)
    registered_address: bytes | None = secret(optional=True)
    household_number: bytes | None = secret(optional=True)
    guardian: bytes | None = secret(optional=True)
    name_index: bytes | None = blind_index()
    id_index: bytes | None = blind_index()
    phone_index: bytes | None = blind_index()
    household_index: bytes | None = blind_index()
    sex: str = "0"
    birth_year: int | None = None


class ClientCase(Row, table=True):
    """One person's case at one office, with one responsible worker."""

    __tablename__ = "client_case"
    __table_args__ = (
        Index("client_case_office", "office_id", "id"),
        Index("client_case_served", "office_id", "id", postgresql_where=text("status <> 'closed'")),
        Index("client_case_responsible", "responsible_id", "id"),
    )

    person_id: UUID = reference("person", index=True)
    office_id: UUID = reference("organisation")
    number: str = Field(unique=True)
    responsible_id: UUID = reference("account")
    status: str = "open"
    opened_on: date
    closed_on: date | None = None
    closing_reason: str | None = None
    planned_release_on: date | None = None
    area_code: str | None = None
    profile: bytes | None = secret(optional=True)
    version: int = 1


class CareTeamMember(Row, table=True):
    """An account that works on a case beside the responsible worker, perhaps from another organisation."""

    __tablename__ = "care_team_member"
    __table_args__ = (UniqueConstraint("case_id", "account_id"),)

    case_id: UUID = reference("client_case")
    account_id: UUID = reference("account", index=True)
    part: str
    since: date
    until: date | None = None


class Measure(Row, table=True):
    """What the law ordered: kind, dates, status, place. Read by statutory roles only, never released (R3, R4)."""

    __tablename__ = "measure"

    case_id: UUID = reference("client_case", index=True)
    office_id: UUID = reference("organisation")
    content: bytes = secret()


class Need(Row, table=True):
    """Something the client needs. A referral is an attempt at it; a decline leaves it open."""

    __tablename__ = "need"

    case_id: UUID = reference("client_case", index=True)
    office_id: UUID = reference("organisation", index=True)
    kind: str
    words: bytes = secret()
    priority: int = 2
    state: str = Field(default="open", index=True)
    ended_on: date | None = None


class PlanItem(Row, table=True):
    """One goal of the service plan, with the date it is due and who is responsible."""

    __tablename__ = "plan_item"

    case_id: UUID = reference("client_case", index=True)
    office_id: UUID = reference("organisation")
    need_id: UUID | None = reference("need", optional=True)
    owner_id: UUID = reference("account", index=True)
    goal: bytes = secret()
    due_on: date
    done_on: date | None = None


class CaseNote(Row, table=True):
    """A quick dated note of a contact. Seen by the owning office and the care team only."""

    __tablename__ = "case_note"

    case_id: UUID = reference("client_case", index=True)
    office_id: UUID = reference("organisation")
    by_id: UUID = reference("account")
    happened_on: date
    kind: str
    words: bytes = secret()
