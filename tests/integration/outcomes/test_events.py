"""What was delivered and what came of it, on real referrals."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.exc import ProgrammingError
from tests.loop import Loop
from tests.world import World

from referral_hub import api
from referral_hub.actor import Actor
from referral_hub.calendar.clock import FixedClock
from referral_hub.errors import NotAllowed, NotFound
from referral_hub.hub import Hub
from referral_hub.outcomes.actions import (
    add_service_event,
    answer_follow_up,
    cancel_service_event,
    give_outcome,
    schedule_follow_ups,
)
from referral_hub.outcomes.errors import CodeUnknown, EventCancelled, EventInFuture, FollowUpAnswered
from referral_hub.outcomes.queries import (
    delivered,
    events_for_referral,
    follow_ups_due,
    follow_ups_for_referral,
    outcome_for_referral,
    outcomes_for_referral,
)
from referral_hub.tables.referrals import Referral

TODAY = date(2026, 3, 2)


class Work:
    """An accepted referral of the partner, and what the partner does with it."""

    def __init__(self, hub: Hub, owner: psycopg.Connection, world: World) -> None:
        self.hub, self.world, self.loop = hub, world, Loop(hub, owner, world)
        _, sent = self.loop.sent()
        self.loop.deliver()
        self.loop.accept(sent.id)
        self.referral_id = sent.id

    def event(
        self, on: date = TODAY, *, by: Actor | None = None, quantity: str = "2", unit: str = "class_hour"
    ) -> UUID:
        by = by or self.world.partner
        with self.hub.transaction(by) as session:
            return add_service_event(
                session, referral=session.get_one(Referral, self.referral_id),
                event=api.ServiceEvent(on=on, unit=unit, quantity=Decimal(quantity)), by=by, at=self.hub.clock.now(),
            )  # fmt: skip

    def cancel(self, event_id: UUID, *, by: Actor | None = None) -> None:
        by = by or self.world.partner
        with self.hub.transaction(by) as session:
            cancel_service_event(session, event_id=event_id, reason="重复", by=by, at=self.hub.clock.now())

    def outcome(self, code: str = "goal_met", *, reason: str | None = None, note: str | None = None) -> None:
        with self.hub.transaction(self.world.partner) as session:
            give_outcome(
                session, referral=session.get_one(Referral, self.referral_id),
                outcome=api.Outcome(code=code, measures={"employed": True}, evidence="document"),
                no_event_reason=reason, note=note, by=self.world.partner, at=self.hub.clock.now(),
            )  # fmt: skip

    def follow_ups(self, ended_on: date, months: tuple[int, ...] = (3, 6, 12)) -> None:
        with self.hub.transaction(self.world.partner) as session:
            schedule_follow_ups(
                session, referral=session.get_one(Referral, self.referral_id), months=months, ended_on=ended_on,
                by=self.world.partner, at=self.hub.clock.now(),
            )  # fmt: skip


@pytest.fixture
def work(hub: Hub, owner: psycopg.Connection, world: World) -> Work:
    return Work(hub, owner, world)


def test_an_event_entered_more_than_a_week_late_is_flagged_and_five_at_once_are_flagged_as_such(
    hub: Hub, work: Work
) -> None:
    work.event(TODAY - timedelta(days=7))
    work.event(TODAY - timedelta(days=8))
    with hub.transaction(work.world.worker) as session:
        lines = events_for_referral(session, work.referral_id)
    assert [(line.lag_days, line.late, line.bulk) for line in lines] == [(7, False, False), (8, True, False)]
    for days in range(9, 13):
        work.event(TODAY - timedelta(days=days))
    with hub.transaction(work.world.supervisor) as session:
        lines = events_for_referral(session, work.referral_id)
    assert [(line.late, line.bulk) for line in lines] == [(False, False), *[(True, True)] * 5]


def test_a_service_cannot_be_recorded_before_it_is_delivered(work: Work) -> None:
    with pytest.raises(EventInFuture):
        work.event(TODAY + timedelta(days=1))


def test_an_event_is_taken_back_once_by_its_provider_and_stays_readable(hub: Hub, work: Work) -> None:
    kept, wrong = work.event(), work.event(quantity="30")
    work.event(unit="time", quantity="1")
    for actor, error in ((work.world.worker, NotAllowed), (work.world.other_partner, NotFound)):
        with pytest.raises(error):
            work.cancel(wrong, by=actor)
    work.cancel(wrong)
    with pytest.raises(EventCancelled):
        work.cancel(wrong)
    with hub.transaction(work.world.worker) as session:
        lines = {line.id: line.cancelled for line in events_for_referral(session, work.referral_id)}
        assert delivered(session, work.referral_id) == {"class_hour": Decimal(2), "time": Decimal(1)}
    assert (lines[kept], lines[wrong], len(lines)) == (False, True, 3)


def test_events_take_no_update_and_no_delete(hub: Hub, work: Work) -> None:
    work.event()
    for statement in ("UPDATE service_event SET quantity = 9", "DELETE FROM service_event"):
        with hub.transaction(work.world.partner) as session, pytest.raises(ProgrammingError, match="permission denied"):
            session.connection().exec_driver_sql(statement)


def test_an_outcome_rests_on_an_event_that_still_stands_or_on_a_reason(hub: Hub, work: Work) -> None:
    work.loop.fill(work.referral_id, "first_meeting", {"way": "phone"})
    work.loop.deliver()
    for (event_id,) in work.loop.owner.execute("SELECT id FROM service_event").fetchall():
        work.cancel(event_id)
    work.loop.fill(work.referral_id, "close", {"outcome": "client_left", "outcome_evidence": "provider"})
    work.loop.deliver()
    # The hub's own refusal goes back to the form, and is no fault of the module.
    assert work.loop.one("SELECT state FROM form_entry WHERE form = 'close'") == ("returned",)
    assert work.loop.one("SELECT count(*) FROM outcome") == (0,)
    with pytest.raises(CodeUnknown):
        work.outcome(reason="because")
    work.outcome("client_left", reason="never_came")
    with hub.transaction(work.world.worker) as session:
        view = outcome_for_referral(session, work.referral_id)
    assert view is not None
    assert (view.code, view.no_event_reason, view.evidence) == ("client_left", "never_came", "document")


def test_a_later_outcome_replaces_the_earlier_one_which_stays_in_the_history(hub: Hub, work: Work) -> None:
    work.event()
    work.outcome("goal_partly_met", note="还在找工作")
    work.outcome("goal_met")
    with hub.transaction(work.world.worker) as session:
        history = outcomes_for_referral(session, work.referral_id)
        standing = outcome_for_referral(session, work.referral_id)
    assert [(view.code, view.note, view.replaced_at is None) for view in history] == [
        ("goal_met", None, True),
        ("goal_partly_met", "还在找工作", False),
    ]
    assert standing == history[0]
    assert standing.measures == {"employed": True}


def test_an_unknown_code_is_refused(work: Work) -> None:
    work.event()
    with pytest.raises(CodeUnknown) as refused:
        work.outcome("splendid")
    assert refused.value.field == "code"


def test_follow_ups_fall_due_move_with_a_second_end_and_are_answered_once(
    hub: Hub, work: Work, clock: FixedClock
) -> None:
    work.follow_ups(date(2025, 11, 30))
    with hub.transaction(work.world.partner) as session:
        assert [line.due_on for line in follow_ups_for_referral(session, work.referral_id)] == [
            date(2026, 2, 28), date(2026, 5, 30), date(2026, 11, 30),
        ]  # fmt: skip
        (due,) = follow_ups_due(session, until=TODAY)
        answer_follow_up(
            session, follow_up_id=due.id, answer="yes", note="仍在岗", evidence="person", on=TODAY,
            by=work.world.partner, at=clock.now(),
        )  # fmt: skip
        with pytest.raises(FollowUpAnswered):
            answer_follow_up(session, follow_up_id=due.id, answer="no", on=TODAY, by=work.world.partner, at=clock.now())
        assert follow_ups_due(session, until=TODAY) == []
    work.follow_ups(date(2026, 3, 2))
    with hub.transaction(work.world.worker) as session:
        lines = follow_ups_for_referral(session, work.referral_id)
        assert [(line.months, line.due_on, line.answer, line.note) for line in lines] == [
            (3, date(2026, 2, 28), "yes", "仍在岗"),
            (6, date(2026, 9, 2), None, None),
            (12, date(2027, 3, 2), None, None),
        ]
        after = (lines[1].due_on, lines[1].id)
        rest = follow_ups_due(session, until=date(2030, 1, 1), case_ids=[lines[0].case_id], after=after)
        assert [line.months for line in rest] == [12]
        assert follow_ups_due(session, until=date(2030, 1, 1), case_ids=[]) == []


def test_a_stranger_sees_no_event_outcome_or_follow_up(hub: Hub, work: Work) -> None:
    work.event()
    work.outcome()
    work.follow_ups(TODAY)
    for actor in (
        work.world.stranger,
        work.world.other_partner,
        work.world.civil,
        work.world.admin,
        work.world.auditor,
    ):
        with hub.transaction(actor) as session:
            assert events_for_referral(session, work.referral_id) == []
            assert outcomes_for_referral(session, work.referral_id) == []
            assert follow_ups_for_referral(session, work.referral_id) == []
