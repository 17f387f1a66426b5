from __future__ import annotations

from typing import Any

import msgspec
import psycopg
import pytest
from tests.loop import Loop
from tests.world import World

from referral_hub.errors import NotFound
from referral_hub.hub import Hub
from referral_hub.i18n import Label
from referral_hub.module_admin.lifecycle_actions import (
    approve_module,
    disable_module,
    drain_module,
    enable_module,
    register_installed,
    register_modules,
)
from referral_hub.module_admin.pages import module_for_page, modules_for_list
from referral_hub.modules.breaker import closed_modules
from referral_hub.registry.lifecycle import STATES, TAKING, ModuleActionImpossible, ReasonMissing, possible_actions
from referral_hub.views.partner.referral import referral_for_partner


@pytest.fixture
def loop(hub: Hub, owner: psycopg.Connection, world: World) -> Loop:
    made = Loop(hub, owner, world)
    owner.execute("DELETE FROM module")
    register_installed(hub)
    return made


def installed_as(monkeypatch: pytest.MonkeyPatch, hub: Hub, **changes: Any) -> None:
    """Make the registry find the counselling module changed (or, with `gone`, not at all)."""
    gone = changes.pop("gone", False)
    found = [m for m in hub.modules.modules() if not (gone and m.key == "counselling")]
    shown = [msgspec.structs.replace(m, **changes) if m.key == "counselling" else m for m in found]
    monkeypatch.setattr(hub.modules, "modules", lambda: shown)


def state(loop: Loop, key: str = "counselling") -> str:
    return str(loop.one("SELECT state FROM module WHERE key = %s", key)[0])


def test_modules_that_came_with_the_hub_are_enabled_at_first_sight_with_events_and_a_kept_manifest(loop: Loop) -> None:
    assert {state(loop, key) for key in ("employment", "living", "counselling", "house")} == {"enabled"}
    events = loop.owner.execute("SELECT before, after FROM module_event WHERE key = 'house' ORDER BY id").fetchall()
    assert events == [(None, "approved"), ("approved", "enabled")]
    digest = loop.one("SELECT digest FROM module WHERE key = 'house'")[0]
    assert loop.one("SELECT version FROM module_manifest WHERE digest = %s", digest) == ("1.0.0",)
    assert loop.one("SELECT count(*) FROM audit_entry WHERE action = 'module.change'")[0] >= 8


def test_looking_again_changes_nothing(loop: Loop) -> None:
    before = loop.one("SELECT count(*) FROM module_event")
    assert register_installed(loop.hub) == 0
    assert loop.one("SELECT count(*) FROM module_event") == before


def test_a_module_in_a_folder_of_its_own_waits_for_an_administrator(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop.owner.execute("DELETE FROM module WHERE key = 'counselling'")
    loop.owner.execute("DELETE FROM module_manifest WHERE key = 'counselling'")
    installed_as(monkeypatch, loop.hub, origin="folder")
    admin = loop.world.admin
    with loop.hub.transaction(admin) as session:
        register_modules(session, by=admin, at=loop.at)
    assert state(loop) == "discovered"
    with loop.hub.transaction(admin) as session:
        assert "counselling" in closed_modules(session)
        with pytest.raises(ModuleActionImpossible):
            enable_module(session, key="counselling", reason="急用", by=admin, at=loop.at)
        approve_module(session, key="counselling", reason="已看过清单", by=admin, at=loop.at)
        enable_module(session, key="counselling", reason="开始使用", by=admin, at=loop.at)
    assert state(loop) == "enabled"


def test_a_drained_module_is_disabled_when_its_last_referral_has_ended(loop: Loop) -> None:
    _, sent = loop.sent()
    admin = loop.world.admin
    with loop.hub.transaction(admin) as session:
        assert drain_module(session, key="employment", reason="换系统", by=admin, at=loop.at) == "draining"
        assert "employment" in closed_modules(session)
    loop.take_back(sent.id)
    register_installed(loop.hub)
    assert state(loop, "employment") == "disabled"


def test_a_change_without_a_reason_or_of_an_unknown_module_is_refused(loop: Loop) -> None:
    admin = loop.world.admin
    with loop.hub.transaction(admin) as session:
        with pytest.raises(ReasonMissing):
            disable_module(session, key="house", reason="  ", by=admin, at=loop.at)
        with pytest.raises(NotFound):
            disable_module(session, key="nothing", reason="x", by=admin, at=loop.at)


def test_a_removed_package_is_missing_and_its_history_reads_on(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    _, sent = loop.sent()
    loop.deliver()
    loop.accept(sent.id)
    others = [m for m in loop.hub.modules.modules() if m.key != "employment"]
    monkeypatch.setattr(loop.hub.modules, "modules", lambda: others)
    monkeypatch.setattr(loop.hub.modules, "find_service", lambda _key: None)
    admin = loop.world.admin
    with loop.hub.transaction(admin) as session:
        assert register_modules(session, by=admin, at=loop.at) == ["employment"]
        page = module_for_page(session, "employment")
        assert page.line.state == "missing"
        assert page.line.name.zh == "就业培训"
        assert page.line.problem is not None
    with loop.hub.transaction(loop.world.partner) as session:
        shown = referral_for_partner(session, sent.id)
    assert shown.title.en == "Skills training and job referral"
    assert shown.stage is not None
    assert shown.released is not None


def test_a_module_that_comes_back_as_it_was_approved_waits_to_be_enabled(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = loop.world.admin
    with monkeypatch.context() as away:
        installed_as(away, loop.hub, gone=True)
        with loop.hub.transaction(admin) as session:
            register_modules(session, by=admin, at=loop.at)
    assert state(loop) == "missing"
    with loop.hub.transaction(admin) as session:
        register_modules(session, by=admin, at=loop.at)
    assert state(loop) == "disabled"


def test_a_broken_module_says_why_and_what_to_do(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    why, action = Label(zh="清单有误。", en="The manifest is wrong."), Label(zh="请换一版。", en="Install another.")
    installed_as(monkeypatch, loop.hub, state="broken", reason=why, action=action)
    admin = loop.world.admin
    with loop.hub.transaction(admin) as session:
        register_modules(session, by=admin, at=loop.at)
        line = next(line for line in modules_for_list(session) if line.key == "counselling")
    assert (line.state, line.problem, line.action) == ("broken", why, action)


def test_only_the_administrator_learns_what_waits(loop: Loop) -> None:
    loop.sent()
    with loop.hub.transaction(loop.world.admin) as session:
        told = {line.key: (line.open_referrals, line.waiting.count) for line in modules_for_list(session)}
    with loop.hub.transaction(loop.world.partner) as session:
        hidden = {line.key: (line.open_referrals, line.waiting.count) for line in modules_for_list(session)}
    assert told["employment"] == (1, 1)
    assert hidden["employment"] == (0, 0)


def test_reassignment_can_be_requested_in_every_state_in_which_no_referrals_are_taken() -> None:
    assert {state_now for state_now in STATES if "request_reassignment" not in possible_actions(state_now)} == TAKING


def test_no_faulty_module_can_be_enabled() -> None:
    for state_now in ("broken", "missing", "incompatible", "blocked", "discovered"):
        assert "enable" not in possible_actions(state_now)
    assert "enable" in possible_actions("approved")
    assert "enable" in possible_actions("disabled")
