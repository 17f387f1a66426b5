"""Everything that is looked at, in the order in which one depends on another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from referral_hub.health import machine, upkeep
from referral_hub.health.database import database
from referral_hub.health.finding import Finding
from referral_hub.health.modules import modules
from referral_hub.settings import Settings


def examine(
    settings: Settings, *, at: datetime | None = None, start: bool = False, fields: bool = False
) -> Iterator[Finding]:
    """Look at everything; nothing is changed by it.

    `start`: start the embedded database where none runs, to look into it. `fields`: decrypt every encrypted field.
    """
    at = at or datetime.now(UTC)
    yield machine.program()
    yield from machine.data_folder(settings)
    yield machine.keys(settings)
    yield from upkeep.restore(settings)
    yield from database(settings, at, start=start, fields=fields)
    yield machine.assets()
    yield from modules(settings)
