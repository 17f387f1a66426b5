"""A hub process that kills itself (SIGKILL, no clean-up) after so many SQL statements of one action.

Reads one JSON line for each action, forks a child that opens a hub of its own and acts, and says how the child ended.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import event

from referral_hub.actor import Actor
from referral_hub.calendar.clock import FixedClock
from referral_hub.hub import Hub, open_hub
from referral_hub.referrals.actions import accept_referral, send_referral, withdraw_consent
from referral_hub.referrals.delivery import deliver_one
from referral_hub.settings import Settings


class Act(msgspec.Struct):
    """What to do, as whom, and after how many statements to die; a commit counts as one."""

    name: str
    subject: UUID
    actor: Actor
    at: datetime
    die_after: int


def main() -> None:
    for line in sys.stdin:
        act = msgspec.json.decode(line, type=Act)
        child = os.fork()
        if child == 0:
            _live(act)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{'killed' if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _live(act: Act) -> None:
    hub = open_hub(Settings(), clock=FixedClock(act.at))
    left = act.die_after

    def step(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(hub.engine, "after_cursor_execute", step)
    event.listen(hub.engine, "commit", step)
    _do(hub, act)
    hub.modules.close()


def _do(hub: Hub, act: Act) -> None:
    if act.name == "deliver":
        deliver_one(hub, act.subject)
        return
    with hub.transaction(act.actor) as session:
        match act.name:
            case "send":
                send_referral(session, referral_id=act.subject, by=act.actor, at=act.at, key="the key")
            case "accept":
                accept_referral(session, referral_id=act.subject, by=act.actor, at=act.at)
            case "withdraw":
                withdraw_consent(session, consent_id=act.subject, how="told_worker", by=act.actor, at=act.at)


if __name__ == "__main__":
    main()
