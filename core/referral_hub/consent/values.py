"""What is asked, how it was answered, and what came of it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from referral_hub.api.manifest import Service


class ConsentGiven(msgspec.Struct, frozen=True):
    """A consent now in force. `version` counts the answers about the same recipient and purpose."""

    id: UUID
    number: str
    version: int
    valid_until: date


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a client was asked: one recipient, one service, listed categories, one method (R6)."""

    case_id: UUID
    recipient_id: UUID
    service: Service
    purpose: str
    categories: tuple[str, ...]
    excluded_fields: tuple[str, ...] = ()
    method: str = "online"
    valid_days: int | None = None
    language: str = "zh"
    read_aloud: bool = False
    asked_by_client: bool = False


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """How the answer was given (R12, R13)."""

    how: str
    signer: str = "self"
    relation: str | None = None
    witness: str | None = None
    paper_reference: str | None = None
