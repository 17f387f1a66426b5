"""Nobody answers: who finds what on their page, when, and how it ends. The steps themselves: unit/workflow."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.integration.ui.conftest import Browser
from tests.loop import Loop

from referral_hub.calendar.clock import FixedClock
from referral_hub.referrals.actions import name_owner
from referral_hub.referrals.overdue import escalate_unanswered
from referral_hub.settings import Settings
from referral_hub.tasks.standing import standing_still

SHANGHAI = ZoneInfo("Asia/Shanghai")
SignIn = Callable[[str], Browser]
# Sent on Monday 2 March 2026 at 10:00, to be answered by the end of Thursday.
REMINDED = datetime(2026, 3, 5, 9, tzinfo=SHANGHAI)
OVERDUE = datetime(2026, 3, 6, 9, tzinfo=SHANGHAI)
ESCALATED = datetime(2026, 3, 10, 9, tzinfo=SHANGHAI)
EXPIRED = datetime(2026, 3, 13, 9, tzinfo=SHANGHAI)


def run_at(loop: Loop, clock: FixedClock, at: datetime) -> int:
    clock.set(at)
    return escalate_unanswered(loop.hub)


def record(loop: Loop) -> list[str]:
    rows = loop.owner.execute(
        "SELECT action FROM audit_entry WHERE action IN ('referral.remind', 'referral.overdue', 'referral.escalate',"
        " 'referral.expire') ORDER BY seq"
    ).fetchall()
    return [action for (action,) in rows]


def test_the_recipients_owner_is_reminded_before_the_answer_is_due(
    loop: Loop, clock: FixedClock, signed_in_as: SignIn
) -> None:
    _, sent = loop.sent()
    partner = loop.world.partner
    assert partner.account_id is not None
    with loop.hub.transaction(partner) as session:
        name_owner(session, referral_id=sent.id, owner_id=partner.account_id, by=partner, at=loop.at)
    assert run_at(loop, clock, REMINDED - timedelta(minutes=1)) == 0
    assert "请尽快答复" not in signed_in_as("partner").get("/inbox").text
    assert run_at(loop, clock, REMINDED) == 1
    page = signed_in_as("partner").get("/inbox").text
    section = page[page.index("请尽快答复") :]
    assert section.index(sent.number) < section.index(partner.name)
    assert "Answers due soon" in signed_in_as("partner").get("/inbox?lang=en").text
    assert "超时未答" not in signed_in_as("worker").get("/today").text
    (task,) = loop.one("SELECT id FROM task WHERE kind = 'answer_reminder'")
    signed_in_as("partner").post(f"/inbox/{sent.id}/task/{task}", {"how": "deleted"})
    assert "请尽快答复" in signed_in_as("partner").get("/inbox?lang=zh").text
    loop.accept(sent.id)
    assert "请尽快答复" not in signed_in_as("partner").get("/inbox?lang=zh").text


def test_then_the_sender_finds_other_places_one_press_away(loop: Loop, clock: FixedClock, signed_in_as: SignIn) -> None:
    _, sent = loop.sent()
    loop.offering()
    assert "最早于 2026-03-13" in signed_in_as("worker").get(f"/referrals/{sent.id}").text
    run_at(loop, clock, REMINDED)
    assert run_at(loop, clock, OVERDUE) == 1
    worker = signed_in_as("worker")
    page = worker.get("/today").text
    assert "超时未答" in page
    assert f'href="/referrals/{sent.id}/redirect"' in page
    assert 'name="offering"' in worker.get(f"/referrals/{sent.id}/redirect").text


def test_then_the_supervisor_whose_case_it_is_not_finds_it_on_the_first_page(
    loop: Loop, clock: FixedClock, signed_in_as: SignIn
) -> None:
    _, sent = loop.sent()
    for at in (REMINDED, OVERDUE):
        run_at(loop, clock, at)
    heading = "催办后仍未答复"
    assert heading not in signed_in_as("supervisor").get("/today").text
    assert run_at(loop, clock, ESCALATED) == 1
    supervisor = signed_in_as("supervisor")
    for path in ("/today", "/team"):
        page = supervisor.get(path).text
        assert heading in page
        assert f"/referrals/{sent.id}/redirect" in page
    assert heading not in signed_in_as("worker").get("/today").text
    (task,) = loop.one("SELECT id FROM task WHERE kind = 'answer_escalated'")
    signed_in_as("worker").post(f"/tasks/{task}/done", {"how": "已办", "back": "/today"})
    assert heading in supervisor.get("/today").text
    supervisor.post(f"/tasks/{task}/done", {"how": "已与对方负责人通话", "back": "/today"})
    assert heading not in supervisor.get("/today").text
    # Done is done: the step does not come back.
    assert run_at(loop, clock, ESCALATED + timedelta(hours=1)) == 0
    log = signed_in_as("partner").get(f"/inbox/{sent.id}").text
    assert "提请督导" not in log


def test_at_last_it_expires_frees_the_place_ends_access_and_asks_for_the_next_place(
    loop: Loop, clock: FixedClock, signed_in_as: SignIn
) -> None:
    case, sent = loop.sent(places=1)
    loop.deliver()
    assert [run_at(loop, clock, at) for at in (REMINDED, OVERDUE, ESCALATED, EXPIRED)] == [1, 1, 1, 1]
    row = loop.referral(sent.id)
    assert (row["state"], row["reason_code"]) == ("expired", "unanswered")
    assert loop.one("SELECT count(*) FROM reservation WHERE state IN ('held', 'taken')") == (0,)
    assert loop.one("SELECT state FROM need WHERE id = %s", case.need_id) == ("open",)
    assert loop.one("SELECT count(*) FROM disclosure WHERE access_ended_at IS NULL") == (0,)
    assert loop.one("SELECT state FROM delivery WHERE kind = 'withdraw'") == ("due",)
    assert loop.one("SELECT count(*) FROM task WHERE kind LIKE 'answer%%' AND done_at IS NULL") == (0,)
    worker = signed_in_as("worker")
    page = worker.get("/today").text
    assert f"/cases/{case.id}/refer/place?need={case.need_id}&amp;after={sent.id}" in page
    shown = worker.get(f"/referrals/{sent.id}").text
    assert "超时未答" in shown
    assert "最早于" not in shown
    assert "转介已自动失效" in signed_in_as("partner").get(f"/inbox/{sent.id}").text
    assert record(loop) == ["referral.remind", "referral.overdue", "referral.escalate", "referral.expire"]
    assert standing_still(loop.owner) is None


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 3, 6, 8, 59, tzinfo=SHANGHAI),
        datetime(2026, 3, 6, 18, tzinfo=SHANGHAI),
        datetime(2026, 3, 7, 10, tzinfo=SHANGHAI),  # Saturday
        datetime(2026, 10, 1, 10, tzinfo=SHANGHAI),
    ],
)
def test_nobody_is_asked_at_night_or_on_a_day_off(loop: Loop, clock: FixedClock, at: datetime) -> None:
    loop.sent()
    assert run_at(loop, clock, at) == 0
    assert record(loop) == []


def test_processes_that_look_at_the_same_moment_take_each_step_once(loop: Loop, clock: FixedClock) -> None:
    for serial in range(1, 5):
        loop.sent(serial=serial, offering_id=None)
    clock.set(ESCALATED)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: escalate_unanswered(loop.hub), range(8)))
    assert sum(done) == 12
    assert sorted(record(loop)) == ["referral.escalate"] * 4 + ["referral.overdue"] * 4 + ["referral.remind"] * 4


def test_an_acceptance_and_a_place_on_the_waiting_list_are_news_for_the_sender_until_the_client_knows(
    loop: Loop, signed_in_as: SignIn
) -> None:
    _, accepted = loop.sent(serial=1)
    _, waiting = loop.sent(serial=2)
    loop.deliver()
    loop.accept(accepted.id)
    loop.waitlist(waiting.id)
    page = signed_in_as("worker").get("/today").text
    assert "对方已受理：请告知服务对象" in page
    assert "对方列入轮候：请告知服务对象" in page
    assert f"/referrals/{waiting.id}/redirect" in page
    loop.fill(accepted.id, "first_meeting", {"way": "in_person"})
    loop.deliver()
    loop.accept(waiting.id)
    page = signed_in_as("worker").get("/today").text
    assert page.count("对方已受理：请告知服务对象") == 1
    assert "对方列入轮候" not in page


def test_the_days_are_settings_that_must_not_decrease() -> None:
    assert Settings(overdue_days=1, escalate_days=1, expire_days=1).expire_days == 1
    with pytest.raises(ValueError, match="HUB_ESCALATE_DAYS"):
        Settings(overdue_days=3, escalate_days=2)
