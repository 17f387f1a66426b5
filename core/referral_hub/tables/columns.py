"""Column kinds that every table shares, so that a table reads as a list of its facts."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, LargeBinary, Numeric, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from referral_hub.ids import new_id


def utc_now() -> datetime:
    return datetime.now(UTC)


class Row(SQLModel):
    """Opaque key made by the application, and when the row was made."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    created_at: datetime = Field(
        default_factory=utc_now,
        sa_type=DateTime(timezone=True),
    )


def reference(table: str, *, index: bool = False, unique: bool = False, optional: bool = False) -> Any:
    """A foreign key to `table.id`; a row that is referred to cannot be deleted."""
    extra: dict[str, Any] = {"default": None} if optional else {}
    return Field(
        sa_column_args=(ForeignKey(f"{table}.id"),),
        index=index,
        unique=unique,
        nullable=optional,
        **extra,
    )


def instant(*, index: bool = False, optional: bool = False) -> Any:
    """A moment, time zone aware, kept in UTC."""
    extra: dict[str, Any] = {"default": None} if optional else {}
    return Field(sa_type=DateTime(timezone=True), index=index, nullable=optional, **extra)


def secret(*, optional: bool = False) -> Any:
    """A field encrypted by the cipher (`storage.cipher`), or a keyed index of one."""
    extra: dict[str, Any] = {"default": None} if optional else {}
    return Field(sa_type=LargeBinary, nullable=optional, **extra)


def blind_index() -> Any:
    """A keyed hash of a value, for exact search over what is encrypted."""
    return Field(default=None, sa_type=LargeBinary, nullable=True, index=True)


def texts() -> Any:
    """A list of codes."""
    return Field(default_factory=list, sa_type=ARRAY(Text), nullable=False)


def document(*, optional: bool = False) -> Any:
    """A JSON document that holds no personal data."""
    if optional:
        return Field(default=None, sa_type=JSONB(none_as_null=True), nullable=True)
    return Field(default_factory=dict, sa_type=JSONB, nullable=False)


def fen(*, default: int | None = None, optional: bool = False) -> Any:
    """Money in fen, a whole number."""
    return Field(default=default, sa_type=BigInteger, nullable=optional)


def quantity(*, optional: bool = False) -> Any:
    """How much of a unit, to two decimals."""
    extra: dict[str, Any] = {"default": None} if optional else {}
    return Field(sa_type=Numeric(12, 2), nullable=optional, **extra)
