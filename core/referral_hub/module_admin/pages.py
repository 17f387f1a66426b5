"""Modules as an administrator sees them: what they declare, how they are, what waits for them. No client's data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text
from sqlmodel import col, select

from referral_hub.api import Manifest
from referral_hub.hub import Transaction
from referral_hub.i18n import Label, untranslated
from referral_hub.module_admin.approval_sheet import Sheet, sheet_for_page
from referral_hub.module_admin.sync import open_referrals
from referral_hub.modules.faults import FaultLine, faults_for_page
from referral_hub.modules.history import kept_manifests, newest_manifests
from referral_hub.registry.discovery import Module as Installed
from referral_hub.registry.errors import NoSuchModule
from referral_hub.registry.lifecycle import STATES, possible_actions
from referral_hub.tables.modules import Module, ModuleEvent

_SHIPPED = "referral-hub-"


class PendingDeliveries(msgspec.Struct, frozen=True):
    """Messages that a module has not answered yet: how many, how many failed before, since when."""

    count: int = 0
    failing: int = 0
    oldest_at: datetime | None = None
    failing_since: datetime | None = None


class ModuleLine(msgspec.Struct, frozen=True):
    """One module. `level` is the isolation this machine gives it; `resting_until` while its circuit is open.

    `own_folder`: installed apart from the hub. What is neither that nor `shipped` can run code when the hub starts.
    """

    key: str
    name: Label
    provider: Label | None
    state: str
    distribution: str | None
    version: str | None
    own_folder: bool
    shipped: bool
    level: str | None
    problem: Label | None
    detail: str
    action: Label | None
    problem_at: datetime | None
    failures: int
    resting_until: datetime | None
    changed_at: datetime
    services: list[Label]
    open_referrals: int
    waiting: PendingDeliveries
    actions: list[str]

    @property
    def state_label(self) -> Label:
        return STATES.get(self.state, untranslated(self.state))


class ModuleEventLine(msgspec.Struct, frozen=True):
    """One change of state: who, when, why."""

    at: datetime
    before: Label | None
    after: Label
    by: str
    reason: str


class ModulePage(msgspec.Struct, frozen=True):
    """A module with what it declares and what happened to it, newest first. `usable`: its package is there and fits."""

    line: ModuleLine
    usable: bool
    digest: str | None
    manifest: Manifest | None
    events: list[ModuleEventLine]
    faults: list[FaultLine]
    sheet: Sheet


def modules_for_list(session: Transaction) -> list[ModuleLine]:
    """Every module this hub knows, in order of key."""
    rows = session.exec(select(Module).order_by(col(Module.key))).all()
    installed = _installed(session)
    kept = {} if all(row.key in installed for row in rows) else newest_manifests(kept_manifests(session))
    waiting, still_open = waiting_by_module(session), open_referrals(session)
    return [
        _line(
            row,
            installed.get(row.key),
            kept.get(row.key),
            level=session.hub.modules.level(row.key),
            waiting=waiting.get(row.key, PendingDeliveries()),
            open_referrals=still_open.get(row.key, 0),
        )
        for row in rows
    ]


def module_for_page(session: Transaction, key: str) -> ModulePage:
    """One module by key. Raises `NoSuchModule`."""
    line = next((line for line in modules_for_list(session) if line.key == key), None)
    if line is None:
        raise NoSuchModule(module=key[:40])
    installed = _installed(session).get(key)
    manifest = installed.manifest if installed else None
    digest = installed.digest if installed else None
    events = session.exec(
        select(ModuleEvent).where(ModuleEvent.key == key).order_by(col(ModuleEvent.id).desc()).limit(100)
    ).all()
    return ModulePage(
        line=line,
        usable=installed is not None and installed.state == "discovered",
        digest=digest,
        manifest=manifest or newest_manifests(kept_manifests(session)).get(key),
        faults=faults_for_page(session, key),
        sheet=sheet_for_page(session, key),
        events=[
            ModuleEventLine(
                at=event.created_at,
                before=STATES.get(event.before) if event.before else None,
                after=STATES.get(event.after, untranslated(event.after)),
                by=event.by_name,
                reason=event.reason,
            )
            for event in events
        ],
    )


def waiting_by_module(session: Transaction) -> dict[str, PendingDeliveries]:
    """What each module has not answered yet; modules with nothing waiting are left out. Administrators only."""
    rows = session.execute(
        text("SELECT module_key, waiting, failing, oldest_at, failing_since FROM hub_waiting_deliveries()")
    ).all()
    return {
        row.module_key: PendingDeliveries(row.waiting, row.failing, row.oldest_at, row.failing_since) for row in rows
    }


def _installed(session: Transaction) -> dict[str, Installed]:
    found: dict[str, Installed] = {}
    for module in session.hub.modules.modules():
        if module.key not in found or found[module.key].state != "discovered":
            found[module.key] = module
    return found


def _actions(row: Module, installed: Installed | None, still_open: int) -> list[str]:
    """What an administrator may do now, of what the table allows; an upgrade is approved on its own sheet."""
    actions = set(possible_actions(row.state)) - {"upgrade"}
    if installed is None or installed.origin != "folder":
        actions.discard("remove")
    if not still_open:
        actions.discard("request_reassignment")
    return [action for action in possible_actions(row.state) if action in actions]


def _line(
    row: Module,
    installed: Installed | None,
    kept: Manifest | None,
    *,
    level: str | None,
    waiting: PendingDeliveries,
    open_referrals: int,
) -> ModuleLine:
    manifest = (installed.manifest if installed else None) or kept
    reason: dict[str, Any] = row.reason
    action = reason.get("action")
    return ModuleLine(
        key=row.key,
        name=manifest.name if manifest else untranslated(row.key),
        provider=manifest.provider if manifest else None,
        state=row.state,
        distribution=row.distribution,
        version=row.version,
        own_folder=installed is not None and installed.origin == "folder",
        shipped=(row.distribution or "").startswith(_SHIPPED),
        level=level or row.isolation,
        problem=Label(zh=reason["zh"], en=reason["en"]) if "zh" in reason else None,
        detail=str(reason.get("detail", "")),
        action=Label(zh=action["zh"], en=action["en"]) if action else None,
        problem_at=datetime.fromisoformat(reason["at"]) if "at" in reason else None,
        failures=row.failures,
        resting_until=row.open_until,
        changed_at=row.changed_at,
        services=[service.title for service in manifest.services] if manifest else [],
        open_referrals=open_referrals,
        waiting=waiting,
        actions=_actions(row, installed, open_referrals),
    )
