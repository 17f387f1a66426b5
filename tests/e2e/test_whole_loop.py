"""One walk through the whole loop, by the three audiences, each in a browser of their own.

The worker uses the keyboard alone. With `HUB_WALK_IMAGES=docs/images/loop` the pictures are kept as documentation.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from tests.e2e.screens import take
from tests.loop import Loop
from tests.world import World

from referral_hub.assistance.actions import add_fund
from referral_hub.hub import Hub
from referral_hub.module_admin.lifecycle_actions import register_installed

pytestmark = pytest.mark.browser
MAX_KEYS = 160
"""Keys from the case page to a referral that is on its way, words typed not counted."""


class Keys:
    """A hand on the keyboard: counts what is pressed, and never touches the mouse."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed = page, 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.pressed += 1

    def to(self, selector: str) -> None:
        """Go forward with the tab key until the element has the focus."""
        for _ in range(120):
            if self.page.evaluate("s => document.activeElement?.matches(s) ?? false", selector):
                return
            self.press("Tab")
        pytest.fail(f"{selector} cannot be reached with the tab key on {self.page.url}")

    def enter(self) -> None:
        with self.page.expect_navigation():
            self.press("Enter")

    def write(self, selector: str, words: str) -> None:
        self.to(selector)
        self.page.keyboard.type(words)


@pytest.fixture
def loop(hub: Hub, owner: Any, staff: World) -> Loop:
    made = Loop(hub, owner, staff)
    owner.execute("DELETE FROM module")
    register_installed(hub)
    return made


@pytest.fixture
def picture() -> Callable[[Page, str], None]:
    folder = Path(os.environ.get("HUB_WALK_IMAGES", "build/screens"))

    def keep(page: Page, name: str) -> None:
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_timeout(600)  # the cross-fade between two pages
        take(page, name, folder=folder)

    return keep


def test_a_need_becomes_an_outcome_between_three_people(
    loop: Loop, signed_in_as: Callable[..., Page], picture: Callable[[Page, str], None]
) -> None:
    loop.offering(places=2)
    case = loop.case()
    worker = signed_in_as("worker", viewport={"width": 1280, "height": 900})
    number = send_by_keyboard(worker, case.id, picture)
    loop.deliver()

    partner = signed_in_as("partner", viewport={"width": 1280, "height": 900})
    partner.goto("/inbox")
    picture(partner, "06-inbox")
    partner.click(f"text={number}") if partner.is_visible(f"a:has-text('{number}')") else partner.click(".row-link")
    assert "13800000001" in partner.content()
    assert case.number not in partner.content()
    picture(partner, "07-received")
    partner.click("a[href$='/accept']")
    partner.click("main form button[type=submit]")
    fill_form(partner, "first_meeting", {"way": "in_person"}, notes="按时到")
    fill_form(partner, "guidance", {"next_step": "job_search"})
    fill_form(partner, "job_referral", {"result": "hired"}, job="厨师助理")
    picture(partner, "08-serving")
    fill_form(partner, "close", {"outcome": "goal_met", "outcome_evidence": "document", "employed": "yes"})
    assert partner.is_visible("text=已办结")

    worker.goto(f"/cases/{case.id}")
    assert worker.is_visible("text=目标达成")
    picture(worker, "09-answer-on-the-case")

    grant_some_aid(loop)
    civil = signed_in_as("civil", viewport={"width": 1280, "height": 900})
    civil.goto("/")
    assert "王" not in civil.inner_text("main")
    picture(civil, "10-civil-affairs")
    assert all(name not in civil.content() for name in ("13800000001", case.number))


def send_by_keyboard(page: Page, case_id: Any, picture: Callable[[Page, str], None]) -> str:
    """From the case page to a referral on its way; returns its number."""
    keys = Keys(page)
    page.goto(f"/cases/{case_id}")
    picture(page, "01-case")
    keys.to("a[href$='/refer']")
    keys.enter()
    if re.search(r"/refer$", page.url):
        keys.to("main form button[type=submit]")
        keys.enter()
    picture(page, "02-place")
    keys.to("input[name=offering]")
    keys.press("Space")
    keys.to("main form button[type=submit]")
    keys.enter()
    keys.write("textarea[name=need_summary], input[name=need_summary]", " 想学一门手艺")
    keys.to("input[name=wanted_help]")
    keys.press("Space")
    picture(page, "03-details")
    keys.to("main form .btn-primary[type=submit]")
    keys.enter()
    for category in ("basic", "contact", "need", "work"):
        keys.to(f"input[name=categories][value={category}]")
        keys.press("Space")
    keys.to("[name=signed_how]")
    if page.evaluate("document.activeElement.type") == "radio":
        keys.press("Space")
    else:
        page.select_option("[name=signed_how]", "handwritten")
    picture(page, "04-notice-and-consent")
    keys.to("button[name=answer][value=agree]")
    keys.enter()
    assert page.url.endswith("/preview"), page.inner_text("main")[:400]
    picture(page, "05-preview")
    keys.to("main form .btn-primary[type=submit]")
    keys.enter()
    assert page.is_visible("text=已发给"), page.inner_text("main")[:400]
    assert keys.pressed <= MAX_KEYS, f"{keys.pressed} keys"
    return page.inner_text(".sent-number").strip()


def fill_form(page: Page, key: str, chosen: dict[str, str], **typed: str) -> None:
    """Open a stage form of the referral that is on the page, fill it in, send it."""
    page.click(f"a[href$='/forms/{key}']")
    for name, value in chosen.items():
        radio = page.locator(f"input[name={name}][value={value}]")
        if radio.count():
            radio.check()
        else:
            page.select_option(f"select[name={name}]", value)
    for name, words in typed.items():
        page.fill(f"[name={name}]", words)
    page.click("main form button[type=submit]")
    page.wait_for_url(re.compile(r"/inbox/[0-9a-f-]{36}$"))


def grant_some_aid(loop: Loop) -> None:
    """A few grants this month, so that civil affairs has something to see."""
    from tests.integration.pages.test_aid import apply_for_aid, fill, granted

    with loop.hub.transaction(loop.world.partner) as session:
        add_fund(session, organisation_id=loop.world.partner_id, name="备用金", source="petty", year=2026,
                 budget_fen=10_000_000, by=loop.world.partner, at=loop.at)  # fmt: skip
    for serial in range(50, 56):
        fill(loop, apply_for_aid(loop, serial=serial), "decide", granted(loop, "1000"))
