"""A mistaken step is taken back within a day, by whoever did it or a supervisor, while nothing of it has left."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.integration.referrals.test_delivering import FIRST_MEETING
from tests.integration.referrals.test_next_steps import step
from tests.integration.referrals.test_reopening import forms, nothing_stands_still, place
from tests.loop import Loop
from tests.world import add_account

from referral_hub.actor import Actor
from referral_hub.calendar.clock import FixedClock
from referral_hub.outcomes.queries import delivered, outcome_for_referral
from referral_hub.referrals.actions import (
    cancel_delivered,
    hold_referral,
    record_first_contact,
    resume_referral,
    undo_last_step,
)
from referral_hub.referrals.undoing import Undone
from referral_hub.workflow.errors import (
    AlreadyLeft,
    ConsentMissing,
    NothingToUndo,
    OutcomeRests,
    UndoNotYours,
    UndoTooLate,
)


def undo(loop: Loop, referral_id: UUID, *, by: Actor | None = None) -> Undone:
    by = by or loop.world.partner
    with loop.hub.transaction(by) as session:
        return undo_last_step(session, referral_id=referral_id, by=by, at=loop.at)


def act(loop: Loop, what: Any, referral_id: UUID, **values: Any) -> None:
    by = loop.world.partner
    with loop.hub.transaction(by) as session:
        what(session, referral_id=referral_id, **values, by=by, at=loop.at)


def served(loop: Loop, **values: Any) -> UUID:
    _, sent = loop.sent(**values)
    loop.deliver()
    loop.accept(sent.id)
    loop.fill(sent.id, "first_meeting", FIRST_MEETING)
    loop.deliver()
    return sent.id


def test_an_acceptance_is_taken_back_and_its_place_is_held_as_before(loop: Loop) -> None:
    _, sent = loop.sent(places=1)
    loop.deliver()
    before = loop.referral(sent.id)
    loop.accept(sent.id)
    assert undo(loop, sent.id).act == "accept"
    after = loop.referral(sent.id)
    names = ("state", "stage", "owner_id", "answered_at", "answer_due_at", "first_contact_due_at")
    assert [after[name] for name in names] == [before[name] for name in names]
    held = loop.one("SELECT state, hold_until FROM reservation WHERE referral_id = %s AND ended_at IS NULL", sent.id)
    assert held == ("held", before["answer_due_at"])
    assert step(loop, referral_id=sent.id)[0] == "next_answer"
    actions = loop.owner.execute(
        "SELECT action FROM audit_entry WHERE referral_id = %s AND action IN ('referral.accept', 'referral.undo')"
        " ORDER BY seq",
        [sent.id],
    ).fetchall()
    assert [row[0] for row in actions] == ["referral.accept", "referral.undo"]
    nothing_stands_still(loop.hub)
    loop.accept(sent.id)


def test_the_last_place_that_an_undone_waiting_list_gave_up_is_held_again(loop: Loop) -> None:
    _, sent = loop.sent(places=1)
    loop.deliver()
    loop.waitlist(sent.id)
    assert undo(loop, sent.id).state == "received"
    assert loop.one("SELECT state FROM reservation WHERE referral_id = %s AND ended_at IS NULL", sent.id) == ("held",)


def test_a_pause_and_its_end_are_taken_back_one_step_at_a_time(loop: Loop) -> None:
    referral_id = served(loop)
    due = loop.referral(referral_id)["progress_due_at"]
    act(loop, hold_referral, referral_id)
    assert undo(loop, referral_id).act == "hold"
    assert (loop.referral(referral_id)["state"], loop.referral(referral_id)["progress_due_at"]) == ("in_service", due)
    act(loop, hold_referral, referral_id)
    act(loop, resume_referral, referral_id)
    assert undo(loop, referral_id).state == "on_hold"
    with pytest.raises(NothingToUndo):
        undo(loop, referral_id)


def test_a_form_is_taken_back_with_what_it_recorded_and_what_its_module_kept(loop: Loop, clock: FixedClock) -> None:
    referral_id = served(loop)
    clock.advance(timedelta(hours=1))
    before = loop.one("SELECT array_agg(name ORDER BY name) FROM module_document WHERE referral_id = %s", referral_id)
    kept = loop.one("SELECT content FROM module_document WHERE referral_id = %s", referral_id)
    loop.fill(referral_id, "guidance", {"next_step": "class_offered"})
    loop.deliver()
    assert loop.referral(referral_id)["stage"] == "class_offered"
    back = undo(loop, referral_id)
    assert (back.act, back.state, back.stage) == ("stage", "in_service", "guidance")
    assert "guidance" in forms(loop, referral_id)
    with loop.hub.transaction(loop.world.partner) as session:
        assert list(delivered(session, referral_id).values()) == [1], "the first meeting stands"
    names = "SELECT array_agg(name ORDER BY name) FROM module_document WHERE referral_id = %s"
    assert loop.one(names, referral_id) == before
    assert loop.one("SELECT content FROM module_document WHERE referral_id = %s", referral_id) == kept
    assert loop.one("SELECT state FROM form_entry WHERE form = 'guidance'") == ("undone",)
    assert loop.one("SELECT count(*) FROM service_event WHERE cancels_id IS NOT NULL") == (1,)
    loop.fill(referral_id, "guidance", {"next_step": "job_search"})
    loop.deliver()
    assert loop.referral(referral_id)["stage"] == "job_search"


def test_a_completion_is_taken_back_with_its_outcome_its_follow_ups_and_its_place(loop: Loop) -> None:
    referral_id = served(loop, places=1)
    number = place(loop, referral_id)
    loop.fill(referral_id, "close", {"outcome": "goal_met", "outcome_evidence": "provider"})
    loop.deliver()
    assert loop.referral(referral_id)["state"] == "completed"
    back = undo(loop, referral_id)
    assert (back.act, back.state, back.stage) == ("complete", "in_service", "guidance")
    assert place(loop, referral_id) == number
    with loop.hub.transaction(loop.world.worker) as session:
        assert outcome_for_referral(session, referral_id) is None
    assert loop.one("SELECT count(*) FROM outcome WHERE referral_id = %s", referral_id) == (1,)
    assert loop.one("SELECT count(*) FROM follow_up WHERE called_off_at IS NULL") == (0,)
    assert loop.one("SELECT state FROM need WHERE id = %s", loop.referral(referral_id)["need_id"]) == ("being_met",)
    nothing_stands_still(loop.hub)


def test_a_decline_is_taken_back_until_the_module_has_heard_of_it(loop: Loop) -> None:
    _, sent = loop.sent(places=1)
    loop.deliver()
    loop.decline(sent.id)
    assert undo(loop, sent.id).state == "received"
    assert loop.one("SELECT count(*) FROM task WHERE done_at IS NULL AND NOT next_step") == (0,)
    assert loop.one("SELECT count(*) FROM disclosure WHERE access_ended_at IS NULL") == (1,)
    assert loop.deliver() == 0
    nothing_stands_still(loop.hub)
    loop.decline(sent.id)
    loop.deliver()
    with pytest.raises(AlreadyLeft):
        undo(loop, sent.id)


def test_a_decline_after_which_the_need_went_elsewhere_stays(loop: Loop, clock: FixedClock) -> None:
    case, sent = loop.sent()
    loop.decline(sent.id)
    offering = loop.offering(organisation_id=loop.world.other_partner_id)
    loop.consent(case, offering)
    clock.advance(timedelta(minutes=5))
    loop.send(loop.draft(case, offering).id)
    with pytest.raises(AlreadyLeft):
        undo(loop, sent.id)


def test_a_decline_is_not_taken_back_without_a_consent_in_force(loop: Loop) -> None:
    _, sent = loop.sent()
    loop.decline(sent.id)
    loop.withdraw(loop.one("SELECT consent_id FROM referral WHERE id = %s", sent.id)[0])
    with pytest.raises((ConsentMissing, AlreadyLeft)):
        undo(loop, sent.id)
    assert loop.referral(sent.id)["state"] == "declined"


def test_what_was_built_on_a_step_keeps_it(loop: Loop) -> None:
    _, sent = loop.sent()
    loop.deliver()
    loop.accept(sent.id)
    act(loop, record_first_contact, sent.id, on=loop.at.date())
    with pytest.raises(NothingToUndo):
        undo(loop, sent.id)


def test_only_whoever_did_it_or_a_supervisor_takes_it_back_and_only_within_a_day(loop: Loop, clock: FixedClock) -> None:
    colleague = add_account(loop.owner, loop.world.partner_id, "colleague", "partner", "同事")
    _, sent = loop.sent()
    loop.deliver()
    loop.accept(sent.id)
    with pytest.raises(UndoNotYours):
        undo(loop, sent.id, by=colleague)
    with pytest.raises(UndoNotYours):
        undo(loop, sent.id, by=loop.world.worker)
    assert undo(loop, sent.id, by=loop.world.supervisor).act == "accept"
    loop.accept(sent.id)
    clock.advance(timedelta(hours=24))
    assert undo(loop, sent.id).act == "accept"
    loop.accept(sent.id)
    clock.advance(timedelta(hours=24, seconds=1))
    with pytest.raises(UndoTooLate):
        undo(loop, sent.id)


def test_a_module_that_works_with_a_system_outside_keeps_its_forms(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    referral_id = served(loop)
    manifest = loop.hub.modules.manifest("employment")
    monkeypatch.setattr(
        type(loop.hub.modules), "manifest", lambda _self, _key: manifest.__class__(
            **{name: getattr(manifest, name) for name in manifest.__struct_fields__ if name != "network"},
            network=["partner.example:443"],
        ),
    )  # fmt: skip
    with pytest.raises(AlreadyLeft):
        undo(loop, referral_id)


def test_the_only_service_that_an_outcome_rests_on_is_cancelled_with_the_outcome(loop: Loop) -> None:
    referral_id = served(loop)
    loop.fill(referral_id, "close", {"outcome": "client_left", "outcome_evidence": "provider"})
    loop.deliver()
    events = [key for (key,) in loop.owner.execute("SELECT id FROM service_event ORDER BY id").fetchall()]
    for event_id in events[:-1]:
        act(loop, cancel_delivered, referral_id, event_id=event_id, reason="重复")
    with pytest.raises(OutcomeRests):
        act(loop, cancel_delivered, referral_id, event_id=events[-1], reason="重复")
