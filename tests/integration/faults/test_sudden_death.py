"""The hub is killed after every single step of an action: nothing acknowledged is lost, nothing happens twice."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import psycopg
import pytest
from tests.integration.faults.mortal import Act
from tests.loop import Loop
from tests.world import World

from referral_hub.actor import Actor, system_actor
from referral_hub.calendar.clock import FixedClock
from referral_hub.hub import Hub
from referral_hub.settings import Settings

ROOT = Path(__file__).parents[3]
MAX_STEPS = 60


class Mortal:
    """The process that dies on demand; its database sessions are gone before anyone goes on."""

    def __init__(self, process: subprocess.Popen[str], owner: psycopg.Connection) -> None:
        self._process = process
        self._owner = owner

    def lives_through(self, loop: Loop, name: str, subject: UUID, actor: Actor, *, die_after: int) -> bool:
        """Whether the action came to its end before the process died."""
        others = self._sessions()
        act = Act(name=name, subject=subject, actor=actor, at=loop.at, die_after=die_after)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(act).decode() + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        assert answer in ("killed", "0"), answer
        # PostgreSQL sees a client's death a moment later; until then it holds the row locks of the dead.
        for _ in range(600):
            if self._sessions() <= others:
                break
            time.sleep(0.05)
        return answer == "0"

    def _sessions(self) -> set[int]:
        rows = self._owner.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()").fetchall()
        return {pid for (pid,) in rows}


@pytest.fixture
def loop(hub: Hub, owner: psycopg.Connection, world: World) -> Loop:
    return Loop(hub, owner, world)


@pytest.fixture
def mortal(settings: Settings, owner: psycopg.Connection) -> Iterator[Mortal]:
    assert settings.database_url is not None
    assert settings.database_app_url is not None
    environment = os.environ | {
        "HUB_DATA": str(settings.data),
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "DATABASE_APP_URL": settings.database_app_url.get_secret_value(),
        "PYTHONPATH": str(ROOT),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.faults.mortal"],
        env=environment,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Mortal(process, owner)
        assert process.stdin is not None
        process.stdin.close()


def test_a_send_cut_off_at_any_step_happened_whole_or_not_at_all(loop: Loop, mortal: Mortal) -> None:
    offering = loop.offering(places=MAX_STEPS)
    worker = loop.world.worker
    for step in range(1, MAX_STEPS):
        case = loop.case(serial=step)
        loop.consent(case, offering)
        draft = loop.draft(case, offering)
        finished = mortal.lives_through(loop, "send", draft.id, worker, die_after=step)
        traces = loop.one(
            "SELECT r.state, (SELECT count(*) FROM disclosure WHERE referral_id = r.id),"
            " (SELECT count(*) FROM delivery WHERE referral_id = r.id),"
            " (SELECT count(*) FROM audit_entry WHERE referral_id = r.id AND action = 'referral.send'),"
            " (SELECT count(*) FROM reservation WHERE referral_id = r.id) FROM referral r WHERE r.id = %s",
            draft.id,
        )
        assert traces in (("draft", 0, 0, 0, 0), ("sent", 1, 1, 1, 1)), f"after step {step}"
        # The sender's program asks again with the same key, as it must when it heard nothing.
        assert loop.send(draft.id, key="the key").id == draft.id
        assert loop.one("SELECT count(*) FROM disclosure WHERE referral_id = %s", draft.id) == (1,)
        if finished:
            assert step > 8, "a send takes more steps than that"
            return
        loop.owner.execute("DELETE FROM idempotency_key")
    pytest.fail("the send never came to its end")


@pytest.mark.slow
def test_a_delivery_cut_off_at_any_step_is_taken_up_again_and_answered_once(
    loop: Loop, mortal: Mortal, clock: FixedClock
) -> None:
    offering = loop.offering(places=MAX_STEPS)
    for step in range(1, MAX_STEPS):
        _, sent = loop.sent(serial=step, offering_id=offering)
        (delivery,) = loop.one("SELECT id FROM delivery WHERE referral_id = %s", sent.id)
        finished = mortal.lives_through(loop, "deliver", delivery, system_actor(), die_after=step)
        clock.advance(timedelta(minutes=2))
        loop.deliver()
        assert loop.referral(sent.id)["state"] == "received", f"after step {step}"
        assert loop.one("SELECT state FROM delivery WHERE id = %s", delivery) == ("done",)
        signed = loop.one(
            "SELECT count(*) FROM audit_entry WHERE action = 'referral.receive' AND referral_id = %s", sent.id
        )
        assert signed == (1,)
        if finished:
            assert step > 8
            return
    pytest.fail("the delivery never came to its end")


@pytest.mark.slow
@pytest.mark.parametrize("act", ["accept", "withdraw"])
def test_an_answer_or_a_withdrawal_cut_off_at_any_step_leaves_nothing_halfway(
    loop: Loop, mortal: Mortal, act: str
) -> None:
    offering = loop.offering(places=MAX_STEPS)
    for step in range(1, MAX_STEPS):
        case = loop.case(serial=step)
        consent = loop.consent(case, offering)
        sent = loop.send(loop.draft(case, offering).id)
        loop.deliver()
        actor, subject = (loop.world.partner, sent.id) if act == "accept" else (loop.world.worker, consent.id)
        finished = mortal.lives_through(loop, act, subject, actor, die_after=step)
        state = loop.referral(sent.id)["state"]
        (place,) = loop.one("SELECT state FROM reservation WHERE referral_id = %s", sent.id)
        (readable,) = loop.one(
            "SELECT count(*) FROM disclosure WHERE referral_id = %s AND access_ended_at IS NULL", sent.id
        )
        whole = ("accepted", "taken", 1) if act == "accept" else ("consent_withdrawn", "released", 0)
        assert (state, place, readable) in (("received", "held", 1), whole), f"after step {step}"
        if finished:
            assert (state, place, readable) == whole
            return
    pytest.fail(f"{act} never came to its end")
