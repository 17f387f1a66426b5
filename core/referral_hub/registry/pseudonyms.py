"""Ids as one module knows them: keyed per module, so two modules (or their providers) cannot join their records."""

from __future__ import annotations

import base64
from typing import Protocol
from uuid import UUID

_BYTES = 15


class Index(Protocol):
    """A keyed hash, as the cipher has."""

    def index(self, text: str, kind: str) -> bytes: ...


def pseudonym(cipher: Index, module_key: str, record_id: UUID) -> str:
    """24 characters that stand for the record towards this module alone; the same each time, never reversed."""
    digest = cipher.index(f"{module_key}:{record_id}", "module.pseudonym")
    return base64.b32encode(digest[:_BYTES]).decode("ascii").lower()
