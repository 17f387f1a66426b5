"""Upgrades: what asks for less applies itself, what drops something in use waits for people to decide."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from tests.integration.modules.office import ASSESSED, GOOD, TO_THE_END, Office, at_work, events
from tests.world import World

from referral_hub.hub import Hub
from referral_hub.module_admin.conformance import check_module
from referral_hub.module_admin.install_actions import approve_upgrade
from referral_hub.module_admin.lifecycle_actions import register_installed
from referral_hub.registry.errors import ReferralsWouldStrand

OTHER_STAGE = GOOD.replace('"advising"', '"meeting"').replace('"Advising"', '"Meeting"').replace("咨询中", "会面")
OTHER_SERVICE = GOOD.replace("legal.advice", "legal.mediation").replace("法律咨询", "调解")
LESS = "".join(
    line.replace("retention_days = 90", "retention_days = 30")
    for line in GOOD.splitlines(keepends=True)
    if '"age_band"' not in line
)
MORE = GOOD.replace("network = []", 'network = ["law.example:443"]')


@pytest.fixture
def office(hub: Hub, world: World, tmp_path: Path) -> Office:
    register_installed(hub)
    made = Office(hub, world, tmp_path / "wheels")
    made.enabled(code=TO_THE_END)
    return made


def test_the_manifests_of_these_tests_differ() -> None:
    assert len({GOOD, OTHER_STAGE, OTHER_SERVICE, LESS, MORE}) == 5
    assert "age_band" not in LESS


def test_an_upgrade_that_asks_for_less_applies_itself(office: Office, owner: psycopg.Connection) -> None:
    done = office.install("1.1.0", manifest=LESS)
    assert (done.waits, done.state) == (False, "enabled")
    service = office.hub.modules.manifest("legal").services[0]
    assert [(field.name, field.retention_days) for field in service.fields] == [("display_name", 30)]
    assert events(owner)[-1][3] == "升级到 1.1.0"


def test_what_was_given_up_once_has_to_be_approved_to_come_back(office: Office) -> None:
    office.install("1.1.0", manifest=LESS)
    assert office.install("1.2.0", manifest=GOOD).waits


def test_a_stage_nobody_stands_in_may_go(office: Office) -> None:
    done = office.install("1.1.0", manifest=OTHER_STAGE)
    assert (done.waits, done.state) == (False, "enabled")


@pytest.mark.parametrize(("manifest", "named"), [(OTHER_STAGE, "咨询中"), (OTHER_SERVICE, "法律咨询")])
def test_a_stage_or_service_in_use_waits_until_its_referrals_are_somewhere_else(
    office: Office, owner: psycopg.Connection, manifest: str, named: str
) -> None:
    loop, offering = at_work(office, owner)
    _, sent = loop.sent(offering_id=offering)
    loop.deliver()
    loop.fill(sent.id, "talk", {"minutes": "30"})
    assert loop.deliver() == 1
    assert loop.referral(sent.id)["stage"] == "advising"
    done = office.install("2.0.0", manifest=manifest)
    assert (done.waits, done.state) == (True, "enabled")
    sheet = office.page().sheet
    assert any(change.widens and named in change.label.zh for change in sheet.changes)
    with pytest.raises(ReferralsWouldStrand) as refused:
        approve_upgrade(office.hub, key="legal", reason="换版", **ASSESSED, by=office.world.admin)
    assert named in refused.value.label.zh
    assert office.hub.modules.module("legal").version == "1.0.0"
    loop.fill(sent.id, "close", {"outcome": "goal_met", "outcome_evidence": "provider", "letters": "3"})
    loop.deliver()
    assert loop.referral(sent.id)["state"] == "completed"
    approve_upgrade(office.hub, key="legal", reason="都办结了", **ASSESSED, by=office.world.admin)
    assert office.hub.modules.module("legal").version == "2.0.0"
    assert office.state() == "enabled"


def test_a_later_upgrade_takes_the_place_of_one_that_waits(office: Office) -> None:
    office.install("2.0.0", manifest=MORE)
    assert office.install("2.1.0", manifest=MORE).waits
    upgrade = office.page().sheet.upgrade
    assert upgrade is not None
    assert upgrade.version == "2.1.0"
    approve_upgrade(office.hub, key="legal", reason="已评估", digest=upgrade.digest, files=upgrade.files_digest,
                    **ASSESSED, by=office.world.admin)  # fmt: skip
    assert office.hub.modules.module("legal").version == "2.1.0"
    assert office.hub.modules.call("legal", "hub_check_settings", settings={}) == []


def test_a_module_upgraded_in_use_asks_for_the_checks_until_it_passes(office: Office) -> None:
    office.install("1.1.0", manifest=LESS)
    line = office.page().line
    assert line.state == "enabled"
    assert line.problem is not None
    assert "还没有通过检查" in line.problem.zh
    assert line.action is not None
    assert check_module(office.hub, "legal", by=office.world.admin).passed
    assert office.page().line.problem is None
    office.install("2.0.0", manifest=MORE)
    assert office.page().line.problem is None
    approve_upgrade(office.hub, key="legal", reason="已评估", **ASSESSED, by=office.world.admin)
    assert office.page().line.problem is not None
