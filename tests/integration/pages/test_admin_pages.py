from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.integration.ui.conftest import Browser
from tests.loop import Loop

from referral_hub.calendar.clock import FixedClock
from referral_hub.codes.credit_code import check_character
from referral_hub.hub import Hub
from referral_hub.settings import Settings
from referral_hub.storage.backup import write_backup

PROVIDER = {
    "kind": "provider",
    "name": "安康心理服务中心",
    "short_name": "安康中心",
    "processor_role": "independent",
    "area_code": "999999",
    "phone": "021-60000002",
}
_CODE = "52310000MJ4956789"
CREDIT_CODE = _CODE + check_character(_CODE)


def test_every_page_of_the_administrator_opens(loop: Loop, admin: Browser) -> None:
    offering = loop.offering(places=2)
    partner = loop.world.partner
    for path in (
        "/admin",
        "/admin/organisations",
        "/admin/organisations/new",
        f"/admin/organisations/{partner.organisation_id}",
        f"/admin/organisations/{partner.organisation_id}/edit",
        f"/admin/organisations/{partner.organisation_id}/contracts/new",
        "/admin/offerings",
        "/admin/offerings/new",
        f"/admin/offerings/new?organisation={partner.organisation_id}&service=employment.training",
        f"/admin/offerings/{offering}",
        "/admin/accounts",
        "/admin/accounts/new",
        f"/admin/accounts/{partner.account_id}",
        f"/admin/accounts/{partner.account_id}/token",
        "/admin/modules",
        "/admin/modules/employment",
    ):
        for language in ("zh", "en"):
            page = admin.follow(f"{path}{'&' if '?' in path else '?'}lang={language}")
            assert page.status_code == 200, (path, page.text[:300])


def test_no_other_role_opens_them(loop: Loop, signed_in_as: Callable[[str], Browser]) -> None:
    for login in ("worker", "partner", "civil", "auditor"):
        browser = signed_in_as(login)
        assert browser.get("/admin").status_code == 403
        assert browser.post("/admin/modules/employment/disable", {"reason": "x"}).status_code == 403


def test_the_administrator_sees_no_client(loop: Loop, admin: Browser) -> None:
    """R5: with a client in the middle of the loop, nothing of them stands on any of these pages."""
    case, sent = loop.sent(serial=6, places=1)
    released = loop.disclosed(sent.id)
    for path in ("/admin", "/admin/modules", "/admin/modules/employment", "/admin/offerings"):
        text = admin.follow(path).text
        for secret in (case.number, sent.number, released["display_name"], released["phone"]):
            assert str(secret) not in text, path
    assert admin.get(f"/inbox/{sent.id}").status_code == 403


def test_a_provider_is_active_once_assessed(loop: Loop, admin: Browser) -> None:
    answer = admin.post("/admin/organisations/new", {**PROVIDER, "credit_code": CREDIT_CODE})
    assert answer.status_code == 303, answer.text
    to = answer.headers["location"]
    missing = admin.post(f"{to}/activate", {})
    assert missing.status_code == 422
    assert 'href="#field-assessment_reference"' in missing.text
    done = admin.post(f"{to}/activate", {"assessment_reference": "PIA-2026-7", "assessment_on": "2026-02-01"})
    assert done.status_code == 303
    assert loop.one("SELECT status, assessment_reference FROM organisation WHERE name = %s", PROVIDER["name"]) == (
        "active",
        "PIA-2026-7",
    )
    assert admin.post(f"{to}/suspend", {"reason": "整改"}).status_code == 303
    assert loop.one("SELECT status FROM organisation WHERE name = %s", PROVIDER["name"]) == ("suspended",)


def test_a_wrong_credit_code_and_a_telling_short_name_are_sent_back_with_what_was_typed(
    loop: Loop, admin: Browser
) -> None:
    wrong = admin.post("/admin/organisations/new", {**PROVIDER, "credit_code": _CODE + "0"})
    assert wrong.status_code == 422
    assert PROVIDER["name"] in wrong.text
    assert 'href="#field-credit_code"' in wrong.text
    telling = admin.post("/admin/organisations/new", {**PROVIDER, "short_name": "戒毒服务站"})
    assert telling.status_code == 422
    assert 'href="#field-short_name"' in telling.text


