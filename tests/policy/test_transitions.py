"""Every transition is tried in every state by every role: what the table does not list is impossible."""

from __future__ import annotations

import itertools

import psycopg
import pytest
from tests.loop import Loop
from tests.world import World

from referral_hub.actor import Actor, system_actor
from referral_hub.audit.acts import ACTS
from referral_hub.errors import HubError
from referral_hub.hub import Hub
from referral_hub.referrals.lookup import locked_referral
from referral_hub.referrals.transitions import ENDED, OPEN, STATES, TRANSITIONS, apply_transition

# Who may make each act, said again here in words of the roles, so that a change of the table is a change of the test.
MAY: dict[str, set[str]] = {
    "send": {"worker", "supervisor"},
    "receive": {"partner", "system"},
    "accept": {"partner", "system"},
    "waitlist": {"partner", "system"},
    "decline": {"partner", "system"},
    "start": {"partner", "system"},
    "hold": {"partner", "system"},
    "resume": {"partner", "system"},
    "complete": {"partner", "system"},
    "discontinue": {"partner", "system"},
    "end_unserved": {"worker", "supervisor"},
    "withdraw": {"worker", "supervisor"},
    "consent_withdraw": {"worker", "supervisor", "system"},
    "expire": {"system"},
    "mark_error": {"worker", "supervisor"},
    "reopen": {"supervisor"},
}
FROM: dict[str, set[str]] = {
    "send": {"draft"},
    "receive": {"sent"},
    "accept": {"received", "waitlisted"},
    "waitlist": {"received"},
    "decline": {"received", "waitlisted", "accepted"},
    "start": {"accepted"},
    "hold": {"in_service"},
    "resume": {"on_hold"},
    "complete": {"in_service", "on_hold"},
    "discontinue": {"in_service", "on_hold"},
    "end_unserved": {"in_service", "on_hold"},
    "withdraw": {"draft", "sent", "received", "waitlisted", "accepted"},
    "consent_withdraw": {"sent", "received", "waitlisted", "accepted", "in_service", "on_hold"},
    "expire": {"draft", "sent", "received", "waitlisted"},
    "mark_error": {"draft", "sent", "received", "waitlisted", "accepted", "in_service", "on_hold"},
    "reopen": {"completed", "discontinued", "declined"},
}
ALL = ["consent", "outcome", "gone"]


@pytest.mark.parametrize(
    "role", ["worker", "supervisor", "partner", "other_partner", "civil", "admin", "auditor", "system"]
)
def test_a_role_can_do_what_the_table_says_and_nothing_else(
    hub: Hub, owner: psycopg.Connection, world: World, role: str
) -> None:
    loop = Loop(hub, owner, world)
    _, sent = loop.sent()
    actor: Actor = system_actor() if role == "system" else getattr(world, role)
    sees = role not in ("other_partner", "civil", "admin", "auditor")
    for state, act in itertools.product(STATES, FROM):
        owner.execute("UPDATE referral SET state = %s, ended_at = %s WHERE id = %s", [state, loop.at, sent.id])
        visible = sees and not (role == "partner" and state == "draft")
        allowed = visible and actor.role in MAY[act] and state in FROM[act]
        assert _try(hub, actor, sent.id, act, loop) == allowed, (role, state, act)
        changed = loop.referral(sent.id)["state"] != state
        assert changed == (allowed and not (act == "receive" and state == "received")), (role, state, act)


def _try(hub: Hub, actor: Actor, referral_id: object, act: str, loop: Loop) -> bool:
    try:
        with hub.transaction(actor) as session:
            referral = locked_referral(session, referral_id)  # type: ignore[arg-type]
            apply_transition(session, referral, act, by=actor, at=loop.at, reason_code="other", met=ALL)  # type: ignore[arg-type]
    except HubError:
        return False
    return True


def test_a_demand_that_the_caller_did_not_check_is_refused(hub: Hub, owner: psycopg.Connection, world: World) -> None:
    loop = Loop(hub, owner, world)
    draft = loop.draft(loop.case(), loop.offering())
    with pytest.raises(HubError), hub.transaction(world.worker) as session:
        apply_transition(session, locked_referral(session, draft.id), "send", by=world.worker, at=loop.at)


def test_every_act_of_the_table_is_named_in_the_record_and_every_state_can_be_reached() -> None:
    assert {f"referral.{line.act}" for line in TRANSITIONS} <= set(ACTS)
    assert {line.act for line in TRANSITIONS} == set(MAY) == set(FROM)
    assert {line.after for line in TRANSITIONS} | {"draft"} == set(STATES)
    assert OPEN.isdisjoint(ENDED)
