"""Civil affairs and a deciding organisation in a real browser: by keyboard, on a phone, on paper, without script."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from openpyxl import load_workbook
from playwright.sync_api import Page
from tests.integration.assistance.test_statistics import Aid
from tests.integration.pages.test_civil_ledger import give
from tests.world import World

from referral_hub.hub import Hub
from referral_hub.views.civil.returns import KINDS

pytestmark = pytest.mark.browser
__all__ = ["give"]

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
PAGES = ["/assistance", "/ledger", *(f"/statistics/{key}" for key in KINDS), "/statistics/assistance?rows=month"]


@pytest.fixture
def aid(hub: Hub, staff: World) -> Aid:
    made = Aid(hub, staff)
    made.give(7, "medical")
    made.give(3, "education")
    return made


def refused_by_axe(page: Page) -> list[str]:
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in Axe().run(page).response["violations"]]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_of_civil_affairs_is_accessible_and_fits_a_phone(
    signed_in_as: Callable[..., Page], aid: Aid, language: str
) -> None:
    wide, narrow = signed_in_as("civil"), signed_in_as("civil", **PHONE)
    for path in PAGES:
        address = f"{path}{'&' if '?' in path else '?'}lang={language}"
        wide.goto(address)
        assert refused_by_axe(wide) == [], path
        narrow.goto(address)
        assert narrow.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        assert narrow.locator(".eyes").inner_text().strip(), path


def test_a_table_is_chosen_and_taken_as_excel_without_any_script(
    signed_in_as: Callable[..., Page], aid: Aid, tmp_path: Path
) -> None:
    page = signed_in_as("civil", java_script_enabled=False)
    page.goto("/statistics?lang=zh")
    page.select_option("#rows", "month")
    page.select_option("#from", "2026-02")
    page.get_by_role("button", name="查看", exact=True).click()
    assert "rows=month" in page.url
    assert "from=2026-02" in page.url
    assert page.locator(".figures-table tbody tr").count() == 2
    page.get_by_text("下载 Excel").click()
    page.fill("#purpose", "二月和三月汇总")
    with page.expect_download() as download:
        page.get_by_role("button", name="下载", exact=True).click()
    content = Path(download.value.path()).read_bytes()
    sheet = load_workbook(BytesIO(content)).worksheets[0]
    assert any("二月和三月汇总" in str(cell) for row in sheet.iter_rows(values_only=True) for cell in row)


def test_a_line_of_the_ledger_is_corrected_with_the_keyboard_alone(
    signed_in_as: Callable[..., Page],
    give: Callable[..., Any],
) -> None:
    line = give(120_000)
    page = signed_in_as("partner")
    page.goto("/ledger?lang=zh")
    page.locator(f'a[href="/ledger/{line}"]').focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/ledger/{line}")
    page.locator("#correct #field-amount_fen").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("950")
    page.keyboard.press("Tab")
    page.keyboard.type("录入有误")
    page.keyboard.press("Enter")
    page.get_by_text("已更正").wait_for()
    assert "现批准 950.00 元" in page.inner_text("main")
    assert refused_by_axe(page) == []


def test_on_paper_there_are_figures_and_no_buttons(signed_in_as: Callable[..., Page], aid: Aid) -> None:
    page = signed_in_as("civil")
    page.goto("/statistics/assistance?lang=zh")
    page.emulate_media(media="print")
    assert page.locator(".figures-table").is_visible()
    assert not page.locator(".filters").is_visible()
    assert not page.get_by_text("下载 Excel").is_visible()
    assert page.locator(".eyes").is_visible()
