from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from tests.loop import Loop

from referral_hub.actor import system_actor
from referral_hub.api import Problem
from referral_hub.calendar.clock import FixedClock
from referral_hub.errors import NotFound
from referral_hub.referrals.delivery import deliver_one
from referral_hub.referrals.overdue import end_expired_consents, expire_drafts
from referral_hub.workflow.errors import FormInvalid, FormNotHere, TransitionImpossible

FIRST_MEETING = {"way": "in_person", "notes": "说话轻声"}


def test_the_module_signs_for_the_referral_and_a_person_answers(loop: Loop) -> None:
    _, sent = loop.sent(places=1)
    assert loop.deliver() == 1
    assert loop.referral(sent.id)["state"] == "received"
    loop.accept(sent.id)
    referral = loop.referral(sent.id)
    assert (referral["state"], referral["stage"]) == ("accepted", "registered")
    assert referral["owner_id"] == loop.world.partner.account_id
    assert referral["first_contact_due_at"] > loop.at
    assert loop.one("SELECT state FROM reservation WHERE referral_id = %s", sent.id) == ("taken",)


def test_a_message_is_delivered_once_however_often_the_job_runs(loop: Loop) -> None:
    loop.sent()
    assert [loop.deliver(), loop.deliver()] == [1, 0]
    assert loop.one("SELECT state, attempts FROM delivery") == ("done", 1)


def test_a_stage_form_leads_to_events_stage_and_service(loop: Loop) -> None:
    _, sent = loop.sent()
    loop.deliver()
    loop.accept(sent.id)
    loop.fill(sent.id, "first_meeting", FIRST_MEETING)
    assert loop.deliver() == 1
    referral = loop.referral(sent.id)
    assert (referral["state"], referral["stage"]) == ("in_service", "guidance")
    assert referral["first_contact_at"] is not None
    assert loop.one("SELECT count(*) FROM service_event WHERE referral_id = %s", sent.id)[0] == 1


def test_the_whole_loop_ends_with_an_outcome_and_follow_ups(loop: Loop) -> None:
    case, sent = loop.sent()
    finish(loop, sent.id)
    referral = loop.referral(sent.id)
    assert (referral["state"], referral["stage"]) == ("completed", "done")
    code, evidence, measures = loop.one("SELECT code, evidence, measures FROM outcome WHERE referral_id = %s", sent.id)
    assert (code, evidence) == ("goal_met", "document")
    assert measures["certificate"] is True
    assert loop.one("SELECT array_agg(months ORDER BY months) FROM follow_up")[0] == [3, 6, 12]
    assert loop.one("SELECT state FROM need WHERE id = %s", case.need_id) == ("met",)


def test_an_outcome_without_any_service_needs_a_reason(loop: Loop) -> None:
    _, sent = loop.sent()
    loop.deliver()
    loop.accept(sent.id)
    loop.fill(sent.id, "first_meeting", FIRST_MEETING)
    loop.deliver()
    loop.owner.execute("DELETE FROM service_event")
    with pytest.raises(FormInvalid) as faulty:
        loop.fill(sent.id, "close", {})
    assert {problem.field for problem in _problems(faulty.value)} >= {"outcome", "outcome_evidence"}
    loop.fill(sent.id, "close", {"outcome": "no_longer_needed", "outcome_evidence": "provider"})
    assert loop.deliver() == 1
    assert loop.referral(sent.id)["state"] == "in_service"
    state, problems = loop.one("SELECT state, problems FROM form_entry WHERE form = 'close'")
    assert (state, len(problems)) == ("returned", 1)


def test_a_form_of_another_stage_is_refused(loop: Loop) -> None:
    _, sent = loop.sent()
    loop.deliver()
    with pytest.raises(FormNotHere):
        loop.fill(sent.id, "first_meeting", FIRST_MEETING)
    loop.accept(sent.id)
    with pytest.raises(FormNotHere):
        loop.fill(sent.id, "attendance", {"hours": "4"})


def test_a_decline_leaves_the_need_open_and_asks_the_sender_for_the_next_place(loop: Loop) -> None:
    case, sent = loop.sent(places=1)
    loop.deliver()
    loop.decline(sent.id)
    assert loop.referral(sent.id)["reason_code"] == "no_capacity"
    assert loop.one("SELECT state FROM need WHERE id = %s", case.need_id) == ("open",)
    (account,) = loop.one("SELECT account_id FROM task WHERE kind = 'find_next'")
    assert account == loop.world.worker.account_id
    assert loop.one("SELECT organisation_id FROM task WHERE kind = 'delete_or_return'") == (loop.world.partner_id,)
    assert loop.one("SELECT state FROM reservation") == ("released",)


