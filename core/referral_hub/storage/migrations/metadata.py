"""All tables of the hub in one place, for migrations and for the test that they fit the models."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from alembic.migration import MigrationContext
from sqlalchemy import Column, MetaData, String
from sqlalchemy.types import TypeEngine
from sqlmodel import AutoString, SQLModel

NOUNS = (
    "access",
    "assistance",
    "audit",
    "cases",
    "consent",
    "directory",
    "modules",
    "outcomes",
    "referrals",
    "jobs",
)


def gather() -> MetaData:
    """Import every noun's tables and return what they declare."""
    for noun in NOUNS:
        import_module(f"referral_hub.tables.{noun}")
    return SQLModel.metadata


def types_differ(
    _context: MigrationContext,
    _found: Column[Any],
    _declared: Column[Any],
    found: TypeEngine[Any],
    declared: TypeEngine[Any],
) -> bool | None:
    """Alembic's question about one column. Text is text, whatever length a model names; None lets Alembic decide."""
    if isinstance(found, String) and isinstance(declared, String | AutoString):
        return False
    return None
