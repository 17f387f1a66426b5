"""The open referrals of a module that goes out of use, on its administrator's page: numbers and offices, no client."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import psycopg
from tests.integration.modules.office import Office, at_work
from tests.integration.ui.conftest import Browser
from tests.loop import Loop
from tests.world import World

from referral_hub.hub import Hub
from referral_hub.module_admin.lifecycle_actions import drain_module, register_installed
from referral_hub.module_admin.open_referrals import open_referrals_of


def drained(loop: Loop) -> tuple[UUID, str]:
    _, sent = loop.sent(places=1)
    loop.deliver()
    with loop.hub.transaction(loop.world.admin) as session:
        drain_module(session, key="employment", reason="年底停办", by=loop.world.admin, at=loop.at)
    return sent.id, sent.number


def test_each_is_listed_by_number_and_nobody_is_named(loop: Loop, admin: Browser) -> None:
    _, number = drained(loop)
    text = admin.follow("/admin/modules/employment").text
    assert number in text
    assert "青禾工作站" in text
    assert "等待" in text
    person, case = loop.one("SELECT p.id, c.number FROM person p JOIN client_case c ON c.person_id = p.id")
    assert str(person) not in text
    assert case not in text
    assert "张伟" not in text


def test_its_sender_is_asked_to_redirect_to_end_or_the_asking_is_taken_back(loop: Loop, admin: Browser) -> None:
    referral_id, number = drained(loop)
    to = "/admin/modules/employment"

    def ask(what: str, **values: str) -> str:
        answer = admin.post(
            f"{to}/request_reassignment", {"ask": what, "reason": "年底停办", "number": number, **values}
        )
        return admin.follow(answer.headers["location"]).text

    assert "已转告转出机构" in ask("redirect")
    assert loop.one("SELECT kind, referral_id FROM task WHERE NOT next_step AND done_at IS NULL") == (
        "module_gone",
        referral_id,
    )
    assert loop.referral(referral_id)["waiting_since"] is None, "a module that is drained still serves it"
    ask("close")
    assert loop.one("SELECT kind FROM task WHERE NOT next_step AND done_at IS NULL") == ("module_close",)
    ask("wait", all="1")
    assert loop.one("SELECT count(*) FROM task WHERE NOT next_step AND done_at IS NULL") == (0,)
    events = admin.follow(to).text
    assert "继续等 1 件：年底停办" in events
    assert "请先勾选转介" in ask("redirect", number="")
    assert "请写明原因" in ask("redirect", reason="")


def test_also_when_the_files_of_the_module_were_changed_behind_the_hubs_back(
    hub: Hub, staff: World, owner: psycopg.Connection, tmp_path: Path, signed_in_as: Callable[[str], Browser]
) -> None:
    register_installed(hub)
    office = Office(hub, staff, tmp_path / "wheels")
    office.enabled()
    work, offering = at_work(office, owner)
    _, sent = work.sent(offering_id=offering)
    work.deliver()
    (hub.settings.modules_folder / "legal" / "more.py").write_text("", encoding="utf-8")
    register_installed(hub)
    assert office.state() == "discovered"
    admin, worker = signed_in_as("admin"), signed_in_as("worker")
    assert sent.number in admin.follow("/admin/modules/legal").text
    asked = {"ask": "redirect", "reason": "文件被改动", "number": sent.number}
    answer = admin.post("/admin/modules/legal/request_reassignment", asked)
    assert "已转告转出机构" in admin.follow(answer.headers["location"]).text
    assert work.one("SELECT count(*) FROM task WHERE kind = 'module_gone' AND done_at IS NULL") == (1,)
    assert f"/referrals/{sent.id}" in worker.follow("/today").text


def test_many_are_paged_and_other_roles_are_shown_none(loop: Loop) -> None:
    numbers = []
    offering = loop.offering()
    for serial in range(1, 4):
        _, sent = loop.sent(serial=serial, offering_id=offering)
        numbers.append(sent.number)
    with loop.hub.transaction(loop.world.admin) as session:
        first = open_referrals_of(session, "employment", limit=2)
        rest = open_referrals_of(session, "employment", after=first.next, limit=2)
    assert sorted(line.number for line in [*first.lines, *rest.lines]) == sorted(numbers)
    assert rest.next is None
    with loop.hub.transaction(loop.world.supervisor) as session:
        assert open_referrals_of(session, "employment").lines == []
