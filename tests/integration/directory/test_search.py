"""The search: what is offered, who could be taken and why not, how soon they answer, in what order."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from tests.factories import client, contract, offering, places, provider
from tests.integration.directory.conftest import Places, set_module
from tests.world import World

from referral_hub.calendar.clock import FixedClock
from referral_hub.cases.actions import change_profile
from referral_hub.cases.facts import searcher_for_case
from referral_hub.directory.actions import confirm_capacity, pause_offering, suspend_organisation
from referral_hub.hub import Hub
from referral_hub.views.directory.search import SearchResult, search_offerings

TRAINING = "employment.training"


def search(hub: Hub, world: World, **values: Any) -> list[SearchResult]:
    asked = {"service_key": TRAINING, "area_code": "999999001", "facts": {}, **values}
    with hub.transaction(world.worker) as session:
        return search_offerings(session, hub.modules, **asked, at=hub.clock.now())


def offered(hub: Hub, world: World, **values: Any) -> UUID:
    """An offering of an independent provider that is active."""
    name = values.pop("name", "乐业技能培训学校")
    return offering(hub, world.admin, organisation_id=provider(hub, world.admin, name=name), **values)


def test_an_offering_says_what_is_free(hub: Hub, world: World, desk: Places) -> None:
    key = offered(hub, world)
    places(hub, world.admin, key, 3)
    desk.hold(desk.referral(key), key)
    desk.referral(key, state="waitlisted")
    (match,) = search(hub, world)
    assert (match.offering_id, match.total, match.free, match.held, match.waiting) == (key, 3, 2, 1, 1)
    assert match.has_place
    assert match.service_title.zh


def test_an_offering_that_counts_no_places_is_not_called_full(hub: Hub, world: World) -> None:
    offered(hub, world)
    (match,) = search(hub, world)
    assert (match.free, match.has_place) == (None, True)


def test_what_may_not_be_used_is_not_offered(hub: Hub, world: World, owner: psycopg.Connection) -> None:
    at = hub.clock.now()
    paused = offered(hub, world, name="暂停中的学校")
    suspended = provider(hub, world.admin, name="停用的学校")
    offering(hub, world.admin, organisation_id=suspended)
    offered(hub, world, name="外地的学校", area_codes=["110101"])
    entrusted = offering(hub, world.admin, organisation_id=world.partner_id)
    with hub.transaction(world.admin) as session:
        pause_offering(session, offering_id=paused, reason="装修", by=world.admin, at=at)
        suspend_organisation(session, organisation_id=suspended, reason="停用", by=world.admin, at=at)
    assert search(hub, world) == []
    contract(hub, world.admin, purchaser_id=world.office_id, provider_id=world.partner_id)
    assert [match.offering_id for match in search(hub, world)] == [entrusted]
    set_module(owner, "employment", "disabled")
    assert search(hub, world) == []
    owner.execute("DELETE FROM module WHERE key = 'employment'")
    assert search(hub, world) == [], "sending refuses a module that the hub does not know"


def test_a_contract_that_ran_out_takes_the_offering_away(hub: Hub, world: World, clock: FixedClock) -> None:
    offering(hub, world.admin, organisation_id=world.partner_id)
    contract(hub, world.admin, purchaser_id=world.office_id, provider_id=world.partner_id, ends_on=date(2026, 3, 31))
    assert len(search(hub, world)) == 1
    clock.set(datetime.fromisoformat("2026-04-01T02:00:00+00:00"))
    assert search(hub, world) == []


def test_a_kind_of_need_is_served_by_every_service_for_it(hub: Hub, world: World) -> None:
    key = offered(hub, world)
    assert [match.offering_id for match in search(hub, world, service_key=None, need_kind="employment")] == [key]
    assert search(hub, world, service_key=None, need_kind="legal") == []


def test_reasons_are_reported_and_a_no_stands_last(hub: Hub, world: World) -> None:
    women = offered(hub, world, name="女子学校", eligibility={"sexes": ["2"]})
    anyone = offered(hub, world, name="普通学校")
    young = offered(hub, world, name="青年学校", eligibility={"max_age": 38})
    found = search(hub, world, sex="1", age=38)
    assert [match.offering_id for match in found] == [anyone, young, women]
    assert [match.verdict for match in found] == ["unknown", "unknown", "no"]
    assert {finding.criterion for match in found[:2] for finding in match.findings} == {"capacity"}
    assert "女" in found[-1].findings[0].reason.zh
    for key in (women, anyone, young):
        places(hub, world.admin, key, 1)
    assert [match.verdict for match in search(hub, world, sex="1", age=38)] == ["yes", "yes", "no"]
    found = search(hub, world, sex="1", age=39)
    assert [match.verdict for match in found] == ["yes", "unknown", "no"]


def test_a_full_offering_stands_behind_one_with_a_place(hub: Hub, world: World, desk: Places) -> None:
    full, free = offered(hub, world, name="满员学校"), offered(hub, world, name="有位学校")
    places(hub, world.admin, full, 1)
    places(hub, world.admin, free, 1)
    desk.hold(desk.referral(full), full)
    assert [(match.offering_id, match.has_place) for match in search(hub, world, sex="1")] == [
        (free, True),
        (full, False),
    ]


def test_the_nearer_stands_first(hub: Hub, world: World) -> None:
    far = offered(hub, world, name="甲校", area_codes=["999999"])
    near = offered(hub, world, name="乙校", area_codes=["999999001"])
    assert [match.offering_id for match in search(hub, world)] == [near, far]


def test_the_module_learns_screening_fields_and_nothing_else(hub: Hub, world: World) -> None:
    """The built-in module answers by the families of work it trains for: what it was told is seen in its reason."""
    offered(hub, world, settings={"families": ["beauty"]})
    opened = client(hub, world.worker)
    with hub.transaction(world.worker) as session:
        change_profile(
            session, case_id=opened.id, values={"wanted_jobs": ["catering"]}, by=world.worker, at=hub.clock.now()
        )
        person = searcher_for_case(session, opened.id)
    (match,) = search(hub, world, facts=person.facts, sex=person.sex, age=person.age, area_code=person.area_code)
    assert match.verdict == "unknown"
    assert any("类别" in finding.reason.zh for finding in match.findings)


def test_how_soon_they_answer_is_distinguished_from_three_answers_on(
    hub: Hub, world: World, desk: Places, owner: psycopg.Connection
) -> None:
    key = offered(hub, world)

    def answered(sent: str, after: str) -> None:
        referral = desk.referral(key, worker=world.stranger)
        # A check of the table wants consent, manifest and deadline with a sent referral; the median looks at none.
        owner.execute("ALTER TABLE referral DROP CONSTRAINT IF EXISTS referral_sent_under_consent")
        owner.execute(
            "UPDATE referral SET sent_at = %s, answered_at = %s, state = 'accepted' WHERE id = %s",
            [sent, after, referral],
        )

    answered("2026-01-12 09:00+08", "2026-01-12 12:00+08")  # 3 office hours
    answered("2026-01-16 16:00+08", "2026-01-19 10:00+08")  # Friday to Monday: 2
    (match,) = search(hub, world)
    assert match.answer_hours is None
    answered("2026-01-13 20:00+08", "2026-01-15 10:00+08")  # after hours, a full day, one hour: 9
    (match,) = search(hub, world)
    assert match.answer_hours == 3.0


def test_capacity_nobody_confirmed_for_a_week_is_shown_as_old(hub: Hub, world: World, clock: FixedClock) -> None:
    key = offered(hub, world)
    assert search(hub, world)[0].capacity_stale
    with hub.transaction(world.admin) as session:
        confirm_capacity(session, offering_id=key, by=world.admin, at=hub.clock.now())
    assert not search(hub, world)[0].capacity_stale
    clock.advance(timedelta(days=8))
    assert search(hub, world)[0].capacity_stale


MODULE = """
from referral_hub.api import Acknowledgement, Changes, Label, Receipt, Screening, hookimpl

