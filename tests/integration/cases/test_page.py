"""The case page: what it holds, who sees it, what it costs, and what of it is entered in the audit log."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import psycopg
import pytest
from tests.factories import CaseMade, client_case, id_number, need, phone
from tests.loop import Loop
from tests.world import World

from referral_hub.actor import Actor
from referral_hub.calendar.clock import FixedClock, local_date
from referral_hub.cases.actions import (
    add_note,
    add_plan_item,
    add_team_member,
    change_profile,
    end_team_member,
    reveal_id_number,
    write_measure,
)
from referral_hub.cases.facts import case_facts
from referral_hub.errors import Invalid, NotFound
from referral_hub.hub import Hub
from referral_hub.views.worker.case import CasePage, case_for_page
from referral_hub.views.worker.case_head import case_head, open_needs
from referral_hub.views.worker.timeline import timeline_for_case

Statements = Callable[[], AbstractContextManager[list[str]]]
MEASURE = {"kind": "community_treatment", "start": "2025-06-01", "planned_end": "2028-05-31"}


@pytest.fixture
def case(hub: Hub, world: World) -> CaseMade:
    return client_case(hub, world.worker)


def page(hub: Hub, case: CaseMade, by: Actor) -> CasePage:
    with hub.transaction(by) as session:
        return case_for_page(session, case.id)


def full_case(loop: Loop, count: int) -> CaseMade:
    """A case with `count` of everything: needs with a referral sent, plan items, notes."""
    hub, worker = loop.hub, loop.world.worker
    case = loop.case()
    for number in range(count):
        offering_id = loop.offering()
        loop.consent(case, offering_id)
        loop.send(loop.draft(case, offering_id).id)
        need(hub, worker, case.id, kind="housing", words=f"第{number}项")
        with hub.transaction(worker) as session:
            today = local_date(hub.clock.now())
            add_plan_item(session, case_id=case.id, goal="上课", due_on=today, by=worker, at=hub.clock.now())
            add_note(session, case_id=case.id, words="电话联系", kind="phone", by=worker, at=hub.clock.now())
    return case


def test_the_page_shows_the_whole_case(loop: Loop) -> None:
    case = full_case(loop, 1)
    shown = page(loop.hub, case, loop.world.worker)
    assert shown.head.name == "王伟"
    assert shown.head.display_name == "王先生"
    assert shown.person.phone == phone(1)
    assert [view.need.words for view in shown.needs] == ["想学一门手艺，尽快有收入", "第0项"]
    assert [attempt.state for attempt in shown.needs[0].attempts] == ["sent"]
    assert [item.goal for item in shown.plan] == ["上课"]
    assert [note.words for note in shown.notes] == ["电话联系"]
    assert [consent.state for consent in shown.consents] == ["given"]
    assert [line.recipient for line in shown.received] == ["晨曦职业技能培训中心"]
    acts = [entry.action for entry in shown.timeline.lines]
    assert acts[-1] == "case.open"
    assert "referral.send" in acts


def test_the_id_number_is_masked_everywhere(hub: Hub, world: World, case: CaseMade) -> None:
    shown = page(hub, case, world.worker)
    assert shown.person.id_masked == "999" + "*" * 11 + id_number(1)[-4:]
    assert id_number(1) not in repr(shown)


def test_a_full_page_costs_no_more_statements_than_an_empty_one(loop: Loop, statements: Statements) -> None:
    def cost(case: CaseMade) -> int:
        with loop.hub.transaction(loop.world.officer) as session, statements() as seen:
            case_for_page(session, case.id)
        return len(seen)

    few = cost(full_case(loop, 1))
    full = full_case_of_other(loop)
    assert few == cost(full) <= 12


def full_case_of_other(loop: Loop) -> CaseMade:
    hub, worker = loop.hub, loop.world.worker
    case = loop.case(serial=2)
    for _ in range(4):
        offering_id = loop.offering()
        loop.consent(case, offering_id)
        loop.send(loop.draft(case, offering_id).id)
        with hub.transaction(worker) as session:
            add_note(session, case_id=case.id, words="面谈", kind="interview", by=worker, at=hub.clock.now())
    return case


def test_a_look_is_reported_once_in_ten_minutes(
    hub: Hub, world: World, case: CaseMade, clock: FixedClock, owner: psycopg.Connection
) -> None:
    def looks() -> int:
        row = owner.execute("SELECT count(*) FROM audit_entry WHERE action = 'case.read'").fetchone()
        assert row is not None
        return int(row[0])

    for _ in range(3):
        page(hub, case, world.worker)
    assert looks() == 1
    page(hub, case, world.supervisor)
    assert looks() == 2
    clock.advance(timedelta(minutes=11))
    page(hub, case, world.worker)
    assert looks() == 3


@pytest.mark.parametrize("who", ["stranger", "partner", "civil", "admin", "auditor"])
def test_nobody_outside_the_office_finds_the_case(hub: Hub, world: World, case: CaseMade, who: str) -> None:
    with pytest.raises(NotFound):
        page(hub, case, getattr(world, who))
    with pytest.raises(NotFound), hub.transaction(getattr(world, who)) as session:
        case_facts(session, case.id)


def test_a_helper_from_another_office_sees_this_case_until_the_end_of_their_part(
    hub: Hub, world: World, case: CaseMade
) -> None:
    other = client_case(hub, world.worker, serial=2)
    helper = world.stranger
    assert helper.account_id is not None
    with hub.transaction(world.worker) as session:
        add_team_member(
            session, case_id=case.id, account_id=helper.account_id, part="peer", by=world.worker, at=hub.clock.now()
        )
    assert page(hub, case, helper).head.number == case.number
    with pytest.raises(NotFound):
        page(hub, other, helper)
    with hub.transaction(helper) as session:
        add_note(session, case_id=case.id, words="一起去了社保窗口", kind="accompanied", by=helper, at=hub.clock.now())
    with hub.transaction(world.worker) as session:
        end_team_member(session, case_id=case.id, account_id=helper.account_id, by=world.worker, at=hub.clock.now())
    with pytest.raises(NotFound):
        page(hub, case, helper)


def test_only_an_officer_sees_the_measure_and_looking_is_reported(
    hub: Hub, world: World, case: CaseMade, owner: psycopg.Connection
) -> None:
    with hub.transaction(world.officer) as session:
        write_measure(session, case_id=case.id, measure=MEASURE, by=world.officer, at=hub.clock.now())
    assert page(hub, case, world.worker).measure is None
    measure = page(hub, case, world.officer).measure
    assert measure is not None
    assert measure.kind == "community_treatment"
    assert owner.execute("SELECT count(*) FROM audit_entry WHERE action = 'measure.read'").fetchone() == (1,)


def test_the_measure_and_its_traces_are_no_facts_for_a_release(hub: Hub, world: World, case: CaseMade) -> None:
    with hub.transaction(world.worker) as session:
        change_profile(
            session,
            case_id=case.id,
            values={"wanted_jobs": ["driving", "catering", "children"], "education": "70"},
            by=world.worker,
            at=hub.clock.now(),
        )
    with hub.transaction(world.officer) as session:
        write_measure(session, case_id=case.id, measure=MEASURE, by=world.officer, at=hub.clock.now())
    with hub.transaction(world.worker) as session:
        facts = case_facts(session, case.id)
    assert facts["suitable_jobs"] == ["catering"]
    assert facts["education"] == "70"
    assert not {name for name in facts if "measure" in name or "barred" in name or "wanted" in name}
    shown = page(hub, case, world.worker)
    assert shown.unsuitable_jobs == ["driving", "public_transport", "children", "drone"]


def test_who_looks_for_nothing_gets_no_list_that_names_the_bar(hub: Hub, world: World, case: CaseMade) -> None:
    with hub.transaction(world.worker) as session:
        assert "suitable_jobs" not in case_facts(session, case.id)


def test_the_full_id_number_needs_a_reason_that_is_kept(
    hub: Hub, world: World, case: CaseMade, owner: psycopg.Connection
) -> None:
    at = hub.clock.now()
    with pytest.raises(Invalid), hub.transaction(world.worker) as session:
        reveal_id_number(session, case_id=case.id, reason=" ", by=world.worker, at=at)
    with hub.transaction(world.worker) as session:
        shown = reveal_id_number(session, case_id=case.id, reason="办理补贴申请", by=world.worker, at=at)
    assert shown == id_number(1)
    row = owner.execute("SELECT reason FROM audit_entry WHERE action = 'person.reveal'").fetchone()
    assert row == ("办理补贴申请",)


def test_the_timeline_is_paged_and_keeps_looks_apart(hub: Hub, world: World, case: CaseMade) -> None:
    for number in range(7):
        with hub.transaction(world.worker) as session:
            add_note(session, case_id=case.id, words=f"第{number}次", by=world.worker, at=hub.clock.now())
    page(hub, case, world.worker)
    with hub.transaction(world.supervisor) as session:
        first = timeline_for_case(session, case.id, limit=5)
        rest = timeline_for_case(session, case.id, after=first.next, limit=5)
        looks = timeline_for_case(session, case.id, looks=True)
    assert [entry.action for entry in first.lines] == ["case.note"] * 5
    assert [entry.action for entry in rest.lines] == ["case.note", "case.note", "need.open", "case.open"]
    assert rest.next is None
    assert [(entry.action, entry.by) for entry in looks.lines] == [("case.read", world.worker.name)]


def test_the_heading_and_the_open_needs_begin_a_referral(hub: Hub, world: World, case: CaseMade) -> None:
    with hub.transaction(world.worker) as session:
        head = case_head(session, case.id)
        needs = open_needs(session, case.id)
    assert head.responsible == world.worker.name
    assert [one.id for one in needs] == [case.need_id]
