from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from litestar import Router, get
from tests.integration.ui.conftest import PASSWORD, Browser
from tests.world import World

import referral_ui.app
from referral_hub.errors import Conflict
from referral_hub.hub import Hub
from referral_ui.guards import public, signed_in
from referral_ui.headers import SECURITY_HEADERS


@get("/broken", guards=[public], sync_to_thread=True)
def break_down() -> None:
    raise RuntimeError("王晓梅 13800000000")


@get("/api/v1/broken", guards=[public], sync_to_thread=True)
def break_down_for_a_program() -> None:
    raise RuntimeError("王晓梅 13800000000")


@get("/conflict", guards=[signed_in], sync_to_thread=True)
def collide() -> None:
    raise Conflict


@pytest.fixture
def app(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The application with three more routes, that fail."""
    failing = Router("/", route_handlers=[break_down, break_down_for_a_program, collide], include_in_schema=False)
    monkeypatch.setattr(referral_ui.app, "PAGES", (*referral_ui.app.PAGES, failing))
    return referral_ui.app.create_app(hub)


def test_every_answer_carries_the_security_headers(browser: Browser) -> None:
    for path in ("/sign-in", "/no-such-page", "/healthz", "/api/v1/cases", "/account"):
        answer = browser.get(path)
        for name, value in SECURITY_HEADERS.items():
            assert answer.headers[name] == value, path
        assert answer.headers["cache-control"] == "no-store"
        assert "unsafe" not in answer.headers["content-security-policy"]


def test_pages_hold_no_inline_script_or_style(signed_in_as: Callable[[str], Browser]) -> None:
    browser = signed_in_as("worker")
    for path in ("/account", "/account/password", "/account/second-factor", "/account/tokens/new", "/nowhere"):
        text = browser.get(path).text
        assert " style=" not in text
        assert "<style" not in text
        assert "<script>" not in text
        assert " onclick=" not in text


def test_style_and_script_are_kept_by_the_browser_and_sent_small(browser: Browser) -> None:
    page = browser.get("/sign-in").text
    address = page.split('<link rel="stylesheet" href="', 1)[1].split('"', 1)[0]
    answer = browser.get(address, headers={"accept-encoding": "gzip"})
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    assert browser.get("/static/../app.py").status_code == 404


def test_a_error_of_ours_shows_a_number_and_nothing_of_the_mistake(
    browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = browser.get("/broken")
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.text
    assert "13800000000" not in answer.text
    assert "13800000000" not in capsys.readouterr().out


def test_programs_get_problem_documents(browser: Browser) -> None:
    for path, status, code in (("/api/v1/broken", 500, "unexpected"), ("/api/v1/nothing-here", 404, "not-found")):
        answer = browser.get(path)
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("application/problem+json")
        body = answer.json()
        assert body["status"] == status
        assert body["code"] == code
        assert body["type"] == f"urn:referral-hub:problem:{code}"
        assert body["detail"]
        assert body["detail_zh"]


def test_htmx_gets_the_message_where_messages_stand(signed_in_as: Callable[[str], Browser]) -> None:
    browser = signed_in_as("worker")
    part = browser.get("/conflict", headers={"hx-request": "true"})
    assert part.status_code == 409
    assert part.headers["hx-retarget"] == "#messages"
    assert "<html" not in part.text
    assert "已被别人改动" in part.text
    whole = browser.get("/conflict")
    assert "<html" in whole.text


def test_htmx_is_sent_to_sign_in_when_the_session_is_over(browser: Browser) -> None:
    answer = browser.get("/account", headers={"hx-request": "true"})
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"].startswith("/sign-in")


def test_the_language_asked_for_is_kept(staff: World, browser: Browser) -> None:
    assert '<html lang="zh-CN">' in browser.get("/sign-in").text
    assert '<html lang="en">' in browser.get("/sign-in?lang=en").text
    assert '<html lang="en">' in browser.get("/sign-in").text
    browser.sign_in("worker", PASSWORD)
    assert "Account and password" in browser.get("/account").text


def test_a_new_browser_speaks_the_accounts_language(
    signed_in_as: Callable[[str], Browser], open_browser: Callable[[], Browser]
) -> None:
    signed_in_as("worker").post("/account/language", {"language": "en"})
    other = open_browser()
    other.sign_in("worker")
    assert "Account and password" in other.get("/account").text


def test_a_message_is_shown_once_and_only_if_it_is_ours(signed_in_as: Callable[[str], Browser]) -> None:
    browser = signed_in_as("worker")
    new = "many small steps home"
    browser.post("/account/password", {"current": PASSWORD, "password": new, "again": new})
    assert "密码已更换" in browser.get("/account").text
    assert "密码已更换" not in browser.get("/account").text
    browser.cookies.set("hub_flash", "eyJtZXNzYWdlIjp7InpoIjoi5YGHIiwiZW4iOiJ4In19.00")
    assert "message-done" not in browser.get("/account").text


def test_a_token_is_shown_once_and_can_be_revoked(signed_in_as: Callable[[str], Browser], app: Any) -> None:
    browser = signed_in_as("worker")
    shown = browser.post("/account/tokens/new", {"name": "报表", "scope": "read", "days": "30"}).text
    token = shown.split("<code>hub_", 1)[1].split("<", 1)[0]
    listed = browser.get("/account").text
    assert token not in listed
    assert f"hub_{token[:8]}_…" in listed
    key = listed.split("/account/tokens/", 2)[2].split("/revoke", 1)[0]
    assert browser.post(f"/account/tokens/{key}/revoke").status_code == 303
    assert "已停用" in browser.get("/account").text


@pytest.mark.parametrize("address", ["/directory?area=%00", "/cases?words=a%00b", "/%00", "/sign-in?next=%00"])
def test_an_address_with_a_character_that_no_database_keeps_is_refused(
    signed_in_as: Callable[[str], Browser], address: str
) -> None:
    assert signed_in_as("worker").get(address).status_code in (400, 404)


def test_a_form_with_a_character_that_no_database_keeps_is_read_without_it(staff: World, browser: Browser) -> None:
    assert browser.sign_in("wor\0ker").status_code == 303
