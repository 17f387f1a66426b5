"""The life of a partner's module: installed, checked, approved, enabled, upgraded, drained, removed; and read after."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from tests.integration.modules.office import ALL_WAYS, ASSESSED, GOOD, Office, at_work, events
from tests.world import World

from referral_hub.actor import system_actor
from referral_hub.hub import Hub
from referral_hub.module_admin.conformance import check_module
from referral_hub.module_admin.install_actions import approve_upgrade, remove_module
from referral_hub.module_admin.install_errors import ModuleUnfit
from referral_hub.module_admin.lifecycle_actions import (
    approve_module,
    disable_module,
    drain_module,
    enable_module,
    register_installed,
    request_module_reassignment,
)
from referral_hub.registry.errors import CheckMissing, ModuleChanged, ModuleNotAssessed, ReferralsStillOpen
from referral_hub.registry.lifecycle import ModuleActionImpossible, ReasonMissing

WIDER = GOOD.replace(
    "stages = [", 'intake = [{ key = "court", type = "text", category = "need",'
    ' label = { zh = "哪家法院", en = "Which court" } }]\nstages = [', 1
)  # fmt: skip


@pytest.fixture
def office(hub: Hub, world: World, tmp_path: Path) -> Office:
    register_installed(hub)
    return Office(hub, world, tmp_path / "wheels")


def test_each_step_is_an_event_with_actor_and_reason(office: Office, owner: psycopg.Connection) -> None:
    office.enabled()
    office.act(drain_module, reason="合同到期")
    told = events(owner)
    assert [(before, after) for before, after, _, _ in told] == [
        (None, "discovered"),
        ("discovered", "approved"),
        ("approved", "enabled"),
        ("enabled", "draining"),
        ("draining", "disabled"),
    ]
    assert all(by == "管理员" and reason for _, _, by, reason in told)
    assert told[-1][3] == "合同到期"


def test_a_partners_module_is_enabled_only_after_assessment_approval_and_check(office: Office) -> None:
    office.install()
    with pytest.raises(ModuleActionImpossible):
        office.act(enable_module)
    with pytest.raises(ModuleNotAssessed):
        office.act(approve_module)
    with pytest.raises(ReasonMissing):
        office.act(approve_module, reason=" ", **ASSESSED)
    with pytest.raises(ModuleChanged):
        office.act(approve_module, digest="of another one", **ASSESSED)
    office.act(approve_module, **ASSESSED)
    with pytest.raises(CheckMissing):
        office.act(enable_module)
    assert check_module(office.hub, "legal", by=office.world.admin).passed
    office.act(enable_module)
    sheet = office.page().sheet
    assert sheet.approval is not None
    assert (sheet.approval.assessment_reference, sheet.approval.by) == ("PIA-9", "管理员")
    assert sheet.check_is_current
    assert sheet.approval.files_digest == sheet.files_digest


def test_a_module_that_fails_a_check_stays_out_of_use(office: Office) -> None:
    office.install(code="import itertools\ncount = itertools.count()\n" + ALL_WAYS + """
@hookimpl
def hub_receive(referral, documents, settings, now):
    return Receipt(decision="accepted" if next(count) % 2 else "waitlisted")
