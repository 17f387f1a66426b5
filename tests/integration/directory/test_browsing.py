"""The directory as a worker browses it: what there is, what takes no referrals and why, and no amounts."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from tests.factories import offering, places, provider
from tests.integration.directory.conftest import set_module
from tests.world import World

from referral_hub.directory.actions import close_offering, pause_offering, suspend_organisation
from referral_hub.directory.signs import fund_signs
from referral_hub.errors import NotFound
from referral_hub.hub import Hub
from referral_hub.ids import new_id
from referral_hub.views.directory.browsing import OfferingListItem, browse_directory, offering_for_worker


def browse(hub: Hub, world: World, **asked: Any) -> list[OfferingListItem]:
    with hub.transaction(world.worker) as session:
        return browse_directory(session, **asked, at=hub.clock.now()).lines


def test_an_offering_is_listed_with_its_places_and_who_it_serves(hub: Hub, world: World) -> None:
    organisation = provider(hub, world.admin, name="乐业技能培训学校")
    key = offering(hub, world.admin, organisation_id=organisation)
    places(hub, world.admin, key, 3)
    (line,) = browse(hub, world)
    assert (line.offering_id, line.organisation, line.use.free, line.counted) == (key, "乐业技能培训学校", 3, True)
    assert (line.closed, line.silent_since) == (None, None)
    assert any("岁" in one.zh for one in line.requirements)
    with hub.transaction(world.worker) as session:
        assert offering_for_worker(session, key, at=hub.clock.now()).asks


def test_those_that_take_no_referrals_come_last_and_say_why(hub: Hub, world: World, owner: psycopg.Connection) -> None:
    at = hub.clock.now()
    paused, suspended, gone = (provider(hub, world.admin, name=f"{name}学校") for name in "甲乙丙")
    keys = {one: offering(hub, world.admin, organisation_id=one) for one in (paused, suspended, gone)}
    free = offering(hub, world.admin, organisation_id=provider(hub, world.admin, name="丁学校"))
    expired = offering(hub, world.admin, organisation_id=world.partner_id)
    with hub.transaction(world.admin) as session:
        pause_offering(session, offering_id=keys[paused], reason="装修", by=world.admin, at=at)
        suspend_organisation(session, organisation_id=suspended, reason="停用", by=world.admin, at=at)
        close_offering(session, offering_id=keys[gone], reason="不再提供", by=world.admin, at=at)
    lines = browse(hub, world)
    assert lines[0].offering_id == free
    why = {line.offering_id: line.closed.zh for line in lines if line.closed}
    assert why == {
        keys[paused]: "暂停接收新转介",
        keys[suspended]: "机构暂停接收",
        expired: "委托合同不在有效期内",
    }
    assert [line.offering_id for line in browse(hub, world, show="taking")] == [free]
    assert len(browse(hub, world, show="closed")) == 3
    with pytest.raises(NotFound), hub.transaction(world.worker) as session:
        offering_for_worker(session, keys[gone], at=at)


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ("draining", "这项服务不再收新转介"),
        ("disabled", "这项服务的模块停用了"),
        ("missing", "这项服务的模块停用了"),
        ("degraded", None),
        ("enabled", None),
    ],
)
def test_a_module_that_is_away_is_said_in_words_with_since_when(
    hub: Hub, world: World, owner: psycopg.Connection, state: str, why: str | None
) -> None:
    offering(hub, world.admin, organisation_id=provider(hub, world.admin, name="乐业技能培训学校"))
    set_module(owner, "employment", state)
    (line,) = browse(hub, world)
    assert (line.closed.zh if line.closed else None) == why
    assert line.closed_since == (hub.clock.now() if why else None)
    assert line.silent_since == (hub.clock.now() if state == "degraded" else None)


def test_a_long_directory_is_paged_and_none_is_left_out_or_listed_twice(hub: Hub, world: World) -> None:
    for number in range(3):
        organisation = provider(hub, world.admin, name=f"第{number}学校")
        for _ in range(3):
            offering(hub, world.admin, organisation_id=organisation)
    seen, after = [], None
    with hub.transaction(world.worker) as session:
        for _ in range(9):
            found = browse_directory(session, after=after, limit=2, at=hub.clock.now())
            seen += [line.offering_id for line in found.lines]
            after = found.next
            if after is None:
                break
    assert len(seen) == len(set(seen)) == 9


def test_it_is_narrowed_by_need_area_organisation_and_words(hub: Hub, world: World) -> None:
    here = provider(hub, world.admin, name="本地学校")
    there = provider(hub, world.admin, name="外地学校")
    key = offering(hub, world.admin, organisation_id=here, area_codes=["999999"])
    offering(hub, world.admin, organisation_id=there, area_codes=["110101"])
    for asked in (
        {"area_code": "999999001"},
        {"area_code": "990000"},
        {"organisation_id": here},
        {"words": "本地"},
        {"area_code": "999999", "need_kind": "employment", "service_key": "employment.training"},
    ):
        assert [line.offering_id for line in browse(hub, world, **asked)] == [key], asked
    assert browse(hub, world, need_kind="living") == []
    assert browse(hub, world, words="100%") == []


@pytest.mark.parametrize(("spent", "sign"), [(0, "ample"), (95_00, "low"), (100_00, "none")])
def test_of_a_fund_a_worker_learns_how_it_stands_and_no_amount(
    hub: Hub, world: World, owner: psycopg.Connection, spent: int, sign: str
) -> None:
    fund, at = new_id(), hub.clock.now()
    owner.execute(
        "INSERT INTO fund (id, created_at, organisation_id, name, source, year, budget_fen)"
        " VALUES (%s, %s, %s, '备用金', 'petty', 2026, 10000)",
        [fund, at, world.partner_id],
    )
    if spent:
        owner.execute(
            "INSERT INTO assistance_entry (id, application_id, created_at, organisation_id, type, source, quantity,"
            " unit, amount_fen, fund_id, happened_on, kind, applied_on, evidence, advance) VALUES"
            " (%(application)s, %(application)s, %(at)s, %(partner)s, 'charity', 'found', 0, 'yuan', 0, NULL, %(day)s,"
            "  'application', %(day)s, 'provider', false),"
            " (%(grant)s, %(application)s, %(at)s, %(partner)s, 'charity', 'found', 1, 'time', %(spent)s, %(fund)s,"
            "  %(day)s, 'granted', %(day)s, 'provider', false)",
            {
                "application": new_id(),
                "grant": new_id(),
                "at": at,
                "partner": world.partner_id,
                "day": at.date(),
                "spent": spent,
                "fund": fund,
            },
        )
    with hub.transaction(world.worker) as session:
        assert fund_signs(session, [world.partner_id, world.other_partner_id], at) == {world.partner_id: sign}
    with hub.transaction(world.civil) as session:
        assert fund_signs(session, [world.partner_id], at) == {}
