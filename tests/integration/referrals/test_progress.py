"""A word each month while it is served, and a result when the planned end has passed (R26)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.integration.referrals.test_delivering import FIRST_MEETING, finish
from tests.loop import Loop
from tests.world import World

from referral_hub.calendar.clock import FixedClock, end_of
from referral_hub.hub import Hub
from referral_hub.module_admin.lifecycle_actions import disable_module
from referral_hub.referrals.actions import (
    end_unserved,
    hold_referral,
    mark_error,
    reopen_referral,
    resume_referral,
)
from referral_hub.referrals.overdue import ask_for_results
from referral_hub.views.partner.inbox import inbox_for_partner

# The world begins on 2 March 2026; the training module asks for a word every 30 days.
FIRST_WORD = end_of(date(2026, 4, 1))
STAY = {"stay_days": 10}
LAST_DAY = date(2026, 3, 11)
RESULT = end_of(date(2026, 3, 18))


def served(loop: Loop, *, serial: int = 1, offering: UUID | None = None) -> UUID:
    """A referral that the first form has put into service."""
    _, sent = loop.sent(serial=serial, offering_id=offering)
    loop.deliver()
    loop.accept(sent.id)
    assert loop.referral(sent.id)["progress_due_at"] is None
    loop.fill(sent.id, "first_meeting", FIRST_MEETING)
    assert loop.deliver() == 1
    return sent.id


def change(loop: Loop, act: Callable[..., object], referral_id: UUID, *, role: str = "partner", **values: Any) -> None:
    by = getattr(loop.world, role)
    with loop.hub.transaction(by) as session:
        act(session, referral_id=referral_id, **values, by=by, at=loop.at)


def test_the_first_form_begins_the_month_and_each_further_one_begins_it_again(loop: Loop, clock: FixedClock) -> None:
    referral_id = served(loop)
    assert loop.referral(referral_id)["progress_due_at"] == FIRST_WORD == datetime(2026, 4, 1, 16, tzinfo=UTC)
    clock.advance(timedelta(days=9))
    loop.fill(referral_id, "guidance", {"next_step": "class_offered"})
    assert loop.referral(referral_id)["progress_due_at"] == FIRST_WORD, "the module has not taken it yet"
    loop.deliver()
    assert loop.referral(referral_id)["progress_due_at"] == FIRST_WORD + timedelta(days=9)


def test_on_hold_no_word_is_due_and_going_on_begins_the_month_again(loop: Loop, clock: FixedClock) -> None:
    referral_id = served(loop)
    change(loop, hold_referral, referral_id)
    assert loop.referral(referral_id)["progress_due_at"] is None
    clock.advance(timedelta(days=60))
    change(loop, resume_referral, referral_id)
    assert loop.referral(referral_id)["progress_due_at"] == FIRST_WORD + timedelta(days=60)


def test_after_the_end_no_word_is_due_until_it_is_opened_again(loop: Loop, clock: FixedClock) -> None:
    _, sent = loop.sent()
    finish(loop, sent.id)
    ended = loop.referral(sent.id)
    assert (ended["state"], ended["progress_due_at"], ended["outcome_due_at"]) == ("completed", None, None)
    clock.advance(timedelta(days=3))
    change(loop, reopen_referral, sent.id, role="supervisor", reason_code="entered_too_early")
    assert loop.referral(sent.id)["progress_due_at"] == FIRST_WORD + timedelta(days=3)


def _discontinued(loop: Loop, referral_id: UUID) -> None:
    loop.fill(referral_id, "close", {"outcome": "client_left", "outcome_evidence": "provider"})
    loop.deliver()


def _withdrawn(loop: Loop, _: UUID) -> None:
    loop.withdraw(loop.one("SELECT id FROM consent")[0])


def _unserved(loop: Loop, referral_id: UUID) -> None:
    with loop.hub.transaction(loop.world.admin) as session:
        disable_module(session, key="employment", reason="停办", by=loop.world.admin, at=loop.at, force=True)
    change(loop, end_unserved, referral_id, role="worker", reason_code="module_gone")


def _in_error(loop: Loop, referral_id: UUID) -> None:
    change(loop, mark_error, referral_id, role="worker", reason_code="wrong_recipient")


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (_discontinued, "discontinued"),
        (_withdrawn, "consent_withdrawn"),
        (_unserved, "discontinued"),
        (_in_error, "entered_in_error"),
    ],
)
def test_every_end_ends_what_is_due(loop: Loop, end: Callable[[Loop, UUID], None], state: str) -> None:
    referral_id = served(loop)
    loop.owner.execute("UPDATE referral SET outcome_due_at = %s", [RESULT])
    end(loop, referral_id)
    row = loop.referral(referral_id)
    assert (row["state"], row["progress_due_at"], row["outcome_due_at"]) == (state, None, None)


def test_a_result_is_asked_for_once_the_last_day_of_the_place_is_over(loop: Loop, clock: FixedClock) -> None:
    referral_id = served(loop, offering=loop.offering(places=1, settings=STAY))
    (until,) = loop.one("SELECT upper(during) - 1 FROM reservation")
    assert until == LAST_DAY
    clock.set(end_of(LAST_DAY) - timedelta(minutes=1))
    assert ask_for_results(loop.hub) == 0
    clock.advance(timedelta(minutes=1))
    assert [ask_for_results(loop.hub), ask_for_results(loop.hub)] == [1, 0]
    assert loop.referral(referral_id)["outcome_due_at"] == RESULT
    loop.fill(referral_id, "close", {"outcome": "client_left", "outcome_evidence": "provider"})
    loop.deliver()
    assert loop.referral(referral_id)["outcome_due_at"] is None
    assert ask_for_results(loop.hub) == 0


def test_whoever_writes_after_the_planned_end_is_asked_that_much_later(loop: Loop, clock: FixedClock) -> None:
    referral_id = served(loop, offering=loop.offering(places=1, settings=STAY))
    clock.set(end_of(LAST_DAY) + timedelta(days=1))
    ask_for_results(loop.hub)
    loop.fill(referral_id, "guidance", {"next_step": "class_offered"})
    loop.deliver()
    assert loop.referral(referral_id)["outcome_due_at"] == end_of(date(2026, 3, 20))
    assert ask_for_results(loop.hub) == 0


def test_a_place_given_for_longer_takes_the_question_back(loop: Loop, clock: FixedClock) -> None:
    referral_id = served(loop, offering=loop.offering(places=1, settings=STAY))
    clock.set(end_of(LAST_DAY))
    ask_for_results(loop.hub)
    loop.owner.execute("UPDATE reservation SET during = daterange(lower(during), '2026-04-01')")
    assert [ask_for_results(loop.hub), ask_for_results(loop.hub)] == [1, 0]
    assert loop.referral(referral_id)["outcome_due_at"] is None
    clock.set(end_of(date(2026, 3, 31)))
    assert ask_for_results(loop.hub) == 1
    assert loop.referral(referral_id)["outcome_due_at"] == end_of(date(2026, 4, 8)), "5 working days and Qingming"


def test_without_places_no_result_is_asked_for(loop: Loop, clock: FixedClock) -> None:
    served(loop)
    clock.advance(timedelta(days=400))
    assert ask_for_results(loop.hub) == 0


def test_a_referral_that_another_process_works_on_is_left_for_the_next_run(
    hub: Hub, loop: Loop, world: World, clock: FixedClock
) -> None:
    referral_id = served(loop, offering=loop.offering(places=1, settings=STAY))
    clock.set(end_of(LAST_DAY))
    with hub.transaction(world.partner) as session:
        hold_referral(session, referral_id=referral_id, by=world.partner, at=loop.at)
        assert ask_for_results(hub) == 0
    assert ask_for_results(hub) == 1


def test_the_inbox_puts_the_next_deadline_first(loop: Loop, clock: FixedClock) -> None:
    offering = loop.offering(places=1, settings=STAY)
    early = served(loop, serial=1)
    clock.advance(timedelta(days=2))
    late = served(loop, serial=2)
    clock.advance(timedelta(days=1))
    planned = served(loop, serial=3, offering=offering)
    clock.advance(timedelta(days=12))
    ask_for_results(loop.hub)
    with loop.hub.transaction(loop.world.partner) as session:
        lines = inbox_for_partner(session, view="serving").lines
    assert [line.id for line in lines] == [planned, early, late]
    asked = loop.referral(planned)
    assert [line.due_at for line in lines] == [asked["outcome_due_at"], FIRST_WORD, FIRST_WORD + timedelta(days=2)]