@hookimpl
def hub_check_settings(settings): return []
@hookimpl
def hub_receive(referral, documents, settings, now): return Receipt(decision="person")
@hookimpl
def hub_apply(entry, documents, settings, now): return Changes()
@hookimpl
def hub_withdraw(withdrawal, documents, now): return Acknowledgement(deleted=True)
@hookimpl
def hub_screen(enquiry, offering, settings): {screen}
"""

MANIFEST = """
api = "1.0"
key = "odd"
version = "1"
name = { zh = "测试", en = "Test" }
public_label = { zh = "测试", en = "Test" }
provider = { zh = "测试", en = "Test" }

[[services]]
key = "odd.service"
title = { zh = "测试服务", en = "Test service" }
needs = ["legal"]
capacity = "open"
capacity_unit = { zh = "名额", en = "slots" }
fields = [
  { name = "sex", category = "basic", screening = true, retention_days = 9, purpose = { zh = "安排", en = "Plan" } },
  { name = "display_name", category = "basic", retention_days = 9, purpose = { zh = "称呼", en = "Address" } },
]
stages = [
  { key = "begin", title = { zh = "开始", en = "Begin" }, state = "accepted", next = ["work"] },
  { key = "work", title = { zh = "办理", en = "Work" }, state = "in_service", next = ["done", "left"] },
  { key = "done", title = { zh = "办结", en = "Done" }, state = "completed" },
  { key = "left", title = { zh = "中止", en = "Left" }, state = "discontinued" },
]
forms = [{ key = "close", title = { zh = "结果", en = "Result" }, stages = ["work"], outcome = true }]
units = [{ key = "time", title = { zh = "次", en = "times" } }]
outcomes = [{ code = "goal_met", label = { zh = "达成", en = "Met" } }]
"""


def install(hub: Hub, owner: psycopg.Connection, screen: str) -> None:
    """A partner's module in the data folder, whose screening is this line."""
    folder = Path(hub.settings.modules_folder) / "odd"
    package = folder / "hub_odd"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(MODULE.format(screen=screen), encoding="utf-8")
    (package / "hub-module.toml").write_text(MANIFEST, encoding="utf-8")
    metadata = folder / "hub_odd-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: hub-odd\nVersion: 1\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text("[referral_hub.modules]\nodd = hub_odd\n", encoding="utf-8")
    (module,) = [module for module in hub.modules.discover() if module.key == "odd"]
    assert module.state == "discovered", module.reason
    set_module(owner, "odd", "enabled")


