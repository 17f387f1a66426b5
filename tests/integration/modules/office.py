"""An administrator at work on a partner's module, from the wheel to the last day, for the tests of its life."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from tests.integration.modules.made import MANIFEST
from tests.integration.modules.wheels import module_wheel
from tests.loop import Loop
from tests.world import World

from referral_hub.hub import Hub
from referral_hub.module_admin.conformance import check_module
from referral_hub.module_admin.install_actions import InstalledModule, install_module
from referral_hub.module_admin.lifecycle_actions import approve_module, enable_module
from referral_hub.module_admin.pages import ModulePage, module_for_page

ASSESSED: dict[str, Any] = {"assessment_reference": "PIA-9", "assessment_on": date(2026, 2, 1)}
GOOD = MANIFEST.format(key="legal", network="[]")
ALL_WAYS = """
@hookimpl
def hub_apply(entry, documents, settings, now):
    stage = {"agreed": "advising", "advising": "done" if entry.form == "close" else "advising"}[entry.stage]
    return Changes(stage=stage)
"""

TO_THE_END = """
from referral_hub.api import Outcome

@hookimpl
def hub_receive(referral, documents, settings, now):
    return Receipt(decision="accepted", note=Label(zh="请带身份证", en="Bring your card"))

@hookimpl
def hub_apply(entry, documents, settings, now):
    if entry.form == "talk":
        held = ServiceEvent(on=entry.on, unit="time", quantity=1)
        return Changes(stage="advising", events=[held] if entry.stage == "agreed" else [])
    return Changes(stage="done", outcome=Outcome(code="goal_met", measures={"letters": 3}))
"""
"""Accepts, meets once, ends with an outcome."""


class Office:
    """An administrator at work on the module `legal`."""

    def __init__(self, hub: Hub, world: World, folder: Path) -> None:
        self.hub, self.world, self.folder = hub, world, folder

    def install(self, version: str = "1.0.0", manifest: str = GOOD, code: str = ALL_WAYS) -> InstalledModule:
        wheel = module_wheel(self.folder / version, version=version, manifest=manifest, code=code)
        return install_module(self.hub, wheel, by=self.world.admin)

    def act(self, action: Any, **values: Any) -> Any:
        with self.hub.transaction(self.world.admin) as session:
            return action(
                session, **{"key": "legal", "reason": "例行", **values}, by=self.world.admin, at=self.hub.clock.now()
            )

    def page(self) -> ModulePage:
        with self.hub.transaction(self.world.admin) as session:
            return module_for_page(session, "legal")

    def state(self) -> str:
        return self.page().line.state

    def enabled(self, code: str = ALL_WAYS, manifest: str = GOOD) -> None:
        self.install(code=code, manifest=manifest)
        checked = check_module(self.hub, "legal", by=self.world.admin)
        assert [result for result in checked.results if result.state == "failed"] == []
        self.act(approve_module, **ASSESSED)
        self.act(enable_module)


def events(owner: psycopg.Connection) -> list[tuple[Any, ...]]:
    return owner.execute(
        "SELECT before, after, by_name, reason FROM module_event WHERE key = 'legal' ORDER BY id"
    ).fetchall()


def at_work(office: Office, owner: psycopg.Connection) -> tuple[Loop, Any]:
    """The loop with an offering of the module in it."""
    owner.execute("CREATE TEMP TABLE kept AS SELECT * FROM module")
    owner.execute("DELETE FROM module")
    loop = Loop(office.hub, owner, office.world)
    owner.execute("DELETE FROM module")
    owner.execute("INSERT INTO module SELECT * FROM kept")
    owner.execute("DROP TABLE kept")
    return loop, loop.offering("legal.advice")
