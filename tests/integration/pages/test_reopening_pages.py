"""Reopening by the users' doors: the supervisor is told where it stands again, the partner goes on from there."""

from __future__ import annotations

from collections.abc import Callable

from tests.integration.referrals.test_reopening import stopped
from tests.integration.ui.conftest import Browser
from tests.loop import Loop


def test_a_supervisor_reopens_and_the_partner_finds_the_forms_of_the_stage(
    loop: Loop, signed_in_as: Callable[[str], Browser], partner: Browser
) -> None:
    _, sent = loop.sent(places=1)
    stopped(loop, sent.id)
    assert "/forms/close" not in partner.follow(f"/inbox/{sent.id}").text
    supervisor = signed_in_as("supervisor")
    assert "重新打开" in supervisor.follow(f"/referrals/{sent.id}").text
    answer = supervisor.post(f"/referrals/{sent.id}/reopen", {"reason_code": "ended_too_early"})
    assert answer.status_code == 303
    said = supervisor.follow(f"/referrals/{sent.id}").text
    assert "回到「服务中」" in said
    assert "原来的名额" not in said
    assert f"/inbox/{sent.id}/forms/close" in partner.follow(f"/inbox/{sent.id}").text


def test_where_the_place_is_gone_both_sides_are_told_and_the_partner_gives_another(
    loop: Loop, signed_in_as: Callable[[str], Browser], partner: Browser
) -> None:
    offering = loop.offering(places=1)
    _, sent = loop.sent(offering_id=offering)
    stopped(loop, sent.id)
    _, other = loop.sent(serial=2, offering_id=offering)
    loop.deliver()
    loop.accept(other.id)
    supervisor = signed_in_as("supervisor")
    supervisor.post(f"/referrals/{sent.id}/reopen", {"reason_code": "ended_too_early"})
    assert "原来的名额已给了别人" in supervisor.follow(f"/referrals/{sent.id}").text
    assert "请安排名额" in partner.follow("/inbox").text
    assert f"/inbox/{sent.id}/place" in partner.follow(f"/inbox/{sent.id}").text
    partner.post(f"/inbox/{sent.id}/place", {})
    assert "没有合适的空名额" in partner.follow(f"/inbox/{sent.id}").text
    loop.decline(other.id)
    partner.post(f"/inbox/{sent.id}/place", {})
    page = partner.follow(f"/inbox/{sent.id}").text
    assert f"/inbox/{sent.id}/place" not in page
    assert "请安排名额" not in partner.follow("/inbox").text


def test_the_button_is_not_offered_for_what_was_never_sent(loop: Loop, signed_in_as: Callable[[str], Browser]) -> None:
    drafted = loop.draft(loop.case(), loop.offering())
    loop.take_back(drafted.id)
    assert f"/referrals/{drafted.id}/reopen" not in signed_in_as("supervisor").follow(f"/referrals/{drafted.id}").text
