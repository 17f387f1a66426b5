"""Who is acting. Every action and every transaction is given one; nothing reads it from a global."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import msgspec

Role = Literal["worker", "supervisor", "partner", "civil", "admin", "auditor", "system"]
Via = Literal["page", "api", "job", "module", "cli"]


class Actor(msgspec.Struct, frozen=True):
    """An account acting for one organisation in one role, or the hub itself (`system`: jobs and modules).

    `statutory` marks a full-time officer who may read the restricted measure (R3, R4).
    """

    account_id: UUID | None
    organisation_id: UUID | None
    role: Role
    name: str
    statutory: bool = False
    via: Via = "page"


def system_actor(via: Via = "job", name: str = "hub") -> Actor:
    """The hub itself: jobs, deliveries and module replies act as this. It may not read persons."""
    return Actor(account_id=None, organisation_id=None, role="system", name=name, via=via)
