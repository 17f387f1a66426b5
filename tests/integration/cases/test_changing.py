"""Changing a case: corrections, needs, closing and reopening, who may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from tests.factories import CaseMade, client_case, id_number
from tests.loop import Loop
from tests.world import World

from referral_hub.calendar.clock import FixedClock, local_date
from referral_hub.cases.actions import (
    add_note,
    add_plan_item,
    change_case,
    change_need,
    change_person,
    change_profile,
    close_case,
    finish_plan_item,
    reassign_case,
    reopen_case,
    set_need_state,
)
from referral_hub.cases.errors import (
    CaseClosed,
    CaseHasOpenNeeds,
    CaseHasOpenReferrals,
    NeedMoveImpossible,
    ReopenedTooLate,
)
from referral_hub.errors import Conflict, Invalid, NotAllowed, NotFound
from referral_hub.hub import Hub
from referral_hub.views.worker.case import case_for_page
from referral_hub.views.worker.caseload import find_person


@pytest.fixture
def case(hub: Hub, world: World) -> CaseMade:
    return client_case(hub, world.worker)


def test_a_corrected_person_is_found_by_what_is_right(hub: Hub, world: World, case: CaseMade) -> None:
    values: dict[str, Any] = {"id_number": id_number(9), "phone": "", "address": "幸福里3号"}
    with hub.transaction(world.worker) as session:
        change_person(session, case_id=case.id, values=values, by=world.worker, at=hub.clock.now())
    with hub.transaction(world.worker) as session:
        assert find_person(session, id_number(1)) == []
        assert len(find_person(session, id_number(9))) == 1
        shown = case_for_page(session, case.id)
    assert shown.person.phone is None
    assert shown.person.address == "幸福里3号"
    assert shown.head.name == "王伟"


def test_the_audit_entry_names_the_fields_and_not_what_was_written(
    hub: Hub, world: World, case: CaseMade, owner: psycopg.Connection
) -> None:
    with hub.transaction(world.worker) as session:
        change_person(session, case_id=case.id, values={"address": "幸福里3号"}, by=world.worker, at=hub.clock.now())
    row = owner.execute("SELECT details FROM audit_entry WHERE action = 'case.change'").fetchone()
    assert row == ({"fields": ["address"]},)


def test_whoever_was_slower_is_notified(hub: Hub, world: World, case: CaseMade) -> None:
    at = hub.clock.now()
    with hub.transaction(world.worker) as session:
        version = case_for_page(session, case.id).head.version
    with hub.transaction(world.supervisor) as session:
        change_profile(session, case_id=case.id, values={"skills": "焊工"}, version=version, by=world.supervisor, at=at)
    with pytest.raises(Conflict), hub.transaction(world.worker) as session:
        change_profile(session, case_id=case.id, values={"skills": "电工"}, version=version, by=world.worker, at=at)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"education": "99"}, "education"),
        ({"wanted_jobs": ["spy"]}, "wanted_jobs"),
        ({"test_result": "x"}, "test_result"),
        ({"jobs_barred_until": None}, "jobs_barred_until"),
        ({"skills": "长" * 1001}, "skills"),
    ],
)
def test_a_profile_takes_only_what_it_knows(
    hub: Hub, world: World, case: CaseMade, values: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as wrong, hub.transaction(world.worker) as session:
        change_profile(session, case_id=case.id, values=values, by=world.worker, at=hub.clock.now())
    assert wrong.value.field == field


def test_a_need_moves_only_as_the_table_says(hub: Hub, world: World, case: CaseMade) -> None:
    def move(state: str) -> None:
        with hub.transaction(world.worker) as session:
            set_need_state(session, need_id=case.need_id, state=state, by=world.worker, at=hub.clock.now())

    move("met")
    move("met")
    with pytest.raises(NeedMoveImpossible):
        move("unmet")
    move("open")
    with pytest.raises(NotFound), hub.transaction(world.stranger) as session:
        set_need_state(session, need_id=case.need_id, state="met", by=world.stranger, at=hub.clock.now())


def test_a_need_is_put_in_other_words(hub: Hub, world: World, case: CaseMade) -> None:
    with hub.transaction(world.worker) as session:
        change_need(session, need_id=case.need_id, words="想学烹饪", priority=1, by=world.worker, at=hub.clock.now())
        (view,) = case_for_page(session, case.id).needs
    assert (view.need.words, view.need.priority, view.need.kind) == ("想学烹饪", 1, "employment")


def test_a_case_with_a_referral_under_way_is_not_closed(loop: Loop, world: World) -> None:
    case, sent = loop.sent()
    hub = loop.hub
    with pytest.raises(CaseHasOpenReferrals), hub.transaction(world.worker) as session:
        close_case(session, case_id=case.id, reason="client_left", by=world.worker, at=hub.clock.now())
    loop.take_back(sent.id)
    with hub.transaction(world.worker) as session:
        close_case(session, case_id=case.id, reason="client_left", by=world.worker, at=hub.clock.now())
    with hub.transaction(world.worker) as session:
        shown = case_for_page(session, case.id)
    assert (shown.head.status, shown.head.closing_reason) == ("closed", "client_left")
    assert [view.need.state for view in shown.needs] == ["withdrawn"]


def test_goals_are_not_met_while_a_need_is_open(hub: Hub, world: World, case: CaseMade) -> None:
    with pytest.raises(CaseHasOpenNeeds), hub.transaction(world.worker) as session:
        close_case(session, case_id=case.id, reason="goals_met", by=world.worker, at=hub.clock.now())


def test_a_closed_case_is_not_changed_and_a_supervisor_reopens_it_within_a_month(
    hub: Hub, world: World, case: CaseMade, clock: FixedClock
) -> None:
    def close() -> None:
        with hub.transaction(world.worker) as session:
            close_case(session, case_id=case.id, reason="moved_away", by=world.worker, at=hub.clock.now())

    def reopen(by: str) -> None:
        actor = getattr(world, by)
        with hub.transaction(actor) as session:
            reopen_case(session, case_id=case.id, reason="本人又回来了", by=actor, at=hub.clock.now())

    close()
    with pytest.raises(CaseClosed), hub.transaction(world.worker) as session:
        add_note(session, case_id=case.id, words="来电", by=world.worker, at=hub.clock.now())
    with pytest.raises(NotAllowed):
        reopen("worker")
    reopen("supervisor")
    close()
    clock.advance(timedelta(days=31))
    with pytest.raises(ReopenedTooLate):
        reopen("supervisor")


def test_a_colleague_does_not_take_over_a_case_but_a_supervisor_gives_it(
    hub: Hub, world: World, case: CaseMade
) -> None:
    officer = world.officer
    assert officer.account_id is not None
    with pytest.raises(NotAllowed), hub.transaction(officer) as session:
        reassign_case(session, case_id=case.id, responsible_id=officer.account_id, by=officer, at=hub.clock.now())
    with hub.transaction(world.supervisor) as session:
        reassign_case(
            session, case_id=case.id, responsible_id=officer.account_id, by=world.supervisor, at=hub.clock.now()
        )
    with hub.transaction(world.worker) as session:
        assert case_for_page(session, case.id).head.responsible == officer.name


def test_area_and_release_date_are_changed_and_nothing_else_that_way(hub: Hub, world: World, case: CaseMade) -> None:
    at = hub.clock.now()
    with hub.transaction(world.worker) as session:
        change_case(session, case_id=case.id, values={"area_code": "999999002"}, by=world.worker, at=at)
    for values in ({"status": "closed"}, {"number": "X"}, {"planned_release_on": "soon"}):
        with pytest.raises(Invalid), hub.transaction(world.worker) as session:
            change_case(session, case_id=case.id, values=values, by=world.worker, at=at)


def test_a_plan_item_is_done_once_and_not_tomorrow(hub: Hub, world: World, case: CaseMade) -> None:
    at, today = hub.clock.now(), local_date(hub.clock.now())
    with hub.transaction(world.worker) as session:
        item = add_plan_item(session, case_id=case.id, goal="办证", due_on=today, by=world.worker, at=at)
    with pytest.raises(Invalid), hub.transaction(world.worker) as session:
        finish_plan_item(session, item_id=item, done_on=today + timedelta(days=1), by=world.worker, at=at)
    with hub.transaction(world.worker) as session:
        finish_plan_item(session, item_id=item, by=world.worker, at=at)
    with pytest.raises(Conflict), hub.transaction(world.worker) as session:
        finish_plan_item(session, item_id=item, by=world.worker, at=at)
