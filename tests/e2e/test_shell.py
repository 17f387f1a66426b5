from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page
from tests.e2e.conftest import PASSWORD, sign_in, wait_for_focus
from tests.world import World

pytestmark = pytest.mark.browser

OWN_PAGES = ("/account", "/account/password", "/account/second-factor", "/account/tokens/new", "/no-such-page")


def test_the_pages_ask_no_other_host_and_break_no_rule_of_their_own(
    staff: World, address: str, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context(base_url=address).new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    sign_in(page, "worker", PASSWORD)
    for path in OWN_PAGES[:-1]:
        page.goto(path)
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
    assert complaints == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_can_be_used_with_a_screen_reader(signed_in_as: Callable[..., Page], language: str) -> None:
    page = signed_in_as("worker")
    for path in OWN_PAGES:
        page.goto(f"{path}?lang={language}")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"


def test_nothing_hangs_over_the_edge_of_a_phone(signed_in_as: Callable[..., Page]) -> None:
    page = signed_in_as("worker", viewport={"width": 360, "height": 740})
    for path in OWN_PAGES:
        page.goto(path)
        overhang = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overhang <= 0, path


def test_one_can_sign_in_and_out_by_keyboard_alone(
    staff: World, address: str, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context(base_url=address).new_page()
    page.goto("/sign-in")
    wait_for_focus(page, "#field-login")
    page.keyboard.type("worker")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    page.goto("/account")
    page.focus(".person-menu summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in")
    assert "已退出" in page.inner_text("#messages")


def test_everything_works_without_javascript(
    staff: World, address: str, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context(base_url=address, java_script_enabled=False).new_page()
    sign_in(page, "worker", PASSWORD)
    page.goto("/account")
    page.click("text=全部退出")
    page.click(".confirm[open] button[type=submit]")
    page.wait_for_url("**/sign-in")


def test_a_refused_form_is_read_out_and_keeps_what_was_typed(
    staff: World, address: str, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context(base_url=address).new_page()
    page.goto("/sign-in")
    page.fill("#field-login", "worker")
    page.fill("#field-password", "not the password")
    page.click("main button[type=submit]")
    page.wait_for_selector("#problems")
    wait_for_focus(page, "#problems")
    assert page.input_value("#field-login") == "worker"


def test_the_language_is_switched_and_kept(signed_in_as: Callable[..., Page]) -> None:
    page = signed_in_as("worker")
    page.goto("/account")
    page.click(".language")
    assert page.inner_text("h1") == "Account and password"
    page.goto("/account/password")
    assert page.inner_text("h1") == "Change password"
