"""Taking a step back by the users' doors: the partner who did it, and the supervisor of the office."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.integration.ui.conftest import Browser
from tests.loop import Loop

from referral_hub.calendar.clock import FixedClock


def test_the_partner_undoes_an_acceptance_from_the_page_and_the_button_goes_with_the_day(
    loop: Loop, clock: FixedClock, partner: Browser
) -> None:
    _, sent = loop.sent()
    loop.deliver()
    path = f"/inbox/{sent.id}/undo"
    assert path not in partner.follow(f"/inbox/{sent.id}").text
    loop.accept(sent.id)
    assert "撤销上一步：受理" in partner.follow(f"/inbox/{sent.id}").text
    partner.post(path, {})
    said = partner.follow(f"/inbox/{sent.id}").text
    assert "已撤销「受理」，转介回到「已签收」" in said
    assert path not in said
    partner.post(path, {})
    assert "没有可以撤销的步骤" in partner.follow(f"/inbox/{sent.id}").text
    loop.accept(sent.id)
    clock.advance(timedelta(hours=25))
    assert path not in partner.follow(f"/inbox/{sent.id}").text


def test_a_decline_is_undone_from_the_page_that_says_it_ended(loop: Loop, partner: Browser) -> None:
    _, sent = loop.sent()
    loop.deliver()
    loop.decline(sent.id)
    assert "撤销上一步：" in partner.follow(f"/inbox/{sent.id}").text
    partner.post(f"/inbox/{sent.id}/undo", {})
    assert "请答复" in partner.follow(f"/inbox/{sent.id}").text


def test_a_supervisor_undoes_the_partners_step_and_a_worker_is_not_offered_it(
    loop: Loop, signed_in_as: Callable[[str], Browser]
) -> None:
    _, sent = loop.sent()
    loop.deliver()
    loop.accept(sent.id)
    path = f"/referrals/{sent.id}/undo"
    assert path not in signed_in_as("worker").follow(f"/referrals/{sent.id}").text
    supervisor = signed_in_as("supervisor")
    assert path in supervisor.follow(f"/referrals/{sent.id}").text
    supervisor.post(path, {})
    page = supervisor.follow(f"/referrals/{sent.id}").text
    assert "已撤销「受理」" in page
    assert "撤销上一步" in page, "the history names it"
