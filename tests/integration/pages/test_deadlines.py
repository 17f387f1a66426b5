"""One deadline on every page that shows it, to the sender and to the recipient alike."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from tests.integration.ui.conftest import Browser
from tests.loop import Loop


def days_shown(page: str) -> set[str]:
    """What stands in the deadlines of a page."""
    return {day.strip() for day in re.findall(r'<time class="due-at"[^>]*>([^<]+)</time>', page)}


@pytest.mark.parametrize(
    ("urgency", "shown"), [("normal", r"\d{4}-\d\d-\d\d"), ("urgent", r"\d{4}-\d\d-\d\d \d\d:\d\d")]
)
def test_both_sides_read_the_same_deadline_on_page_list_and_paper(
    loop: Loop, signed_in_as: Callable[[str], Browser], partner: Browser, urgency: str, shown: str
) -> None:
    offering_id = loop.offering()
    case = loop.case()
    loop.consent(case, offering_id)
    sent = loop.send(loop.draft(case, offering_id, urgency=urgency).id)
    worker = signed_in_as("worker")
    told = days_shown(worker.get(f"/referrals/{sent.id}").text)
    assert len(told) == 1
    (day,) = told
    assert re.fullmatch(shown, day)
    inside = partner.follow(f"/inbox/{sent.id}").text
    assert days_shown(inside) == told
    assert f"<dd>{day}</dd>" in inside.replace("\n", "")
    assert days_shown(partner.follow("/inbox").text) == told
    assert day in worker.get(f"/print/referrals/{sent.id}").text
    assert day in worker.get(f"/cases/{case.id}/refer/{sent.id}/sent").text
