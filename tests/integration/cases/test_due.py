"""The due list: what is late, what is soon, whose it is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from uuid import UUID

from tests.factories import client, client_case
from tests.loop import Loop
from tests.world import World

from referral_hub.actor import Actor
from referral_hub.calendar.clock import FixedClock, local_date
from referral_hub.cases.actions import add_plan_item, close_case, reassign_case
from referral_hub.hub import Hub
from referral_hub.referrals.actions import hold_referral
from referral_hub.referrals.overdue import ask_for_results
from referral_hub.views.worker.due import DueList, my_due_list
from referral_hub.views.worker.team import team_load

Statements = Callable[[], AbstractContextManager[list[str]]]


def due(hub: Hub, actor: Actor, *, whole_office: bool = False) -> DueList:
    with hub.transaction(actor) as session:
        return my_due_list(session, account_id=None if whole_office else actor.account_id, at=hub.clock.now())


def begin_service(loop: Loop, referral_id: UUID) -> None:
    loop.deliver()
    loop.accept(referral_id)
    loop.fill(referral_id, "first_meeting", {"way": "in_person"})
    loop.deliver()


def kinds(listed: DueList) -> list[str]:
    """Without the review of a case, which is due by itself as weeks pass, and what a client is still to be told."""
    return [item.kind for item in listed.items if item.code not in ("next_review", "tell_accepted")]


def test_an_answer_that_is_late_stands_on_the_list_of_its_worker_alone(
    loop: Loop, world: World, clock: FixedClock
) -> None:
    case, sent = loop.sent()
    assert kinds(due(loop.hub, world.worker)) == []
    clock.set(sent.answer_due_at + timedelta(minutes=1))
    (item,) = due(loop.hub, world.worker).items
    assert (item.kind, item.referral_id, item.case_id, item.late) == ("answer_overdue", sent.id, case.id, True)
    assert item.client == "王伟"
    assert due(loop.hub, world.supervisor).items == []
    assert kinds(due(loop.hub, world.supervisor, whole_office=True)) == ["answer_overdue"]
    assert due(loop.hub, world.stranger, whole_office=True).items == []


def test_a_first_contact_that_is_late_is_listed(loop: Loop, world: World, clock: FixedClock) -> None:
    _, sent = loop.sent()
    loop.accept(sent.id)
    until = loop.referral(sent.id)["first_contact_due_at"]
    clock.set(until + timedelta(minutes=1))
    assert kinds(due(loop.hub, world.worker)) == ["contact_overdue"]


def test_a_word_that_is_late_is_listed_until_the_provider_writes(loop: Loop, world: World, clock: FixedClock) -> None:
    _, sent = loop.sent()
    begin_service(loop, sent.id)
    until = loop.referral(sent.id)["progress_due_at"]
    clock.set(until - timedelta(minutes=1))
    assert kinds(due(loop.hub, world.worker)) == []
    clock.set(until + timedelta(minutes=1))
    (item,) = (one for one in due(loop.hub, world.worker).items if one.code != "next_review")
    assert (item.kind, item.referral_id, item.due_at, item.late) == ("word_overdue", sent.id, until, True)
    loop.fill(sent.id, "guidance", {"next_step": "class_offered"})
    loop.deliver()
    assert kinds(due(loop.hub, world.worker)) == []


def test_a_result_that_is_late_is_listed_in_place_of_the_word(loop: Loop, world: World, clock: FixedClock) -> None:
    _, sent = loop.sent(offering_id=loop.offering(places=1, settings={"stay_days": 10}))
    begin_service(loop, sent.id)
    clock.advance(timedelta(days=11))
    assert ask_for_results(loop.hub) == 1
    assert kinds(due(loop.hub, world.worker)) == []
    clock.set(loop.referral(sent.id)["outcome_due_at"] + timedelta(minutes=1))
    assert kinds(due(loop.hub, world.worker)) == ["feedback_overdue"]
    clock.advance(timedelta(days=30))
    assert kinds(due(loop.hub, world.worker)) == ["feedback_overdue"]


def test_on_hold_no_word_is_late_but_a_result_may_be(loop: Loop, world: World, clock: FixedClock) -> None:
    _, sent = loop.sent(offering_id=loop.offering(places=1, settings={"stay_days": 50}))
    begin_service(loop, sent.id)
    with loop.hub.transaction(world.partner) as session:
        hold_referral(session, referral_id=sent.id, by=world.partner, at=loop.at)
    clock.advance(timedelta(days=45))
    ask_for_results(loop.hub)
    # A pause is looked at again after its time, though no word is late.
    assert kinds(due(loop.hub, world.worker)) == ["step_overdue"]
    clock.advance(timedelta(days=20))
    ask_for_results(loop.hub)
    assert kinds(due(loop.hub, world.worker)) == ["feedback_overdue"]


def test_a_decline_asks_for_the_next_attempt_until_there_is_one(loop: Loop, world: World) -> None:
    case, sent = loop.sent()
    loop.decline(sent.id, "no_capacity")
    (item,) = due(loop.hub, world.worker).items
    assert (item.kind, item.need_id, item.code) == ("next_attempt", case.need_id, "no_capacity")
    offering_id = loop.offering()
    loop.draft(case, offering_id)
    assert kinds(due(loop.hub, world.worker)) == []


def test_a_consent_that_ends_within_two_weeks_is_listed(loop: Loop, world: World, clock: FixedClock) -> None:
    loop.sent()
    loop.consent(loop.case(serial=2), loop.offering(), valid_days=20)
    assert "consent_ending" not in kinds(due(loop.hub, world.worker))
    clock.advance(timedelta(days=7))
    assert kinds(due(loop.hub, world.worker)).count("consent_ending") == 1


def test_a_plan_item_is_its_owners(hub: Hub, world: World, clock: FixedClock) -> None:
    case = client_case(hub, world.worker)
    today = local_date(hub.clock.now())
    with hub.transaction(world.worker) as session:
        add_plan_item(
            session, case_id=case.id, goal="办身份证", due_on=today + timedelta(days=3), by=world.worker,
            at=hub.clock.now(),
        )  # fmt: skip
    (item,) = due(hub, world.worker).items
    assert (item.kind, item.words, item.late) == ("plan", "办身份证", False)
    clock.advance(timedelta(days=4))
    assert due(hub, world.worker).late == 1


def test_who_has_to_report_in_is_shown_to_officers_only(hub: Hub, world: World) -> None:
    client(
        hub,
        world.officer,
        planned_release_on=date(2026, 2, 25),
        measure={"kind": "awaiting_report", "status": "awaiting_report"},
    )
    (item,) = due(hub, world.officer).items
    assert (item.kind, item.due_on) == ("report_in", date(2026, 3, 12))
    assert due(hub, world.supervisor, whole_office=True).items == []


def test_a_release_to_come_is_listed_for_every_worker(hub: Hub, world: World) -> None:
    client(hub, world.worker, planned_release_on=date(2026, 3, 20))
    client(hub, world.worker, serial=2, planned_release_on=date(2026, 6, 20))
    assert kinds(due(hub, world.worker)) == ["release"]


def test_what_waits_goes_with_the_case(loop: Loop, world: World, clock: FixedClock) -> None:
    case, sent = loop.sent()
    clock.set(sent.answer_due_at + timedelta(minutes=1))
    officer = world.officer
    assert officer.account_id is not None
    with loop.hub.transaction(world.supervisor) as session:
        reassign_case(
            session, case_id=case.id, responsible_id=officer.account_id, by=world.supervisor, at=loop.hub.clock.now()
        )
    assert kinds(due(loop.hub, world.worker)) == []
    assert kinds(due(loop.hub, officer)) == ["answer_overdue"]


def test_a_closed_case_waits_for_nothing_but_its_follow_ups(hub: Hub, world: World) -> None:
    opened = client(hub, world.worker, planned_release_on=date(2026, 3, 20))
    with hub.transaction(world.worker) as session:
        close_case(session, case_id=opened.id, reason="moved_away", by=world.worker, at=hub.clock.now())
    assert due(hub, world.worker).items == []


def test_the_list_costs_two_statements_at_most(loop: Loop, world: World, statements: Statements) -> None:
    for serial in range(1, 4):
        loop.sent(serial=serial)
    with loop.hub.transaction(world.officer) as session, statements() as seen:
        my_due_list(session, account_id=None, at=loop.hub.clock.now())
    assert len(seen) == 2


def test_a_supervisor_sees_who_carries_how_much(loop: Loop, world: World, clock: FixedClock) -> None:
    _, sent = loop.sent()
    client_case(loop.hub, world.worker, serial=2)
    clock.set(sent.answer_due_at + timedelta(minutes=1))
    with loop.hub.transaction(world.supervisor) as session:
        load = {one.name: one for one in team_load(session, at=loop.hub.clock.now())}
    busy = load[world.worker.name]
    assert (busy.cases, busy.referrals, busy.answers_late) == (2, 1, 1)
    assert load[world.officer.name].cases == 0
