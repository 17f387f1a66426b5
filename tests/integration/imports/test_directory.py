"""Bringing a directory into a real database: mapped by classification, all of it or nothing, never twice."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from tests.unit.imports.directories import attribute, encoded, full_service, key, nested, organisation, service
from tests.world import World

from referral_hub.actor import Actor, system_actor
from referral_hub.directory.actions import change_organisation
from referral_hub.errors import NotAllowed
from referral_hub.hub import Hub
from referral_hub.importing.directory import DirectoryImported, import_directory
from referral_hub.importing.directory_plan import DirectoryPlan, plan_directory
from referral_hub.importing.errors import DirectoryRefused
from referral_hub.importing.hsds import read_directory

OPERATOR = system_actor("cli")


def plan(hub: Hub, *files: bytes, **choices: Any) -> DirectoryPlan:
    return plan_directory(read_directory(files), hub.modules.services(), **choices)


def bring_in(hub: Hub, *files: bytes, by: Actor = OPERATOR, **choices: Any) -> DirectoryImported:
    with hub.transaction(by) as session:
        return import_directory(session, plan(hub, *files, **choices), by=by, at=hub.clock.now())


def rows(owner: psycopg.Connection, statement: str) -> list[tuple[Any, ...]]:
    return owner.execute(statement).fetchall()


def test_a_directory_becomes_an_organisation_in_preparation_with_its_offering_and_places(
    hub: Hub, owner: psycopg.Connection
) -> None:
    done = bring_in(hub, nested(full_service(), alternate_name="晨曦培训"))
    assert (done.organisations_added, done.offerings_added, done.places_added) == (1, 1, 5)
    assert "个人信息保护影响评估" in done.notes[0].zh
    assert rows(owner, "SELECT name, short_name, kind, processor_role, status FROM organisation") == [
        ("晨曦职业技能培训中心", "晨曦培训", "provider", "independent", "preparing")
    ]
    (offering,) = rows(
        owner,
        "SELECT service_key, title, status, hours, phone, languages, area_codes, eligibility, description"
        " FROM offering",
    )
    assert offering[:5] == ("employment.training", "烹饪技能班", "open", "周一至周五 09:00–17:00", "057187654321")
    assert offering[5:8] == (["zh", "yue"], ["999999"], {"min_age": 18, "max_age": 55})
    for words in (
        "八周课程",
        "服务对象：愿意学习的成年人",
        "办理：电话预约",
        "需要材料：身份证",
        "地址：示范省示范市示范路1号",
    ):
        assert words in offering[8]
    assert rows(owner, "SELECT count(*), count(*) FILTER (WHERE out_of_service) FROM place") == [(5, 2)]
    assert rows(owner, "SELECT details->>'offerings_added' FROM audit_entry WHERE action = 'import.directory'") == [
        ("1",)
    ]


def test_the_same_file_twice_changes_nothing(hub: Hub, owner: psycopg.Connection) -> None:
    bring_in(hub, nested(full_service()))
    before = rows(owner, "SELECT organisation::text, offering::text FROM organisation, offering")
    again = bring_in(hub, nested(full_service()))
    assert (again.organisations_same, again.offerings_same) == (1, 1)
    assert (again.organisations_added, again.offerings_added, again.offerings_changed, again.places_added) == (
        0,
        0,
        0,
        0,
    )
    assert again.notes == []
    assert rows(owner, "SELECT organisation::text, offering::text FROM organisation, offering") == before


def test_a_later_file_brings_known_entries_up_to_date(hub: Hub, owner: psycopg.Connection) -> None:
    bring_in(hub, nested(full_service()))
    later = full_service(url="x") | {"name": "烹饪技能班", "minimum_age": 16, "status": "temporarily closed"}
    later["capacities"][0] |= {"maximum": 8}
    done = bring_in(hub, nested(later, phones=[{"id": "p", "number": "13800000000"}]))
    assert (done.organisations_changed, done.offerings_changed, done.places_added) == (1, 1, 3)
    assert rows(owner, "SELECT status, eligibility->>'min_age' FROM offering") == [("paused", "16")]
    assert rows(owner, "SELECT phone FROM organisation") == [("13800000000",)]


def test_what_an_administrator_filled_in_stays_when_the_file_does_not_say(
    hub: Hub, world: World, owner: psycopg.Connection
) -> None:
    bring_in(hub, nested(full_service()))
    ((organisation_id,),) = rows(owner, "SELECT id FROM organisation WHERE external_id IS NOT NULL")
    with hub.transaction(world.admin) as session:
        values = {"area_code": "999999", "contact_name": "陈老师", "short_name": "晨曦"}
        change_organisation(session, organisation_id=organisation_id, values=values, by=world.admin, at=hub.clock.now())
    bring_in(hub, nested(full_service()))
    assert rows(
        owner, "SELECT area_code, contact_name, short_name FROM organisation WHERE external_id IS NOT NULL"
    ) == [("999999", "陈老师", "晨曦")]


def test_an_organisation_known_by_its_credit_code_is_not_doubled(
    hub: Hub, world: World, owner: psycopg.Connection
) -> None:
    owner.execute("UPDATE organisation SET credit_code = '91350100M000100Y43' WHERE id = %s", [world.partner_id])
    identifiers = [{"id": "1", "identifier": "91350100M000100Y43"}]
    done = bring_in(hub, nested(full_service(), organization_identifiers=identifiers))
    assert (done.organisations_added, done.organisations_changed) == (0, 1)
    assert rows(owner, "SELECT organisation_id FROM offering") == [(world.partner_id,)]


@pytest.mark.parametrize(
    ("term", "service_key"),
    [
        ("employment.training", "employment.training"),
        ("employment", "employment.training"),
        ("Job Training", "employment.training"),
        ("职业技能培训", "employment.training"),
        ("就业培训", "employment.training"),
        ("counselling", "counselling.sessions"),
        ("Mental Health Counselling", "counselling.sessions"),
        ("心理辅导", "counselling.sessions"),
    ],
)
def test_a_service_is_known_by_its_classification(hub: Hub, term: str, service_key: str) -> None:
    planned = plan(hub, nested(service("某项服务", term)))
    assert planned.problems == ()
    assert planned.offerings[0].service_key == service_key


def test_services_of_no_known_kind_are_reported_by_name_and_nothing_comes_in(
    hub: Hub, owner: psycopg.Connection
) -> None:
    data = nested(full_service(), service("图书借阅", "library"))
    with pytest.raises(DirectoryRefused) as refused:
        bring_in(hub, data)
    (problem,) = refused.value.problems
    assert problem.name == "图书借阅"
    assert "--map '图书借阅=" in problem.fix.zh
    assert rows(owner, "SELECT count(*) FROM organisation") == [(0,)]


@pytest.mark.parametrize("said", ["图书借阅", "library", key("图书借阅")])
def test_the_importer_may_say_which_service_it_is(hub: Hub, said: str) -> None:
    planned = plan(hub, nested(service("图书借阅", "library")), mapping={said: "employment.training"})
    assert planned.offerings[0].service_key == "employment.training"
    wrong = plan(hub, nested(service("图书借阅", "library")), mapping={said: "reading.room"})
    assert "reading.room" in wrong.blocking[0].reason.zh


def test_or_leave_such_services_out(hub: Hub) -> None:
    done = bring_in(hub, nested(full_service(), service("图书借阅", "library")), skip_unmapped=True)
    assert done.offerings_added == 1
    planned = plan(hub, nested(service("图书借阅", "library")), skip_unmapped=True)
    assert "图书借阅" in planned.notes[0].zh


def test_what_a_module_must_know_of_its_offerings_is_asked_and_answered(hub: Hub, owner: psycopg.Connection) -> None:
    asked = plan(hub, nested(service("临时救助", "living")))
    assert "资金来源" in asked.blocking[0].reason.zh
    assert "--set living.assistance.fund=" in asked.blocking[0].fix.zh
    bring_in(hub, nested(service("临时救助", "living")), settings={"living.assistance": {"fund": "charity"}})
    told = [attribute("fund", taxonomy="referral-hub", value="treasury"), attribute("living")]
    bring_in(hub, nested(service("急难救助", attributes=told)))
    assert rows(owner, "SELECT settings->>'fund' FROM offering ORDER BY id") == [("charity",), ("treasury",)]


def test_words_that_no_client_should_read_are_reported_before_anything_is_written(hub: Hub) -> None:
    (problem,) = plan(hub, nested(service("技能班", description="面向戒毒康复人员的课程"))).blocking
    assert (problem.name, "戒毒" in problem.reason.zh, "中性" in problem.fix.zh) == ("技能班", True, True)


def test_entries_without_id_name_or_organisation_are_reported(hub: Hub) -> None:
    orphan = {**service("无主的课"), "organization_id": "nobody"}
    data = encoded(
        {"organizations": [organisation(), {"name": "没有id"}], "services": [orphan, {"id": "1", "status": "active"}]}
    )
    told = {(problem.name, problem.reason.zh) for problem in plan(hub, data).blocking}
    assert told == {
        ("没有id", "没有id，无法在再次导入时认出。"),
        ("无主的课", "文件里没有提供这项服务的机构。"),
        ("1", "没有名称。"),
    }


def test_a_foreign_telephone_and_an_area_without_code_are_reported_and_do_not_stop_it(hub: Hub) -> None:
    odd = service(phones=[{"id": "p", "number": "+44 1234 234567"}], service_areas=[{"id": "a", "name": "全市"}])
    planned = plan(hub, nested(odd))
    assert planned.blocking == ()
    assert [problem.reason.zh for problem in planned.problems] == [
        "电话“+44 1234 234567”没有读入。",
        "服务区域没有行政区划代码，暂作不限地区。",
    ]


def test_a_service_that_has_ended_is_not_started(hub: Hub, owner: psycopg.Connection) -> None:
    done = bring_in(hub, nested(service(status="defunct")))
    assert (done.offerings_added, rows(owner, "SELECT count(*) FROM offering")) == (0, [(0,)])
    assert "烹饪技能班" in done.notes[0].zh


def test_beds_for_men_and_for_women_are_kept_apart(hub: Hub, owner: psycopg.Connection) -> None:
    def beds(name: str, free: int) -> dict[str, object]:
        return {
            "id": key(name),
            "unit": {"id": key(name), "name": name},
            "available": free,
            "updated": "2026-03-01T00:00:00Z",
        }

    bring_in(hub, nested(service(capacities=[beds("男床位", 2), beds("女床位", 1)])))
    assert rows(owner, "SELECT group_label, sex, count(*) FROM place GROUP BY 1, 2 ORDER BY 2") == [
        ("男床位", "1", 2),
        ("女床位", "2", 1),
    ]


def test_an_offering_does_not_turn_into_another_service(hub: Hub) -> None:
    bring_in(hub, nested(service()))
    with pytest.raises(DirectoryRefused) as refused:
        bring_in(hub, nested(service()), mapping={"烹饪技能班": "counselling.sessions"})
    assert "另一项服务" in refused.value.problems[0].reason.zh


@pytest.mark.parametrize("role", ["worker", "supervisor", "partner", "civil", "auditor"])
def test_only_an_administrator_or_the_operator_brings_a_directory_in(hub: Hub, world: World, role: str) -> None:
    with pytest.raises((NotAllowed, DirectoryRefused)):
        bring_in(hub, nested(full_service()), by=getattr(world, role))
