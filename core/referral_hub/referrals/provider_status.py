"""Whether anyone is there to serve a referral: its module in use, its provider active; and since when not."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlmodel import col

from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.modules.titles import module_name
from referral_hub.registry.lifecycle import SERVING, TAKING
from referral_hub.registry.lifecycle import STATES as MODULE_STATES
from referral_hub.tables.directory import Organisation
from referral_hub.tables.modules import Module


class ProviderStatus(msgspec.Struct, frozen=True):
    """How a referral's module and provider stand. `module_state` is None for a module nobody took note of yet.

    `since`: from when the module is in that state.
    """

    module: Label
    module_state: str | None
    since: datetime | None
    provider_active: bool

    @property
    def module_gone(self) -> bool:
        """The module is disabled: it receives and sends nothing."""
        return self.module_state is not None and self.module_state not in SERVING

    @property
    def gone(self) -> bool:
        """Nobody is there who could end the referral with an outcome."""
        return self.module_gone or not self.provider_active

    @property
    def leaving(self) -> bool:
        """The module serves what it has and takes nothing new."""
        return self.module_state is not None and self.module_state in SERVING - TAKING

    @property
    def state_label(self) -> Label | None:
        return MODULE_STATES.get(self.module_state) if self.module_state else None

    @property
    def reason_code(self) -> str | None:
        """The code of `GONE_REASONS` that is true now."""
        if self.module_gone:
            return "module_gone"
        return None if self.provider_active else "provider_gone"


def provider_status_of(session: Transaction, module_key: str, recipient_id: UUID) -> ProviderStatus:
    """How the module and the provider of a referral stand now, in one statement."""
    row = session.execute(
        select(col(Organisation.status), col(Module.state), col(Module.changed_at))
        .outerjoin(Module, col(Module.key) == module_key)
        .where(col(Organisation.id) == recipient_id)
    ).one()
    return ProviderStatus(
        module=module_name(session, module_key),
        module_state=row.state,
        since=row.changed_at,
        provider_active=row.status == "active",
    )