""")  # fmt: skip
    checked = check_module(office.hub, "legal", by=office.world.admin)
    assert not checked.passed
    failed = {result.name: result.words for result in checked.results if result.state == "failed"}
    said = failed["receiving_twice_is_receiving_once"]
    assert said is not None
    assert "differently" in said.en
    office.act(approve_module, **ASSESSED)
    with pytest.raises(CheckMissing):
        office.act(enable_module)


def test_other_files_than_those_checked_are_not_enabled(office: Office) -> None:
    office.enabled()
    office.act(disable_module)
    office.install("1.0.1", code=ALL_WAYS + "# fixed\n")
    with pytest.raises(CheckMissing):
        office.act(enable_module)


def test_the_built_in_modules_pass_the_same_check(office: Office) -> None:
    for module in office.hub.modules.modules():
        checked = check_module(office.hub, module.key, by=office.world.admin)
        assert checked.passed, (module.key, [result for result in checked.results if result.state == "failed"])


def test_an_upgrade_that_asks_for_nothing_more_applies_itself(office: Office, owner: psycopg.Connection) -> None:
    office.enabled()
    done = office.install("1.1.0")
    assert (done.waits, done.state) == (False, "enabled")
    assert office.hub.modules.module("legal").version == "1.1.0"
    assert events(owner)[-1][3] == "升级到 1.1.0"


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        (WIDER, "哪家法院"),
        (GOOD.replace("retention_days = 90", "retention_days = 900"), "900 天"),
        (GOOD.replace('zh = "称呼"', 'zh = "宣传"'), "宣传"),
        (GOOD.replace("network = []", 'network = ["law.example:443"]'), "law.example:443"),
        (GOOD.replace("某事务所", "另一家"), "另一家"),
        (GOOD.replace('zh = "称呼", en = "Address" } }', 'zh = "称呼", en = "Address" }, required = true }'), "必需"),
    ],
)  # fmt: skip
def test_an_upgrade_that_asks_for_more_waits_beside_the_version_in_use(
    office: Office, manifest: str, told: str
) -> None:
    office.enabled()
    done = office.install("2.0.0", manifest=manifest)
    assert (done.waits, done.state) == (True, "enabled")
    assert office.hub.modules.module("legal").version == "1.0.0"
    sheet = office.page().sheet
    assert sheet.upgrade is not None
    assert any(change.widens and told in change.label.zh for change in sheet.changes), sheet.changes
    with pytest.raises(ModuleChanged):
        approve_upgrade(office.hub, key="legal", reason="x", digest="other", **ASSESSED, by=office.world.admin)
    approve_upgrade(
        office.hub, key="legal", reason="已评估", digest=sheet.upgrade.digest, **ASSESSED, by=office.world.admin
    )
    assert office.hub.modules.module("legal").version == "2.0.0"
    assert office.state() == "enabled"
    assert office.page().sheet.upgrade is None


def test_a_consent_given_before_does_not_cover_what_an_upgrade_adds(
    office: Office, hub: Hub, owner: psycopg.Connection, world: World
) -> None:
    office.enabled()
    loop, offering = at_work(office, owner)
    case = loop.case()
    loop.consent(case, offering)
    office.install("2.0.0", manifest=WIDER)
    approve_upgrade(hub, key="legal", reason="已评估", **ASSESSED, by=world.admin)
    draft = loop.draft(case, offering)
    with hub.transaction(world.worker) as session:
        from referral_hub.referrals.drafts import change_draft

        change_draft(
            session, referral_id=draft.id, details={"need_summary": "纠纷", "intake": {"court": "区法院"}},
            by=world.worker, at=loop.at,
        )  # fmt: skip
    loop.send(draft.id)
    released = loop.disclosed(draft.id)
    assert "display_name" in released
    assert "court" not in released


def test_a_blocked_version_is_never_used_and_says_why(office: Office) -> None:
    office.enabled()
    (office.hub.settings.data / "module-blocklist.toml").write_text(
        '[[blocked]]\nkey = "legal"\nlowest_good = "1.2"\nreason = { zh = "会丢失回执", en = "loses receipts" }\n',
        encoding="utf-8",
    )
    register_installed(office.hub)
    page = office.page()
    assert page.line.state == "blocked"
    assert page.line.problem is not None
    assert "会丢失回执" in page.line.problem.zh
    assert page.line.action is not None
    assert "1.2" in page.line.action.zh
    for version in ("1.1.9", "1.2.0rc1", "1.2.dev3"):
        with pytest.raises(ModuleUnfit):
            office.install(version)
    assert office.install("1.10.0").state in {"disabled", "discovered"}


def test_safe_mode_starts_with_no_module_and_changes_nothing(office: Office, owner: psycopg.Connection) -> None:
    office.enabled()
    safe = Hub(
        office.hub.settings.model_copy(update={"safe_mode": True}),
        database=office.hub.database,
        cipher=office.hub.cipher,
        clock=office.hub.clock,
    )
    try:
        assert register_installed(safe) == 0
        assert safe.modules.modules() == []
    finally:
        safe.modules.close()
        safe.engine.dispose()
    assert office.state() == "enabled"


def test_a_module_with_open_referrals_is_drained_or_gives_them_back_to_people(
    office: Office, owner: psycopg.Connection
) -> None:
    office.enabled()
    loop, offering = at_work(office, owner)
    _, sent = loop.sent(offering_id=offering)
    loop.deliver()
    assert office.act(drain_module) == "draining"
    (line,) = office.page().sheet.open
    assert (line.office, line.number) == ("青禾工作站", 1)
    with pytest.raises(ReferralsStillOpen):
        office.act(disable_module)
    assert office.act(disable_module, force=True, reason="机构停办") == 1
    (holder,) = loop.one("SELECT account_id FROM task WHERE kind = 'module_gone' AND referral_id = %s", sent.id)
    assert holder == office.world.worker.account_id
    assert office.act(request_module_reassignment) == 0
    assert office.state() == "disabled"


def test_nothing_is_delivered_to_a_module_that_is_out_of_use(office: Office, owner: psycopg.Connection) -> None:
    office.enabled()
    loop, offering = at_work(office, owner)
    _, sent = loop.sent(offering_id=offering)
    office.act(disable_module, force=True)
    assert loop.deliver() == 0
    assert loop.referral(sent.id)["state"] == "sent"
    office.act(enable_module)
    assert loop.deliver() == 1


def test_installed_used_and_removed_everything_still_reads(office: Office, owner: psycopg.Connection) -> None:
    office.enabled()
    loop, offering = at_work(office, owner)
    _, sent = loop.sent(offering_id=offering)
    loop.deliver()
    loop.fill(sent.id, "talk", {"minutes": "30"})
    loop.deliver()
    with pytest.raises(ModuleActionImpossible):
        remove_module(office.hub, key="legal", reason="x", by=office.world.admin)
    office.act(disable_module, force=True)
    remove_module(office.hub, key="legal", reason="不再合作", by=office.world.admin)
    assert register_installed(office.hub) == 0
    page = office.page()
    assert (page.line.state, page.line.name.zh) == ("missing", "法律服务")
    assert page.manifest is not None
    assert page.manifest.services[0].title.zh == "法律咨询"
    from referral_hub.views.partner.referral import referral_for_partner
    from referral_hub.views.worker.referral import referral_for_office

    with office.hub.transaction(office.world.worker) as session:
        seen = referral_for_office(session, sent.id)
    assert "法律咨询" in repr(seen)
    with office.hub.transaction(office.world.partner) as session:
        theirs = referral_for_partner(session, sent.id)
    assert "法律咨询" in repr(theirs)
    assert "面谈" in repr(theirs)
    assert office.install().state == "disabled"


def test_a_failing_and_recovering_module_leaves_events_too(office: Office, owner: psycopg.Connection) -> None:
    from referral_hub.isolation.errors import ModuleTimedOut
    from referral_hub.modules.breaker import note_failure, note_success

    office.enabled()
    for _ in range(3):
        with office.hub.transaction(system_actor()) as session:
            note_failure(session, "legal", ModuleTimedOut(module="legal", detail="x"), at=office.hub.clock.now())
    with office.hub.transaction(system_actor()) as session:
        note_success(session, "legal", at=office.hub.clock.now())
    assert [(before, after, by) for before, after, by, _ in events(owner)][-2:] == [
        ("enabled", "degraded", "hub"),
        ("degraded", "enabled", "hub"),
    ]
