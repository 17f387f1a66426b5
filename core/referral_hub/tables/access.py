"""Tables of access: accounts, their sessions and tokens. No client's data is in them."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from referral_hub.tables.columns import Row, instant, reference, secret, texts


class Account(Row, table=True):
    """One member of staff, acting for one organisation in one role (R5)."""

    __tablename__ = "account"

    organisation_id: UUID = reference("organisation", index=True)
    login: str = Field(unique=True)
    name: str
    role: str
    statutory: bool = False
    phone: str | None = None
    language: str = "zh"
    password_hash: str | None = None
    must_change_password: bool = False
    totp_secret: bytes | None = secret(optional=True)
    status: str = "active"
    failures: int = 0
    failed_at: datetime | None = instant(optional=True)
    locked_until: datetime | None = instant(optional=True)
    signed_in_at: datetime | None = instant(optional=True)


class WebSession(Row, table=True):
    """A browser that is signed in. Only the hash of its secret is kept."""

    __tablename__ = "web_session"

    account_id: UUID = reference("account", index=True)
    secret_hash: bytes = Field(unique=True)
    seen_at: datetime = instant()
    ends_at: datetime = instant(index=True)


class ApiToken(Row, table=True):
    """A bearer token of an account, for a program. Only its hash is kept; `scope` lists what it may do."""

    __tablename__ = "api_token"

    account_id: UUID = reference("account", index=True)
    name: str
    prefix: str
    secret_hash: bytes = Field(unique=True)
    scope: list[str] = texts()
    ends_at: datetime = instant()
    used_at: datetime | None = instant(optional=True)
    revoked_at: datetime | None = instant(optional=True)
