"""No sequence of events releases a field without a consent in force, loses a referral, or leaves one without a date.

The rules alone, with a store of a few lines that keeps what they decide: two hundred sequences in a few seconds.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from referral_hub.api import Changes, Outcome, Receipt, ServiceEvent
from referral_hub.codes import NO_EVENT_REASONS
from referral_hub.errors import HubError
from referral_hub.testing import find_home, load_manifest
from referral_hub.workflow import events
from referral_hub.workflow.deadlines import WorkCalendar
from referral_hub.workflow.decide import decide
from referral_hub.workflow.effects import Effects, NewTask
from referral_hub.workflow.erasure import Grounds
from referral_hub.workflow.escalation import ESCALATION_KINDS, Step
from referral_hub.workflow.release import agreed_fields
from referral_hub.workflow.state import ReferralState
from referral_hub.workflow.table import STATES, Party
from referral_hub.workflow.tasks import REASSIGNMENT_KINDS

SERVICE = load_manifest(find_home("hub_employment")).services[0]
STAGES = [stage.key for stage in SERVICE.stages]
OUTCOMES = [outcome.code for outcome in SERVICE.outcomes]
CATEGORIES = sorted(SERVICE.categories() | {"need"})
KNOWN = dict.fromkeys(agreed_fields(SERVICE, CATEGORIES), "示例")
PLACES = 2
SHANGHAI = ZoneInfo("Asia/Shanghai")
# Said again here, so that a set that loses a state is seen.
UNANSWERED = {"sent", "received"}
AWAITING_DECISION = UNANSWERED | {"waitlisted"}
SERVED = {"in_service", "on_hold"}
IN_CARE = SERVED | {"accepted"}
SERVED_TO_AN_END = {"completed", "discontinued"}
OPEN = AWAITING_DECISION | IN_CARE
ENDED = set(STATES) - OPEN - {"draft"}
PARTIES: list[Party] = ["sender", "recipient", "supervisor", "system"]
ACCOUNT = UUID(int=7)
BEGIN = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


class Kept:
    """One referral in the store, with what was written beside it."""

    def __init__(self) -> None:
        self.state = ReferralState()
        self.agreement: events.Agreement | None = None
        self.released: frozenset[str] = frozenset()
        self.tasks: Counter[str] = Counter()
        self.sent = self.recalled = self.readings = self.asked_again = 0
        self.place: str | None = None
        self.step: NewTask | None = None
        self.taken: Step | None = None
        self.unknown = False


class Loop(RuleBasedStateMachine):
    """A client with one need, who is referred again and again to one provider with two places."""

    reached: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGIN
        self.agreement: events.Agreement | None = None
        self.withdrawn = False
        self.barred: str | None = None
        self.need = "open"
        self.kept: list[Kept] = []

    @property
    def today(self) -> date:
        return self.now.astimezone(SHANGHAI).date()

    # What happens to the client.

    @initialize(
        decision=st.sampled_from(["accept", "waitlist", None]), stage=st.sampled_from(["guidance", "paused", None])
    )
    def somebody_is_referred_already(self, decision: str | None, stage: str | None) -> None:
        """Events in an order of chance seldom come as far as a service."""
        self.agrees(set(CATEGORIES), set(), 30)
        self.is_referred(hold=True)
        answer = {"accept": events.Accept(), "waitlist": events.Waitlist()}.get(decision or "")
        if answer is not None:
            self.happen(self.kept[0], answer, "recipient")
        if stage is not None:
            self.a_service_goes_on(0, stage, delivered=True, outcome=None, why=None, flags=[])

    @rule(
        categories=st.sets(st.sampled_from(CATEGORIES), min_size=1),
        struck=st.sets(st.sampled_from(sorted(KNOWN)), max_size=2),
        days=st.sampled_from([1, 30]),
    )
    def agrees(self, categories: set[str], struck: set[str], days: int) -> None:
        if self.agreement is not None:
            return
        today = self.today
        agreed = frozenset(categories | {"basic", "need"})
        self.agreement = events.Agreement(
            number="C1",
            valid_from=today,
            valid_until=today + timedelta(days=days),
            categories=agreed,
            fields=frozenset(agreed_fields(SERVICE, agreed, struck)),
        )

    @rule()
    def takes_consent_back(self) -> None:
        if self.agreement is None:
            return
        gone, self.agreement = self.agreement, None
        for one in self.kept:
            if one.agreement is gone:
                self.happen(one, events.ConsentWithdrawn(), "sender")
                assert not one.state.readable
                assert one.state.state not in OPEN

    @rule(hold=st.booleans())
    def is_referred(self, hold: bool) -> None:
        one = Kept()
        twin = next(("T1" for other in self.kept if other.state.state in OPEN), None)
        destination = events.Destination(offering="培训班", recipient="中心")
        event = events.Send(
            agreement=self.agreement,
            known=KNOWN,
            choice=events.Choice(destination=destination, need_state=self.need, twin=twin),
            hold=hold,
        )
        if self.happen(one, event, "sender"):
            assert self.agreement is not None
            assert self.agreement.valid_from <= self.today <= self.agreement.valid_until
            one.agreement = self.agreement
            self.kept.append(one)

    @rule(why=st.sampled_from([None, None, "contract_ended", "organisation_suspended"]))
    def the_recipient_may_read_nothing_for_a_while(self, why: str | None) -> None:
        self.barred = why

    @rule(days=st.sampled_from([0, 1, 5, 20]), jobs_run=st.booleans())
    def time_passes(self, days: int, jobs_run: bool) -> None:
        self.now += timedelta(days=days, hours=1)
        if not jobs_run:
            return
        today = self.today
        if self.agreement is not None and self.agreement.valid_until < today:
            gone, self.agreement = self.agreement, None
            for one in self.kept:
                if one.agreement is gone:
                    self.happen(one, events.ConsentExpired(), "system")
        for one in self.kept:
            if one.step is not None and one.step.escalate_at is not None:
                event = events.Escalate(taken=one.taken, due_at=one.step.escalate_at)
                self.happen(one, event, "system")
            if one.agreement is not None:
                grounds = Grounds(kept_until=one.agreement.valid_until, access_days=10, barred=self.barred)  # type: ignore[arg-type]
                self.happen(one, events.ReviewAccess(grounds=grounds), "system")
                assert self.barred is None or not one.state.readable

    # What people and modules do, in whatever order and whoever they are.

    @rule(
        pick=st.integers(0, 9),
        party=st.sampled_from(PARTIES),
        event=st.sampled_from(
            [
                events.Receive(),
                events.Accept(),
                events.Waitlist(expected_on=date(2026, 4, 1)),
                events.Decline(reason="no_capacity"),
                events.Hold(),
                events.Resume(),
                events.Withdraw(reason="other"),
                events.MarkError(reason="other"),
                events.EndWithClient(reason="in_custody"),
                events.EndUnserved(reason="module_gone", provider_gone=True),
                events.EndUnserved(reason="module_gone", provider_gone=False),
                events.RequestReassignment(request="redirect", out_of_use=True),
                events.RequestReassignment(request="wait", asked="module_gone"),
                events.PlannedEndPassed(last_day=date(2026, 3, 20)),
                events.RecordClientConfirmation(answer="received"),
                events.RecordClientSatisfaction(answer="neutral"),
            ]
        ),
    )
    def somebody_acts(self, pick: int, party: Party, event: events.Event) -> None:
        if self.kept:
            self.happen(self.kept[pick % len(self.kept)], event, party)

    @rule(decision=st.sampled_from(["accepted", "waitlisted", "declined", "person"]), polled=st.booleans())
    def the_module_answers(self, decision: str, polled: bool) -> None:
        reason = "no_capacity" if decision == "declined" else None
        receipt = Receipt(decision=decision, reason=reason)  # type: ignore[arg-type]
        if self.kept:
            self.happen(self.kept[-1], events.ModuleAnswered(receipt=receipt, polled=polled), "system")

    @rule(
        pick=st.integers(0, 9),
        stage=st.sampled_from(STAGES),
        delivered=st.booleans(),
        outcome=st.sampled_from([None, *OUTCOMES]),
        why=st.sampled_from([None, *NO_EVENT_REASONS]),
        flags=st.sampled_from([[], ["safety"]]),
    )
    def a_service_goes_on(
        self, pick: int, stage: str, delivered: bool, outcome: str | None, why: str | None, flags: list[str]
    ) -> None:
        if not self.kept:
            return
        one = self.kept[pick % len(self.kept)]
        if one.state.state not in IN_CARE:
            return
        made = [ServiceEvent(on=self.today, unit="class_hour", quantity=Decimal(2))] if delivered else []
        changes = Changes(stage=stage, events=made, outcome=Outcome(code=outcome) if outcome else None, flags=flags)
        self.happen(one, events.ModuleChanged(changes=changes, no_event_reason=why), "system")

    @rule(pick=st.integers(0, 9), stage=st.sampled_from(["done", "stopped"]), outcome=st.sampled_from(OUTCOMES))
    def a_service_ends(self, pick: int, stage: str, outcome: str) -> None:
        self.a_service_goes_on(pick, stage, delivered=True, outcome=outcome, why=None, flags=[])

    @rule(pick=st.integers(0, 9), told=st.booleans())
    def a_supervisor_opens_one_again(self, pick: int, told: bool) -> None:
        ended = [one for one in self.kept if one.state.state in ENDED and one.agreement is self.agreement]
        kept = ended or self.kept
        if not kept:
            return
        one = kept[pick % len(kept)]
        # The hub reopens only under the very consent that the referral went out under.
        agreement = self.agreement if one.agreement is self.agreement else None
        twin = next(("T1" for other in self.kept if other is not one and other.state.state in OPEN), None)
        erased = told and one.recalled > 0
        event = events.Reopen(reason="other", agreement=agreement, recipient="中心", erased=erased, twin=twin)
        before = one.state
        if self.happen(one, event, "supervisor"):
            one.asked_again += event.erased
            self.goes_on_where_it_stood(before, one.state, erased=erased)

    def goes_on_where_it_stood(self, before: ReferralState, after: ReferralState, *, erased: bool) -> None:
        self.reached[f"reopened, {before.state}"] += 1
        assert before.earlier is not None
        was = before.earlier.standing
        if before.state in SERVED_TO_AN_END:
            assert not erased
            assert (after.state, after.stage) == (was.state, was.stage)
        elif erased or was.state in UNANSWERED:
            assert (after.state, after.stage, after.answered_at) == ("received", None, None)
        else:
            assert (after.state, after.stage) == (was.state, was.stage)
        assert after.stage is None or SERVICE.forms_at(after.stage) or SERVICE.stage(after.stage).state == "on_hold"  # type: ignore[union-attr]

    @rule(pick=st.integers(0, 9), party=st.sampled_from(PARTIES), left=st.booleans())
    def someone_takes_the_last_step_back(self, pick: int, party: Party, left: bool) -> None:
        lately = [one for one in self.kept if one.state.earlier is not None and one.state.sent_at is not None]
        if not lately:
            return
        one = lately[pick % len(lately)]
        agreement = self.agreement if one.agreement is self.agreement else None
        twin = next(("T1" for other in self.kept if other is not one and other.state.state in OPEN), None)
        event = events.Undo(agreement=agreement, recipient="中心", twin=twin, aid=left)
        before = one.state
        assert before.earlier is not None
        if self.happen(one, event, party):
            self.reached["undone"] += 1
            assert not left
            assert party in ("recipient", "supervisor")
            assert self.now - before.earlier.at <= timedelta(days=1)
            assert one.state.standing() == before.earlier.standing
            assert one.state.earlier is None
            assert one.state.state in OPEN
            assert not before.earlier.flagged

    def happen(self, one: Kept, event: events.Event, party: Party) -> bool:
        """Write what follows; False where it was refused, and then nothing has changed."""
        try:
            effects = decide(
                one.state, event, service=SERVICE, parties={party}, calendar=WorkCalendar(), now=self.now, by_id=ACCOUNT
            )
        except HubError:
            return False
        wanted = effects.reservation.action if effects.reservation is not None else None
        if wanted in ("confirm", "retake") and not self._place_for(one):
            if effects.if_full is None:
                return False
            effects = effects.if_full
        self._write(one, effects)
        return True

    def _write(self, one: Kept, effects: Effects) -> None:
        moves = [entry for entry in effects.audit if "after" in entry.details]
        assert effects.after.version == effects.before.version + len(moves)
        one.state = effects.after
        if effects.step_done:
            assert one.step is not None
            one.step = None
        if effects.next_step is not None:
            assert one.step is None
            one.step, one.taken = effects.next_step, None
        if effects.escalated is not None and one.step is not None:
            one.taken = effects.escalated.step
            one.step = NewTask(one.step.kind, one.step.due_at, effects.escalated.next_at)
        one.readings += effects.before.readable != effects.after.readable
        if effects.released is not None:
            one.released = frozenset(effects.released.fields)
        one.sent += effects.messages.count("receive")
        one.recalled += effects.messages.count("withdraw")
        for done in effects.completed:
            for kind in done.kinds:
                one.tasks.pop(kind, None)
        one.tasks.update(task.kind for task in effects.tasks)
        one.unknown = one.unknown or (effects.outcome is not None and effects.outcome.code == "unknown")
        if effects.reservation is not None:
            self._reserve(one, effects.reservation.action)
        change = effects.need
        others = any(other.state.state in OPEN for other in self.kept if other is not one)
        if change is not None and self.need in change.before and not (change.unless_attempted and others):
            self.need = change.state
        self.reached[one.state.state] += 1

    def _place_for(self, one: Kept) -> bool:
        return one.place is not None or sum(other.place is not None for other in self.kept) < PLACES

    def _reserve(self, one: Kept, act: str) -> None:
        if act == "release":
            one.place = None
        elif act == "unconfirm":
            assert one.place is not None
            one.place = "held"
        elif self._place_for(one):
            one.place = "held" if act == "hold" else "confirmed"

    # What is true whatever happened.

    @invariant()
    def what_a_recipient_reads_is_covered_by_consent(self) -> None:
        for one in self.kept:
            if not one.state.readable:
                continue
            assert one.agreement is not None
            assert one.released <= one.agreement.fields
            if one.state.state in AWAITING_DECISION:
                assert one.agreement is self.agreement

    @invariant()
    def what_is_withdrawn_or_void_is_read_no_more(self) -> None:
        for one in self.kept:
            if one.state.state in ENDED - SERVED_TO_AN_END:
                assert not one.state.readable

    @invariant()
    def every_send_is_one_referral_and_one_message(self) -> None:
        assert all(one.sent == 1 + one.asked_again and one.state.sent_at is not None for one in self.kept)

    @invariant()
    def whoever_is_told_to_erase_could_read_before(self) -> None:
        assert all(one.recalled <= one.readings for one in self.kept)
        assert all(one.recalled >= 1 for one in self.kept if not one.state.readable)

    @invariant()
    def an_open_referral_has_the_date_of_its_state(self) -> None:
        for one in self.kept:
            state = one.state
            if state.state in UNANSWERED:
                assert state.answer_due_at is not None
            if state.state == "accepted":
                assert state.first_contact_due_at is not None
            assert (state.progress_due_at is not None) == (state.state == "in_service")
            assert state.outcome_due_at is None or state.state in SERVED
            assert (state.ended_at is not None) == (state.state in ENDED)

    @invariant()
    def an_open_referral_has_one_next_step_with_a_date_and_an_ended_one_has_none(self) -> None:
        for one in self.kept:
            assert (one.step is not None) == (one.state.state in OPEN)
            if one.step is not None and one.state.state in UNANSWERED:
                assert (one.step.kind, one.step.due_at) == ("next_answer", one.state.answer_due_at)

    @invariant()
    def only_what_waits_for_an_answer_is_escalated_and_its_answer_ends_all_that_was_asked(self) -> None:
        for one in self.kept:
            waits = one.state.state in UNANSWERED
            assert (one.step is not None and one.step.escalate_at is not None) == waits
            assert waits or not set(one.tasks) & ESCALATION_KINDS
            assert all(one.tasks[kind] <= 1 for kind in ESCALATION_KINDS)

    @invariant()
    def no_place_is_given_twice_and_an_ended_referral_has_none(self) -> None:
        assert sum(one.place is not None for one in self.kept) <= PLACES
        assert all(one.place is None for one in self.kept if one.state.state in ENDED)

    @invariant()
    def a_need_is_being_met_while_a_referral_is_open_and_only_then(self) -> None:
        is_open = any(one.state.state in OPEN for one in self.kept)
        assert (self.need == "being_met") == is_open

    @invariant()
    def nobody_is_asked_to_take_an_ended_referral_elsewhere(self) -> None:
        assert not any(set(one.tasks) & REASSIGNMENT_KINDS for one in self.kept if one.state.state in ENDED)

    @invariant()
    def only_a_provider_that_is_gone_leaves_an_outcome_unknown(self) -> None:
        assert all(not one.unknown or one.state.state in {*ENDED, "in_service"} for one in self.kept)


def test_no_sequence_of_events_breaks_a_promise() -> None:
    Loop.reached.clear()
    run_state_machine_as_test(
        Loop,
        settings=settings(
            max_examples=200,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
    # A machine that never gets as far as an end would prove nothing.
    assert {"waitlisted", "accepted", "in_service", "on_hold"} <= set(Loop.reached)
    assert {"completed", "discontinued"} & set(Loop.reached)
    assert "undone" in Loop.reached
    assert any(what.startswith("reopened") for what in Loop.reached)
