from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from tests.e2e.conftest import PASSWORD

from referral_hub.hub import Hub

pytestmark = pytest.mark.browser


def test_a_page_left_alone_signs_out_and_is_there_again_with_everything_typed(
    signed_in_as: Callable[..., Page], hub: Hub
) -> None:
    page = signed_in_as("worker")
    page.clock.install()
    page.goto("/account/tokens/new")
    page.fill("#field-name", "月报程序")
    page.check("input[name=scope][value=write]")
    page.clock.fast_forward("31:00")
    page.wait_for_url("**/sign-in/keep")
    assert "原样显示" in page.inner_text("body")
    assert "月报程序" not in page.content()
    page.fill("#field-login", "worker")
    page.fill("#field-password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=您填写的内容还在")
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/tokens/new")
    assert page.input_value("#field-name") == "月报程序"
    assert page.is_checked("input[name=scope][value=write]")
    assert "还没有提交" in page.inner_text("#problems")


def test_a_page_left_alone_with_nothing_typed_only_signs_out(signed_in_as: Callable[..., Page]) -> None:
    page = signed_in_as("worker")
    page.clock.install()
    page.goto("/account/tokens/new")
    page.clock.fast_forward("31:00")
    page.wait_for_url("**/sign-in/keep")
    assert "自动退出" in page.inner_text("body")
    page.goto("/account")
    assert "/sign-in?next=" in page.url
