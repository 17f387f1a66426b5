"""The wait-list is a queue (R44): in histories of chance nobody overtakes, and no place is given twice.

The rules alone, with a store of a few lines that keeps places as the database does.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import ClassVar
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from referral_hub.errors import HubError
from referral_hub.testing import find_home, load_manifest
from referral_hub.workflow import events
from referral_hub.workflow.deadlines import WorkCalendar
from referral_hub.workflow.decide import decide
from referral_hub.workflow.effects import Effects, Reservation
from referral_hub.workflow.queue import FreePlace, Waiting, Wish, in_order, offers, place_for, position, suits
from referral_hub.workflow.release import agreed_fields
from referral_hub.workflow.state import ReferralState
from referral_hub.workflow.table import Party
from referral_hub.workflow.tasks import SENDER_STEPS

SERVICE = load_manifest(find_home("hub_house")).services[0]
CATEGORIES = frozenset(SERVICE.categories())
KNOWN = dict.fromkeys(agreed_fields(SERVICE, CATEGORIES), "示例")
BEGIN = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
HOURS = 48
SEXES = st.sampled_from(("1", "2", None))
OPEN = {"sent", "received", "waitlisted", "accepted", "in_service", "on_hold"}


class Kept:
    """One referral: its state, whose need it is about, and the place it holds or has, with the end of a hold."""

    def __init__(self, key: int, need: int, sex: str | None) -> None:
        self.id, self.need, self.sex = UUID(int=key), need, sex
        self.state = ReferralState()
        self.place: int | None = None
        self.until: datetime | None = None
        self.step: str | None = None


class Queue(RuleBasedStateMachine):
    """A house with a few beds for women, men or anyone; clients are referred, wait, come and go."""

    reached: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGIN
        self.beds: dict[int, str | None] = {}
        self.kept: list[Kept] = []

    @initialize(beds=st.lists(SEXES, min_size=1, max_size=3), clients=st.lists(SEXES, min_size=2, max_size=4))
    def a_house_has_beds_and_some_wait(self, beds: list[str | None], clients: list[str | None]) -> None:
        self.beds = dict(enumerate(beds))
        for need, sex in enumerate(clients):
            self.is_referred(need=need, sex=sex, urgent=False)
            self.acts(pick=len(self.kept) - 1, event=events.Waitlist(), party="recipient")

    # What happens.

    @rule(need=st.integers(0, 5), sex=SEXES, urgent=st.booleans())
    def is_referred(self, need: int, sex: str | None, urgent: bool) -> None:
        known = next((one.sex for one in self.kept if one.need == need), sex)
        one = Kept(len(self.kept), need, known)
        one.state = ReferralState(urgency="urgent" if urgent else "normal")
        agreement = events.Agreement(
            number="C1",
            valid_from=self.now.date(),
            valid_until=self.now.date() + timedelta(days=365),
            categories=CATEGORIES,
            fields=frozenset(KNOWN),
        )
        choice = events.Choice(destination=events.Destination(offering="住宿", recipient="中心"), need_state="open")
        self.kept.append(one)
        self.happen(one, events.Send(agreement=agreement, known=KNOWN, choice=choice), "sender")

    @rule(
        pick=st.integers(0, 20),
        event=st.sampled_from(
            [
                events.Accept(),
                events.Accept(),
                events.Waitlist(),
                events.Decline(reason="other"),
                events.Withdraw(reason="other"),
                events.TakeOffer(),
                events.PassOffer(),
                events.OfferPlace(hours=HOURS),
            ]
        ),
        party=st.sampled_from(("sender", "recipient", "system")),
    )
    def acts(self, pick: int, event: events.Event, party: Party) -> None:
        if self.kept:
            self.happen(self.kept[pick % len(self.kept)], event, party)

    @rule(pick=st.integers(0, 20))
    def confirms_the_offer(self, pick: int) -> None:
        offered = [one for one in self.kept if one.state.offer_until is not None]
        if offered:
            one = offered[pick % len(offered)]
            in_time = one.state.offer_until is not None and one.state.offer_until > self.now
            assert self.happen(one, events.TakeOffer(), "sender") == in_time
            assert one.state.state == ("accepted" if in_time else "waitlisted")

    @rule(hours=st.sampled_from([1, 20, HOURS, 100]))
    def time_passes_and_the_hub_looks_after_the_queue(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        for one in self.kept:
            if one.state.offer_until is not None and one.state.offer_until <= self.now:
                others = [w for w in self.waiting() if not w.served and w.referral_id != one.id]
                bed = one.place
                assert self.happen(one, events.OfferLapsed(), "system")
                assert one.place is None
                assert one.state.offer_until is None
                assert one.state.state == "waitlisted"
                nexts = [w for w in others if bed is not None and suits(self.bed(bed), Wish(sex=w.sex))]
                if nexts:
                    turns = [waiting.referral_id for waiting, _ in offers(self.free(), self.waiting())]
                    assert not turns or turns[0] != one.id, "the next in the queue, and not the same again"
        for waiting, _ in offers(self.free(), self.waiting()):
            one = next(one for one in self.kept if one.id == waiting.referral_id)
            assert self.happen(one, events.OfferPlace(hours=HOURS), "system")
            assert one.state.offer_until == self.now + timedelta(hours=HOURS)
            self.reached["offered"] += 1
        assert offers(self.free(), self.waiting()) == [], "nothing that someone could use stays free"

    # What is kept, as the database keeps it.

    def bed(self, number: int) -> FreePlace:
        return FreePlace(number=number, sex=self.beds[number])

    def holds(self, one: Kept) -> bool:
        return one.place is not None and (one.until is None or one.until > self.now)

    def free(self) -> list[FreePlace]:
        held = {one.place for one in self.kept if self.holds(one)}
        return [self.bed(number) for number in self.beds if number not in held]

    def waiting(self) -> list[Waiting]:
        return [
            Waiting(
                referral_id=one.id,
                since=one.state.queued_at or BEGIN,
                urgent=one.state.urgency == "urgent" and one.state.offers_missed == 0,
                sex=one.sex,
                served=any(self.holds(other) for other in self.kept if other.need == one.need),
            )
            for one in self.kept
            if one.state.state == "waitlisted"
        ]

    def happen(self, one: Kept, event: events.Event, party: Party) -> bool:
        """Write what follows; False where it was refused, and then nothing has changed."""
        try:
            effects = decide(one.state, event, service=SERVICE, parties={party}, calendar=WorkCalendar(), now=self.now)
        except HubError:
            return False
        wanted = effects.reservation
        if wanted is not None and wanted.action in ("offer", "confirm") and not self._take(one, wanted):
            return False
        if wanted is not None and wanted.action == "release":
            one.place = one.until = None
        self._write(one, effects)
        if wanted is not None and wanted.action == "hold":
            self._take(one, wanted)
        return True

    def _take(self, one: Kept, wanted: Reservation) -> bool:
        if self.holds(one):
            one.until = wanted.until
            return True
        others = [other for other in self.kept if other.need == one.need and other is not one and self.holds(other)]
        must = wanted.action != "hold"
        if any(other.until is None for other in others) or (others and not must):
            return False
        before = [w for w in in_order(self.waiting()) if not w.served]
        place = place_for(Wish(sex=one.sex), self.free(), self.waiting(), referral_id=one.id)
        if place is None:
            return False
        self._nobody_was_overtaken(one, place, before)
        for other in others:
            other.place = other.until = None
        one.place, one.until = place.number, wanted.until
        self.reached[wanted.action] += 1
        return True

    def _nobody_was_overtaken(self, one: Kept, place: FreePlace, before: list[Waiting]) -> None:
        """Whoever waits ahead and could use this place has another one free for them."""
        own = next((n for n, w in enumerate(before) if w.referral_id == one.id), len(before))
        ahead = before[:own]
        left = [free for free in self.free() if free.number != place.number]
        served = {waiting.referral_id for waiting, _ in offers(left, ahead)}
        for waiting in ahead:
            assert waiting.referral_id in served or not suits(place, Wish(sex=waiting.sex))

    def _write(self, one: Kept, effects: Effects) -> None:
        one.state = effects.after
        if effects.step_done:
            one.step = None
        if effects.next_step is not None:
            assert one.step is None
            one.step = effects.next_step.kind
        self.reached[one.state.state] += 1

    # What is true whatever happened.

    @invariant()
    def there_are_never_more_holds_than_places_and_none_for_the_wrong_sex(self) -> None:
        held = [one for one in self.kept if self.holds(one)]
        assert len({one.place for one in held}) == len(held)
        for one in held:
            assert one.place is not None
            assert self.beds[one.place] in (None, one.sex)

    @invariant()
    def one_need_holds_one_place(self) -> None:
        held = Counter(one.need for one in self.kept if self.holds(one))
        assert all(number == 1 for number in held.values())

    @invariant()
    def whoever_has_a_place_offered_has_the_task_to_confirm_it(self) -> None:
        for one in self.kept:
            assert (one.state.offer_until is not None) == (one.step in SENDER_STEPS)
            assert one.state.offer_until is None or one.state.state == "waitlisted"
            assert (one.step is not None) == (one.state.state in OPEN)


def test_nobody_overtakes_and_no_place_is_given_twice() -> None:
    Queue.reached.clear()
    run_state_machine_as_test(
        Queue,
        settings=settings(
            max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    assert Queue.reached["offered"] > 50, Queue.reached
    assert Queue.reached["accepted"] > 50, Queue.reached
    assert Queue.reached["hold"] > 20, Queue.reached


waiters = st.lists(
    st.builds(
        Waiting,
        referral_id=st.integers(0, 10**6).map(lambda number: UUID(int=number)),
        since=st.integers(0, 5).map(lambda hours: BEGIN + timedelta(hours=hours)),
        urgent=st.booleans(),
        sex=SEXES,
        served=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda one: one.referral_id,
)
places = st.lists(SEXES, max_size=4).map(
    lambda sexes: [FreePlace(number=number, sex=sex) for number, sex in enumerate(sexes)]
)


@given(waiters, places)
def test_priority_then_date_decides_and_positions_count_from_one(waiting: list[Waiting], free: list[FreePlace]) -> None:
    ordered = in_order(waiting)
    assert [one.urgent for one in ordered] == sorted((one.urgent for one in ordered), reverse=True)
    for one, other in pairwise(ordered):
        assert one.urgent != other.urgent or one.since <= other.since
    unserved = [one for one in ordered if not one.served]
    assert [position(waiting, one.referral_id) for one in unserved if one.referral_id] == list(
        range(1, len(unserved) + 1)
    )
    given_to = offers(free, waiting)
    assert len({place.number for _, place in given_to}) == len(given_to) <= len(free)
    assert all(suits(place, Wish(sex=one.sex)) for one, place in given_to)


@given(waiters, places, SEXES)
def test_a_newcomer_takes_only_what_nobody_who_waits_could_use(
    waiting: list[Waiting], free: list[FreePlace], sex: str | None
) -> None:
    newcomer = UUID(int=10**7)
    place = place_for(Wish(sex=sex), free, waiting, referral_id=newcomer)
    turns = offers(free, waiting)
    assert place is None or place.number not in {other.number for _, other in turns}
    if place is None:
        claimed = {other.number for _, other in turns}
        assert not [one for one in free if one.number not in claimed and suits(one, Wish(sex=sex))]
