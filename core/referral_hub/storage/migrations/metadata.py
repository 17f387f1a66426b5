"""All tables of the hub in one place, for migrations and for the test that they fit the models."""

from __future__ import annotations

from importlib import import_module

from sqlalchemy import MetaData
from sqlmodel import SQLModel

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
    "schedule",
)


def gather() -> MetaData:
    """Import every noun's tables and return what they declare."""
    for noun in NOUNS:
        import_module(f"referral_hub.{noun}.models")
    return SQLModel.metadata
