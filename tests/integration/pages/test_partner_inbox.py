from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.integration.ui.conftest import Browser
from tests.loop import Loop

from referral_hub.calendar.clock import FixedClock


def test_an_empty_inbox_says_what_will_appear(loop: Loop, partner: Browser) -> None:
    page = partner.follow("/inbox")
    assert page.status_code == 200
    assert "没有等您答复的转介" in page.text


def test_the_inbox_is_sorted_by_the_date_an_answer_is_due_with_overdue_first(
    loop: Loop, clock: FixedClock, partner: Browser
) -> None:
    offering = loop.offering()
    _, late = loop.sent(serial=1, offering_id=offering)
    _, later = loop.sent(serial=2, offering_id=offering)
    _, soon = loop.sent(serial=3, offering_id=offering)
    for sent, hours in ((late, -2), (later, 90), (soon, 5)):
        loop.owner.execute(
            "UPDATE task SET due_at = %s WHERE next_step AND referral_id = %s",
            [clock.now() + timedelta(hours=hours), sent.id],
        )
    text = partner.follow("/inbox").text
    assert text.index(late.number) < text.index(soon.number) < text.index(later.number)
    assert "有 1 件已超过答复期限" in text


def test_an_urgent_referral_is_marked_by_a_word(loop: Loop, partner: Browser) -> None:
    _, sent = loop.sent()
    assert "加急</strong>" not in partner.follow("/inbox").text
    loop.owner.execute("UPDATE referral SET urgency = 'urgent' WHERE id = %s", [sent.id])
    assert "加急</strong>" in partner.follow("/inbox").text


def test_the_list_names_nobody_before_the_referral_was_opened(loop: Loop, partner: Browser) -> None:
    _, sent = loop.sent(serial=4)
    called = loop.disclosed(sent.id)["display_name"]
    assert called not in partner.follow("/inbox").text
    assert called in partner.follow(f"/inbox/{sent.id}").text
    assert called in partner.follow("/inbox").text


def test_filters_stay_in_the_address_and_a_number_is_found_in_every_view(loop: Loop, partner: Browser) -> None:
    _, first = loop.sent(serial=1)
    _, second = loop.sent(serial=2)
    loop.decline(second.id)
    page = partner.follow(f"/inbox?number={second.number.lower()}")
    assert second.number in page.text
    assert first.number not in page.text
    ended = partner.follow("/inbox?view=ended")
    assert second.number in ended.text
    assert first.number not in ended.text


def test_pages_go_on_where_the_last_one_ended(loop: Loop, partner: Browser, monkeypatch: Any) -> None:
    offering = loop.offering()
    numbers = {loop.sent(serial=serial, offering_id=offering)[1].number for serial in range(1, 6)}
    from referral_hub.views.partner import inbox
    from referral_hub.views.partner.inbox import inbox_for_partner

    with loop.hub.transaction(loop.world.partner) as session:
        first = inbox_for_partner(session, limit=3)
        second = inbox_for_partner(session, limit=3, after=first.next or "")
        nonsense = inbox_for_partner(session, after="nonsense~")
    assert [len(first.lines), len(second.lines), second.next] == [3, 2, None]
    assert {line.number for line in first.lines + second.lines} == numbers
    assert len(nonsense.lines) == len(numbers) <= inbox.PAGE


def test_another_organisation_sees_nothing_of_it(loop: Loop, signed_in_as: Callable[[str], Browser]) -> None:
    _, sent = loop.sent()
    stranger = signed_in_as("other-partner")
    assert sent.number not in stranger.follow("/inbox").text
    assert stranger.get(f"/inbox/{sent.id}").status_code == 404
    assert stranger.post(f"/inbox/{sent.id}/accept", {}).status_code == 404
    assert stranger.get(f"/inbox/{sent.id}/slip").status_code == 404


def test_the_inbox_costs_few_statements_however_long_it_is(
    loop: Loop, partner: Browser, count_statements: Callable[[], Any]
) -> None:
    offering = loop.offering()
    for serial in range(1, 4):
        loop.sent(serial=serial, offering_id=offering)
    loop.deliver()
    with count_statements() as few:
        partner.follow("/inbox")
    for serial in range(4, 9):
        loop.sent(serial=serial, offering_id=offering)
    loop.deliver()
    with count_statements() as many:
        partner.follow("/inbox")
    assert len(many) == len(few) <= 10
