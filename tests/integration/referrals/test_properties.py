"""No sequence of actions releases a field without consent, loses or doubles a referral, or gives a place twice."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import text
from tests.chance import examples
from tests.factories import CaseMade
from tests.loop import Loop, keys_of
from tests.world import World

from referral_hub.actor import system_actor
from referral_hub.calendar.clock import FixedClock
from referral_hub.codes.states import REFERRAL_OPEN
from referral_hub.consent.actions import refuse_consent
from referral_hub.errors import HubError
from referral_hub.hub import Hub
from referral_hub.module_admin.lifecycle_actions import disable_module, enable_module
from referral_hub.referrals.actions import end_unserved, redirect_referral
from referral_hub.referrals.overdue import ask_for_results, end_expired_consents, escalate_unanswered

CATEGORIES = ("basic", "contact", "need", "work", "identity", "health")


@pytest.mark.parametrize("count", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_no_sequence_of_actions_breaks_a_promise(  # noqa: C901 - one machine with all its rules
    hub: Hub, owner: psycopg.Connection, world: World, count: int
) -> None:
    loop = Loop(hub, owner, world)
    offerings = [loop.offering(places=1), loop.offering(organisation_id=world.other_partner_id)]
    serial = itertools.count(1)

    class Acts(RuleBasedStateMachine):
        cases: Bundle[CaseMade] = Bundle("cases")
        consents: Bundle[UUID] = Bundle("consents")
        drafts: Bundle[UUID] = Bundle("drafts")

        def __init__(self) -> None:
            super().__init__()
            self.granted: list[UUID] = []

        @initialize(target=drafts, offering=st.sampled_from(offerings))
        def somebody_is_served_already(self, offering: UUID) -> Any:
            """Acts in an order of chance seldom come as far as a service."""
            referral: Any = self.somebody_is_referred_at_once(offering, 30)
            partner = world.partner if offering == offerings[0] else world.other_partner
            loop.deliver()
            self._try(lambda: loop.accept(referral, by=partner))
            self._try(lambda: loop.fill(referral, "first_meeting", {"way": "phone"}, by=partner))
            loop.deliver()
            return referral

        @rule(target=cases)
        def somebody_comes(self) -> CaseMade:
            return loop.case(serial=next(serial))

        @rule(
            target=consents,
            case=cases,
            offering=st.sampled_from(offerings),
            categories=st.sets(st.sampled_from(CATEGORIES), min_size=1),
            days=st.sampled_from([1, 30]),
        )
        def agrees(self, case: CaseMade, offering: UUID, categories: set[str], days: int) -> Any:
            return self._try(
                lambda: (
                    loop.consent(case, offering, categories=tuple(categories | {"basic", "need"}), valid_days=days).id
                )
            )

        @rule(case=cases, offering=st.sampled_from(offerings))
        def refuses(self, case: CaseMade, offering: UUID) -> None:
            def refuse() -> None:
                with hub.transaction(case.worker) as session:
                    refuse_consent(session, loop.request(case, offering), by=case.worker, at=loop.at)

            self._try(refuse)

        @rule(consent=consents)
        def takes_it_back(self, consent: Any) -> None:
            if consent is not None:
                self._try(lambda: loop.withdraw(consent))

        @rule(target=drafts, case=cases, offering=st.sampled_from(offerings))
        def is_drafted(self, case: CaseMade, offering: UUID) -> Any:
            return self._try(lambda: loop.draft(case, offering).id)

        @rule(target=drafts, offering=st.sampled_from(offerings), days=st.sampled_from([2, 30]))
        def somebody_is_referred_at_once(self, offering: UUID, days: int) -> UUID:
            self.the_module_goes_or_comes_back(away=False)
            case = loop.case(serial=next(serial))
            consent = loop.consent(case, offering, valid_days=days)
            draft = loop.draft(case, offering).id
            loop.send(draft, key=str(draft))
            self.granted.append(consent.id)
            return draft

        @rule(index=st.integers(min_value=0, max_value=30))
        def a_client_takes_consent_back_after_the_send(self, index: int) -> None:
            if index < len(self.granted):
                self._try(lambda: loop.withdraw(self.granted[index]))

        @rule(draft=drafts, again=st.booleans())
        def is_sent(self, draft: Any, again: bool) -> None:
            if draft is None:
                return
            for _ in range(1 + again):
                self._try(lambda: loop.send(draft, key=str(draft)))

        @rule(draft=drafts, act=st.sampled_from(["accept", "waitlist", "decline", "take_back", "fill"]))
        def something_happens(self, draft: Any, act: str) -> None:
            if draft is None:
                return
            recipient = loop.referral(draft)["recipient_id"]
            partner = world.partner if recipient == world.partner_id else world.other_partner
            if act == "take_back":
                self._try(lambda: loop.take_back(draft))
            elif act == "fill":
                self._try(lambda: loop.fill(draft, "first_meeting", {"way": "phone"}, by=partner))
            else:
                self._try(lambda: getattr(loop, act)(draft, by=partner))

        @rule(away=st.booleans())
        def the_module_goes_or_comes_back(self, away: bool) -> None:
            act, values = (disable_module, {"force": True}) if away else (enable_module, {})

            def change() -> None:
                with hub.transaction(world.admin) as session:
                    act(session, key="employment", reason="例行", by=world.admin, at=loop.at, **values)

            self._try(change)

        @rule(draft=drafts, reason=st.sampled_from(["module_gone", "no_answer"]), offering=st.sampled_from(offerings))
        def is_taken_elsewhere(self, draft: Any, reason: str, offering: UUID) -> None:
            def redirect() -> None:
                with hub.transaction(world.worker) as session:
                    redirect_referral(
                        session,
                        referral_id=draft,
                        offering_id=offering,
                        reason_code=reason,
                        by=world.worker,
                        at=loop.at,
                    )

            if draft is not None:
                self._try(redirect)

        @rule(draft=drafts)
        def is_ended_by_its_office(self, draft: Any) -> None:
            def end() -> None:
                with hub.transaction(world.worker) as session:
                    end_unserved(session, referral_id=draft, reason_code="module_gone", by=world.worker, at=loop.at)

            if draft is not None:
                self._try(end)

        @rule()
        def the_outbox_is_delivered(self) -> None:
            loop.deliver()

        @rule(days=st.sampled_from([0, 1, 5, -1]))
        def time_passes(self, days: int) -> None:
            assert isinstance(hub.clock, FixedClock)
            hub.clock.advance(timedelta(days=days))
            escalate_unanswered(hub)
            ask_for_results(hub)
            end_expired_consents(hub)

        @invariant()
        def what_a_recipient_can_read_is_covered_by_consent(self) -> None:
            rows = owner.execute(
                "SELECT d.id, d.content, d.fields, c.fields, c.state, r.state FROM disclosure d"
                " JOIN consent c ON c.id = d.consent_id JOIN referral r ON r.id = d.referral_id"
                " WHERE d.access_ended_at IS NULL"
            ).fetchall()
            for key, content, fields, agreed, consent, state in rows:
                released = set(keys_of(hub).decrypt_json(content, f"disclosure:{key}"))
                assert released == set(fields) <= set(agreed)
                assert consent != "refused"
                if state in REFERRAL_OPEN - {"accepted", "in_service", "on_hold"}:
                    assert consent in ("given", "replaced")
                assert consent != "withdrawn"

        @invariant()
        def once_the_last_consent_is_withdrawn_nothing_is_readable(self) -> None:
            (left,) = loop.one(
                "SELECT count(*) FROM disclosure d JOIN consent c ON c.id = d.consent_id"
                " WHERE d.access_ended_at IS NULL AND 'withdrawn' ="
                " (SELECT l.state FROM consent l WHERE l.state <> 'refused' AND"
                " (l.person_id, l.recipient_id, l.purpose) = (c.person_id, c.recipient_id, c.purpose)"
                " ORDER BY l.version DESC LIMIT 1)"
            )
            assert left == 0

        @invariant()
        def every_send_is_one_referral_with_one_disclosure_and_one_message(self) -> None:
            (sent,) = loop.one("SELECT count(*) FROM referral WHERE sent_at IS NOT NULL")
            released = "SELECT count(*), count(DISTINCT referral_id) FROM disclosure"
            disclosures, disclosed = loop.one(released)
            assert disclosed == sent <= disclosures
            assert loop.one(
                "SELECT count(*) FROM (SELECT referral_id FROM disclosure WHERE access_ended_at IS NULL"
                " GROUP BY 1 HAVING count(*) > 1) twice"
            ) == (0,)
            assert loop.one("SELECT count(*) FROM delivery WHERE kind = 'receive'") == (sent,)
            assert loop.one("SELECT count(*) FROM audit_entry WHERE action = 'referral.send'") == (sent,)

        @invariant()
        def no_place_is_given_twice_and_an_ended_referral_holds_none(self) -> None:
            (double,) = loop.one(
                "SELECT count(*) FROM reservation a JOIN reservation b ON a.place_number = b.place_number"
                " AND a.id < b.id AND a.during && b.during"
                " WHERE a.state IN ('held', 'taken') AND b.state IN ('held', 'taken')"
            )
            (left,) = loop.one(
                "SELECT count(*) FROM reservation v JOIN referral r ON r.id = v.referral_id"
                " WHERE v.state IN ('held', 'taken') AND r.ended_at IS NOT NULL"
            )
            assert (double, left) == (0, 0)

        @invariant()
        def a_need_that_is_being_met_has_an_attempt_under_way(self) -> None:
            (idle,) = loop.one(
                "SELECT count(*) FROM need n WHERE n.state = 'being_met' AND NOT EXISTS"
                " (SELECT FROM referral r WHERE r.need_id = n.id AND r.state = ANY(%s))",
                sorted(REFERRAL_OPEN),
            )
            assert idle == 0

        @invariant()
        def nothing_stands_still(self) -> None:
            with loop.hub.transaction(system_actor()) as session:
                assert session.execute(text("SELECT * FROM hub_standing_still()")).all() == []

        @invariant()
        def nobody_is_asked_to_take_an_ended_referral_elsewhere(self) -> None:
            assert loop.one(
                "SELECT count(*) FROM task d JOIN referral r ON r.id = d.referral_id"
                " WHERE d.kind IN ('module_gone', 'module_close') AND d.done_at IS NULL AND r.ended_at IS NOT NULL"
            ) == (0,)

        @invariant()
        def an_unknown_outcome_ends_a_referral_without_evidence(self) -> None:
            rows = owner.execute(
                "SELECT DISTINCT r.state, o.evidence FROM outcome o JOIN referral r ON r.id = o.referral_id"
                " WHERE o.code = 'unknown' AND o.replaced_at IS NULL"
            ).fetchall()
            assert set(rows) <= {("discontinued", "none")}

        @invariant()
        def a_word_is_due_while_it_is_served_and_only_then(self) -> None:
            assert loop.one(
                "SELECT count(*) FROM referral WHERE (progress_due_at IS NOT NULL) <> (state = 'in_service')"
                " OR (outcome_due_at IS NOT NULL AND state NOT IN ('in_service', 'on_hold'))"
            ) == (0,)

        def _try(self, act: Any) -> Any:
            """Run an action; a refusal in words is a fine answer, anything else is a failure."""
            try:
                return act()
            except HubError:
                return None

    run_state_machine_as_test(
        Acts,
        settings=settings(
            max_examples=examples(count),
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
    # A machine that never gets as far as a service would prove nothing.
    assert loop.one("SELECT count(*) > 0 FROM form_entry WHERE state = 'applied'") == (True,)
