"""Every open referral, need and case has one task with an owner and a date, closed and opened by what happens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.loop import Loop
from tests.world import World

from referral_hub.calendar.clock import FixedClock, end_of, local_date
from referral_hub.cases.actions.case import close_case, reassign_case
from referral_hub.cases.actions.needs import set_need_state
from referral_hub.errors import HubError
from referral_hub.health.doctor import examine
from referral_hub.settings import Settings
from referral_hub.tasks.actions import complete_task


def step(loop: Loop, **about: UUID) -> tuple[Any, ...]:
    """Kind, organisation, account, due and by which act of the one open step of a referral, a need or a case."""
    (name, key), *_ = about.items()
    need = " AND need_id IS NULL" if name == "case_id" else ""
    rows = loop.owner.execute(
        "SELECT kind, organisation_id, account_id, due_at, opened_how FROM task"
        f" WHERE next_step AND done_at IS NULL AND {name} = %s{need}",
        [key],
    ).fetchall()
    assert len(rows) <= 1
    return rows[0] if rows else ()


def test_each_state_of_a_referral_has_its_step_and_the_next_act_closes_it(
    loop: Loop, world: World, clock: FixedClock
) -> None:
    _, sent = loop.sent()
    row = loop.referral(sent.id)
    assert step(loop, referral_id=sent.id) == (
        "next_answer",
        world.partner_id,
        None,
        row["answer_due_at"],
        "referral.send",
    )
    day = local_date(clock.now()) + timedelta(days=9)
    loop.deliver()
    loop.waitlist(sent.id, expected_on=day)
    assert step(loop, referral_id=sent.id)[0::3] == ("next_place", end_of(day))
    loop.accept(sent.id)
    due = loop.referral(sent.id)["first_contact_due_at"]
    assert step(loop, referral_id=sent.id)[0::3] == ("next_contact", due)
    loop.fill(sent.id, "first_meeting", {"way": "in_person"})
    loop.deliver()
    due = loop.referral(sent.id)["progress_due_at"]
    assert step(loop, referral_id=sent.id)[0::3] == ("next_report", due)
    closed = loop.owner.execute(
        "SELECT kind, done_how, done_by IS NOT NULL FROM task WHERE next_step AND referral_id = %s"
        " AND done_at IS NOT NULL ORDER BY id",
        [sent.id],
    ).fetchall()
    assert ("next_answer", "referral.waitlist", True) in closed
    assert ("next_place", "referral.accept", True) in closed


def test_a_day_that_is_past_is_no_review_date(loop: Loop, clock: FixedClock) -> None:
    _, sent = loop.sent()
    with pytest.raises(HubError) as refused:
        loop.waitlist(sent.id, expected_on=local_date(clock.now()) - timedelta(days=1))
    assert refused.value.field == "expected_on"


def test_a_wait_without_a_day_is_looked_at_again_all_the_same(loop: Loop, clock: FixedClock) -> None:
    _, sent = loop.sent()
    loop.waitlist(sent.id)
    kind, _, _, due_at, _ = step(loop, referral_id=sent.id)
    assert kind == "next_place"
    assert due_at > clock.now()


def test_a_need_waits_for_its_worker_until_a_referral_carries_it_and_again_after_a_decline(
    loop: Loop, world: World
) -> None:
    case = loop.case()
    kind, office, account, *_ = step(loop, need_id=case.need_id)
    assert (kind, office, account) == ("next_attempt", world.office_id, world.worker.account_id)
    _, sent = loop.sent(serial=2)
    need_id = loop.referral(sent.id)["need_id"]
    assert step(loop, need_id=need_id) == ()
    loop.decline(sent.id)
    assert step(loop, referral_id=sent.id) == ()
    assert step(loop, need_id=need_id)[0] == "next_attempt"


def test_a_case_is_reviewed_again_and_again_by_whoever_is_responsible_until_it_closes(
    loop: Loop, world: World, clock: FixedClock
) -> None:
    case = loop.case()
    kind, _, account, due_at, how = step(loop, case_id=case.id)
    assert (kind, account, how) == ("next_review", world.worker.account_id, "case.open")
    (key,) = loop.one("SELECT id FROM task WHERE kind = 'next_review'")
    clock.set(due_at)
    with loop.hub.transaction(world.worker) as session:
        complete_task(session, key, how="已走访", by=world.worker, at=loop.at)
    assert step(loop, case_id=case.id)[3] > due_at
    other = world.supervisor.account_id
    assert other is not None
    with loop.hub.transaction(world.worker) as session:
        reassign_case(session, case_id=case.id, responsible_id=other, by=world.worker, at=loop.at)
    assert step(loop, case_id=case.id)[2] == other
    assert step(loop, need_id=case.need_id)[2] == other
    with loop.hub.transaction(world.supervisor) as session:
        set_need_state(session, need_id=case.need_id, state="withdrawn", by=world.supervisor, at=loop.at)
        close_case(session, case_id=case.id, reason="no_longer_needed", by=world.supervisor, at=loop.at)
    assert step(loop, case_id=case.id) == ()
    assert step(loop, need_id=case.need_id) == ()


def test_the_step_of_a_referral_is_not_ticked_off_but_done(loop: Loop, world: World) -> None:
    _, sent = loop.sent()
    (key,) = loop.one("SELECT id FROM task WHERE next_step AND referral_id = %s", sent.id)
    with pytest.raises(HubError), loop.hub.transaction(world.partner) as session:
        complete_task(session, key, how="看过了", by=world.partner, at=loop.at)


def test_the_doctor_finds_what_stands_still(loop: Loop, settings: Settings) -> None:
    loop.sent()
    assert _finding(settings) == "ok"
    loop.owner.execute("UPDATE task SET done_at = now() WHERE next_step")
    assert _finding(settings) == "wrong"


def _finding(settings: Settings) -> str:
    return next(one.state for one in examine(settings) if one.subject.en == "Next steps")
