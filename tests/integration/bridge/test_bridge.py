"""A module whose partner has its own system, with that system down, slow, repeating itself and out of order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.loop import Loop

from referral_hub.calendar.clock import FixedClock
from referral_hub.consent.values import ConsentGiven
from referral_hub.referrals.polling import poll_modules
from referral_hub.referrals.sending import Sent
from referral_hub.testing import CHECKS, FakeHub, InProcess, InWorker, Subject, load_manifest
from referral_hub.workflow.updates import MAX_UPDATE_WAIT

DAY = "2026-03-02"


def send(loop: Loop, *, serial: int = 1) -> tuple[Sent, str, ConsentGiven]:
    """A referral on its way, and the name the partner's system knows it by."""
    offering = loop.offering("family.guidance")
    case = loop.case(serial=serial)
    consent = loop.consent(case, offering)
    sent = loop.send(loop.draft(case, offering).id)
    return sent, loop.referral(sent.id)["module_ref"], consent


def news(loop: Loop) -> list[tuple[Any, ...]]:
    return loop.owner.execute(
        "SELECT update_id, state, problem, content IS NULL FROM module_update ORDER BY update_id"
    ).fetchall()


def state(loop: Loop, sent: Sent) -> str:
    return str(loop.referral(sent.id)["state"])


def test_the_whole_loop_goes_through_the_partner_s_own_system(loop: Loop, system: Any) -> None:
    sent, known_as, _ = send(loop)
    assert loop.deliver() == 1
    handed_over = system.referrals[known_as]
    assert handed_over["number"] == sent.number
    assert handed_over["fields"] == loop.disclosed(sent.id)
    assert state(loop, sent) == "received"
    assert poll_modules(loop.hub) == 0

    system.tell(referral=known_as, kind="accepted")
    assert poll_modules(loop.hub) == 1
    assert state(loop, sent) == "accepted"
    system.tell(referral=known_as, kind="session", on=DAY)
    system.tell(referral=known_as, kind="session", on=DAY)
    system.tell(referral=known_as, kind="finished", outcome="goal_met")
    assert poll_modules(loop.hub) == 3
    assert state(loop, sent) == "completed"
    assert loop.one("SELECT count(*), sum(quantity) FROM service_event") == (2, 2)
    assert loop.one("SELECT code FROM outcome WHERE referral_id = %s", sent.id) == ("goal_met",)
    assert loop.one("SELECT cursor FROM module WHERE key = 'family'") == ("4",)
    assert {(s, p, forgotten) for _, s, p, forgotten in news(loop)} == {("done", None, True)}


