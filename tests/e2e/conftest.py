"""A real Chromium before a real server. Where the machine has no Chromium the tests say so and are skipped."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from tests.web import serve
from tests.world import World

from referral_hub.access.passwords import hash_password
from referral_hub.hub import Hub

PASSWORD = "seven-birds-cross-the-river"
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path() -> str | None:
    """The system's own Chromium: none is downloaded."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def wait_for_focus(page: Page, selector: str) -> None:
    """Wait until the element has the focus: the browser gives it after the page has loaded, in a frame of its own."""
    page.wait_for_function("s => document.activeElement?.matches(s)", arg=selector)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium on this machine: install Debian's `chromium` and `fonts-noto-cjk`")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def address(hub: Hub) -> Iterator[str]:
    """The hub of this test, served on a free port of the loop-back interface."""
    from referral_ui.app import create_app

    with serve(create_app(hub)) as address:
        yield address


@pytest.fixture
def staff(world: World, owner: Any) -> World:
    """The world's people, each with the same password."""
    owner.execute("UPDATE account SET password_hash = %s, must_change_password = false", [hash_password(PASSWORD)])
    return world


@pytest.fixture
def open_context(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Browsers that know nothing of one another; options as Playwright's `new_context`."""
    opened: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        context = chromium.new_context(**{"locale": "zh-CN", "timezone_id": "Asia/Shanghai", **options})
        context.set_default_timeout(10_000)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def signed_in_as(staff: World, address: str, open_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """`signed_in_as("worker")`: a page of a browser in which that account is signed in."""

    def make(login: str, **options: Any) -> Page:
        page = open_context(base_url=address, **options).new_page()
        sign_in(page, login, PASSWORD)
        return page

    return make


def sign_in(page: Page, login: str, password: str) -> None:
    page.goto("/sign-in")
    page.fill("#field-login", login)
    page.fill("#field-password", password)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/sign-in" not in url)
