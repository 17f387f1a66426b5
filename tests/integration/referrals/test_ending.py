"""A referral whose module or provider is gone: its sender ends it, and the outcome stays unknown."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
import pytest
from tests.loop import Loop
from tests.world import MONDAY, World

from referral_hub.actor import system_actor
from referral_hub.api import Outcome
from referral_hub.errors import HubError
from referral_hub.hub import Hub
from referral_hub.module_admin.lifecycle_actions import disable_module, enable_module, request_module_reassignment
from referral_hub.outcomes.actions import give_outcome, note_unknown_outcome
from referral_hub.referrals.actions import end_unserved, redirect_referral, reopen_referral
from referral_hub.tables.referrals import Referral
from referral_hub.views.civil.periods import month_of
from referral_hub.views.civil.statistics import outcome_table
from referral_hub.workflow.errors import ErasureRequested, StillServed, TransitionImpossible, TransitionNotYours

MARCH = month_of(MONDAY)


@pytest.fixture
def loop(hub: Hub, owner: psycopg.Connection, world: World) -> Loop:
    return Loop(hub, owner, world)


def in_service(loop: Loop, *, places: int = 1) -> UUID:
    """A referral that the partner accepted and serves, with a place taken."""
    _, sent = loop.sent(places=places)
    loop.deliver()
    loop.accept(sent.id)
    loop.owner.execute("UPDATE referral SET state = 'in_service', started_at = %s WHERE id = %s", [loop.at, sent.id])
    return sent.id


def module(loop: Loop, act: Any, **values: Any) -> Any:
    with loop.hub.transaction(loop.world.admin) as session:
        return act(session, key="employment", reason="机构停办", by=loop.world.admin, at=loop.at, **values)


def end(loop: Loop, referral_id: UUID, *, by: Any = None, reason_code: str = "module_gone", note: str = "") -> None:
    by = by or loop.world.worker
    with loop.hub.transaction(by) as session:
        end_unserved(session, referral_id=referral_id, reason_code=reason_code, note=note, by=by, at=loop.at)


def test_while_anyone_is_there_the_end_is_theirs_to_tell(loop: Loop) -> None:
    referral_id = in_service(loop)
    with pytest.raises(StillServed):
        end(loop, referral_id)
    with pytest.raises(HubError) as refused:
        end(loop, referral_id, reason_code="client_changed_mind")
    assert refused.value.field == "reason_code"
    assert loop.referral(referral_id)["state"] == "in_service"


def test_with_the_module_gone_the_sender_ends_it_and_nobody_pretends_to_know_the_outcome(loop: Loop) -> None:
    referral_id = in_service(loop)
    assert module(loop, disable_module, force=True) == 1
    end(loop, referral_id, note="上过 3 次课")
    row = loop.referral(referral_id)
    assert (row["state"], row["reason_code"], row["waiting_since"]) == ("discontinued", "module_gone", None)
    code, evidence, by = loop.one("SELECT code, evidence, entered_by FROM outcome WHERE referral_id = %s", referral_id)
    assert (code, evidence, by) == ("unknown", "none", loop.world.worker.account_id)
    assert loop.one("SELECT count(*) FROM reservation WHERE state IN ('held', 'taken')") == (0,)
    assert loop.one("SELECT bool_and(access_ended_at IS NOT NULL) FROM disclosure") == (True,)
    assert loop.one("SELECT state FROM need WHERE id = %s", row["need_id"]) == ("open",)
    kinds = loop.owner.execute(
        "SELECT kind, done_at IS NOT NULL FROM task WHERE NOT next_step AND referral_id = %s"
        " AND kind <> 'tell_accepted' ORDER BY kind",
        [referral_id],
    ).fetchall()
    assert kinds == [("delete_or_return", False), ("module_gone", True)]


def test_a_suspended_organisation_is_gone_too_but_only_the_senders_side_may_say_so(loop: Loop) -> None:
    referral_id = in_service(loop)
    loop.owner.execute("UPDATE organisation SET status = 'suspended' WHERE id = %s", [loop.world.partner_id])
    with pytest.raises(TransitionNotYours):
        end(loop, referral_id, by=loop.world.partner, reason_code="provider_gone")
    end(loop, referral_id, by=loop.world.supervisor, reason_code="provider_gone")
    assert loop.referral(referral_id)["state"] == "discontinued"


def test_before_service_it_is_taken_back_and_not_ended(loop: Loop) -> None:
    _, sent = loop.sent()
    module(loop, disable_module, force=True)
    with pytest.raises(TransitionImpossible):
        end(loop, sent.id)


def test_redirecting_ends_what_is_in_service_only_when_nobody_is_there(loop: Loop) -> None:
    referral_id = in_service(loop)
    other = loop.offering("living.assistance", organisation_id=loop.world.other_partner_id)

    def redirect() -> Any:
        with loop.hub.transaction(loop.world.worker) as session:
            return redirect_referral(
                session,
                referral_id=referral_id,
                offering_id=other,
                reason_code="module_gone",
                by=loop.world.worker,
                at=loop.at,
                key="one-press",
            )

    with pytest.raises(StillServed):
        redirect()
    module(loop, disable_module, force=True)
    drafted = redirect()
    assert redirect() == drafted
    assert loop.referral(referral_id)["state"] == "discontinued"
    assert loop.referral(drafted.id)["previous_id"] == referral_id


def test_a_supervisor_reopens_it_if_the_module_comes_back_before_it_was_asked_to_erase(loop: Loop) -> None:
    referral_id = in_service(loop)
    module(loop, disable_module, force=True)
    end(loop, referral_id)

    def reopen() -> None:
        supervisor = loop.world.supervisor
        with loop.hub.transaction(supervisor) as session:
            reopen_referral(
                session, referral_id=referral_id, reason_code="can_be_served_now", by=supervisor, at=loop.at
            )

    reopen()
    assert loop.referral(referral_id)["state"] == "in_service"
    assert loop.one(
        "SELECT count(*) FROM task WHERE NOT next_step AND done_at IS NULL AND kind <> 'tell_accepted'"
    ) == (0,)
    module(loop, enable_module)
    assert loop.deliver() == 0
    module(loop, disable_module, force=True)
    end(loop, referral_id)
    module(loop, enable_module)
    assert loop.deliver() == 1
    with pytest.raises(ErasureRequested):
        reopen()


def test_an_administrator_asks_for_one_thing_at_a_time_and_may_ask_to_wait(loop: Loop) -> None:
    referral_id = in_service(loop)
    number = loop.referral(referral_id)["number"]
    module(loop, disable_module, force=True)
    assert module(loop, request_module_reassignment, numbers=[number], ask="redirect") == 0
    assert module(loop, request_module_reassignment, numbers=[number], ask="close") == 1
    assert loop.one("SELECT kind FROM task WHERE NOT next_step AND done_at IS NULL AND kind <> 'tell_accepted'") == (
        "module_close",
    )
    assert module(loop, request_module_reassignment, numbers=["unknown"], ask="wait") == 0
    assert module(loop, request_module_reassignment, numbers=[number], ask="wait") == 1
    assert loop.one(
        "SELECT count(*) FROM task WHERE NOT next_step AND done_at IS NULL AND kind <> 'tell_accepted'"
    ) == (0,)


def test_the_return_counts_an_unknown_outcome_and_never_as_a_goal_met(loop: Loop) -> None:
    offering = loop.offering()
    for serial in range(1, 12):
        _, sent = loop.sent(serial=serial, offering_id=offering)
        with loop.hub.transaction(system_actor()) as session:
            referral = session.get_one(Referral, sent.id)
            if serial <= 6:
                met = Outcome(code="goal_met")
                give_outcome(
                    session, referral=referral, outcome=met, no_event_reason="one_talk", by=system_actor(), at=loop.at
                )
            else:
                note_unknown_outcome(session, referral=referral, by=system_actor(), at=loop.at)
    with loop.hub.transaction(loop.world.civil) as session:
        table = outcome_table(session, period=MARCH, at=loop.at)
    (rate,) = table.indicators
    assert (rate.numerator.text(), rate.denominator.text()) == ("6", "11")
    assert table.total.figures["unknown"].text() == "5"
    assert any("不明" in note.zh for note in table.notes)


def test_enabling_the_module_again_takes_back_what_its_absence_asked_for(loop: Loop) -> None:
    referral_id = in_service(loop)
    module(loop, disable_module, force=True)
    assert loop.referral(referral_id)["waiting_since"] == loop.at
    module(loop, enable_module)
    assert loop.referral(referral_id)["waiting_since"] is None
    assert loop.one(
        "SELECT count(*) FROM task WHERE NOT next_step AND done_at IS NULL AND kind <> 'tell_accepted'"
    ) == (0,)
