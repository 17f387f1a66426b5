"""Asking modules about a client and an offering: whether it could serve them, and what it has to give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from referral_hub.api import Capacity, Enquiry, Offering, Screening
from referral_hub.directory.place_counts import PlaceGroup, group_attributes
from referral_hub.errors import HubError
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.modules.breaker import open_circuits
from referral_hub.modules.settings import settings_of
from referral_hub.registry.pseudonyms import pseudonym
from referral_hub.registry.registry import FoundService, ModuleRegistry

_NO_ANSWER = Screening(
    verdict="perhaps",
    reasons=[Label(zh="该服务的模块暂时没有回应。", en="The service's module did not answer.")],
    needed=[Label(zh="请电话确认是否适合", en="Check suitability by telephone")],
)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """An offering that a module is asked about. `places`: the hub's own count, None where it has none."""

    id: UUID
    settings: Mapping[str, Any]
    groups: Sequence[PlaceGroup] = ()
    places: Capacity | None = None


class ModuleEnquiries:
    """Asks modules, one at a time; one that failed once is not asked again in the same search.

    Asked before any row is locked: a module that hangs must not hold up others.
    """

    def __init__(self, session: Transaction, modules: ModuleRegistry, at: datetime) -> None:
        self._session = session
        self._modules = modules
        self._at = at
        self._silent = set(open_circuits(session, at))
        self._settings: dict[str, dict[str, Any]] = {}

    def screening(self, found: FoundService, asked: Asked, facts: Mapping[str, object]) -> Screening:
        """The module is told the fields that its manifest declares for screening, and nothing else."""
        names = found.service.screening_names()
        enquiry = Enquiry(service=found.service.key, fields={name: facts[name] for name in names if name in facts})
        try:
            reply = self._call(
                found,
                "hub_screen",
                enquiry=enquiry,
                offering=self._offering(found, asked),
                settings=self._settings_of(found.module_key),
            )
        except HubError:
            return _NO_ANSWER
        return reply if isinstance(reply, Screening) else Screening(verdict="eligible")

    def capacity(self, found: FoundService, asked: Asked) -> Capacity | None:
        """Places are the hub's own count; of anything else only the module knows."""
        if found.service.capacity == "places":
            return asked.places
        try:
            reply = self._call(found, "hub_capacity", offering=self._offering(found, asked), documents=[], now=self._at)
        except HubError:
            return asked.places
        return reply if isinstance(reply, Capacity) else asked.places

    def _call(self, found: FoundService, hook: str, **arguments: Any) -> object:
        if found.module_key in self._silent:
            raise HubError
        try:
            return self._modules.call(found.module_key, hook, **arguments)
        except HubError:
            self._silent.add(found.module_key)
            raise

    def _offering(self, found: FoundService, asked: Asked) -> Offering:
        return Offering(
            id=pseudonym(self._session.cipher, found.module_key, asked.id),
            service=found.service.key,
            settings=dict(asked.settings),
            attributes=group_attributes(asked.groups),
            places=asked.places,
        )

    def _settings_of(self, module_key: str) -> dict[str, Any]:
        if module_key not in self._settings:
            self._settings[module_key] = settings_of(self._session, module_key)
        return self._settings[module_key]
