"""A module is used, then upgraded to a version that does without half of what was filled in: the past reads on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from tests.integration.modules.office import ASSESSED, GOOD, TO_THE_END, Office, at_work
from tests.integration.pages.test_after_removal import lines, offered
from tests.integration.ui.conftest import Browser
from tests.loop import INTAKE
from tests.world import World

from referral_hub.calendar.clock import FixedClock
from referral_hub.hub import Hub
from referral_hub.module_admin.install_actions import approve_upgrade
from referral_hub.module_admin.lifecycle_actions import register_installed

_CHOICE = """intake = [
  { key = "matter", type = "choice", category = "need", label = { zh = "哪类事", en = "Matter" }, choices = [
    { code = "debt", label = { zh = "债务", en = "Debt" } },
  ] },
]
stages = ["""
BEFORE = GOOD.replace("stages = [", _CHOICE, 1).replace('code = "call"', 'code = "visit"').replace("请联系", "请上门")
BEFORE = BEFORE.replace('zh = "次", en = "times"', 'zh = "趟", en = "visits"')
BEFORE = BEFORE.replace('zh = "办结", en = "Done"', 'zh = "已了结", en = "Settled"')
_DROPPED = (
    ('key = "letters"', 'key = "hours"'),
    ("信函", "工时"),
    ('"time", title = { zh = "趟", en = "visits" }', '"session", title = { zh = "场", en = "sessions" }'),
    ('"talk"', '"meet"'),
    ("面谈", "见面"),
    ('"minutes"', '"length"'),
    ("分钟", "时长"),
    ('"done"', '"over"'),
    ('"已了结", en = "Settled"', '"完成", en = "Over"'),
    ('code = "visit"', 'code = "call"'),
    ("请上门", "请联系"),
    ('key = "matter"', 'key = "about"'),
    ("哪类事", "关于"),
    ('code = "debt"', 'code = "rent"'),
    ('"债务", en = "Debt"', '"租房", en = "Rent"'),
    ('"称呼", en = "Address"', '"怎样称呼", en = "Name"'),
)


def after() -> str:
    changed = BEFORE
    for old, new in _DROPPED:
        assert old in changed, old
        changed = changed.replace(old, new)
    return changed


class Story:
    """One client was served to the end before the module was upgraded."""

    def __init__(self, office: Office, owner: psycopg.Connection) -> None:
        self.office, self.hub = office, office.hub
        code = TO_THE_END.replace('stage="done",', 'stage="done", flags=["visit"],')
        self.office.enabled(code=code, manifest=BEFORE)
        self.loop, self.offering = at_work(office, owner)
        self.case, self.ended = self.loop.sent(offering_id=self.offering)
        self.loop.deliver()
        for form, values in (
            ("talk", {"minutes": "35"}),
            ("close", {"outcome": "goal_met", "outcome_evidence": "provider", "letters": "3"}),
        ):
            self.loop.fill(self.ended.id, form, values)
            assert self.loop.deliver() == 1
        assert self.loop.referral(self.ended.id)["state"] == "completed"

    def upgrade(self) -> None:
        if self.office.install("2.0.0", manifest=after()).waits:
            approve_upgrade(self.hub, key="legal", reason="换版", **ASSESSED, by=self.office.world.admin)
        assert self.hub.modules.module("legal").version == "2.0.0"
        service = self.hub.modules.manifest("legal").services[0]
        assert (service.form("talk"), service.stage("done"), service.units[0].key) == (None, None, "session")


@pytest.fixture
def story(
    hub: Hub,
    clock: FixedClock,
    staff: World,
    owner: psycopg.Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Story:
    monkeypatch.setitem(INTAKE, "legal.advice", {"matter": "debt"})
    register_installed(hub)
    story = Story(Office(hub, staff, tmp_path / "wheels"), owner)
    clock.advance(timedelta(minutes=5))
    return story


def test_every_page_of_the_past_reads_as_before_the_upgrade(
    story: Story, signed_in_as: Callable[[str], Browser]
) -> None:
    worker, partner, civil = (signed_in_as(login) for login in ("worker", "partner", "civil"))
    ended, case = story.ended.id, story.case.id
    with story.hub.transaction(story.office.world.worker) as session:
        consent = session.connection().exec_driver_sql("SELECT id FROM consent").scalar_one()
    pages = [
        *((worker, path) for path in (
            f"/referrals/{ended}", f"/cases/{case}", f"/cases/{case}/history", f"/print/referrals/{ended}",
            f"/print/cases/{case}/received", "/referrals?show=ended", f"/print/consents/{consent}",
        )),
        *((partner, path) for path in (
            f"/inbox/{ended}", f"/inbox/{ended}/slip", f"/inbox/{ended}/feedback", "/inbox?view=ended", "/figures",
        )),
        *((civil, path) for path in ("/statistics", "/assistance")),
    ]  # fmt: skip
    before = {path: lines(reader.follow(path).text) for reader, path in pages}
    for path, words in {
        f"/inbox/{ended}": ("面谈", "分钟", "35", "信函", "趟", "哪类事", "债务", "请上门", "已了结"),
        f"/referrals/{ended}": ("哪类事", "债务", "请上门", "信函"),
        f"/print/cases/{case}/received": ("哪类事",),
        f"/print/consents/{consent}": ("称呼",),
    }.items():
        for word in words:
            assert any(word in line for line in before[path]), (path, word)
    story.upgrade()
    for reader, path in pages:
        answer = reader.follow(path)
        assert answer.status_code == 200
        assert before[path] - lines(answer.text) == set(), path
    assert "关于" not in worker.follow(f"/referrals/{ended}").text, "it was not asked then, so nobody withheld it"


def test_what_was_counted_can_still_be_asked_for(story: Story) -> None:
    before = offered(story.hub, story.office.world.civil)
    story.upgrade()
    now = offered(story.hub, story.office.world.civil)
    assert all(were <= are for were, are in zip(before, now, strict=True))
    assert any("session" in one for one in now)
