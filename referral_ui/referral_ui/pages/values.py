"""Reading single values: from a cleaned form, or from an address, where nonsense counts as nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, cast
from uuid import UUID

from referral_hub.actor import Actor
from referral_hub.errors import NotFound


def day_of(values: Mapping[str, Any], key: str) -> date | None:
    """A date of a cleaned form, which keeps dates as `2026-03-05`."""
    return date.fromisoformat(values[key]) if values.get(key) else None


def date_in(text: str | None) -> date | None:
    """A date from an address or a hidden field; None for none and for nonsense."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def uuid_in(text: str | None) -> UUID | None:
    """A key from an address or a hidden field; None for none and for nonsense."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def key_in(text: str | None) -> UUID:
    """A key that the page cannot do without; anything else is a page that is not there. Raises `NotFound`."""
    key = uuid_in(text)
    if key is None:
        raise NotFound
    return key


def own_organisation(actor: Actor) -> UUID:
    """The organisation of an account; every account has one."""
    return cast("UUID", actor.organisation_id)