def test_news_out_of_order_is_put_in_order(loop: Loop, system: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sent, known_as, _ = send(loop)
    loop.deliver()
    system.tell(referral=known_as, kind="finished", outcome="goal_met")
    system.tell(referral=known_as, kind="session", on=DAY)
    system.tell(referral=known_as, kind="accepted")
    assert poll_modules(loop.hub) == 3
    assert state(loop, sent) == "completed"


def test_an_outcome_before_the_acceptance_waits_and_holds_nothing_up(
    loop: Loop, system: Any, clock: FixedClock
) -> None:
    early, early_name, _ = send(loop)
    other, other_name, _ = send(loop, serial=2)
    loop.deliver()
    system.tell(referral=early_name, kind="session", on=DAY)
    system.tell(referral=early_name, kind="finished", outcome="goal_met")
    system.tell(referral=other_name, kind="accepted")
    assert poll_modules(loop.hub) == 1
    assert (state(loop, early), state(loop, other)) == ("received", "accepted")
    assert loop.one("SELECT count(*) FROM service_event") == (0,)
    assert loop.one("SELECT cursor FROM module WHERE key = 'family'") == ("3",)
    clock.advance(timedelta(days=2))
    system.tell(referral=early_name, kind="accepted")
    assert poll_modules(loop.hub) == 3
    assert state(loop, early) == "completed"


def test_what_never_fits_is_given_up_after_a_week(loop: Loop, system: Any, clock: FixedClock) -> None:
    _, known_as, _ = send(loop)
    loop.deliver()
    system.tell(referral=known_as, kind="finished", outcome="goal_met")
    poll_modules(loop.hub)
    assert news(loop) == [("news-1", "waiting", "news-too-early", False)]
    clock.advance(MAX_UPDATE_WAIT)
    poll_modules(loop.hub)
    assert news(loop) == [("news-1", "refused", "news-too-early", True)]


def test_news_of_a_referral_nobody_sent_is_refused_at_once(loop: Loop, system: Any) -> None:
    sent, known_as, _ = send(loop)
    loop.deliver()
    system.tell(referral="nobody", kind="accepted")
    system.tell(referral=known_as, kind="nonsense")
    system.tell(referral=known_as, kind="accepted")
    assert poll_modules(loop.hub) == 2
    assert news(loop)[0] == ("news-1", "refused", "news-unknown", True)
    assert state(loop, sent) == "accepted"


def test_a_system_that_repeats_itself_is_counted_once(loop: Loop, system: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sent, known_as, _ = send(loop)
    loop.deliver()
    monkeypatch.setattr(system, "news_after", lambda number: [*system.news, *reversed(system.news)])
    system.tell(referral=known_as, kind="accepted")
    system.tell(referral=known_as, kind="session", on=DAY)
    assert [poll_modules(loop.hub) for _ in range(3)] == [2, 0, 0]
    assert loop.one("SELECT count(*) FROM service_event") == (1,)
    assert state(loop, sent) == "in_service"


def test_a_place_on_their_waiting_list_becomes_an_acceptance(loop: Loop, system: Any) -> None:
    sent, known_as, _ = send(loop)
    loop.deliver()
    system.tell(referral=known_as, kind="waitlisted")
    poll_modules(loop.hub)
    assert state(loop, sent) == "waitlisted"
    system.tell(referral=known_as, kind="waitlisted")
    system.tell(referral=known_as, kind="accepted")
    assert poll_modules(loop.hub) == 2
    assert state(loop, sent) == "accepted"


def test_news_is_a_word_and_the_next_is_due_from_then(loop: Loop, system: Any, clock: FixedClock) -> None:
    sent, known_as, _ = send(loop)
    loop.deliver()
    system.tell(referral=known_as, kind="accepted")
    system.tell(referral=known_as, kind="session", on=DAY)
    poll_modules(loop.hub)
    first = loop.referral(sent.id)
    assert first["state"] == "in_service"
    assert first["progress_due_at"] > loop.at
    clock.advance(timedelta(days=4))
    system.tell(referral=known_as, kind="session", on=DAY)
    poll_modules(loop.hub)
    assert loop.referral(sent.id)["progress_due_at"] == first["progress_due_at"] + timedelta(days=4)


def test_while_their_system_is_down_everything_waits_and_nothing_is_lost(
    loop: Loop, system: Any, clock: FixedClock
) -> None:
    system.stop()
    sent, known_as, _ = send(loop)
    assert loop.deliver() == 0
    assert loop.referral(sent.id)["waiting_since"] == loop.at
    assert state(loop, sent) == "sent"
    assert poll_modules(loop.hub) == 0
    system.start()
    clock.advance(timedelta(minutes=20))
    assert loop.deliver() == 1
    assert (state(loop, sent), loop.referral(sent.id)["waiting_since"]) == ("received", None)
    system.tell(referral=known_as, kind="accepted")
    assert poll_modules(loop.hub) == 1


def test_a_system_too_slow_to_answer_has_the_referral_once(
    loop: Loop, system: Any, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, known_as, _ = send(loop)
    take: Callable[[dict[str, Any]], dict[str, Any]] = system.take
    taken: list[str] = []

    def take_slowly(referral: dict[str, Any]) -> dict[str, Any]:
        taken.append(referral["id"])
        reply = take(referral)
        time.sleep(5 if len(taken) == 1 else 0)
        return reply

    monkeypatch.setattr(system, "take", take_slowly)
    assert loop.deliver() == 0
    assert state(loop, sent) == "sent"
    clock.advance(timedelta(minutes=2))
    assert loop.deliver() == 1
    assert taken == [known_as, known_as]
    assert list(system.referrals) == [known_as]


def test_a_withdrawal_reaches_their_system_and_later_news_is_refused(
    loop: Loop, system: Any, clock: FixedClock
) -> None:
    sent, known_as, consent = send(loop)
    loop.deliver()
    system.tell(referral=known_as, kind="session", on=DAY)
    poll_modules(loop.hub)
    assert news(loop) == [("news-1", "waiting", "news-too-early", False)]
    system.stop()
    loop.withdraw(consent.id)
    assert loop.deliver() == 0
    system.start()
    clock.advance(timedelta(minutes=20))
    assert loop.deliver() == 1
    assert system.referrals == {}
    assert news(loop)[0][1:] == ("refused", "news-too-early", True)
    system.tell(referral=known_as, kind="accepted")
    assert poll_modules(loop.hub) == 0
    assert news(loop)[1] == ("news-2", "refused", "news-too-late", True)
    assert state(loop, sent) == "consent_withdrawn"


@pytest.fixture(params=["in process", "in a worker"])
def subject(
    request: pytest.FixtureRequest, _importable: None, installed: Path, module_settings: dict[str, str], tmp_path: Path
) -> Iterator[Subject]:
    """The bridge as its author tests it, beside the partner's system."""
    home = installed / "hub_family"
    manifest = load_manifest(home)
    caller: InProcess | InWorker = (
        InProcess("hub_family")
        if request.param == "in process"
        else InWorker("hub_family", manifest, home, tmp_path / "run")
    )
    yield Subject(module="hub_family", home=home, manifest=manifest, caller=caller, settings=dict(module_settings))
    caller.close()


def test_the_bridge_passes_the_author_s_kit(subject: Subject, system: Any) -> None:
    system.tell(referral="referral-1", kind="accepted")
    system.tell(referral="referral-1", kind="session", on=DAY)
    system.tell(referral="nobody", kind="waitlisted")
    system.tell(referral="referral-1", kind="nonsense")
    system.tell(referral="referral-1", kind="declined", reason="no_capacity")
    system.tell(referral="referral-1", kind="finished", outcome="goal_met")
    for check in CHECKS:
        check.run(subject)


def test_the_author_tries_the_whole_loop_without_a_hub(subject: Subject, system: Any) -> None:
    hub = FakeHub(subject)
    case = hub.case()
    loop = hub.send(case, hub.consent(case, without=["contact"]))
    known_as = loop.referral.id
    assert set(system.referrals[known_as]["fields"]) == {"display_name", "need_summary"}
    system.tell(referral=known_as, kind="session", on=DAY)
    assert hub.poll() == []
    system.tell(referral=known_as, kind="accepted")
    assert [update.id for update in hub.poll()] == ["news-2", "news-1"]
    assert (loop.state, hub.poll()) == ("in_service", [])
    hub.withdraw(loop.consent)
    assert (loop.erased, system.referrals) == (True, {})
    system.tell(referral=known_as, kind="finished", outcome="goal_met")
    assert hub.poll() == []
    assert (loop.state, hub.news["news-3"].problem) == ("consent_withdrawn", "news-too-late")
