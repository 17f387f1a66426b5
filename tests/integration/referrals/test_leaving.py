"""Death, custody, a move, the end of the term: the case and all that is open end in one act, and nobody is told why."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from tests.integration.referrals.test_delivering import FIRST_MEETING, finish
from tests.integration.referrals.test_reopening import nothing_stands_still, reopen
from tests.loop import TRAINING, Loop

from referral_hub.cases.actions import reopen_case
from referral_hub.cases.errors import CaseHasOpenReferrals
from referral_hub.codes import CASE_CLOSING_REASONS, OUTCOME_CODES, WITHDRAW_REASONS
from referral_hub.codes.leaving import LEAVINGS
from referral_hub.referrals.actions import close_with_referrals
from referral_hub.referrals.leaving import Closed
from referral_hub.views.partner.referral import referral_for_partner
from referral_hub.workflow.errors import TransitionNotYours


def close(loop: Loop, case_id: UUID, reason: str, *, by: Any = None) -> Closed:
    by = by or loop.world.worker
    with loop.hub.transaction(by) as session:
        return close_with_referrals(session, case_id=case_id, reason=reason, by=by, at=loop.at)


def served(loop: Loop) -> tuple[Any, UUID]:
    """A case with one referral in service at a place."""
    case, sent = loop.sent(places=1)
    loop.deliver()
    loop.accept(sent.id)
    loop.fill(sent.id, "first_meeting", FIRST_MEETING)
    loop.deliver()
    return case, sent.id


def test_every_such_reason_is_a_reason_to_close_and_tells_recipients_nothing() -> None:
    assert set(LEAVINGS) <= set(CASE_CLOSING_REASONS)
    assert {one.told for one in LEAVINGS.values()} <= set(WITHDRAW_REASONS)
    assert {one.outcome for one in LEAVINGS.values()} <= set(OUTCOME_CODES)
    assert LEAVINGS["died"].told == LEAVINGS["in_custody"].told
    words = WITHDRAW_REASONS[LEAVINGS["died"].told]
    assert not {"死", "押", "刑"} & set(words.zh)


@pytest.mark.parametrize("reason", list(LEAVINGS))
def test_what_is_open_ends_with_the_case_in_whatever_state_it_is(loop: Loop, reason: str) -> None:
    case, in_service = served(loop)
    leaving = LEAVINGS[reason]
    need = loop.second_need(case.id, kind="employment")
    offering = loop.offering(organisation_id=loop.world.other_partner_id)
    loop.consent(need, offering)
    waiting = loop.send(loop.draft(need, offering).id)
    draft = loop.draft(loop.second_need(case.id, kind="employment"), loop.offering())
    closed = close(loop, case.id, reason)
    assert len(closed.ended) == 3
    assert len(closed.asked_to_delete) == 2
    rows = {key: loop.referral(key) for key in (in_service, waiting.id, draft.id)}
    assert [row["state"] for row in rows.values()] == ["discontinued", "withdrawn", "withdrawn"]
    assert {row["reason_code"] for row in rows.values()} == {leaving.told}
    assert loop.one("SELECT code FROM outcome WHERE referral_id = %s", in_service) == (leaving.outcome,)
    assert loop.one("SELECT count(*) FROM reservation WHERE state IN ('held', 'taken')") == (0,)
    assert loop.one("SELECT count(*) FROM disclosure WHERE access_ended_at IS NULL") == (0,)
    assert loop.one("SELECT count(*) FROM task WHERE kind = 'delete_or_return' AND done_at IS NULL") == (2,)
    assert loop.one("SELECT status, closing_reason FROM client_case WHERE id = %s", case.id) == ("closed", reason)
    open_needs = "SELECT count(*) FROM need WHERE case_id = %s AND state IN ('open', 'being_met')"
    assert loop.one(open_needs, case.id) == (0,)
    nothing_stands_still(loop.hub)
    # The service's module is told to erase. The other referral's was not told of it yet, and need not be.
    assert loop.one("SELECT array_agg(kind ORDER BY kind) FROM delivery WHERE state = 'due'")[0].count("withdraw") == 2
    loop.deliver()
    erased = "SELECT count(*) FROM audit_entry WHERE action = 'module.erase' AND (details->>'deleted')::boolean"
    assert loop.one(erased) == (2,)


@pytest.mark.parametrize("reason", ["in_custody", "died"])
def test_the_recipient_learns_that_it_ended_and_not_why(loop: Loop, reason: str) -> None:
    case, referral_id = served(loop)
    close(loop, case.id, reason)
    with loop.hub.transaction(loop.world.partner) as session:
        page = referral_for_partner(session, referral_id)
    assert (page.released, page.forms, page.reason_code) == (None, [], "client_gone")
    seen = loop.one(
        "SELECT string_agg(action || coalesce(reason, '') || details::text, ' ') FROM audit_entry"
        " WHERE recipient_id = %s AND action <> 'outcome.give'",
        loop.world.partner_id,
    )[0]
    assert reason not in seen


def test_what_a_recipient_still_reads_after_a_service_is_taken_back_too(loop: Loop) -> None:
    case, sent = loop.sent()
    finish(loop, sent.id)
    assert loop.one("SELECT count(*) FROM disclosure WHERE access_ended_at IS NULL") == (1,)
    closed = close(loop, case.id, "died")
    assert (closed.ended, len(closed.asked_to_delete)) == ([], 1)
    assert loop.referral(sent.id)["state"] == "completed"
    assert loop.one("SELECT count(*) FROM disclosure WHERE access_ended_at IS NULL") == (0,)
    assert loop.one("SELECT count(*) FROM follow_up WHERE called_off_at IS NULL") == (0,)


def test_whoever_moved_away_may_still_be_asked(loop: Loop) -> None:
    case, sent = loop.sent()
    finish(loop, sent.id)
    close(loop, case.id, "moved_away")
    assert loop.one("SELECT count(*) > 0 FROM follow_up WHERE called_off_at IS NULL") == (True,)


@pytest.mark.parametrize("reason", ["died", "client_left"])
def test_a_closed_case_leaves_the_worker_nothing_to_do_about_its_referrals(loop: Loop, reason: str) -> None:
    case, sent = loop.sent()
    loop.decline(sent.id, "other")
    left = "SELECT count(*) FROM task WHERE kind = 'find_next' AND done_at IS NULL"
    assert loop.one(left) == (1,)
    close(loop, case.id, reason)
    assert loop.one(left) == (0,)


def test_for_any_other_reason_open_referrals_refuse_it_and_nothing_changes(loop: Loop) -> None:
    case, referral_id = served(loop)
    with pytest.raises(CaseHasOpenReferrals):
        close(loop, case.id, "lost_contact")
    with pytest.raises(TransitionNotYours):
        close(loop, case.id, "died", by=loop.world.partner)
    assert loop.referral(referral_id)["state"] == "in_service"


def test_a_case_closed_by_mistake_and_its_referrals_are_opened_again(loop: Loop) -> None:
    case, referral_id = served(loop)
    close(loop, case.id, "died")
    by = loop.world.supervisor
    with loop.hub.transaction(by) as session:
        reopen_case(session, case_id=case.id, reason="同名的另一人", by=by, at=loop.at)
    back = reopen(loop, referral_id)
    assert (back.state, back.stage, back.place_lost) == ("in_service", "guidance", False)
    nothing_stands_still(loop.hub)
    assert loop.service(TRAINING).forms_at("guidance")
