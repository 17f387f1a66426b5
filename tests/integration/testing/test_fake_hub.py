"""A hub in memory obeys the hub's own rules: what it lets through, a real one would, and the other way round."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.integration.modules.made import MANIFEST, write_module

from referral_hub.testing import (
    FakeCase,
    FakeClock,
    FakeConsent,
    FakeHub,
    FormRefused,
    HubError,
    InProcess,
    InWorker,
    SimulatedReferral,
    Subject,
    load_manifest,
)

CODE = """
from referral_hub.api import Document, Outcome, Update, Updates
from datetime import date

@hookimpl
def hub_receive(referral, documents, settings, now):
    return Receipt(decision=settings.get("decision", "person"), reason=settings.get("reason"),
                   documents=[Document(name="seen", content={"as": referral.id})])

@hookimpl
def hub_screen(enquiry, offering, settings):
    return Screening(verdict="eligible" if enquiry.fields.get("age_band") else "perhaps")

@hookimpl
def hub_apply(entry, documents, settings, now):
    if entry.values.get("minutes") == 13:
        return Changes(problems=[Problem(field="minutes", message=Label(zh="不行", en="Not 13."))])
    if entry.form == "close":
        letters = entry.values.get("letters")
        return Changes(stage="done", outcome=Outcome(
            code=entry.values["outcome"], measures={} if letters is None else {"letters": letters}))
    if entry.values.get("minutes") == 0:
        return Changes(stage="advising")
    return Changes(stage="advising", events=[ServiceEvent(on=entry.on, unit="time")],
                   flags=["call"] if entry.values.get("minutes") == 99 else [])

@hookimpl
def hub_poll(cursor, settings, now):
    told = [
        Update(id="n1", referral_id="referral-1", changes=Changes(stage="done", outcome=Outcome(code="goal_met"))),
        Update(id="n2", referral_id="referral-1", changes=Changes(
            stage="advising", events=[ServiceEvent(on=date(2026, 3, 2), unit="time")])),
        Update(id="n3", referral_id="referral-1", receipt=Receipt(decision="accepted")),
        Update(id="n4", referral_id="nobody", receipt=Receipt(decision="accepted")),
    ]
    return Updates(cursor=str(len(told)), updates=told[: settings.get("told", len(told))])
