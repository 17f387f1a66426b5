"""What the author's hub in memory says, a real hub says as well: the same stories told to both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol

import psycopg
import pytest
from tests.loop import INTAKE, TRAINING, Loop
from tests.world import World

from referral_hub.calendar.clock import FixedClock
from referral_hub.errors import HubError
from referral_hub.hub import Hub
from referral_hub.referrals.delivery import deliver_due
from referral_hub.referrals.overdue import end_expired_consents, escalate_unanswered
from referral_hub.referrals.retention import end_access
from referral_hub.referrals.service import hold_referral, resume_referral
from referral_hub.testing import FakeHub, SimulatedReferral

DAYS = 30
TIMES = ("answer", "first_contact", "progress", "follow_up")


class Told(Protocol):
    """One of the two, with one referral on its way."""

    def do(self, act: str, *words: Any, **values: Any) -> None: ...
    def pass_days(self, days: int) -> None: ...
    def now(self) -> dict[str, Any]: ...


class InMemory:
    def __init__(self) -> None:
        self.hub = FakeHub.of("hub_employment", offering_settings={"families": ["catering"]})
        case = self.hub.case()
        sensitive = self.hub.service(TRAINING).categories() & {"identity", "address", "health", "finance", "family"}
        self.consent = self.hub.consent(case, without=sensitive, days=DAYS)
        intake: dict[str, Any] = {**INTAKE[TRAINING]}
        self.loop: SimulatedReferral = self.hub.send(case, self.consent, **intake)

    def do(self, act: str, *words: Any, **values: Any) -> None:
        if act == "take_back":
            words = ("client_changed_mind",)
        getattr(self.loop, act)(*words, **values)

    def pass_days(self, days: int) -> None:
        self.hub.advance(days=days)

    def now(self) -> dict[str, Any]:
        loop = self.loop
        return {
            "state": loop.state,
            "stage": loop.stage,
            "reason": loop.reason,
            "fields": set(loop.referral.fields),
            "events": len(loop.events),
            "outcome": loop.outcome.code if loop.outcome else None,
            "answer_due_at": loop.referral.answer_due_at,
            "progress": next((one.at for one in loop.due if one.kind == "progress"), None),
            "tasks": sorted(one.kind for one in loop.due if one.kind not in TIMES),
            "follow_ups": sorted(one.at.date() for one in loop.due if one.kind == "follow_up"),
        }


class InDatabase:
    def __init__(self, hub: Hub, owner: psycopg.Connection, world: World, clock: FixedClock) -> None:
        self.loop, self.clock, self.world = Loop(hub, owner, world), clock, world
        offering = self.loop.offering(settings={"families": ["catering"]})
        case = self.loop.case()
        self.consent = self.loop.consent(case, offering, valid_days=DAYS)
        self.id = self.loop.send(self.loop.draft(case, offering).id).id
        deliver_due(hub)

    def do(self, act: str, *words: Any, **values: Any) -> None:
        loop = self.loop
        match act:
            case "fill":
                evidence = {"outcome_evidence": "provider"} if words[0] == "close" else {}
                loop.fill(self.id, words[0], {**evidence, **values})
            case "withdraw":
                loop.withdraw(self.consent.id)
            case "hold" | "resume":
                change = {"hold": hold_referral, "resume": resume_referral}[act]
                with loop.hub.transaction(self.world.partner) as session:
                    change(session, referral_id=self.id, by=self.world.partner, at=loop.at)
            case _:
                getattr(loop, act)(self.id, *words)
        loop.deliver()

    def pass_days(self, days: int) -> None:
        self.clock.advance(timedelta(days=days))
        end_expired_consents(self.loop.hub)
        end_access(self.loop.hub)
        escalate_unanswered(self.loop.hub)
        self.loop.deliver()

    def now(self) -> dict[str, Any]:
        row = self.loop.referral(self.id)
        tasks = self.loop.owner.execute(
            "SELECT kind FROM task WHERE NOT next_step AND done_at IS NULL ORDER BY kind"
        ).fetchall()
        outcome = self.loop.owner.execute("SELECT code FROM outcome WHERE replaced_at IS NULL").fetchone()
        return {
            "state": row["state"],
            "stage": row["stage"] or "",
            "reason": row["reason_code"],
            "fields": set(self.loop.disclosed(self.id)),
            "events": self.loop.one("SELECT count(*) FROM service_event")[0],
            "outcome": outcome[0] if outcome else None,
            "answer_due_at": row["answer_due_at"],
            "progress": row["progress_due_at"],
            "tasks": [kind for (kind,) in tasks],
            "follow_ups": [day for (day,) in self.loop.owner.execute("SELECT due_on FROM follow_up ORDER BY 1")],
        }


def served(told: Told) -> None:
    told.do("accept")
    told.do("fill", "first_meeting", way="in_person")
    told.do("fill", "guidance", next_step="class_offered")
    told.do("hold")
    told.do("resume")
    told.do("fill", "class", class_name="春季班", trade="中式烹调", class_starts_on="2026-03-02", answer="joins")
    told.do("fill", "attendance", hours="8", days="1")
    told.do("fill", "attendance", hours="8", days="1", ready_for_exam="yes")
    told.do("fill", "exam", result="passed")


def left(told: Told) -> None:
    told.do("accept")
    told.do("fill", "first_meeting", way="in_person")
    told.do("fill", "close", outcome="client_left")


def waited(told: Told) -> None:
    told.do("waitlist")
    told.do("accept")


def withdrawn_while_served(told: Told) -> None:
    served(told)
    told.do("withdraw")


def taken_back_too_late(told: Told) -> None:
    served(told)
    told.do("take_back")


def told_again_while_served(told: Told) -> None:
    told.do("accept")
    told.do("fill", "first_meeting", way="in_person")
    told.pass_days(9)
    told.do("fill", "guidance", next_step="class_offered")


def paused(told: Told) -> None:
    told_again_while_served(told)
    told.do("hold")


def gone_on(told: Told) -> None:
    paused(told)
    told.pass_days(5)
    told.do("resume")


def run_out_while_served(told: Told) -> None:
    served(told)
    told.pass_days(DAYS + 1)


def kept_long_enough(told: Told) -> None:
    told.do("decline", "no_capacity")
    told.pass_days(DAYS + 1)
    told.pass_days(1)


STORIES: dict[str, Callable[[Told], None]] = {
    "left": left,
    "declined": lambda told: told.do("decline", "no_capacity"),
    "waited": waited,
    "taken back": lambda told: told.do("take_back"),
    "withdrawn": lambda told: told.do("withdraw"),
    "withdrawn while served": withdrawn_while_served,
    "overdue": lambda told: told.pass_days(9),
    "told again": told_again_while_served,
    "paused": paused,
    "gone on": gone_on,
    "run out": lambda told: told.pass_days(DAYS + 1),
    "run out while served": run_out_while_served,
    "kept long enough": kept_long_enough,
    "held too early": lambda told: told.do("hold"),
    "filled too early": lambda told: told.do("fill", "first_meeting", way="in_person"),
    "taken back too late": taken_back_too_late,
    "declined without a reason": lambda told: told.do("decline", "because"),
}


@pytest.mark.parametrize("story", STORIES)
def test_both_hubs_tell_the_same_story(
    hub: Hub, owner: psycopg.Connection, world: World, clock: FixedClock, story: str
) -> None:
    ends = []
    for told in (InMemory(), InDatabase(hub, owner, world, clock)):
        error = None
        try:
            STORIES[story](told)
        except HubError as refused:
            error = refused.code
        ends.append({**told.now(), "error": error})
    fields = [end.pop("fields") for end in ends]
    assert ends[0] == ends[1]
    # The world's client tells less than a made-up one of whom everything is known.
    assert fields[1] <= fields[0]