@pytest.mark.parametrize("screen", ["raise ValueError('no')", "__import__('os')._exit(1)", "return 'yes'"])
def test_a_module_that_fails_makes_it_unknown_and_never_an_error(
    hub: Hub, world: World, owner: psycopg.Connection, screen: str
) -> None:
    install(hub, owner, screen)
    offered(hub, world, service_key="odd.service")
    offered(hub, world, name="另一家", service_key="odd.service")
    found = search(hub, world, service_key="odd.service")
    assert [match.verdict for match in found] == ["unknown", "unknown"]
    assert "没有回应" in found[0].findings[0].reason.zh


@pytest.mark.parametrize("full", [True, False])
def test_what_has_no_places_is_as_full_as_its_module_says_and_no_document_is_reported(
    hub: Hub, world: World, owner: psycopg.Connection, full: bool
) -> None:
    capacity = """return Screening(verdict="eligible")
@hookimpl
def hub_capacity(offering, documents, now):
    from referral_hub.api import Capacity
    return Capacity(unit="open", free=len(documents) if offering.settings["full"] else None)
"""
    install(hub, owner, capacity)
    key = offered(hub, world, service_key="odd.service")
    with hub.transaction(world.admin) as session:
        session.connection().exec_driver_sql(
            "UPDATE offering SET settings = jsonb_build_object('full', %s::boolean) WHERE id = %s", (full, key)
        )
    (match,) = search(hub, world, service_key="odd.service")
    assert match.has_place is not full


def test_what_a_module_hears_before_consent_has_no_name_in_it(
    hub: Hub, world: World, owner: psycopg.Connection
) -> None:
    told = "str(sorted(enquiry.fields.items()))"
    install(hub, owner, f'return Screening(verdict="perhaps", reasons=[Label(zh={told}, en="heard")])')
    offered(hub, world, service_key="odd.service")
    opened = client(hub, world.worker)
    with hub.transaction(world.worker) as session:
        facts = searcher_for_case(session, opened.id).facts
    assert {"full_name", "display_name", "id_number"} <= set(facts)
    (match,) = search(hub, world, service_key="odd.service", facts=facts)
    assert [finding.reason.zh for finding in match.findings] == ["[('sex', '1')]"]