def test_an_entrusted_provider_needs_a_contract_before_it_is_active(loop: Loop, admin: Browser) -> None:
    to = admin.post("/admin/organisations/new", {**PROVIDER, "processor_role": "entrusted"}).headers["location"]
    assessed = {"assessment_reference": "PIA-1", "assessment_on": "2026-02-01"}
    refused = admin.post(f"{to}/activate", assessed)
    assert refused.status_code == 409
    assert "合同" in refused.text
    contract = {
        "number": "HT-2026-1",
        "title": "心理服务",
        "purchaser_id": str(loop.world.office_id),
        "purpose": "为服务对象提供辅导",
        "categories": ["basic", "contact"],
        "safeguards": "专人保管",
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
        "amount_fen": "120000.50",
        "targets": "场次 300\n课时 40",
    }
    wrong = admin.post(f"{to}/contracts/new", {**contract, "targets": "很多"})
    assert wrong.status_code == 422
    assert "第 1 行" in wrong.text
    assert admin.post(f"{to}/contracts/new", contract).status_code == 303
    assert loop.one("SELECT amount_fen, targets FROM contract WHERE number = 'HT-2026-1'") == (
        12_000_050,
        {"session": 300, "class_hour": 40},
    )
    assert admin.post(f"{to}/activate", assessed).status_code == 303
    (contract_id,) = loop.one("SELECT id FROM contract WHERE number = 'HT-2026-1'")
    assert f'href="{to}/contracts/{contract_id}"' in admin.follow(to).text
    page = admin.follow(f"{to}/contracts/{contract_id}")
    assert "2026-12-31" in page.text
    wrong = admin.post(f"{to}/contracts/{contract_id}", {"title": "心理服务", "ends_on": "2025-12-31"})
    assert (wrong.status_code, 'href="#field-ends_on"' in wrong.text) == (422, True)
    longer = {"title": "心理服务", "ends_on": "2027-06-30", "amount_fen": "150000", "targets": "场次 400"}
    assert admin.post(f"{to}/contracts/{contract_id}", longer).status_code == 303
    assert loop.one("SELECT ends_on, amount_fen, targets FROM contract WHERE number = 'HT-2026-1'") == (
        date(2027, 6, 30),
        15_000_000,
        {"session": 400},
    )


def test_an_offering_asks_the_questions_of_its_service(loop: Loop, admin: Browser) -> None:
    house = loop.world.other_partner_id
    page = admin.follow(f"/admin/offerings/new?organisation={house}&service=house.stay")
    service = loop.service("house.stay")
    assert all(field.label.zh in page.text for field in service.settings)
    required = {f"settings.{f.key}": _answer(f) for f in service.settings if f.required}
    values = {"organisation": str(house), "service": "house.stay", "title": "过渡住宿", "min_age": "18", **required}
    answer = admin.post("/admin/offerings/new", values)
    assert answer.status_code == 303, answer.text
    to = answer.headers["location"]
    assert loop.one("SELECT eligibility->>'min_age' FROM offering WHERE title = '过渡住宿'") == ("18",)
    paused = admin.post(f"{to}/status", {"status": "paused", "reason": "装修"})
    assert paused.status_code == 303
    assert loop.one("SELECT status FROM offering WHERE title = '过渡住宿'") == ("paused",)
    unexplained = admin.post(f"{to}/status", {"status": "closed", "reason": ""})
    assert unexplained.status_code == 422
    assert loop.one("SELECT status FROM offering WHERE title = '过渡住宿'") == ("paused",)
    assert admin.post(f"{to}/status", {"status": "open"}).status_code == 303
    too_long = admin.post(f"{to}/status", {"status": "paused", "reason": "长" * 201})
    assert (too_long.status_code, "最多 200 个字" in too_long.text) == (422, True)
    assert loop.one("SELECT status FROM offering WHERE title = '过渡住宿'") == ("open",)
    assert admin.post(to, {"title": "戒毒人员住宿", **required}).status_code == 422
    assert admin.post(to, {"title": "餐具消毒员培训", **required}).status_code == 303
    changed = admin.post(to, {"title": "过渡住宿（南区）", "area_codes": "999999 999998", **required})
    assert changed.status_code == 303
    assert loop.one("SELECT area_codes FROM offering WHERE title = '过渡住宿（南区）'") == (["999999", "999998"],)


