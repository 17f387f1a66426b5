"""What civil affairs of the made-up district decides itself: allowances, emergency aid given first, refusals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from referral_hub.actor import Actor
from referral_hub.assistance.actions import decide, record_application, record_payment
from referral_hub.assistance.values import Applicant, Application, Decision
from referral_hub.calendar.clock import Clock, local_date
from referral_hub.hub import Hub

_NAMES = ("测试甲", "测试乙", "测试丙", "测试丁", "测试戊", "测试己", "测试庚", "测试辛", "测试壬", "测试癸")
_TYPES = (
    ("subsistence", "illness", 790),
    ("temporary_emergency", "no_income", 800),
    ("temporary_expenditure", "illness", 2000),
)
_AREAS = ("999999001", "999999002", "999999003")
_EVERY_DAYS = 9
_ADVANCE_FEN = 300_00


class CivilAffairs:
    """Acts as the department, each act at its own moment."""

    def __init__(self, hub: Hub, clock: Clock, actor: Actor) -> None:
        self.hub, self.clock, self.actor = hub, clock, actor

    def plan(self, at: Callable[[datetime, Callable[[], None]], None], start: datetime, days: int) -> None:
        for number, day in enumerate(range(2, days, _EVERY_DAYS)):
            at(start + timedelta(days=day), partial(self._applied, number, at))

    def _applied(self, number: int, at: Callable[[datetime, Callable[[], None]], None]) -> None:
        now = self.clock.now()
        aid_type, hardship, _ = _TYPES[number % len(_TYPES)]
        application = Application(
            type=aid_type,
            source="found" if number % 4 == 3 else "application",
            hardship=hardship,
            household_size=1 + number % 4,
            area_code=_AREAS[number % len(_AREAS)],
            applicant=Applicant(
                name=_NAMES[number % len(_NAMES)], phone=f"1990000{number:04d}", household_number=f"H{number:06d}"
            ),
        )
        assert self.actor.organisation_id is not None
        with self.hub.transaction(self.actor) as session:
            key = record_application(
                session, organisation_id=self.actor.organisation_id, application=application, by=self.actor, at=now
            )
            if aid_type == "temporary_emergency":
                first = Decision(
                    type=aid_type, amount_fen=_ADVANCE_FEN, fund="treasury", advance=True, pay_way="cash"
                )  # fmt: skip
                decided = decide(session, application_id=key, decision=first, by=self.actor, at=now)
                record_payment(
                    session, decision_id=decided, paid_on=local_date(now), voucher=f"示民{number:04d}", by=self.actor,
                    at=now,
                )  # fmt: skip
        at(now + timedelta(days=2 + number % 5), partial(self._decided, key, number))

    def _decided(self, application_id: UUID, number: int) -> None:
        now = self.clock.now()
        today = local_date(now)
        aid_type, _, yuan = _TYPES[number % len(_TYPES)]
        refused = number % 5 == 4
        decision = Decision(
            result="refused" if refused else "granted",
            type=aid_type,
            amount_fen=0 if refused else yuan * 100,
            fund=None if refused else "treasury",
            reason="over_threshold" if refused else None,
            decided_on=today,
            investigated_on=today,
            investigator=self.actor.name,
            pay_way=None if refused else "bank",
        )
        with self.hub.transaction(self.actor) as session:
            decided = decide(session, application_id=application_id, decision=decision, by=self.actor, at=now)
            # A few are granted and still to be paid.
            if not refused and number % 7 != 6:
                record_payment(
                    session, decision_id=decided, paid_on=today, voucher=f"示民{number:04d}-2", by=self.actor, at=now
                )  # fmt: skip
