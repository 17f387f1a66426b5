from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
from tests.integration.ui.conftest import PASSWORD, Browser
from tests.world import World

from referral_hub.calendar.clock import FixedClock
from referral_hub.hub import Hub


def test_a_stranger_is_sent_to_sign_in_and_comes_back_to_the_page_asked_for(browser: Browser) -> None:
    answer = browser.get("/account?tab=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Faccount%3Ftab%3D1"


def test_the_right_password_opens_the_door(staff: World, browser: Browser) -> None:
    answer = browser.sign_in("worker")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    page = browser.get("/account")
    assert page.status_code == 200
    assert "王晓梅" in page.text


def test_the_cookie_cannot_be_read_by_a_script(staff: World, browser: Browser) -> None:
    answer = browser.sign_in("worker")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("hub_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_only_the_hash_of_the_session_secret_is_kept(staff: World, browser: Browser, owner: Any) -> None:
    browser.sign_in("worker")
    secret = browser.cookies["hub_session"]
    (kept,) = owner.execute("SELECT secret_hash FROM web_session").fetchone()
    assert secret.encode() not in kept
    assert len(kept) == 32


def test_unknown_account_wrong_password_and_locked_account_get_the_same_sentence(
    staff: World, browser: Browser
) -> None:
    unknown = browser.sign_in("nobody-here")
    wrong = browser.sign_in("worker", "not the password")
    for _ in range(5):
        browser.sign_in("worker", "not the password")
    locked = browser.sign_in("worker")
    sentence = "账号或密码不对，或者该账号已暂停登录"
    assert [a.status_code for a in (unknown, wrong, locked)] == [422, 422, 422]
    assert all(sentence in a.text for a in (unknown, wrong, locked))


def test_five_wrong_tries_pause_an_account_for_fifteen_minutes(
    staff: World, browser: Browser, clock: FixedClock
) -> None:
    for _ in range(5):
        assert browser.sign_in("worker", "wrong").status_code == 422
    assert browser.sign_in("worker").status_code == 422
    clock.advance(timedelta(minutes=14))
    assert browser.sign_in("worker").status_code == 422
    clock.advance(timedelta(minutes=2))
    assert browser.sign_in("worker").status_code == 303


def test_wrong_tries_long_apart_do_not_add_up(staff: World, browser: Browser, clock: FixedClock) -> None:
    for _ in range(8):
        browser.sign_in("worker", "wrong")
        clock.advance(timedelta(minutes=16))
    assert browser.sign_in("worker").status_code == 303


def test_what_was_typed_stays_but_the_password_does_not(staff: World, browser: Browser) -> None:
    answer = browser.sign_in("worker", "not the password")
    assert 'value="worker"' in answer.text
    assert "not the password" not in answer.text


def test_a_session_falls_asleep_after_half_an_hour(signed_in_as: Callable[[str], Browser], clock: FixedClock) -> None:
    browser = signed_in_as("worker")
    clock.advance(timedelta(minutes=29))
    assert browser.get("/account").status_code == 200
    clock.advance(timedelta(minutes=29))
    assert browser.get("/account").status_code == 200
    clock.advance(timedelta(minutes=31))
    assert browser.get("/account").status_code == 303


def test_a_session_ends_after_twelve_hours_however_busy(
    signed_in_as: Callable[[str], Browser], clock: FixedClock
) -> None:
    browser = signed_in_as("worker")
    for _ in range(36):
        clock.advance(timedelta(minutes=20))
        browser.get("/account")
    assert browser.get("/account").status_code == 303


def test_signing_in_again_gives_a_new_secret_and_ends_the_old_one(
    signed_in_as: Callable[[str], Browser], open_browser: Callable[[], Browser]
) -> None:
    browser = signed_in_as("worker")
    old = browser.cookies["hub_session"]
    browser.sign_in("worker")
    assert browser.cookies["hub_session"] != old
    thief = open_browser()
    thief.cookies.set("hub_session", old)
    assert thief.get("/account").status_code == 303


def test_signing_out_everywhere_ends_every_browser(signed_in_as: Callable[[str], Browser]) -> None:
    here, there = signed_in_as("worker"), signed_in_as("worker")
    here.post("/sign-out", {"everywhere": "1"})
    assert there.get("/account").status_code == 303


def test_a_closed_account_is_out_at_once(signed_in_as: Callable[[str], Browser], owner: Any) -> None:
    browser = signed_in_as("worker")
    owner.execute("UPDATE account SET status = 'closed' WHERE login = 'worker'")
    assert browser.get("/account").status_code == 303


def test_a_first_password_must_be_replaced_before_anything_else(
    signed_in_as: Callable[[str], Browser], owner: Any
) -> None:
    browser = signed_in_as("worker")
    owner.execute("UPDATE account SET must_change_password = true WHERE login = 'worker'")
    assert browser.get("/account").headers["location"] == "/account/password"
    answer = browser.post(
        "/account/password",
        {"current": PASSWORD, "password": "many small steps home", "again": "many small steps home"},
    )
    assert answer.status_code == 303
    assert browser.get("/account").status_code == 200


def test_changing_the_password_signs_out_the_other_browsers(signed_in_as: Callable[[str], Browser]) -> None:
    here, there = signed_in_as("worker"), signed_in_as("worker")
    new = "many small steps home"
    here.post("/account/password", {"current": PASSWORD, "password": new, "again": new})
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 303


def test_a_weak_password_is_refused_with_the_way_out(signed_in_as: Callable[[str], Browser]) -> None:
    browser = signed_in_as("worker")
    for weak in ("short", "aaaaaaaaaaaa", "worker-worker-1", "my-12345678-x"):
        answer = browser.post("/account/password", {"current": PASSWORD, "password": weak, "again": weak})
        assert answer.status_code == 422, weak
        assert "新密码太容易猜到" in answer.text


def test_the_second_factor_is_asked_for_once_it_is_on(
    signed_in_as: Callable[[str], Browser], open_browser: Callable[[], Browser], hub: Hub
) -> None:
    browser = signed_in_as("worker")
    offer = browser.get("/account/second-factor")
    secret = _hidden(offer.text, "secret")
    code = pyotp.TOTP(secret).at(hub.clock.now())
    wrong = browser.post(
        "/account/second-factor", {"secret": secret, "signature": _hidden(offer.text, "signature"), "code": "0"}
    )
    assert wrong.status_code == 422
    done = browser.post(
        "/account/second-factor", {"secret": secret, "signature": _hidden(offer.text, "signature"), "code": code}
    )
    assert done.status_code == 303

    other = open_browser()
    first = other.sign_in("worker")
    assert first.headers["location"].startswith("/sign-in/code")
    assert other.get("/account").status_code == 303
    assert other.post("/sign-in/code", {"code": "000000", "next": "/"}).status_code == 422
    assert other.post("/sign-in/code", {"code": code, "next": "/"}).status_code == 303
    assert other.get("/account").status_code == 200


def test_a_secret_we_did_not_offer_cannot_be_enrolled(signed_in_as: Callable[[str], Browser], hub: Hub) -> None:
    browser = signed_in_as("worker")
    secret = pyotp.random_base32()
    code = pyotp.TOTP(secret).at(hub.clock.now())
    answer = browser.post("/account/second-factor", {"secret": secret, "signature": "x", "code": code})
    assert answer.status_code == 422


def test_the_step_between_password_and_code_ends_after_five_minutes(
    signed_in_as: Callable[[str], Browser], open_browser: Callable[[], Browser], hub: Hub, clock: FixedClock
) -> None:
    browser = signed_in_as("worker")
    offer = browser.get("/account/second-factor").text
    secret = _hidden(offer, "secret")
    code = pyotp.TOTP(secret).at(clock.now())
    browser.post("/account/second-factor", {"secret": secret, "signature": _hidden(offer, "signature"), "code": code})
    other = open_browser()
    other.sign_in("worker")
    clock.advance(timedelta(minutes=6))
    code = pyotp.TOTP(secret).at(clock.now())
    assert other.post("/sign-in/code", {"code": code, "next": "/"}).status_code == 422


def test_next_never_leads_to_another_site(staff: World, open_browser: Callable[[], Browser]) -> None:
    for bad in ("https://example.com/", "//example.com/", "/\\example.com", "javascript:alert(1)"):
        answer = open_browser().post("/sign-in", {"login": "worker", "password": PASSWORD, "next": bad})
        assert answer.headers["location"] == "/"


def test_an_address_in_chinese_survives_the_way_through_sign_in(staff: World, browser: Browser) -> None:
    away = browser.get("/account?q=王&tab=2")
    asked = parse_qs(urlsplit(away.headers["location"]).query)["next"][0]
    back = browser.post("/sign-in", {"login": "worker", "password": PASSWORD, "next": asked})
    assert back.headers["location"] == "/account?q=%E7%8E%8B&tab=2"
    assert browser.get(back.headers["location"]).status_code == 200


def test_a_form_without_its_token_is_refused_with_a_sentence(staff: World, browser: Browser) -> None:
    answer = browser.post_bare("/sign-in", {"login": "worker", "password": PASSWORD})
    assert answer.status_code == 403
    assert "页面打开得太久" in answer.text


def test_signing_in_and_out_is_recorded(signed_in_as: Callable[[str], Browser], owner: Any) -> None:
    browser = signed_in_as("worker")
    browser.post("/sign-out")
    acts = [act for (act,) in owner.execute("SELECT action FROM audit_entry ORDER BY seq").fetchall()]
    assert acts == ["account.sign_in", "account.sign_out"]


def _hidden(text: str, name: str) -> str:
    return text.split(f'name="{name}" value="', 1)[1].split('"', 1)[0]
