"""What was ended wrongly goes on where it stood: its state, its stage with the forms, its place, and one next step."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.integration.referrals.test_delivering import FIRST_MEETING, finish
from tests.integration.referrals.test_next_steps import step
from tests.loop import Loop

from referral_hub.actor import system_actor
from referral_hub.calendar.clock import FixedClock, local_date
from referral_hub.cases.actions import close_case, reopen_case
from referral_hub.errors import HubError
from referral_hub.hub import Hub
from referral_hub.outcomes.queries import follow_ups_due, outcome_for_referral
from referral_hub.referrals.actions import give_place, hold_referral, reopen_referral
from referral_hub.referrals.reopening import Reopened
from referral_hub.views.partner.referral import referral_for_partner
from referral_hub.workflow.errors import AlreadyReferred, CaseOver, NoPlaceFree, RecipientNotReady, TransitionImpossible


def reopen(loop: Loop, referral_id: UUID) -> Reopened:
    by = loop.world.supervisor
    with loop.hub.transaction(by) as session:
        return reopen_referral(session, referral_id=referral_id, reason_code="entered_wrongly", by=by, at=loop.at)


def forms(loop: Loop, referral_id: UUID) -> list[str]:
    """The forms that the partner may fill in now."""
    with loop.hub.transaction(loop.world.partner) as session:
        return [form.key for form in referral_for_partner(session, referral_id).forms]


def place(loop: Loop, referral_id: UUID) -> Any:
    row = loop.owner.execute(
        "SELECT place_number FROM reservation WHERE referral_id = %s AND state = 'taken'", [referral_id]
    ).fetchone()
    return row and row[0]


def stopped(loop: Loop, referral_id: UUID) -> None:
    """Discontinued while the client had a place."""
    loop.deliver()
    loop.accept(referral_id)
    loop.fill(referral_id, "first_meeting", FIRST_MEETING)
    loop.deliver()
    loop.fill(referral_id, "close", {"outcome": "client_left", "outcome_evidence": "provider"})
    loop.deliver()
    assert loop.referral(referral_id)["state"] == "discontinued"


def nothing_stands_still(hub: Hub) -> None:
    with hub.transaction(system_actor()) as session:
        assert session.connection().exec_driver_sql("SELECT * FROM hub_standing_still()").all() == []


def test_a_completed_service_goes_on_at_its_stage_and_can_be_completed_again(loop: Loop, clock: FixedClock) -> None:
    _, sent = loop.sent(places=1)
    finish(loop, sent.id)
    before = loop.referral(sent.id)
    assert (before["state"], before["stage"], place(loop, sent.id)) == ("completed", "done", None)
    clock.advance(timedelta(days=3))
    back = reopen(loop, sent.id)
    assert (back.state, back.stage, back.place_lost) == ("in_service", "employed", False)
    assert "close" in forms(loop, sent.id)
    assert place(loop, sent.id) is None, "at work, no seat is used any more"
    assert step(loop, referral_id=sent.id)[0] == "next_report"
    assert loop.one("SELECT state FROM need WHERE id = %s", before["need_id"]) == ("being_met",)
    with loop.hub.transaction(loop.world.worker) as session:
        assert outcome_for_referral(session, sent.id) is None
        assert follow_ups_due(session, until=local_date(loop.at) + timedelta(days=400)) == []
    nothing_stands_still(loop.hub)
    loop.fill(sent.id, "close", {"outcome": "goal_met", "outcome_evidence": "provider"})
    loop.deliver()
    assert loop.referral(sent.id)["state"] == "completed"
    with loop.hub.transaction(loop.world.worker) as session:
        assert follow_ups_due(session, until=local_date(loop.at) + timedelta(days=400))


def test_who_had_a_place_has_it_again(loop: Loop, clock: FixedClock) -> None:
    _, sent = loop.sent(places=1)
    stopped(loop, sent.id)
    number = loop.one("SELECT place_number FROM reservation WHERE referral_id = %s", sent.id)[0]
    clock.advance(timedelta(days=3))
    back = reopen(loop, sent.id)
    assert (back.state, back.stage, back.place_lost) == ("in_service", "guidance", False)
    assert place(loop, sent.id) == number
    nothing_stands_still(loop.hub)


def test_a_pause_stays_a_pause(loop: Loop) -> None:
    _, sent = loop.sent()
    loop.deliver()
    loop.accept(sent.id)
    loop.fill(sent.id, "first_meeting", FIRST_MEETING)
    loop.deliver()
    by = loop.world.partner
    with loop.hub.transaction(by) as session:
        hold_referral(session, referral_id=sent.id, by=by, at=loop.at)
    loop.fill(sent.id, "close", {"outcome": "client_left", "outcome_evidence": "provider"})
    loop.deliver()
    assert loop.referral(sent.id)["state"] == "discontinued"
    back = reopen(loop, sent.id)
    assert (back.state, back.stage) == ("on_hold", "guidance")
    assert step(loop, referral_id=sent.id)[0] == "next_resume"
    assert forms(loop, sent.id)


def test_what_was_declined_after_accepting_is_accepted_again(loop: Loop, clock: FixedClock) -> None:
    _, sent = loop.sent(places=1)
    loop.deliver()
    loop.accept(sent.id)
    loop.decline(sent.id, "other")
    assert loop.one("SELECT count(*) FROM task WHERE kind = 'find_next' AND done_at IS NULL") == (1,)
    clock.advance(timedelta(days=1))
    back = reopen(loop, sent.id)
    row = loop.referral(sent.id)
    assert (back.state, row["owner_id"], place(loop, sent.id) is not None) == (
        "accepted",
        loop.world.partner.account_id,
        True,
    )
    assert row["first_contact_due_at"] > loop.at
    assert forms(loop, sent.id)
    assert loop.one(
        "SELECT count(*) FROM task WHERE kind IN ('find_next', 'delete_or_return') AND done_at IS NULL"
    ) == (0,)
    nothing_stands_still(loop.hub)


def test_what_the_module_has_erased_is_asked_from_the_beginning(loop: Loop) -> None:
    _, sent = loop.sent(places=1)
    loop.deliver()
    loop.accept(sent.id)
    loop.decline(sent.id, "other")
    loop.deliver()
    assert (reopen(loop, sent.id).state, loop.referral(sent.id)["answered_at"]) == ("received", None)
    assert loop.one("SELECT state FROM reservation WHERE referral_id = %s AND ended_at IS NULL", sent.id) == ("held",)
    nothing_stands_still(loop.hub)


def test_what_the_sender_took_back_by_mistake_waits_on(loop: Loop, clock: FixedClock) -> None:
    _, sent = loop.sent()
    loop.deliver()
    day = local_date(clock.now()) + timedelta(days=9)
    loop.waitlist(sent.id, expected_on=day)
    loop.take_back(sent.id)
    assert reopen(loop, sent.id).state == "waitlisted"
    assert loop.referral(sent.id)["expected_on"] == day
    nothing_stands_still(loop.hub)


def test_a_draft_that_was_never_sent_is_not_reopened(loop: Loop) -> None:
    case = loop.case()
    drafted = loop.draft(case, loop.offering())
    loop.take_back(drafted.id)
    with pytest.raises(HubError):
        reopen(loop, drafted.id)
    assert loop.referral(drafted.id)["state"] == "withdrawn"


def test_a_place_that_went_to_someone_else_is_said_and_another_is_given_later(loop: Loop) -> None:
    offering = loop.offering(places=1)
    _, first = loop.sent(offering_id=offering)
    stopped(loop, first.id)
    _, second = loop.sent(serial=2, offering_id=offering)
    loop.deliver()
    loop.accept(second.id)
    taken = place(loop, second.id)
    back = reopen(loop, first.id)
    assert (back.state, back.place_lost, place(loop, first.id)) == ("in_service", True, None)
    assert place(loop, second.id) == taken
    assert loop.one("SELECT organisation_id FROM task WHERE kind = 'find_place' AND done_at IS NULL") == (
        loop.world.partner_id,
    )
    nothing_stands_still(loop.hub)
    by = loop.world.partner
    with pytest.raises(NoPlaceFree), loop.hub.transaction(by) as session:
        give_place(session, referral_id=first.id, by=by, at=loop.at)
    loop.decline(second.id)
    with loop.hub.transaction(by) as session:
        give_place(session, referral_id=first.id, by=by, at=loop.at)
    assert place(loop, first.id) == taken
    assert loop.one("SELECT count(*) FROM task WHERE kind = 'find_place' AND done_at IS NULL") == (0,)


def test_another_free_place_is_given_where_its_own_is_gone(loop: Loop) -> None:
    offering = loop.offering(places=2)
    _, first = loop.sent(offering_id=offering)
    stopped(loop, first.id)
    number = loop.one("SELECT place_number FROM reservation WHERE referral_id = %s", first.id)[0]
    loop.owner.execute("UPDATE place SET out_of_service = true WHERE number = %s", [number])
    back = reopen(loop, first.id)
    assert not back.place_lost
    assert place(loop, first.id) not in (None, number)


def test_it_is_not_reopened_beside_another_attempt_in_a_closed_case_or_at_who_may_not_read(loop: Loop) -> None:
    offering = loop.offering()
    case, sent = loop.sent(offering_id=offering)
    loop.deliver()
    loop.decline(sent.id, "other")
    again = loop.send(loop.draft(case, offering).id)
    with pytest.raises(AlreadyReferred):
        reopen(loop, sent.id)
    loop.take_back(again.id)
    loop.owner.execute("UPDATE organisation SET status = 'suspended' WHERE id = %s", [loop.world.partner_id])
    with pytest.raises(RecipientNotReady):
        reopen(loop, sent.id)
    loop.owner.execute("UPDATE organisation SET status = 'active' WHERE id = %s", [loop.world.partner_id])
    by = loop.world.supervisor
    with loop.hub.transaction(by) as session:
        close_case(session, case_id=case.id, reason="lost_contact", by=by, at=loop.at)
    with pytest.raises(CaseOver):
        reopen(loop, sent.id)
    with loop.hub.transaction(by) as session:
        reopen_case(session, case_id=case.id, reason="找到了", by=by, at=loop.at)
    assert reopen(loop, sent.id).state == "received"
    with pytest.raises(TransitionImpossible):
        reopen(loop, sent.id)
    nothing_stands_still(loop.hub)
