"""Every transition is tried in every state by every role: what the table does not list is impossible."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest
from tests.loop import Loop
from tests.world import World

from referral_hub.actor import Actor
from referral_hub.audit.catalogue import ACTIONS
from referral_hub.codes.states import REFERRAL_ENDED, REFERRAL_OPEN
from referral_hub.errors import HubError, NotFound
from referral_hub.hub import Hub
from referral_hub.referrals.state import lock_referral
from referral_hub.workflow.deadlines import WorkCalendar
from referral_hub.workflow.errors import TransitionImpossible
from referral_hub.workflow.plan import Plan
from referral_hub.workflow.state import ReferralState
from referral_hub.workflow.table import STATES, TRANSITIONS, Demand, parties_of, possible_actions

# Who may make each action, said again here in words of the roles, so that a change of the table is a change of the
# test.
MAY: dict[str, set[str]] = {
    "send": {"worker", "supervisor"},
    "receive": {"partner", "system"},
    "accept": {"partner", "system"},
    "waitlist": {"partner", "system"},
    "take_offer": {"worker", "supervisor"},
    "decline": {"partner", "system"},
    "start": {"partner", "system"},
    "hold": {"partner", "system"},
    "resume": {"partner", "system"},
    "complete": {"partner", "system"},
    "discontinue": {"partner", "system"},
    "end_unserved": {"worker", "supervisor"},
    "end_with_client": {"worker", "supervisor"},
    "withdraw": {"worker", "supervisor"},
    "consent_withdraw": {"worker", "supervisor", "system"},
    "expire": {"system"},
    "mark_error": {"worker", "supervisor"},
    "undo": {"partner", "supervisor"},
    "reopen": {"supervisor"},
}
FROM: dict[str, set[str]] = {
    "send": {"draft"},
    "receive": {"sent"},
    "accept": {"received", "waitlisted"},
    "waitlist": {"received"},
    "take_offer": {"waitlisted"},
    "decline": {"received", "waitlisted", "accepted"},
    "start": {"accepted"},
    "hold": {"in_service"},
    "resume": {"on_hold"},
    "complete": {"in_service", "on_hold"},
    "discontinue": {"in_service", "on_hold"},
    "end_unserved": {"in_service", "on_hold"},
    "end_with_client": {"draft", "sent", "received", "waitlisted", "accepted", "in_service", "on_hold"},
    "withdraw": {"draft", "sent", "received", "waitlisted", "accepted"},
    "consent_withdraw": {"sent", "received", "waitlisted", "accepted", "in_service", "on_hold"},
    "expire": {"draft", "sent", "received", "waitlisted"},
    "mark_error": {"draft", "sent", "received", "waitlisted", "accepted", "in_service", "on_hold"},
    "undo": {"accepted", "waitlisted", "declined", "in_service", "on_hold", "completed", "discontinued"},
    "reopen": {"completed", "discontinued", "declined", "withdrawn"},
}
MET: tuple[Demand, ...] = ("consent", "outcome", "gone", "sent", "case", "lately", "offer")
NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
OFFICE, RECIPIENT, STRANGER = UUID(int=1), UUID(int=2), UUID(int=3)
AT: dict[str, UUID | None] = {"worker": OFFICE, "supervisor": OFFICE, "partner": RECIPIENT, "system": None}


@pytest.mark.parametrize("role", ["worker", "supervisor", "partner", "civil", "admin", "auditor", "system"])
@pytest.mark.parametrize("stranger", [False, True])
def test_a_role_can_do_what_the_table_says_and_nothing_else(role: str, stranger: bool) -> None:
    organisation = STRANGER if stranger else AT.get(role, STRANGER)
    parties = parties_of(role=role, organisation_id=organisation, office_id=OFFICE, recipient_id=RECIPIENT)
    # A worker of another office sees a referral as a member of the care team, and then may act for the sender; a
    # supervisor of another office is no supervisor of this referral, and another organisation no recipient.
    acting = {"supervisor": "worker", "partner": "civil"}.get(role, role) if stranger else role
    for state, action in itertools.product(STATES, FROM):
        plan = Plan(
            ReferralState(state=state, ended_at=NOW), service=None, parties=parties, calendar=WorkCalendar(), now=NOW
        )
        allowed = acting in MAY[action] and state in FROM[action]
        assert _moves(plan, action) == allowed, (role, state, action)
        listed = action in {line.action for line in possible_actions(state, parties)}
        assert listed == allowed, (role, state, action)


def _moves(plan: Plan, action: str) -> bool:
    try:
        plan.move(action, reason="other", met=MET)
    except HubError:
        return False
    return plan.state != plan.before


@pytest.mark.parametrize("stranger", ["other_partner", "civil", "admin", "auditor"])
def test_nobody_acts_on_a_referral_of_others(hub: Hub, owner: psycopg.Connection, world: World, stranger: str) -> None:
    loop = Loop(hub, owner, world)
    _, sent = loop.sent()
    actor: Actor = getattr(world, stranger)
    for state in STATES:
        owner.execute("UPDATE referral SET state = %s WHERE id = %s", [state, sent.id])
        with pytest.raises(NotFound), hub.transaction(actor) as session:
            lock_referral(session, sent.id)


def test_a_demand_that_no_rule_checked_is_refused() -> None:
    plan = Plan(ReferralState(), service=None, parties=["sender"], calendar=WorkCalendar(), now=NOW)
    with pytest.raises(TransitionImpossible):
        plan.move("send")


def test_every_action_of_the_table_is_named_in_the_audit_log_and_every_state_can_be_reached() -> None:
    assert {f"referral.{line.action}" for line in TRANSITIONS} <= set(ACTIONS)
    assert {line.action for line in TRANSITIONS} == set(MAY) == set(FROM)
    assert {line.after for line in TRANSITIONS} | {"draft"} == set(STATES)
    assert REFERRAL_OPEN.isdisjoint(REFERRAL_ENDED)