def test_a_new_account_gets_a_password_that_is_shown_once_and_must_be_changed(
    loop: Loop, admin: Browser, open_browser: Callable[[], Browser]
) -> None:
    made = admin.post(
        "/admin/accounts/new",
        {
            "organisation_id": str(loop.world.office_id),
            "role": "worker",
            "login": "Zhang.Li",
            "name": "张丽",
            "statutory": "yes",
        },
    )
    assert made.status_code in {200, 201}, made.text
    password = re.search(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", made.text)
    assert password
    key, statutory, must = loop.one("SELECT id, statutory, must_change_password FROM account WHERE login = 'zhang.li'")
    assert (statutory, must) == (True, True)
    assert password[0] not in admin.follow(f"/admin/accounts/{key}").text
    assert open_browser().sign_in("zhang.li", password[0]).status_code == 303
    again = admin.post(f"/admin/accounts/{key}/password")
    fresh = re.search(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", again.text)
    assert fresh
    assert fresh[0] != password[0]
    assert open_browser().sign_in("zhang.li", password[0]).status_code != 303


def test_an_account_is_locked_unlocked_closed_and_opened_again(
    loop: Loop, admin: Browser, open_browser: Callable[[], Browser]
) -> None:
    worker = loop.world.worker.account_id
    browser = open_browser()
    for _ in range(5):
        browser.sign_in("worker", "not-the-password")
    assert "已锁定" in admin.follow("/admin/accounts?words=worker").text
    assert admin.post(f"/admin/accounts/{worker}/unlock").status_code == 303
    assert browser.sign_in("worker").status_code == 303
    assert admin.post(f"/admin/accounts/{worker}/close").status_code == 303
    assert open_browser().sign_in("worker").status_code != 303
    assert admin.post(f"/admin/accounts/{worker}/reopen").status_code == 303
    assert open_browser().sign_in("worker").status_code == 303
    admin.post(f"/admin/accounts/{loop.world.admin.account_id}/close")
    assert loop.one("SELECT status FROM account WHERE login = 'admin'") == ("active",)


def test_a_token_is_shown_once_and_ends_when_revoked(loop: Loop, admin: Browser) -> None:
    partner = loop.world.partner.account_id
    issued = admin.post(f"/admin/accounts/{partner}/token", {"name": "机构系统", "scope": ["read"], "days": "30"})
    token = re.search(r"hub_[0-9a-f]{8}_[\w-]+", issued.text)
    assert token
    assert token[0] not in admin.follow(f"/admin/accounts/{partner}").text
    (key,) = loop.one("SELECT id FROM api_token")
    assert admin.post(f"/admin/accounts/{partner}/token/{key}").status_code == 303
    assert loop.one("SELECT revoked_at IS NOT NULL FROM api_token") == (True,)


def test_a_module_is_disabled_with_a_reason_and_enabled_again(loop: Loop, admin: Browser) -> None:
    silent = admin.post("/admin/modules/house/disable", {"reason": " "})
    assert silent.status_code == 303
    assert loop.one("SELECT state FROM module WHERE key = 'house'") == ("enabled",)
    assert admin.post("/admin/modules/house/disable", {"reason": "设备检修"}).status_code == 303
    assert loop.one("SELECT state FROM module WHERE key = 'house'") == ("disabled",)
    page = admin.follow("/admin/modules/house").text
    assert "设备检修" in page
    assert "house.stay" not in admin.follow("/admin/offerings/new").text
    assert admin.post("/admin/modules/house/enable", {"reason": "检修完成"}).status_code == 303
    assert loop.one("SELECT state FROM module WHERE key = 'house'") == ("enabled",)


def test_what_went_wrong_with_a_module_stands_there_in_words(loop: Loop, admin: Browser) -> None:
    from referral_hub.actor import system_actor
    from referral_hub.isolation.errors import ModuleTimedOut
    from referral_hub.modules.breaker import note_failure

    loop.sent()
    for _ in range(3):
        with loop.hub.transaction(system_actor()) as session:
            note_failure(session, "employment", ModuleTimedOut(module="employment", detail="hub_receive"), at=loop.at)
    for path in ("/admin", "/admin/modules", "/admin/modules/employment"):
        assert "没有按时回应" in admin.follow(path).text, path
    listed = admin.follow("/admin/modules").text
    assert "启用中，时有故障" in listed
    assert "接连失败，暂停调用到" in listed


def test_lists_of_the_administrator_cost_few_statements(
    loop: Loop, admin: Browser, count_statements: Callable[[], Any]
) -> None:
    for _ in range(5):
        loop.offering(places=3)
    for path, most in (
        ("/admin/organisations", 6),
        ("/admin/offerings", 7),
        ("/admin/accounts", 7),
        ("/admin/modules", 8),
        (f"/admin/organisations/{loop.world.partner_id}", 9),
    ):
        with count_statements() as seen:
            admin.follow(path)
        assert len(seen) <= most, (path, seen)


def _answer(field: Any) -> Any:
    if field.type in ("choice", "choices"):
        return field.choices[0].code
    return {"yes_no": "yes", "integer": str(field.min or 1), "number": "1", "money": "100", "date": "2026-03-02"}.get(
        field.type, "说明"
    )


def test_the_administrator_s_first_page_tells_how_old_the_last_backup_is(
    hub: Hub, settings: Settings, admin: Browser, tmp_path: Path
) -> None:
    assert "还没有做过备份" in admin.get("/admin").text
    made_at = write_backup(settings, hub.database, tmp_path / "b.hub", with_keys=True).made_at
    assert isinstance(hub.clock, FixedClock)
    hub.clock.set(made_at + timedelta(days=3))
    admin.sign_in("admin")
    assert "最近一次在 3 天前" in admin.get("/admin").text
