"""Contracts: what counts for which, and how they are kept. Each piece of work is paid for once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from tests.integration.pages.test_civil_figures import words_of
from tests.integration.ui.conftest import Browser
from tests.loop import Loop
from tests.world import World

from referral_hub.actor import Actor
from referral_hub.api import ServiceEvent
from referral_hub.outcomes.actions import add_service_event, cancel_service_event
from referral_hub.referrals.retention import end_access
from referral_hub.tables.referrals import Referral

Visit = Callable[[str], Browser]
DAY = date(2026, 3, 2)


class Buying:
    """An administrator who enters contracts on the page, and a provider whose work counts for them."""

    def __init__(self, admin: Browser, loop: Loop) -> None:
        self.admin, self.loop = admin, loop
        self.to = f"/admin/organisations/{loop.world.partner_id}/contracts"

    def form(self, number: str, *offerings: UUID, **values: Any) -> dict[str, Any]:
        civil = self.loop.world.civil.organisation_id
        return {
            "number": number,
            "title": f"服务{number}",
            "purchaser_id": str(civil),
            "purpose": "为服务对象提供培训",
            "categories": ["basic", "contact"],
            "safeguards": "专人保管",
            "starts_on": "2026-01-01",
            "ends_on": "2026-12-31",
            "targets": "课时 100",
            "offering_ids": [str(key) for key in offerings],
            **values,
        }

    def enter(self, number: str, *offerings: UUID, **values: Any) -> UUID:
        answer = self.admin.post(f"{self.to}/new", self.form(number, *offerings, **values))
        assert answer.status_code == 303, answer.text
        key: UUID = self.loop.one("SELECT id FROM contract WHERE number = %s", number)[0]
        return key

    def served(self, offering: UUID, serial: int, *, by: Actor | None = None) -> UUID:
        """A client of the office in training."""
        loop = self.loop
        case = loop.case(serial=serial, by=by)
        loop.consent(case, offering)
        key = loop.send(loop.draft(case, offering).id, by=by).id
        loop.deliver()
        loop.accept(key)
        for form, values in (
            ("first_meeting", {"way": "in_person"}),
            ("guidance", {"next_step": "class_offered"}),
            ("class", {"class_name": "一班", "trade": "烹饪", "class_starts_on": "2026-03-02", "answer": "joins"}),
        ):
            loop.fill(key, form, values)
            loop.deliver()
        return key

    def record(self, referral_id: UUID, unit: str, kind: str | None = None, *, on: date = DAY, much: int = 1) -> UUID:
        """What a module reports as delivered."""
        by = self.loop.world.partner
        with self.loop.hub.transaction(by) as session:
            referral = session.get(Referral, referral_id)
            assert referral is not None
            event = ServiceEvent(on=on, unit=unit, kind=kind, quantity=Decimal(much))
            return add_service_event(session, referral=referral, event=event, by=by, at=self.loop.at)


@pytest.fixture
def buying(admin: Browser, loop: Loop) -> Buying:
    return Buying(admin, loop)


def progress(browser: Browser) -> dict[str, list[str]]:
    """Each line of table D by contract number and target: target, done, per cent done, per cent of time, records."""
    page = browser.get("/statistics/contracts?lang=zh").text
    lines = {}
    for name, cells in re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', page, re.DOTALL):
        found = re.search(r"（([^，]+)，.*· (\S+)", name)
        if found:
            lines[f"{found[1]} {found[2]}"] = words_of("<main" + cells).split()
    return lines


def test_two_contracts_of_one_provider_count_what_each_pays_for(
    signed_in_as: Visit, buying: Buying, loop: Loop
) -> None:
    cooking, caring = loop.offering(), loop.offering()
    buying.enter("HT-A", cooking, targets="课时 100\n人 12")
    buying.enter("HT-B", caring)
    buying.enter("HT-C")
    partner, civil = signed_in_as("partner"), signed_in_as("civil")
    for serial in range(1, 14):
        key = buying.served(cooking if serial <= 6 else caring, serial)
        hours = "8" if serial <= 6 else "4"
        answer = partner.post(f"/inbox/{key}/forms/attendance", {"hours": hours, "_on": "2026-03-02"})
        assert answer.status_code == 303, answer.text
    loop.deliver()
    assert progress(civil) == {
        "HT-A 课时": ["100", "48", "48.0", "16.7", "6"],
        "HT-A 人": ["12", "6", "50.0", "16.7", "18"],
        "HT-B 课时": ["100", "28", "28.0", "16.7", "7"],
        "HT-C 课时": ["100", "0", "0.0", "16.7", "0"],
    }


def test_work_outside_the_term_counts_for_no_contract_and_a_following_one_takes_over(
    signed_in_as: Visit, buying: Buying, loop: Loop
) -> None:
    offering = loop.offering()
    buying.enter("HT-1", offering, ends_on="2026-02-28")
    buying.enter("HT-2", offering, starts_on="2026-03-01")
    keys = [buying.served(offering, serial) for serial in range(1, 6)]
    for key in keys:
        for on, much in ((date(2025, 12, 31), 1), (date(2026, 2, 28), 2), (date(2026, 3, 1), 4)):
            buying.record(key, "class_hour", on=on, much=much)
    by = loop.world.partner
    taken_back = buying.record(keys[0], "class_hour", much=100)
    with loop.hub.transaction(by) as session:
        cancel_service_event(session, event_id=taken_back, reason="记错", by=by, at=loop.at)
    civil = signed_in_as("civil")
    shown = progress(civil)
    assert [shown[key][:3] for key in ("HT-1 课时", "HT-2 课时")] == [["100", "10", "10.0"], ["100", "20", "20.0"]]
    assert "2026-02-28，已结束" in words_of(civil.get("/statistics/contracts?lang=zh").text)


def test_an_office_pays_for_its_own_clients_and_nobody_pays_twice(
    signed_in_as: Visit, buying: Buying, loop: Loop, staff: World
) -> None:
    offering = loop.offering()
    buying.enter("HT-民政", offering)
    buying.enter("HT-柳溪", offering, purchaser_id=str(staff.other_office_id))
    for serial in range(1, 6):
        buying.record(buying.served(offering, serial), "class_hour", much=3)
    for serial in range(6, 12):
        buying.record(buying.served(offering, serial, by=staff.stranger), "class_hour", much=2)
    shown = progress(signed_in_as("civil"))
    assert [shown[key][1] for key in ("HT-民政 课时", "HT-柳溪 课时")] == ["15", "12"]
    buying.enter("HT-青禾", loop.offering(), purchaser_id=str(staff.office_id))
    supervisor = signed_in_as("supervisor")
    assert set(progress(supervisor)) == {"HT-青禾 课时"}
    words = words_of(supervisor.get("/contracts?lang=zh").text)
    assert "HT-青禾" in words
    assert "HT-柳溪" not in words


def test_visits_and_group_sessions_are_targets_of_their_own(signed_in_as: Visit, buying: Buying, loop: Loop) -> None:
    offering = loop.offering()
    buying.enter("HT-1", offering, targets="走访 20\n小组活动 4\n人次 30")
    keys = [buying.served(offering, serial) for serial in range(1, 7)]
    for key in keys:
        buying.record(key, "time", "home_visit")
        buying.record(key, "time", "phone_call")
        buying.record(key, "attendance", "group", on=date(2026, 2, 24))
        buying.record(key, "attendance", "group")
    shown = progress(signed_in_as("civil"))
    assert shown["HT-1 走访"][:3] == ["20", "6", "30.0"]
    assert shown["HT-1 小组活动"][:3] == ["4", "2", "50.0"]
    assert shown["HT-1 人次"][:3] == ["30", "12", "40.0"]


def test_what_few_received_is_not_told_nor_worked_out_from_the_providers_other_contract(
    signed_in_as: Visit, buying: Buying, loop: Loop
) -> None:
    cooking, caring = loop.offering(), loop.offering()
    buying.enter("HT-A", cooking)
    buying.enter("HT-B", caring)
    for serial in range(1, 10):
        buying.record(buying.served(cooking if serial <= 6 else caring, serial), "class_hour", much=8)
    shown = progress(signed_in_as("civil"))
    assert [shown[key][1] for key in ("HT-A 课时", "HT-B 课时")] == ["—", "—"]
    assert shown["HT-B 课时"][-1] == "&lt;5"


def test_the_same_purchaser_names_an_offering_in_one_contract_at_a_time(
    signed_in_as: Visit, buying: Buying, loop: Loop, staff: World
) -> None:
    offering = loop.offering()
    first = buying.enter("HT-1", offering, ends_on="2026-06-30")
    again = buying.form("HT-2", offering, starts_on="2026-06-30")
    refused = buying.admin.post(f"{buying.to}/new", again)
    assert (refused.status_code, 'href="#field-offering_ids"' in refused.text) == (409, True)
    assert "合同 HT-1" in refused.text
    buying.enter("HT-2", offering, starts_on="2026-07-01")
    change = {"title": "服务", "ends_on": "2026-07-01", "targets": "课时 100", "offering_ids": [str(offering)]}
    refused = buying.admin.post(f"{buying.to}/{first}", change)
    assert (refused.status_code, "合同 HT-2" in refused.text) == (409, True)
    foreign = loop.offering(organisation_id=staff.other_partner_id)
    assert buying.admin.post(f"{buying.to}/new", buying.form("HT-3", foreign)).status_code == 422


def test_the_form_of_a_contract_shows_what_it_says_and_saves_what_was_changed(buying: Buying, loop: Loop) -> None:
    offering, other = loop.offering(), loop.offering()
    key = buying.enter("HT-1", offering, targets="课时 100\n走访 20", amount_fen="1200.50")
    page = buying.admin.get(f"{buying.to}/{key}?lang=zh").text
    assert "课时 100\n走访 20</textarea>" in page
    assert 'value="1200.50"' in page
    assert f'value="{offering}" checked' in page
    change = {"title": "新名称", "ends_on": "2027-06-30", "targets": "小组活动 9", "offering_ids": [str(other)]}
    assert buying.admin.post(f"{buying.to}/{key}", change).status_code == 303
    assert loop.one("SELECT title, ends_on, targets, amount_fen FROM contract WHERE id = %s", key) == (
        "新名称", date(2027, 6, 30), {"group_session": 9}, 120_050,
    )  # fmt: skip
    assert loop.one("SELECT array_agg(offering_id) FROM contract_offering WHERE contract_id = %s", key) == ([other],)
    for wrong in ("好 3", "课时 0", "课时 -1", "课时"):
        refused = buying.admin.post(f"{buying.to}/{key}", {**change, "targets": wrong})
        assert (refused.status_code, 'href="#field-targets"' in refused.text) == (422, True), wrong


def test_progress_is_asked_for_in_as_many_questions_however_many_contracts_there_are(
    signed_in_as: Visit, buying: Buying, loop: Loop, count_statements: Callable[[], Any]
) -> None:
    civil = signed_in_as("civil")
    buying.enter("HT-1", loop.offering())
    with count_statements() as few:
        civil.get("/statistics/contracts")
    for number in range(2, 6):
        buying.enter(f"HT-{number}", loop.offering(), targets="课时 9\n人 9\n走访 9")
    with count_statements() as more:
        civil.get("/statistics/contracts")
    assert len(more) <= len(few)


def test_satisfaction_is_the_share_of_those_the_office_asked_and_the_provider_sees_no_answer(
    signed_in_as: Visit, buying: Buying, loop: Loop
) -> None:
    offering = loop.offering()
    buying.enter("HT-1", offering, targets="满意率 90%")
    worker = signed_in_as("worker")
    keys = [buying.served(offering, serial) for serial in range(1, 21)]
    for number, key in enumerate(keys):
        answer = "satisfied" if number < 15 else ("neutral", "dissatisfied")[number % 2]
        assert worker.post(f"/referrals/{key}/client-satisfaction", {"satisfaction": answer}).status_code == 303
    civil = signed_in_as("civil")
    assert progress(civil)["HT-1 满意率"] == ["90", "75", "83.3", "16.7", "20"]
    worker.post(f"/referrals/{keys[-1]}/client-satisfaction", {"satisfaction": "satisfied"})
    assert progress(civil)["HT-1 满意率"][1] == "—"
    assert "满意" in words_of(worker.get(f"/referrals/{keys[0]}?lang=zh").text)
    assert "满意" not in words_of(signed_in_as("partner").get(f"/inbox/{keys[0]}?lang=zh").text)
    unasked = loop.sent(serial=30, offering_id=offering)[1].id
    worker.post(f"/referrals/{unasked}/client-satisfaction", {"satisfaction": "satisfied"})
    assert loop.one("SELECT client_satisfaction FROM referral WHERE id = %s", unasked) == (None,)


def test_a_contract_ended_early_takes_access_away_at_once_and_asks_for_a_receipt(
    signed_in_as: Visit, buying: Buying, loop: Loop, owner: psycopg.Connection
) -> None:
    offering = loop.offering()
    owner.execute("DELETE FROM contract")
    key = buying.enter("HT-1", offering)
    referral = buying.served(offering, 1)
    partner, page = signed_in_as("partner"), f"{buying.to}/{key}"
    phone = loop.one("SELECT count(*) FROM disclosure WHERE access_ended_at IS NULL")
    assert phone == (1,)
    assert "已不能查看" not in partner.get(f"/inbox/{referral}?lang=zh").text
    for wrong in (
        {"last_day": "2026-12-31", "reason": "停办"},
        {"last_day": "2025-12-31", "reason": "停办"},
        {"last_day": "2026-03-01", "reason": ""},
    ):
        assert buying.admin.post(f"{page}/end", wrong).status_code == 422, wrong
    assert buying.admin.post(f"{page}/end", {"last_day": "2026-03-01", "reason": "机构停办"}).status_code == 303
    with loop.hub.transaction(loop.world.partner) as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM disclosure").scalar() == 0
    end_access(loop.hub)
    assert loop.one("SELECT count(*) FROM task WHERE kind = 'contract_ended' AND done_at IS NULL") == (1,)
    assert loop.one("SELECT count(*) FROM task WHERE kind = 'recipient_gone' AND done_at IS NULL") == (1,)
    assert "合同“服务HT-1”已结束：请在2026-03-13前回报" in partner.get("/inbox?lang=zh").text
    assert "待回报" in words_of(signed_in_as("civil").get("/contracts?lang=zh").text)
    receipt = f"/contracts/{key}/receipt"
    assert signed_in_as("other-partner").post(receipt, {"how": "deleted", "on": "2026-03-02"}).status_code == 404
    for wrong in (
        {"how": "deleted", "on": "2026-02-28"},
        {"how": "deleted", "on": "2026-03-03"},
        {"how": "", "on": "2026-03-02"},
    ):
        assert partner.post(receipt, wrong).status_code == 422, wrong
    assert partner.post(receipt, {"how": "returned", "on": "2026-03-02"}).status_code == 303
    assert loop.one("SELECT receipt_how, receipt_on, receipt_by IS NOT NULL FROM contract WHERE id = %s", key) == (
        "returned", DAY, True,
    )  # fmt: skip
    assert "已退回委托方 2026-03-02" in words_of(partner.get("/contracts?lang=zh").text)
    assert partner.post(receipt, {"how": "deleted", "on": "2026-03-02"}).status_code == 409
    change = {"title": "服务", "ends_on": "2027-06-30", "targets": "课时 100"}
    assert buying.admin.post(page, change).status_code == 409
    assert "合同“" not in partner.get("/inbox?lang=zh").text


def test_a_following_contract_of_the_same_purchaser_is_asked_about_instead(
    signed_in_as: Visit, buying: Buying, loop: Loop, owner: psycopg.Connection
) -> None:
    owner.execute("DELETE FROM contract")
    first = buying.enter("HT-1", ends_on="2026-02-15")
    partner = signed_in_as("partner")
    assert "待回报" in words_of(partner.get("/contracts?lang=zh").text)
    buying.enter("HT-2", starts_on="2026-02-10", ends_on="2026-06-30")
    assert "待回报" not in words_of(partner.get("/contracts?lang=zh").text)
    assert partner.get(f"/contracts/{first}/receipt").status_code == 409
    answer = partner.post(f"/contracts/{first}/receipt", {"how": "deleted", "on": "2026-03-02"})
    assert (answer.status_code, "不需要回报" in answer.text) == (409, True)
    shorter = {"title": "服务", "ends_on": "2026-05-31", "targets": "课时 100"}
    (second,) = loop.one("SELECT id FROM contract WHERE number = 'HT-2'")
    refused = buying.admin.post(f"{buying.to}/{second}", shorter)
    assert (refused.status_code, "提前结束" in refused.text) == (422, True)


def test_an_independent_provider_owes_nobody_a_receipt(
    signed_in_as: Visit, buying: Buying, staff: World, owner: psycopg.Connection
) -> None:
    owner.execute("DELETE FROM contract")
    buying.to = f"/admin/organisations/{staff.other_partner_id}/contracts"
    buying.enter("HT-1", ends_on="2026-02-15")
    assert "待回报" not in words_of(signed_in_as("civil").get("/contracts?lang=zh").text)
