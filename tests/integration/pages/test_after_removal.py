"""A module is installed, used and taken away: everyone still reads everything, over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.integration.modules.office import TO_THE_END, Office, at_work
from tests.integration.ui.conftest import Browser
from tests.world import World

from referral_hub.access.tokens import create_token
from referral_hub.actor import Actor
from referral_hub.hub import Hub
from referral_hub.module_admin.install_actions import remove_module
from referral_hub.module_admin.lifecycle_actions import disable_module, register_installed
from referral_hub.referrals.delivery import deliver_due
from referral_hub.registry.registry import ModuleRegistry
from referral_hub.views.civil.returns import KINDS, choices_for

_LINK = re.compile(r'href="(/[^"#]*)')
_ELSEWHERE = ("/static/", "/sign-", "/language", "/api/", "/healthz")
_MAX_PAGES = 120


class Story:
    """Two clients went to the module: one was served to the end, the other is still there when it goes."""

    def __init__(self, office: Office, owner: psycopg.Connection) -> None:
        self.office, self.hub = office, office.hub
        office.enabled(code=TO_THE_END)
        self.loop, self.offering = at_work(office, owner)
        self.case, self.ended = self.loop.sent(serial=1, offering_id=self.offering)
        self.loop.deliver()
        for form, values in (
            ("talk", {"minutes": "35"}),
            ("close", {"outcome": "goal_met", "outcome_evidence": "provider", "letters": "3"}),
        ):
            self.loop.fill(self.ended.id, form, values)
            assert self.loop.deliver() == 1
        self.other_case, self.open = self.loop.sent(serial=2, offering_id=self.offering)
        self.loop.deliver()
        assert self.loop.referral(self.ended.id)["state"] == "completed"
        assert self.loop.referral(self.open.id)["state"] == "accepted"

    def remove(self) -> None:
        self.office.act(disable_module, force=True, reason="机构停办")
        remove_module(self.hub, key="legal", reason="不再合作", by=self.office.world.admin)
        register_installed(self.hub)
        assert self.hub.modules.find_service("legal.advice") is None


@pytest.fixture
def story(hub: Hub, staff: World, owner: psycopg.Connection, tmp_path: Path) -> Story:
    register_installed(hub)
    return Story(Office(hub, staff, tmp_path / "wheels"), owner)


def lines(page: str) -> set[str]:
    """What a reader sees, without markup, drawings and scripts."""
    text = re.sub(r"<(script|style|svg).*?</\1>", "", page, flags=re.DOTALL)
    return {line for part in re.split(r"<[^>]*>", text) if (line := unescape(part).strip())}


def walk(browser: Browser, *starts: str) -> dict[str, str]:
    """Every page that links lead to from these, by address. Each must be there."""
    waiting, seen = list(starts), dict[str, str]()
    while waiting and len(seen) < _MAX_PAGES:
        path = waiting.pop(0)
        if path in seen or path.startswith(_ELSEWHERE):
            continue
        answer = browser.follow(path)
        assert answer.status_code == 200, (path, answer.status_code, re.sub(r"<[^>]+>", " ", answer.text)[-1500:])
        is_page = answer.headers["content-type"].startswith("text/html")
        seen[path] = unescape(answer.text) if is_page else ""
        waiting += [unescape(link) for link in _LINK.findall(seen[path])]
    return seen


ROLES = {
    "worker": ("/today", "/cases", "/referrals"),
    "supervisor": ("/team", "/referrals"),
    "partner": ("/inbox", "/inbox?view=ended", "/places", "/figures"),
    "civil": ("/assistance", "/ledger", "/statistics"),
    "auditor": ("/audit", "/audit/seals"),
    "admin": ("/admin", "/admin/modules", "/admin/offerings", "/admin/organisations"),
}


def own_pages(story: Story) -> dict[str, tuple[str, ...]]:
    """Where the two referrals and the module are shown, by role."""
    return {
        "worker": (f"/cases/{story.case.id}", f"/referrals/{story.ended.id}", f"/referrals/{story.open.id}"),
        "partner": (f"/inbox/{story.ended.id}", f"/inbox/{story.open.id}"),
        "admin": ("/admin/modules/legal", "/admin/modules/house"),
    }


def test_no_page_is_missing_after_the_module_is_gone(story: Story, signed_in_as: Callable[[str], Browser]) -> None:
    story.remove()
    for role, starts in ROLES.items():
        pages = walk(signed_in_as(role), *starts, *own_pages(story).get(role, ()))
        assert len(pages) > 4, role
        if role not in ("admin", "auditor"):
            assert not [path for path, text in pages.items() if any("legal.advice" in line for line in lines(text))]


def test_nothing_that_could_be_read_is_lost(story: Story, signed_in_as: Callable[[str], Browser]) -> None:
    """Each page of the past says what it said while the module was there, whatever it says besides."""
    worker, partner, civil = (signed_in_as(login) for login in ("worker", "partner", "civil"))
    ended, left, case = story.ended.id, story.open.id, story.case.id
    pages = [
        *((worker, path) for path in (
            f"/referrals/{ended}", f"/referrals/{left}", f"/cases/{case}", f"/cases/{case}/history",
            f"/cases/{case}/consents", f"/print/referrals/{ended}", f"/print/referrals/{ended}/notice",
            f"/print/cases/{case}/received", "/referrals",
        )),
        *((partner, path) for path in (
            f"/inbox/{ended}", f"/inbox/{left}", f"/inbox/{ended}/slip", f"/inbox/{ended}/feedback", "/inbox",
            "/places", f"/places/{story.offering}", "/figures", f"/inbox/{left}/forms/talk",
        )),
        *((civil, path) for path in ("/statistics", "/assistance", "/ledger")),
    ]  # fmt: skip
    before = {path: lines(reader.follow(path).text) for reader, path in pages}
    story.remove()
    for reader, path in pages:
        answer = reader.follow(path)
        assert answer.status_code == 200
        assert before[path] - lines(answer.text) == set(), path
    for path, words in {
        f"/inbox/{ended}": ("面谈", "分钟", "35", "目标达成", "信函", "法律咨询"),
        f"/referrals/{ended}": ("目标达成", "请带身份证"),
        f"/print/referrals/{ended}": ("法律咨询",),
        f"/cases/{case}": ("法律咨询",),
        "/figures": ("法律咨询",),
    }.items():
        for word in words:
            assert any(word in line for line in before[path]), (path, word)


def test_returns_and_downloads_still_count_it(story: Story, signed_in_as: Callable[[str], Browser]) -> None:
    civil = signed_in_as("civil")
    before, choices = exported(civil), offered(story.hub, story.office.world.civil)
    assert any("time" in one for one in choices)
    story.remove()
    assert exported(civil) == before
    assert offered(story.hub, story.office.world.civil) == choices


def offered(hub: Hub, civil: Actor) -> list[set[str]]:
    """What may be chosen for each table: units of what was delivered, outcomes' measures."""
    with hub.transaction(civil) as session:
        return [set(choices_for(session, kind)) for kind in KINDS.values()]


