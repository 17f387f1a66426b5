from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from tests.loop import Loop
from tests.world import World

from referral_hub.hub import Hub
from referral_hub.module_admin.lifecycle_actions import register_installed

pytestmark = pytest.mark.browser


@pytest.fixture
def loop(hub: Hub, owner: Any, staff: World) -> Loop:
    made = Loop(hub, owner, staff)
    owner.execute("DELETE FROM module")
    register_installed(hub)
    return made


def serving(loop: Loop) -> dict[str, Any]:
    """A referral in service, one to answer, one whose consent was withdrawn, and an offering with places."""
    offering = loop.offering(places=4)
    sent = [loop.sent(serial=serial, offering_id=offering)[1] for serial in range(1, 4)]
    loop.deliver()
    loop.accept(sent[0].id)
    loop.fill(sent[0].id, "first_meeting", {"way": "in_person", "notes": "准时到"})
    loop.deliver()
    loop.withdraw(loop.referral(sent[2].id)["consent_id"])
    return {"offering": offering, "served": sent[0].id, "new": sent[1].id, "ended": sent[2].id}


def pages_of_partner(made: dict[str, Any]) -> list[str]:
    return [
        "/inbox",
        "/inbox?view=serving",
        f"/inbox/{made['served']}",
        f"/inbox/{made['new']}",
        f"/inbox/{made['ended']}",
        f"/inbox/{made['new']}/accept",
        f"/inbox/{made['new']}/decline",
        f"/inbox/{made['served']}/forms/guidance",
        f"/inbox/{made['served']}/slip",
        f"/inbox/{made['served']}/feedback",
        "/places",
        f"/places/{made['offering']}",
        "/figures",
    ]


def pages_of_admin(loop: Loop, made: dict[str, Any]) -> list[str]:
    return [
        "/admin",
        "/admin/organisations",
        "/admin/organisations/new",
        f"/admin/organisations/{loop.world.partner_id}",
        f"/admin/organisations/{loop.world.partner_id}/contracts/new",
        "/admin/offerings",
        f"/admin/offerings/{made['offering']}",
        "/admin/accounts",
        f"/admin/accounts/{loop.world.partner.account_id}",
        "/admin/modules",
        "/admin/modules/employment",
    ]


def test_a_partner_answers_and_records_by_keyboard_alone(loop: Loop, signed_in_as: Callable[..., Page]) -> None:
    _, sent = loop.sent(places=2)
    page = signed_in_as("partner")
    page.goto("/inbox")
    page.focus(f"a[href='/inbox/{sent.id}']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/inbox/{sent.id}")
    page.focus("a[href$='/accept']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/accept")
    page.focus("textarea[name=note]")
    page.keyboard.type("周三上午来报名，带身份证")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/inbox/{sent.id}")
    assert "周三上午来报名" in page.inner_text("main")
    page.focus("a[href$='/forms/first_meeting']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/forms/first_meeting")
    page.focus("input[name=way]")
    page.keyboard.press("Space")
    page.focus("main button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/inbox/{sent.id}")
    assert loop.referral(sent.id)["stage"] == "guidance"
    assert "服务中" in page.inner_text(".state-line")


def test_everything_works_with_javascript_off(loop: Loop, signed_in_as: Callable[..., Page]) -> None:
    made = serving(loop)
    page = signed_in_as("partner", java_script_enabled=False)
    page.goto(f"/inbox/{made['new']}/decline")
    page.click("main button[type=submit]")
    assert page.locator("#problems").is_visible()
    page.check("input[value=no_capacity]") if page.locator("input[value=no_capacity]").count() else page.select_option(
        "select[name=reason_code]", "no_capacity"
    )
    page.click("main button[type=submit]")
    page.wait_for_url(f"**/inbox/{made['new']}")
    assert loop.referral(made["new"])["state"] == "declined"
    page.goto(f"/inbox/{made['ended']}")
    page.locator("details.confirm summary").first.click()
    page.locator("details.confirm[open] button[type=submit]").click()
    page.wait_for_load_state()
    erased = "SELECT done_how FROM task WHERE referral_id = %s AND kind = 'delete_or_return'"
    assert loop.one(erased, made["ended"]) == ("已删除",)
    page.goto(f"/places/{made['offering']}")
    page.fill("input[name=count]", "2")
    page.locator("#add button[type=submit]").click()
    page.wait_for_load_state()
    assert loop.one("SELECT count(*) FROM place") == (6,)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_can_be_used_with_a_screen_reader(
    loop: Loop, signed_in_as: Callable[..., Page], language: str
) -> None:
    made = serving(loop)
    walks = {
        "partner": pages_of_partner(made),
        "admin": pages_of_admin(loop, made),
        "auditor": ["/audit", "/audit/seals"],
    }
    for login, paths in walks.items():
        page = signed_in_as(login)
        for path in paths:
            page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
            found = Axe().run(page)
            assert found.violations_count == 0, f"{path}: {found.generate_report()}"


def test_nothing_hangs_over_the_edge_of_a_phone(loop: Loop, signed_in_as: Callable[..., Page]) -> None:
    made = serving(loop)
    for login, paths in {
        "partner": pages_of_partner(made),
        "admin": pages_of_admin(loop, made),
        "auditor": ["/audit", "/audit/seals"],
    }.items():
        page = signed_in_as(login, viewport={"width": 360, "height": 740})
        for language in ("zh", "en"):
            for path in paths:
                page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
                overhang = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert overhang <= 0, f"{path} {language} {overhang}"