"""
NEEDED = '{{ name = "display_name", category = "basic",'
WORDS = (
    '{ name = "need_summary", category = "need", retention_days = 9, purpose = { zh = "了解", en = "To know" } },\n'
    '  { name = "phone", category = "contact", retention_days = 9, purpose = { zh = "联系", en = "To call" } },\n  '
)
TEXT = MANIFEST.replace(NEEDED, NEEDED + " required = true,").format(key="legal", network="[]")
TEXT = TEXT.replace("fields = [\n  ", "fields = [\n  " + WORDS, 1).replace(
    "stages = [", 'followup_months = [3]\nintake = [{ key = "topic", type = "text", required = true, category = "need",'
    ' label = { zh = "事由", en = "Topic" } }]\nstages = [', 1
)  # fmt: skip

MakeHub = Callable[..., FakeHub]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = write_module(tmp_path_factory.mktemp("legal"), code=CODE, manifest=TEXT)
    sys.path.insert(0, str(place))
    sys.modules.pop("hub_legal", None)
    yield place
    sys.path.remove(str(place))
    sys.modules.pop("hub_legal", None)


@pytest.fixture(params=["in process", "in a worker"])
def make_hub(request: pytest.FixtureRequest, place: Path, tmp_path: Path) -> Iterator[MakeHub]:
    home = place / "hub_legal"
    manifest = load_manifest(home)
    caller: InProcess | InWorker = (
        InProcess("hub_legal")
        if request.param == "in process"
        else InWorker("hub_legal", manifest, home, tmp_path / "run")
    )

    def make(**settings: object) -> FakeHub:
        return FakeHub(Subject(module="hub_legal", home=home, manifest=manifest, caller=caller, settings=settings))

    yield make
    caller.close()


@pytest.fixture
def hub(make_hub: MakeHub) -> FakeHub:
    return make_hub()


def send(hub: FakeHub, **facts: object) -> SimulatedReferral:
    case = hub.case(**facts)
    return hub.send(case, hub.consent(case), topic="租房")


def refused(code: str, act: Callable[[], object]) -> None:
    with pytest.raises(HubError) as error:
        act()
    assert error.value.code == code


def test_a_whole_loop_from_a_question_to_the_follow_up(hub: FakeHub) -> None:
    case = hub.case(display_name="小周", age_band=None)
    screening = hub.screen(case)
    assert screening is not None
    assert screening.verdict == "perhaps"
    loop = hub.send(case, hub.consent(case), topic="租房")
    assert (loop.state, loop.referral.fields["display_name"]) == ("received", "小周")
    assert [one.kind for one in loop.due] == ["answer"]
    loop.accept()
    assert (loop.state, loop.stage) == ("accepted", "agreed")
    assert [one.kind for one in loop.due] == ["tell_accepted", "first_contact"]
    hub.advance(days=1)
    loop.fill("talk", minutes="30")
    assert (loop.state, len(loop.events), [one.kind for one in loop.due]) == ("in_service", 1, ["progress"])
    assert loop.events[0].on == date(2026, 3, 3)
    loop.hold()
    loop.resume()
    loop.fill("close", outcome="goal_met", letters="2")
    assert loop.state == "completed"
    assert loop.outcome is not None
    assert (loop.outcome.code, loop.outcome.evidence, loop.outcome.measures) == ("goal_met", "provider", {"letters": 2})
    assert [(one.kind, one.at.date()) for one in loop.due] == [("follow_up", date(2026, 6, 2))]
    assert loop.withdraw()
    assert (loop.state, loop.documents) == ("completed", [])


def test_only_what_the_consent_covers_gets_out(hub: FakeHub) -> None:
    case = hub.case(age_band=None)
    loop = hub.send(case, hub.consent(case, without=["contact"], excluded_fields=["need_summary"]), topic="租房")
    assert set(loop.referral.fields) == {"display_name", "topic"}
    assert loop.withheld == {"phone": "not_agreed", "need_summary": "not_agreed", "age_band": "not_known"}


def test_nothing_is_sent_without_what_is_required_or_without_a_consent(hub: FakeHub) -> None:
    case, other = hub.case(), hub.case(display_name=None)
    consent = hub.consent(case, days=30)
    refused("required-not-agreed", lambda: hub.send(other, hub.consent(other), topic="租房"))
    refused("consent-missing", lambda: hub.send(other, consent, topic="租房"))
    refused("words-not-neutral", lambda: send(hub, need_summary="在戒毒所待过"))
    refused(
        "category-not-asked",
        lambda: FakeConsent(case, hub.service(), categories=["bank"], on=hub.clock.today),
    )
    with pytest.raises(FormRefused) as caught:
        hub.send(case, consent)
    assert caught.value.fields == ["topic"]
    hub.advance(days=31)
    assert consent.state == "expired"
    refused("consent-missing", lambda: hub.send(case, consent, topic="租房"))
    assert hub.referrals == []


def test_ordinary_work_that_contains_a_denied_character_is_sent(hub: FakeHub) -> None:
    loop = send(hub, need_summary="餐具消毒员培训")
    assert loop.referral.fields["need_summary"] == "餐具消毒员培训"


def test_a_case_knows_what_a_case_can_know_and_nothing_else() -> None:
    assert "phone" not in FakeCase(phone=None).facts
    with pytest.raises(LookupError, match="measure"):
        FakeCase(measure="anything")


@pytest.mark.parametrize(
    ("settings", "state", "kinds"),
    [
        ({"decision": "accepted"}, "accepted", ["tell_accepted", "first_contact"]),
        ({"decision": "waitlisted"}, "waitlisted", ["tell_waitlisted"]),
        ({"decision": "declined", "reason": "no_capacity"}, "declined", ["find_next", "delete_or_return"]),
    ],
)
def test_the_module_s_own_answer_counts(
    make_hub: MakeHub, settings: dict[str, str], state: str, kinds: list[str]
) -> None:
    loop = send(make_hub(**settings))
    assert (loop.state, [one.kind for one in loop.due]) == (state, kinds)


def test_an_answer_someone_gave_stands_when_the_module_is_asked_again(make_hub: MakeHub) -> None:
    hub = make_hub(decision="person")
    loop = send(hub)
    loop.waitlist()
    loop.receive()
    assert loop.state == "waitlisted"
    loop.accept()
    loop.decline("no_capacity")
    assert loop.state == "declined"


def test_what_the_table_of_transitions_does_not_have_is_refused(hub: FakeHub) -> None:
    loop = send(hub)
    refused("transition-impossible", loop.hold)
    refused("invalid", lambda: loop.decline("full moon"))
    refused("reason-needed", lambda: loop.take_back("because"))
    refused("form-not-here", lambda: loop.fill("talk"))
    loop.accept()
    loop.fill("talk")
    refused("transition-impossible", loop.take_back)
    refused("form-not-here", lambda: loop.fill("nothing"))


def test_a_form_is_read_as_the_hub_reads_it(hub: FakeHub) -> None:
    loop = send(hub)
    loop.accept()
    for typed, field in (("many", "minutes"), ("13", "minutes")):
        with pytest.raises(FormRefused) as caught:
            loop.fill("talk", minutes=typed)
        assert caught.value.fields == [field]
    refused("invalid", lambda: loop.fill("talk", date(2026, 3, 3)))
    assert (loop.state, loop.events) == ("accepted", [])


def test_an_end_rests_on_a_service_or_says_why_there_was_none(hub: FakeHub) -> None:
    loop = send(hub)
    loop.accept()
    loop.fill("talk", minutes="0")
    refused("event-needed", lambda: loop.fill("close", outcome="goal_met"))
    assert (loop.state, loop.outcome) == ("in_service", None)
    loop.fill("close", outcome="goal_met", no_event_reason="other", outcome_evidence="document")
    assert loop.state == "completed"


def test_time_makes_answers_overdue_by_the_working_calendar(hub: FakeHub) -> None:
    loop = send(hub)
    hub.advance(working_days=3)
    assert loop.overdue == []
    hub.advance(working_days=1)
    assert set(loop.overdue) == {"answer", "answer_reminder"}
    assert {one.kind for one in loop.due} == {"answer", "answer_reminder", "answer_overdue"}
    loop.accept()
    assert [one.kind for one in loop.due] == ["tell_accepted", "first_contact"]


def test_who_never_answers_is_asked_step_by_step_and_then_it_expires() -> None:
    hub = FakeHub.of("hub_employment")
    case = hub.case()
    loop = hub.send(case, hub.consent(case, days=60), wanted_help=["training"])
    for _ in range(12):
        hub.advance(working_days=1)
    assert (loop.state, loop.reason, loop.erased) == ("expired", "unanswered", True)
    assert {one.kind for one in loop.due} == {"find_next", "delete_or_return"}


def test_an_urgent_referral_is_answered_within_a_day(hub: FakeHub) -> None:
    case = hub.case()
    loop = hub.send(case, hub.consent(case), urgent=True, topic="租房")
    assert loop.due[0].at - hub.clock.now() == timedelta(hours=24)
    assert loop.referral.urgency == "urgent"


def test_a_sign_that_someone_must_look_is_a_task(hub: FakeHub) -> None:
    loop = send(hub)
    loop.accept()
    loop.fill("talk", minutes="99")
    assert loop.flags == ["call"]
    assert [one.kind for one in loop.due] == ["call_client", "progress"]


def test_a_withdrawal_stops_every_referral_under_the_consent(hub: FakeHub) -> None:
    case = hub.case()
    consent = hub.consent(case)
    one, two = (hub.send(case, consent, topic=topic) for topic in ("租房", "工资"))
    one.accept()
    hub.withdraw(consent)
    assert [(loop.state, loop.erased, loop.documents) for loop in (one, two)] == [
        ("consent_withdrawn", True, []),
        ("consent_withdrawn", True, []),
    ]
    assert [due.kind for due in two.due] == ["delete_or_return"]
    refused("consent-ended", lambda: hub.withdraw(consent))
    refused("consent-missing", lambda: hub.send(case, consent, topic="租房"))


def test_the_sender_takes_back_what_is_not_served_yet(hub: FakeHub) -> None:
    loop = send(hub)
    assert loop.take_back()
    assert loop.state == "withdrawn"


def test_when_a_consent_runs_out_who_is_served_stays_served(hub: FakeHub) -> None:
    case = hub.case()
    consent = hub.consent(case, days=10)
    served, waiting = (hub.send(case, consent, topic="租房") for _ in range(2))
    served.accept()
    served.fill("talk")
    hub.advance(days=11)
    assert (served.state, waiting.state, waiting.erased) == ("in_service", "expired", True)
    assert [one.kind for one in served.due] == ["renew_consent", "progress"]


def test_what_was_kept_until_its_last_day_is_erased_once(hub: FakeHub) -> None:
    case = hub.case()
    loop = hub.send(case, hub.consent(case, days=5), topic="租房")
    loop.accept()
    loop.fill("talk", minutes="30")
    loop.fill("close", outcome="goal_met", letters="2")
    hub.advance(days=5)
    assert not loop.erased
    hub.advance(days=1)
    hub.advance(days=1)
    assert (loop.state, loop.erased, loop.documents) == ("completed", True, [])
    assert [one.kind for one in loop.due].count("retention_ended") == 1


def test_news_is_put_in_order_counted_once_and_refused_for_strangers(hub: FakeHub) -> None:
    loop = send(hub)
    assert [update.id for update in hub.poll()] == ["n3", "n2", "n1"]
    assert (loop.state, len(loop.events), hub.cursor) == ("completed", 1, "4")
    assert hub.poll() == []
    assert len(loop.events) == 1
    assert (hub.news["n4"].state, hub.news["n4"].problem) == ("refused", "not-found")


def test_news_that_comes_too_early_waits_a_week(make_hub: MakeHub) -> None:
    hub = make_hub(told=1)
    loop = send(hub)
    assert hub.poll() == []
    assert (loop.state, hub.news["n1"].state, hub.news["n1"].problem) == ("received", "waiting", "news-too-early")
    hub.advance(days=7)
    hub.poll()
    assert hub.news["n1"].state == "refused"


def test_news_of_a_referral_that_was_withdrawn_is_refused(make_hub: MakeHub) -> None:
    hub = make_hub(told=1)
    loop = send(hub)
    hub.poll()
    loop.withdraw()
    assert hub.news["n1"].state == "refused"
    hub.settings = {}
    assert hub.poll() == []
    assert {one.state for one in hub.news.values()} == {"refused"}
    assert loop.state == "consent_withdrawn"


def test_a_clock_moves_when_it_is_asked_to() -> None:
    clock = FakeClock()
    assert clock.today == date(2026, 3, 2)
    clock.move(working_days=5)
    assert clock.today == date(2026, 3, 9)
    clock.move(days=1, hours=15)
    assert clock.today == date(2026, 3, 11)


@pytest.mark.usefixtures("place")
def test_a_hub_needs_no_contract() -> None:
    loop = send(FakeHub.of("hub_legal", settings={"decision": "accepted"}))
    assert loop.state == "accepted"
