"""Half a year in the fictitious district, through the hub's own actions, in the order of time."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from referral_hub.actor import Actor
from referral_hub.api.manifest import Service
from referral_hub.calendar.clock import FixedClock, local_date, start_of
from referral_hub.cases.actions import (
    add_need,
    add_note,
    add_plan_item,
    finish_plan_item,
    open_case,
    set_need_state,
)
from referral_hub.codes.states import REFERRAL_CONCLUDED
from referral_hub.consent.actions import refuse_consent
from referral_hub.consent.values import Request, Signature
from referral_hub.demo.civil import CivilAffairs
from referral_hub.demo.district import STREETS, District, Offer
from referral_hub.demo.people import MadeUp, make_people
from referral_hub.demo.scripts import AID_OF, BEGUN, CLOSE, INTAKE, LEAVE, NEEDS, PATHS, PAUSE, SENSITIVE, Step
from referral_hub.directory.actions import confirm_capacity
from referral_hub.hub import Hub
from referral_hub.outcomes.actions import answer_follow_up
from referral_hub.outcomes.queries import follow_ups_due
from referral_hub.referrals.actions import (
    accept_referral,
    decline_referral,
    draft_referral,
    fill_form,
    mark_error,
    receive_referral,
    record_client_confirmation,
    send_referral,
    waitlist_referral,
    withdraw_consent,
    withdraw_referral,
)
from referral_hub.referrals.consents import give_consent
from referral_hub.referrals.delivery import deliver_due
from referral_hub.referrals.overdue import ask_for_results, end_expired_consents, escalate_unanswered
from referral_hub.referrals.waiting import offer_free_places
from referral_hub.registry.forms import read_form
from referral_hub.tasks.actions import complete_task
from referral_hub.views.partner.form_entries import entry_for_partner
from referral_hub.views.partner.inbox import tasks_for_partner as tasks_of
from referral_hub.views.worker.consents import consent_in_force
from referral_hub.views.worker.due import my_due_list
from referral_hub.workflow.errors import DeclinedRecently, FormNotHere, NoPlaceFree, NotEligible, TransitionImpossible
from referral_hub.workflow.tasks import TASK_KINDS

DAYS = 180
_CHOICES = 50
CLIENTS = 60
# How the referrals of half a year stand at its end; together 150.
ENDINGS: dict[str, int] = {
    "completed": 44,
    "in_service": 28,
    "declined": 14,
    "received": 11,
    "discontinued": 9,
    "waitlisted": 8,
    "accepted": 7,
    "withdrawn": 6,
    "consent_withdrawn": 5,
    "on_hold": 4,
    "draft": 4,
    "sent": 4,
    "expired": 3,
    "entered_in_error": 3,
}
# Days before the end at which such a referral was sent: from, to.
_BEGUN: dict[str, tuple[int, int]] = {
    "completed": (174, 70),
    "in_service": (45, 16),
    "declined": (170, 5),
    "received": (14, 1),  # some overdue, even after a week of holidays
    "discontinued": (160, 60),
    "waitlisted": (30, 4),
    "accepted": (6, 3),
    "withdrawn": (150, 10),
    "consent_withdrawn": (140, 12),
    "on_hold": (50, 35),
    "draft": (5, 1),
    "sent": (0, 0),
    "expired": (120, 30),
    "entered_in_error": (100, 20),
}
_DECLINES = ("no_capacity", "not_eligible", "insufficient_information", "unreachable", "out_of_area")
_FIRST_NOTES = ("第一次面谈，谈了眼下最急的事。", "电话联系，约好来站里谈。", "陪同去办了一趟手续。")
_PLAIN = ("basic", "contact", "need", "work", "housing")


class Client(msgspec.Struct):
    """A client of the story, with the worker responsible for them."""

    person: MadeUp
    worker: Actor
    case_id: UUID | None = None


class Story:
    """Acts as everyone in turn. Time is a queue of acts; each act is one transaction at its own moment."""

    def __init__(self, hub: Hub, clock: FixedClock, district: District, end: datetime) -> None:
        self.hub, self.clock, self.district, self.end = hub, clock, district, end
        self.chance = random.Random(20260301)  # noqa: S311 - a story, not a secret
        self._acts: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._vouchers = itertools.count(1)

    def plan(self) -> int:
        """Lay out half a year. Returns how many acts are to come."""
        start = local_date(self.end) - timedelta(days=DAYS)
        people = make_people(CLIENTS, self.chance, on=start)
        workers = [self.district.actors[name] for name in ("worker", "officer", "worker-liuxi", "worker-yunqiao")]
        clients = [Client(person, workers[0 if n < 30 else 1 + (n - 30) // 10]) for n, person in enumerate(people)]
        endings = [ending for ending, number in ENDINGS.items() for _ in range(number)]
        self.chance.shuffle(endings)
        for number, ending in enumerate(endings):
            self._plan_referral(clients[number % len(clients)], ending)
        for day in range(DAYS, 0, -1):
            self._at(self.end - timedelta(days=day) + timedelta(hours=9), self._a_day_passes)
            # At the same hour whenever it is told: the hub asks nobody for an answer at night.
            ten = start_of(local_date(self.end) - timedelta(days=day - 1)) + timedelta(hours=10)
            self._at(ten, self._missing_answers_are_asked_for)
        civil = CivilAffairs(self.hub, self.clock, self.district.actors["civil"])
        civil.plan(self._at, self.end - timedelta(days=DAYS), DAYS)
        # Most providers have looked at their places lately; one in six lets them grow old, as in life.
        for number, offer in enumerate(self.district.offers):
            if offer.counts_places and number % 6:
                at = self.end - timedelta(days=1 + number % 9)
                self._at(at, partial(self._places_are_counted, offer))
        return len(self._acts)

    def tell(self) -> Iterable[int]:
        """Live through it, act by act; gives the number of acts done so far."""
        done = 0
        while self._acts:
            at, _, act = heapq.heappop(self._acts)
            self.clock.set(at)
            act()
            done += 1
            yield done
        self.clock.set(self.end)

    def _at(self, at: datetime, act: Callable[[], None]) -> None:
        """What would come after the end of the story does not come at all."""
        if at <= self.end:
            heapq.heappush(self._acts, (at, next(self._order), act))

    def _later(self, days: float, act: Callable[[], None]) -> None:
        self._at(self.clock.now() + timedelta(days=days, minutes=self.chance.randrange(240)), act)

    def _plan_referral(self, client: Client, ending: str) -> None:
        first, last = _BEGUN[ending]
        day = self.chance.randint(last, first)
        # What is only sent at the end is sent in its last moment: whatever comes later would deliver it.
        at = self.end - timedelta(days=day, hours=self.chance.randrange(1, 7) if day else 0)
        self._at(at - timedelta(hours=2 if day else 0.5), lambda: self._is_opened(client))
        self._at(at, lambda: self._is_referred(client, ending))

    # What workers do.

    def _is_opened(self, client: Client) -> None:
        if client.case_id is not None:
            return
        worker, at = client.worker, self.clock.now()
        with self._as(worker) as session:
            opened = open_case(
                session,
                office_id=_of(worker),
                name=client.person.name,
                sex=client.person.sex,
                **client.person.values,
                responsible_id=worker.account_id,  # type: ignore[arg-type]
                opened_on=local_date(at),
                area_code=self._area(worker),
                by=worker,
                at=at,
            )
            client.case_id = opened.id
            add_note(
                session,
                case_id=opened.id,
                words=self.chance.choice(_FIRST_NOTES),
                kind="interview",
                by=worker,
                at=at,
            )
            add_plan_item(
                session,
                case_id=opened.id,
                goal=self.chance.choice(("三个月内找到稳定的工作", "办好低保申请", "每周和家人吃一顿饭")),
                due_on=local_date(at) + timedelta(days=self.chance.randrange(30, 200)),
                by=worker,
                at=at,
            )

    def _is_referred(self, client: Client, ending: str) -> None:
        """Where a place turned the client down lately or cannot serve them, the worker chooses another, as asked."""
        for _ in range(_CHOICES):
            with suppress(DeclinedRecently, NotEligible):
                self._refer(client, self._choose(client, ending), ending)
                return
        raise RuntimeError(f"no place takes this client: {ending}")

    def _refer(self, client: Client, offer: Offer, ending: str) -> None:
        service = self._service(offer)
        worker, at = client.worker, self.clock.now()
        assert client.case_id is not None
        kind, words = NEEDS[offer.service_key]
        request = Request(
            case_id=client.case_id,
            recipient_id=offer.organisation_id,
            service=service,
            purpose=offer.service_key,
            categories=tuple(sorted(service.categories() & {*_PLAIN, *SENSITIVE.get(offer.service_key, ())})),
            # A consent that ends before anyone answers lets the referral expire.
            valid_days=2 if ending == "expired" else 365,
            asked_by_client=True,
        )
        with self._as(worker) as session:
            said = self.chance.choice(words)
            need_id = add_need(session, case_id=client.case_id, kind=kind, words=said, by=worker, at=at)
            if self.chance.random() < 0.06:
                refuse_consent(session, request, by=worker, at=at)
            give_consent(session, request, Signature(how="handwritten"), by=worker, at=at)
            intake, _ = read_form(service.intake, self._intake(offer))
            draft = draft_referral(
                session,
                need_id=need_id,
                offering_id=offer.id,
                details={"need_summary": said, "goals": "尽快稳定下来", "wish": "愿意配合安排", "intake": intake},
                urgency="urgent" if self.chance.random() < 0.08 else "normal",
                by=worker,
                at=at,
            )
            if ending == "draft":
                return
            send_referral(session, referral_id=draft.id, by=worker, at=at)
        self._goes_on(draft.id, need_id, offer, client, ending)

    def _goes_on(self, referral_id: UUID, need_id: UUID, offer: Offer, client: Client, ending: str) -> None:
        worker = client.worker
        if ending == "sent":
            return
        self._later(0.05, self._deliver)
        if ending == "withdrawn":
            self._later(1, lambda: self._do(worker, withdraw_referral, referral_id, reason_code="helped_elsewhere"))
        elif ending == "entered_in_error":
            self._later(0.5, lambda: self._do(worker, mark_error, referral_id, reason_code="wrong_recipient"))
        elif ending == "declined":
            reason = self.chance.choice(_DECLINES)
            self._later(2, lambda: self._do(offer.partner, decline_referral, referral_id, reason_code=reason))
            # Most find help some other way; for a few the next place is still to be found.
            if self.chance.random() < 0.8:
                self._later(6, lambda: self._is_helped_elsewhere(worker, need_id))
        elif ending == "waitlisted":
            self._later(2, lambda: self._do(offer.partner, waitlist_referral, referral_id))
        elif ending == "received":
            self._later(0.5, lambda: self._do(offer.partner, receive_referral, referral_id))
        elif ending != "expired":
            self._later(self.chance.uniform(0.3, 2.5), lambda: self._is_accepted(referral_id, offer, client, ending))
        if ending == "consent_withdrawn":
            self._later(9, lambda: self._takes_back(client, offer))

    # What partners do.

    def _is_accepted(
        self, referral_id: UUID, offer: Offer, client: Client, ending: str, *, waits: bool = False
    ) -> None:
        try:
            self._do(offer.partner, accept_referral, referral_id)
        except NoPlaceFree:
            if not waits:
                self._do(offer.partner, waitlist_referral, referral_id)
            # A place comes free one day, and is offered in turn.
            self._later(1, lambda: self._is_accepted(referral_id, offer, client, ending, waits=True))
            return
        except TransitionImpossible:
            return
        if ending == "accepted":
            return
        steps = PATHS[offer.service_key]
        begun = BEGUN.get(offer.service_key, 1)
        if ending == "consent_withdrawn":
            steps = steps[:begun]
        elif ending == "in_service" and offer.service_key == "living.assistance":
            # Aid is paid within days; what goes on is looking after it.
            steps = steps[: self.chance.randint(len(steps) - 1, len(steps))]
        elif ending != "completed":
            steps = steps[: self.chance.randint(begun, len(steps) - 1)]
        self._next_step(referral_id, offer, client, ending, list(steps))

    def _next_step(self, referral_id: UUID, offer: Offer, client: Client, ending: str, steps: list[Step]) -> None:
        if steps:
            step = steps.pop(0)

            def fill() -> None:
                answers = step.answers(local_date(self.clock.now()))
                if offer.service_key == "living.assistance":
                    answers |= self._aid(referral_id, offer, step.form)
                if not self._fill(referral_id, offer, step.form, answers):
                    return
                self._next_step(referral_id, offer, client, ending, steps)

            self._later(step.days, fill)
            return
        if ending == "on_hold":
            self._next_step(referral_id, offer, client, "", [PAUSE[offer.service_key]])
        elif leave := LEAVE.get(offer.service_key, {}).get(ending):
            self._next_step(referral_id, offer, client, f"{ending}:left", [leave])
        elif ending:
            ending = ending.removesuffix(":left")
            if ending in REFERRAL_CONCLUDED:
                self._later(3, lambda: self._closes(referral_id, offer, client, ending))

    def _closes(self, referral_id: UUID, offer: Offer, client: Client, ending: str) -> None:
        went_well = ending == "completed"
        outcome = self.chance.choice(("goal_met", "goal_met", "goal_partly_met")) if went_well else "client_left"
        answers = {
            **(CLOSE[offer.service_key] if went_well else {}),
            "outcome": outcome,
            "outcome_evidence": self.chance.choice(("provider", "document", "person")),
            "no_event_reason": "never_came",
        }
        self._fill(referral_id, offer, "close", answers)
        if went_well:
            word = "received" if self.chance.random() < 0.9 else "not_received"
            self._later(3, lambda: self._do(client.worker, record_client_confirmation, referral_id, confirmation=word))

    def _fill(self, referral_id: UUID, offer: Offer, form: str, values: dict[str, Any]) -> bool:
        """False when the client has taken their consent back in the meantime, and with it this referral."""
        at = self.clock.now()
        try:
            with self._as(offer.partner) as session:
                entry_id = fill_form(
                    session,
                    referral_id=referral_id,
                    form=form,
                    values=values,
                    on=local_date(at),
                    by=offer.partner,
                    at=at,
                )
        except FormNotHere:
            return False
        self._deliver()
        with self._as(offer.partner) as session:
            entry = entry_for_partner(session, entry_id)
        if entry.problems and {problem.field for problem in entry.problems} == {"double_reason"}:
            # Aid of this kind is already in force: the office looks into it and writes down why it goes on.
            return self._fill(referral_id, offer, form, {**values, "double_reason": "家庭情况又有变化，经入户核实"})
        if entry.state != "applied":
            raise RuntimeError(f"{offer.service_key}: the form {form} was {entry.state}: {entry.problems}")
        return True

    def _aid(self, referral_id: UUID, offer: Offer, form: str) -> dict[str, Any]:
        """How much, of which kind and under which voucher: the same sum is granted and paid."""
        kind, sums = AID_OF.get(offer.title, ("temporary_emergency", (600, 800, 1000, 1200)))
        amount = str(sums[referral_id.int % len(sums)])
        if form == "decide":
            return {"type": kind, "amount": amount}
        if form == "pay":
            return {"amount": amount, "voucher": f"示凭{next(self._vouchers):04d}"}
        return {}

    # What time and the hub do.

    def _a_day_passes(self) -> None:
        self._deliver()
        offer_free_places(self.hub)
        ask_for_results(self.hub)
        end_expired_consents(self.hub)
        self._deliver()
        self._tasks_are_done()
        today = local_date(self.clock.now())
        for name in ("worker", "officer", "worker-liuxi", "worker-yunqiao"):
            worker = self.district.actors[name]
            self._plans_are_kept(worker, today)
            with self._as(worker) as session:
                for due in follow_ups_due(session, until=today):
                    if self.chance.random() < 0.5:
                        answer_follow_up(
                            session,
                            follow_up_id=due.id,
                            answer=self.chance.choice(("yes", "yes", "no", "unreachable")),
                            evidence="person",
                            on=today,
                            by=worker,
                            at=self.clock.now(),
                        )

    def _missing_answers_are_asked_for(self) -> None:
        escalate_unanswered(self.hub)

    def _tasks_are_done(self) -> None:
        """Most of what stands on someone's list is done within days; a little is left, as it is."""
        for actor in self.district.actors.values():
            if actor.role not in ("worker", "partner"):
                continue
            with self._as(actor) as session:
                for task in tasks_of(session, _of(actor)):
                    kind = TASK_KINDS[task.kind]
                    if self.chance.random() < 0.3 and kind.by_hand and kind.owner != "supervisor":
                        complete_task(session, task.id, how="已办", by=actor, at=self.clock.now())

    def _is_helped_elsewhere(self, worker: Actor, need_id: UUID) -> None:
        with self._as(worker) as session:
            set_need_state(session, need_id=need_id, state="met", by=worker, at=self.clock.now())

    def _plans_are_kept(self, worker: Actor, today: date) -> None:
        """What is due in the plan is done, or nearly always."""
        with self._as(worker) as session:
            due = my_due_list(session, account_id=worker.account_id, at=self.clock.now())
            for item in due.items:
                if item.kind == "plan" and item.due_on <= today and self.chance.random() < 0.4:
                    finish_plan_item(session, item_id=item.subject_id, by=worker, at=self.clock.now())

    def _takes_back(self, client: Client, offer: Offer) -> None:
        """Withdraws the consent in force, which may be a later one than the referral went out under."""
        assert client.case_id is not None
        at = self.clock.now()
        with self._as(client.worker) as session:
            consent = consent_in_force(
                session,
                case_id=client.case_id,
                recipient_id=offer.organisation_id,
                purpose=offer.service_key,
                on=local_date(at),
            )
            if consent is not None:
                withdraw_consent(session, consent_id=consent.id, how="told_worker", by=client.worker, at=at)

    def _places_are_counted(self, offer: Offer) -> None:
        with self._as(offer.partner) as session:
            confirm_capacity(session, offering_id=offer.id, by=offer.partner, at=self.clock.now())

    def _deliver(self) -> None:
        deliver_due(self.hub, limit=500)

    def _do(self, actor: Actor, act: Callable[..., object], referral_id: UUID, **values: object) -> None:
        """An act on a referral that has ended meanwhile, with the client's consent, comes to nothing."""
        with suppress(TransitionImpossible), self._as(actor) as session:
            act(session, referral_id=referral_id, **values, by=actor, at=self.clock.now())

    def _as(self, actor: Actor) -> Any:
        return self.hub.transaction(actor)

    def _choose(self, client: Client, ending: str) -> Offer:
        offers = [
            offer
            for offer in self.district.offers
            if offer.sex in (None, client.person.sex) and (ending != "on_hold" or offer.service_key in PAUSE)
        ]
        weights = [3 if offer.service_key == "living.assistance" else 1 for offer in offers]
        return self.chance.choices(offers, weights)[0]

    def _intake(self, offer: Offer) -> dict[str, Any]:
        answers = INTAKE[offer.service_key]
        if offer.service_key == "house.stay":
            answers = {**answers, "arrive_on": local_date(self.clock.now()).isoformat()}
        return answers

    def _service(self, offer: Offer) -> Service:
        found = self.hub.modules.find_service(offer.service_key)
        if found is None:
            raise LookupError(offer.service_key)
        return found.service

    def _area(self, worker: Actor) -> str | None:
        ids = self.district.organisations
        return next((code for key, code in STREETS.items() if ids[key] == worker.organisation_id), None)


def _of(actor: Actor) -> UUID:
    assert actor.organisation_id is not None
    return actor.organisation_id