def exported(civil: Browser) -> dict[str, set[str]]:
    """Every table of the statistics page, as shown."""
    page = civil.follow("/statistics").text
    tables = {unescape(link) for link in re.findall(r'href="(/statistics/[^"]+)"', page)}
    found = {table: civil.get(table) for table in sorted(tables)}
    assert found
    assert {answer.status_code for answer in found.values()} == {200}
    return {table: lines(answer.text) for table, answer in found.items() if "html" in answer.headers["content-type"]}


def test_the_administrator_still_reads_what_it_was_and_what_happened(
    story: Story, signed_in_as: Callable[[str], Browser]
) -> None:
    story.remove()
    page = signed_in_as("admin").follow("/admin/modules/legal").text
    for words in ("已卸载", "法律咨询", "称呼", "90", "PIA-9", "机构停办", "不再合作", "某事务所"):
        assert words in page, words


def test_a_program_still_reads_it(story: Story, signed_in_as: Callable[[str], Browser]) -> None:
    secrets: dict[str, str] = {
        actor.role: token(story.hub, actor) for actor in (story.office.world.worker, story.office.world.partner)
    }
    story.remove()
    browser = signed_in_as("worker")
    for role, path in (
        ("worker", f"/api/v1/referrals/{story.ended.id}"),
        ("worker", f"/api/v1/cases/{story.case.id}/referrals"),
        ("worker", "/api/v1/offerings"),
        ("partner", "/api/v1/inbox"),
        ("partner", f"/api/v1/inbox/{story.ended.id}"),
        ("partner", f"/api/v1/inbox/{story.open.id}"),
    ):
        answer = browser.get(path, headers={"authorization": f"Bearer {secrets[role]}"})
        assert answer.status_code == 200, (path, answer.text)


def token(hub: Hub, actor: Any) -> str:
    with hub.transaction(actor) as session:
        return create_token(
            session,
            account_id=actor.account_id,
            name="test",
            scope=("read",),
            ends_at=hub.clock.now() + timedelta(days=30),
            by=actor,
            at=hub.clock.now(),
        )


def test_in_safe_mode_every_page_reads_on_without_any_module(
    story: Story, signed_in_as: Callable[[str], Browser]
) -> None:
    hub = story.hub
    hub.modules.close()
    hub.settings = hub.settings.model_copy(update={"safe_mode": True})
    hub.modules = ModuleRegistry.from_settings(hub.settings)
    assert register_installed(hub) == 0
    assert hub.modules.modules() == []
    for role, starts in ROLES.items():
        assert len(walk(signed_in_as(role), *starts, *own_pages(story).get(role, ()))) > 4, role
    assert deliver_due(hub) == 0
