"""Tables of consent: the notice given to the client, and the answer."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from referral_hub.tables.columns import Row, instant, reference, secret, texts


class Notice(Row, table=True):
    """The notice that the client was given before being asked (R12; PIPL 17, 30)."""

    __tablename__ = "notice"

    person_id: UUID = reference("person")
    case_id: UUID = reference("client_case", index=True)
    office_id: UUID = reference("organisation")
    recipient_id: UUID = reference("organisation")
    purpose: str
    categories: list[str] = texts()
    method: str
    keep_until: date
    language: str = "zh"
    template_version: str
    template_hash: str
    given_at: datetime = instant()
    given_by: UUID = reference("account")
    read_aloud: bool = False


class Consent(Row, table=True):
    """The answer of one client about one recipient, one purpose and listed categories (R6–R13).

    `state`: given, refused, withdrawn, expired, replaced. Refusal, withdrawal and expiry are states, never deletions.
    """

    __tablename__ = "consent"
    __table_args__ = (
        Index(
            "consent_in_force",
            "person_id",
            "recipient_id",
            "purpose",
            unique=True,
            postgresql_where=text("state = 'given'"),
        ),
        Index("consent_released", "office_id", "answered_at", postgresql_where=text("approver_id IS NOT NULL")),
        Index("consent_ending", "valid_until", postgresql_where=text("state = 'given'")),
    )

    person_id: UUID = reference("person")
    case_id: UUID = reference("client_case", index=True)
    office_id: UUID = reference("organisation", index=True)
    recipient_id: UUID = reference("organisation")
    purpose: str
    number: str = Field(unique=True)
    version: int = 1
    state: str
    basis: str = "consent"
    basis_article: str | None = None
    basis_reason: bytes | None = secret(optional=True)
    approver_id: UUID | None = reference("account", optional=True)
    reviewed_at: datetime | None = instant(optional=True)
    reviewed_by: UUID | None = reference("account", optional=True)
    categories: list[str] = texts()
    fields: list[str] = texts()
    notice_id: UUID = reference("notice")
    method: str = "online"
    signed_how: str | None = None
    signer: str = "self"
    signer_relation: str | None = None
    witness: bytes | None = secret(optional=True)
    paper_reference: str | None = None
    asked_by_client: bool = False
    answered_at: datetime = instant()
    taken_by: UUID = reference("account")
    valid_from: date
    valid_until: date
    ended_at: datetime | None = instant(optional=True)
    ended_how: str | None = None
