from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.integration.ui.conftest import Browser
from tests.loop import Loop

from referral_hub.calendar.clock import FixedClock

MEETING = {"way": "in_person"}


def test_places_show_which_referral_has_them_and_until_when(loop: Loop, partner: Browser) -> None:
    offering = loop.offering(places=3)
    _, held = loop.sent(serial=1, offering_id=offering)
    _, taken = loop.sent(serial=2, offering_id=offering)
    _, waiting = loop.sent(serial=3, offering_id=offering)
    loop.deliver()
    loop.accept(taken.id)
    loop.waitlist(waiting.id)
    text = partner.follow(f"/places/{offering}").text
    for sent, word in ((held, "预留"), (taken, "占用")):
        assert text.index(sent.number) > text.index(word) > 0
    assert text.index(waiting.number) > text.index('id="waiting"')
    for sent in (held, taken, waiting):
        assert str(loop.disclosed(sent.id)["display_name"]) not in text


def test_a_hold_that_is_over_holds_nothing_even_before_the_job_saw_it(
    loop: Loop, clock: FixedClock, signed_in_as: Callable[[str], Browser]
) -> None:
    offering = loop.offering(places=1)
    _, sent = loop.sent(offering_id=offering)
    clock.advance(timedelta(days=20))
    text = signed_in_as("partner").follow(f"/places/{offering}").text
    assert sent.number not in text
    assert "空余" in text


def test_places_are_added_numbered_on_and_taken_out_of_service(loop: Loop, partner: Browser) -> None:
    offering = loop.offering(places=2)
    to = f"/places/{offering}"
    wrong = partner.post(f"{to}/add", {"count": "0", "group_label": "新班"})
    assert wrong.status_code == 422
    assert "新班" in wrong.text
    assert partner.post(f"{to}/add", {"count": "2"}).status_code == 303
    labels = loop.owner.execute("SELECT label FROM place WHERE offering_id = %s ORDER BY number", [offering]).fetchall()
    assert [label for (label,) in labels] == ["1号", "2号", "3号", "4号"]
    (number,) = loop.one("SELECT number FROM place WHERE label = '4号'")
    assert partner.post(f"{to}/out/{number}", {"out": "1"}).status_code == 303
    assert "停用中" in partner.follow(to).text
    assert partner.post(f"{to}/out/{number}", {"out": "0"}).status_code == 303
    assert loop.one("SELECT out_of_service FROM place WHERE number = %s", number) == (False,)


def test_a_place_that_someone_has_cannot_be_taken_out_of_service(loop: Loop, partner: Browser) -> None:
    offering = loop.offering(places=1)
    _, sent = loop.sent(offering_id=offering)
    loop.deliver()
    loop.accept(sent.id)
    (number,) = loop.one("SELECT number FROM place")
    partner.post(f"/places/{offering}/out/{number}", {"out": "1"})
    assert loop.one("SELECT out_of_service FROM place") == (False,)


def test_capacity_is_confirmed_and_referrals_paused_with_a_reason(loop: Loop, partner: Browser) -> None:
    offering = loop.offering(places=1)
    to = f"/places/{offering}"
    assert partner.post(f"{to}/confirm").status_code == 303
    assert loop.one("SELECT capacity_confirmed_at FROM offering") == (loop.at,)
    partner.post(f"{to}/pause", {"reason": ""})
    assert loop.one("SELECT status FROM offering") == ("open",)
    assert partner.post(f"{to}/pause", {"reason": "放假"}).status_code == 303
    assert loop.one("SELECT status FROM offering") == ("paused",)
    assert "已暂停接收新转介。" in partner.follow(to).text
    assert partner.post(f"{to}/open").status_code == 303
    assert loop.one("SELECT status FROM offering") == ("open",)


def test_nobody_runs_the_places_of_another_organisation(loop: Loop, signed_in_as: Callable[[str], Browser]) -> None:
    offering = loop.offering(places=1)
    (number,) = loop.one("SELECT number FROM place")
    stranger = signed_in_as("other-partner")
    assert stranger.get(f"/places/{offering}").status_code == 404
    assert stranger.post(f"/places/{offering}/add", {"count": "1"}).status_code == 404
    for act, data in (("confirm", {}), ("pause", {"reason": "x"}), ("open", {}), (f"out/{number}", {"out": "1"})):
        assert stranger.post(f"/places/{offering}/{act}", data).status_code == 403, act


def test_own_figures_count_answers_reasons_and_units(
    loop: Loop, clock: FixedClock, signed_in_as: Callable[[str], Browser]
) -> None:
    offering = loop.offering()
    sent = [loop.sent(serial=serial, offering_id=offering)[1] for serial in range(1, 4)]
    loop.deliver()
    clock.advance(timedelta(hours=6))
    loop.accept(sent[0].id)
    loop.fill(sent[0].id, "first_meeting", MEETING)
    loop.decline(sent[1].id, "out_of_area")
    loop.deliver()
    from referral_hub.views.partner.figures import figures_for_partner

    day = clock.now().date()
    with loop.hub.transaction(loop.world.partner) as session:
        figures = figures_for_partner(session, since=day.replace(day=1), until=day, at=loop.at)
    total = figures.total
    assert (total.received, total.accepted, total.declined, total.unanswered, total.late) == (3, 1, 1, 1, 0)
    assert total.answer_hours == 6.0
    assert [(label.zh, count) for label, count in figures.declined] == [("地域不符", 1)]
    assert [(one.unit, int(one.quantity), one.clients) for one in figures.delivered] == [("time", 1, 1)]
    partner = signed_in_as("partner")
    assert "地域不符" in partner.follow("/figures").text
    assert "这段时间没有收到转介" in partner.follow("/figures?since=2020-01-01&until=2020-01-31").text
    assert partner.follow("/figures?period=quarter&since=nonsense&until=x").status_code == 200


def test_another_organisation_has_figures_of_its_own(loop: Loop) -> None:
    from referral_hub.views.partner.figures import figures_for_partner

    loop.sent()
    day = loop.at.date()
    with loop.hub.transaction(loop.world.other_partner) as session:
        figures = figures_for_partner(session, since=day, until=day, at=loop.at)
    assert (figures.total.received, figures.delivered, figures.outcomes) == (0, [], [])


def test_places_and_figures_cost_few_statements(
    loop: Loop, partner: Browser, count_statements: Callable[[], Any]
) -> None:
    offering = loop.offering(places=3)
    for serial in range(1, 4):
        loop.sent(serial=serial, offering_id=offering)
    for path, most in (("/places", 6), (f"/places/{offering}", 10), ("/figures", 8)):
        with count_statements() as seen:
            partner.follow(path)
        assert len(seen) <= most, (path, seen)