def test_only_the_recipient_answers(loop: Loop) -> None:
    _, sent = loop.sent()
    for actor in (loop.world.other_partner, loop.world.civil, loop.world.stranger):
        with pytest.raises(NotFound):
            loop.accept(sent.id, by=actor)
    assert loop.referral(sent.id)["state"] == "sent"


def test_withdrawing_consent_recalls_all_that_went_out_under_it(loop: Loop) -> None:
    offering, case = loop.offering(places=1), loop.case()
    consent = loop.consent(case, offering)
    sent = loop.send(loop.draft(case, offering).id)
    loop.deliver()
    loop.accept(sent.id)
    receipt = loop.withdraw(consent.id)
    assert receipt.stopped == [sent.number]
    assert receipt.asked_to_delete == [sent.number]
    assert loop.referral(sent.id)["state"] == "consent_withdrawn"
    assert loop.one("SELECT state FROM reservation") == ("released",)
    with loop.hub.transaction(loop.world.partner) as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM disclosure").scalar() == 0
    assert loop.one("SELECT kind, organisation_id FROM task WHERE NOT next_step AND done_at IS NULL") == (
        "delete_or_return",
        loop.world.partner_id,
    )
    assert loop.deliver() == 1
    assert loop.one("SELECT count(*) FROM module_document")[0] == 0


def test_a_referral_withdrawn_before_delivery_never_reaches_the_module(loop: Loop) -> None:
    _, sent = loop.sent()
    loop.take_back(sent.id)
    assert loop.one("SELECT state FROM delivery WHERE kind = 'receive'") == ("dropped",)
    assert loop.referral(sent.id)["state"] == "withdrawn"


def test_an_expired_consent_ends_what_waits_and_spares_who_is_served(loop: Loop, clock: FixedClock) -> None:
    offering = loop.offering()
    waiting, served = loop.case(serial=1), loop.case(serial=2)
    for case in (waiting, served):
        loop.consent(case, offering, valid_days=10)
    first, second = (loop.send(loop.draft(case, offering).id) for case in (waiting, served))
    loop.deliver()
    loop.accept(second.id)
    clock.advance(timedelta(days=12))
    assert end_expired_consents(loop.hub) == 2
    assert loop.referral(first.id)["state"] == "expired"
    assert loop.referral(second.id)["state"] == "accepted"
    assert loop.one("SELECT count(*) FROM task WHERE NOT next_step AND kind = 'renew_consent'")[0] == 1


def test_a_draft_nobody_touches_expires(loop: Loop, clock: FixedClock) -> None:
    draft = loop.draft(loop.case(), loop.offering())
    clock.advance(timedelta(days=31))
    assert expire_drafts(loop.hub) == 1
    assert loop.referral(draft.id)["state"] == "expired"


def test_a_lost_lease_is_taken_up_again(loop: Loop, clock: FixedClock) -> None:
    """A hub that dies while a module works leaves a leased delivery; another takes it when the lease is over."""
    _, sent = loop.sent()
    (delivery_id,) = loop.one("SELECT id FROM delivery")
    loop.owner.execute("UPDATE delivery SET attempts = 1, due_at = %s", [loop.at + timedelta(seconds=60)])
    assert not deliver_one(loop.hub, delivery_id)
    clock.advance(timedelta(seconds=61))
    assert deliver_one(loop.hub, delivery_id)
    assert loop.referral(sent.id)["state"] == "received"


def test_an_answer_given_by_a_person_meanwhile_stands(loop: Loop) -> None:
    _, sent = loop.sent()
    loop.decline(sent.id, "not_our_service")
    loop.deliver()
    assert loop.referral(sent.id)["state"] == "declined"


def test_the_hub_itself_sees_no_person(loop: Loop) -> None:
    loop.case()
    with loop.hub.transaction(system_actor()) as session:
        for table in ("person", "client_case", "measure", "request_details", "notice"):
            assert session.connection().exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0


def test_a_finished_referral_cannot_be_answered_again(loop: Loop) -> None:
    _, sent = loop.sent()
    loop.deliver()
    loop.decline(sent.id)
    with pytest.raises(TransitionImpossible):
        loop.accept(sent.id)


def _problems(faulty: FormInvalid) -> list[Problem]:
    problems = faulty.details["problems"]
    assert isinstance(problems, list)
    return problems


def finish(loop: Loop, referral_id: UUID) -> None:
    """From delivery to the closing report, as the partner would."""
    loop.deliver()
    loop.accept(referral_id)
    for form, values in (
        ("first_meeting", FIRST_MEETING),
        ("guidance", {"next_step": "job_search"}),
        ("job_referral", {"job": "厨师助理", "result": "hired"}),
        (
            "close",
            {
                "outcome": "goal_met",
                "outcome_evidence": "document",
                "certificate": "yes",
                "certificate_kind": "中式烹调师",
                "employed": "yes",
            },
        ),
    ):
        loop.fill(referral_id, form, values)
        assert loop.deliver() == 1, form
