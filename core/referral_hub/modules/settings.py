"""A module's settings as its administrator entered them, encrypted as a whole."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, select

from referral_hub.modules.models import Module
from referral_hub.storage.engine import vault_of


def settings_of(session: Session, key: str) -> dict[str, Any]:
    """The answers to the manifest's settings by key; empty when none were given."""
    sealed = session.exec(select(Module.settings).where(Module.key == key)).one_or_none()
    if sealed is None:
        return {}
    values: dict[str, Any] = vault_of(session).decrypt_json(sealed, f"module.settings:{key}")
    return values
