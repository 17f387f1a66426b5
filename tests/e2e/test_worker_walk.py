"""The worker's pages in a real browser: for a screen reader, on a phone, on paper, by keyboard, without script."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from tests.e2e.conftest import wait_for_focus
from tests.loop import Loop
from tests.world import World

from referral_hub.hub import Hub
from referral_hub.module_admin.lifecycle_actions import register_installed

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
MAX_KEYS_AGAIN = 60
"""Keys of a practised user's second referral to a place whose consent is in force."""


@pytest.fixture
def loop(hub: Hub, owner: Any, staff: World) -> Loop:
    made = Loop(hub, owner, staff)
    owner.execute("DELETE FROM module")
    register_installed(hub)
    return made


def refused_by_axe(page: Page) -> list[str]:
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in Axe().run(page).response["violations"]]


def keep_picture(page: Page, name: str) -> None:
    """Kept to be looked at where `HUB_WORKER_IMAGES` names a folder."""
    folder = os.environ.get("HUB_WORKER_IMAGES")
    if folder:
        page.wait_for_timeout(500)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_of_the_worker_is_accessible_and_fits_a_phone(
    loop: Loop, signed_in_as: Callable[..., Page], language: str
) -> None:
    offering = loop.offering(places=2)
    case, sent = loop.sent(offering_id=offering)
    draft = loop.draft(loop.case(serial=2), loop.offering(organisation_id=loop.world.other_partner_id))
    consent = loop.one("SELECT id FROM consent")[0]
    loop.deliver()
    # One module does not answer: its referral waits, its offerings say so.
    loop.owner.execute("UPDATE referral SET waiting_since = sent_at WHERE id = %s", [sent.id])
    loop.owner.execute("UPDATE module SET state = 'degraded' WHERE key = 'employment'")
    loop.offering(status="paused")
    writing = f"/cases/{loop.referral(draft.id)['case_id']}/refer/{draft.id}"
    pages = {
        "today": "/today",
        "cases": "/cases",
        "case-new": "/cases/new",
        "case": f"/cases/{case.id}",
        "person": f"/cases/{case.id}/person",
        "manage": f"/cases/{case.id}/manage",
        "consents": f"/cases/{case.id}/consents",
        "history": f"/cases/{case.id}/history",
        "refer": f"/cases/{case.id}/refer?choose=1",
        "place": f"/cases/{case.id}/refer/place?need={case.need_id}",
        "details": f"{writing}/details",
        "consent": f"{writing}/consent",
        "referrals": "/referrals?show=all",
        "referral": f"/referrals/{sent.id}",
        "redirect": f"/referrals/{sent.id}/redirect",
        "directory": "/directory",
        "offering": f"/directory/{offering}",
        "import": "/caseload/import",
        "slip": f"/print/referrals/{sent.id}",
        "consent-paper": f"/print/consents/{consent}",
        "received": f"/print/cases/{case.id}/received",
    }
    wide, narrow = signed_in_as("worker"), signed_in_as("worker", **PHONE)
    faults = []
    for name, path in pages.items():
        address = f"{path}{'&' if '?' in path else '?'}lang={language}"
        wide.goto(address)
        faults += [f"{path} {fault}" for fault in refused_by_axe(wide)]
        keep_picture(wide, f"{name}-wide-{language}")
        narrow.goto(address)
        if not narrow.evaluate("document.documentElement.scrollWidth <= window.innerWidth"):
            faults.append(f"{path} is wider than a phone")
        keep_picture(narrow, f"{name}-phone-{language}")
        assert narrow.locator(".eyes").inner_text().strip(), path
    assert faults == []


def test_a_practised_worker_sends_again_with_few_keys(loop: Loop, signed_in_as: Callable[..., Page]) -> None:
    """The consent is in force, the need is known: place, details, preview, each left with the Enter key."""
    offering, case = loop.offering(places=3), loop.case()
    loop.consent(case, offering)
    page = signed_in_as("worker")
    page.goto(f"/cases/{case.id}/refer")
    pressed = 0

    def press(key: str) -> None:
        nonlocal pressed
        page.keyboard.press(key)
        pressed += 1

    wait_for_focus(page, "[name=offering]")
    with page.expect_navigation():
        press("Enter")
    for _ in range(30):
        if page.evaluate("document.activeElement.name") == "wanted_help":
            break
        press("Tab")
    press("Space")
    with page.expect_navigation():
        press("Enter")
    assert page.url.endswith("/preview"), page.inner_text("main")[:400]
    wait_for_focus(page, "[type=submit]")
    with page.expect_navigation():
        press("Enter")
    assert page.is_visible("text=已发给")
    assert pressed <= MAX_KEYS_AGAIN


def test_a_referral_is_sent_without_any_script(loop: Loop, signed_in_as: Callable[..., Page]) -> None:
    loop.offering(places=1)
    case = loop.case()
    page = signed_in_as("worker", java_script_enabled=False)
    page.goto(f"/cases/{case.id}/refer?lang=zh")
    page.check("input[name=offering]")
    page.click("main form .btn-primary")
    page.check("input[name=wanted_help][value=training]")
    page.click("main form .btn-primary")
    for category in ("basic", "contact", "need", "work"):
        page.check(f"input[name=categories][value={category}]")
    page.check("input[name=signed_how][value=handwritten]")
    page.click("button[value=agree]")
    page.click("main form .btn-primary")
    assert re.search(r"/sent$", page.url), page.inner_text("main")[:400]


def test_the_slip_on_paper_has_no_buttons_and_an_envelope_without_a_name(
    loop: Loop, signed_in_as: Callable[..., Page]
) -> None:
    _, sent = loop.sent()
    page = signed_in_as("worker")
    page.goto(f"/print/referrals/{sent.id}?lang=zh")
    page.emulate_media(media="print")
    assert not page.locator(".sheet-bar").is_visible()
    assert sent.number in page.inner_text(".envelope")
    assert "伟" not in page.inner_text(".envelope")
