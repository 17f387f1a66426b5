from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from tests.factories import id_number, person_name, phone
from tests.integration.ui.conftest import Browser
from tests.loop import Loop

from referral_hub.calendar.clock import FixedClock
from referral_hub.referrals.overdue import ask_for_results, escalate_unanswered

# Every page of a worker's, by the key of what it is about.
PAGES = (
    "/today", "/cases", "/cases/new", "/referrals", "/caseload/import", "/cases/{case}", "/cases/{case}/history",
    "/cases/{case}/history?looks=1", "/cases/{case}/consents", "/cases/{case}/person", "/cases/{case}/manage",
    "/cases/{case}/measure", "/cases/{case}/needs/new", "/cases/{case}/notes/new", "/cases/{case}/plan/new",
    "/cases/{case}/refer?choose=1", "/cases/{case}/refer/place?need={need}", "/referrals/{referral}",
    "/print/referrals/{referral}", "/print/consents/{consent}", "/print/cases/{case}/received",
)  # fmt: skip


@pytest.fixture
def worker(signed_in_as: Callable[[str], Browser]) -> Browser:
    return signed_in_as("worker")


@pytest.fixture
def keys(loop: Loop) -> dict[str, Any]:
    """A case with a referral under way."""
    case, sent = loop.sent(places=2)
    return {
        "case": case.id,
        "need": case.need_id,
        "referral": sent.id,
        "consent": loop.referral(sent.id)["consent_id"],
    }


@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_in_both_languages_and_a_stranger_finds_nothing(
    loop: Loop, keys: dict[str, Any], signed_in_as: Callable[[str], Browser], path: str
) -> None:
    worker, stranger = signed_in_as("worker"), signed_in_as("stranger")
    address = path.format(**keys)
    for language in ("zh", "en"):
        page = worker.get(f"{address}{'&' if '?' in address else '?'}lang={language}")
        assert page.status_code == 200, page.text[-400:]
        assert "谁能看到本页" in page.text or "Who sees this page" in page.text or "eyes" in page.text
    if "{" in path:
        assert stranger.get(address).status_code == 404


def test_the_pages_cost_few_statements(
    loop: Loop, keys: dict[str, Any], worker: Browser, count_statements: Callable[[], Any]
) -> None:
    for path, most in (("/today", 12), ("/cases", 8), ("/cases/{case}", 20), ("/referrals/{referral}", 16)):
        worker.get(path.format(**keys))
        with count_statements() as seen:
            worker.get(path.format(**keys))
        assert len(seen) <= most, (path, len(seen), seen)


def test_an_overdue_answer_waits_on_the_first_page_until_it_is_ticked_off(
    loop: Loop, keys: dict[str, Any], signed_in_as: Callable[[str], Browser], clock: FixedClock
) -> None:
    clock.advance(timedelta(days=7))
    escalate_unanswered(loop.hub)
    worker = signed_in_as("worker")
    page = worker.get("/today").text
    assert "超时未答" in page
    task = re.search(r"/tasks/([0-9a-f-]{36})/done", page)
    assert task
    worker.post(f"/tasks/{task[1]}/done", {"how": "已打电话", "back": "/today"})
    assert loop.one("SELECT done_how FROM task WHERE NOT next_step AND id = %s", task[1]) == ("已打电话",)


def test_a_late_word_and_a_late_result_wait_on_the_first_page(
    loop: Loop, signed_in_as: Callable[[str], Browser], clock: FixedClock
) -> None:
    ids = []
    for serial, settings in ((1, {}), (2, {"stay_days": 10})):
        _, sent = loop.sent(serial=serial, offering_id=loop.offering(places=1, settings=settings))
        loop.deliver()
        loop.accept(sent.id)
        loop.fill(sent.id, "first_meeting", {"way": "in_person"})
        ids.append(sent.id)
    loop.deliver()
    worker, partner = signed_in_as("worker"), signed_in_as("partner")
    for page in (worker.get(f"/referrals/{ids[0]}"), partner.get(f"/inbox/{ids[0]}")):
        assert "下次反馈最晚" in page.text
        assert "2026-04-01" in page.text
        assert "计划已到期" not in page.text
    assert "很久没有进展消息" not in worker.get("/today").text
    clock.advance(timedelta(days=11))
    ask_for_results(loop.hub)
    worker, partner = signed_in_as("worker"), signed_in_as("partner")
    for page in (worker.get(f"/referrals/{ids[1]}?lang=en"), partner.get(f"/inbox/{ids[1]}?lang=en")):
        assert "The planned end has passed; outcome due" in page.text
        assert "2026-03-18" in page.text
    clock.advance(timedelta(days=21))
    worker, partner = signed_in_as("worker"), signed_in_as("partner")
    text = worker.get("/today?lang=zh").text
    assert "很久没有进展消息" in text
    assert "计划已到期，还没有结果" in text
    inbox = partner.get("/inbox?view=serving&lang=zh").text
    assert inbox.count("due-late") == 2


def test_a_new_case_names_what_is_wrong_and_keeps_what_was_typed(loop: Loop, worker: Browser) -> None:
    typed = {"name": "李小明", "id_number": "123", "phone": "13800000009"}
    wrong = worker.post("/cases/new", {**typed, "responsible_id": str(loop.world.worker.account_id)})
    assert wrong.status_code == 422
    assert 'href="#field-id_number"' in wrong.text
    assert 'value="13800000009"' in wrong.text
    right = {**typed, "id_number": id_number(9), "responsible_id": str(loop.world.worker.account_id)}
    made = worker.post("/cases/new", right)
    assert made.status_code in (302, 303), made.text[-600:]
    again = worker.post("/cases/new", right)
    assert again.status_code == 409
    assert "/cases/" in again.text


def test_the_id_number_is_shown_for_a_reason_only_and_recorded(
    loop: Loop, keys: dict[str, Any], worker: Browser
) -> None:
    number = id_number(1)
    assert number not in worker.get(f"/cases/{keys['case']}").text
    without = worker.post(f"/cases/{keys['case']}/reveal", {"reason": ""})
    assert number not in without.text
    shown = worker.post(f"/cases/{keys['case']}/reveal", {"reason": "核对登记表"})
    assert number in shown.text
    assert loop.one("SELECT reason FROM audit_entry WHERE action = 'person.reveal'") == ("核对登记表",)


def test_the_restricted_section_is_on_no_page_of_an_ordinary_worker(
    loop: Loop, keys: dict[str, Any], signed_in_as: Callable[[str], Browser]
) -> None:
    officer = signed_in_as("officer")
    path = f"/cases/{keys['case']}/measure"
    officer.post(path, {"kind": "aftercare", "status": "running", "start": "2026-01-05"})
    assert "后续照管" in officer.get(f"/cases/{keys['case']}").text
    for login in ("worker", "supervisor"):
        browser = signed_in_as(login)
        assert "后续照管" not in browser.get(f"/cases/{keys['case']}").text
        assert browser.post(path, {"kind": "aftercare"}).status_code in (403, 404)


def test_a_refusal_ends_the_draft_and_leaves_the_need_open(loop: Loop, worker: Browser) -> None:
    offering, case = loop.offering(), loop.case()
    place = worker.post(f"/cases/{case.id}/refer/place", {"need": str(case.need_id), "offering": str(offering)})
    draft = re.search(r"/refer/([0-9a-f-]{36})/", place.headers["location"])
    assert draft
    page = worker.get(f"/cases/{case.id}/refer/{draft[1]}/consent").text
    assert page.count("checked") <= 3, "nothing is ticked before the client speaks, but who signs and for how long"
    assert not re.search(r'name="categories"[^>]*checked', page)
    answer = worker.post(f"/cases/{case.id}/refer/{draft[1]}/consent", {"answer": "refuse"})
    assert answer.status_code in (302, 303)
    assert loop.one("SELECT state FROM consent") == ("refused",)
    assert loop.one("SELECT state FROM need WHERE id = %s", case.need_id) == ("open",)


def test_withdrawing_consent_on_the_page_recalls_and_prints_a_receipt(
    loop: Loop, keys: dict[str, Any], worker: Browser
) -> None:
    done = worker.post(f"/consents/{keys['consent']}/withdraw", {"how": "told_worker"})
    assert done.status_code in (302, 303)
    assert loop.referral(keys["referral"])["state"] == "consent_withdrawn"
    assert "回执" in worker.get(f"/print/consents/{keys['consent']}/withdrawal").text


def test_sending_twice_from_the_same_page_sends_once(loop: Loop, worker: Browser) -> None:
    offering, case = loop.offering(), loop.case()
    loop.consent(case, offering)
    draft = loop.draft(case, offering)
    here = f"/cases/{case.id}/refer/{draft.id}"
    key = re.search(r'name="_once" value="([^"]+)"', worker.get(f"{here}/preview").text)
    assert key
    for _ in range(2):
        assert worker.post(f"{here}/send", {"_once": key[1]}).status_code in (302, 303)
    assert loop.one("SELECT count(*) FROM disclosure") == (1,)


def test_a_register_is_checked_and_then_imported_whole(loop: Loop, worker: Browser) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["青禾街道服务对象登记表"])
    sheet.append(["序号", "姓名", "公民身份号码", "手机号"])
    for serial in (31, 32):
        sheet.append([serial, person_name(serial), id_number(serial), phone(serial)])
    data = io.BytesIO()
    book.save(data)
    worker.get("/caseload/import")
    checked = worker.post(
        "/caseload/import", {}, files={"register": ("登记表.xlsx", data.getvalue(), "application/octet-stream")}
    )
    assert checked.status_code == 200, checked.text[-500:]
    assert loop.one("SELECT count(*) FROM client_case") == (0,)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', checked.text))
    hidden.pop("_csrf_token")
    confirmed = worker.post("/caseload/import/confirm", hidden)
    assert confirmed.status_code in (302, 303)
    assert loop.one("SELECT count(*) FROM client_case") == (2,)


def test_a_finished_referral_comes_back_to_the_case_with_its_outcome(loop: Loop, worker: Browser) -> None:
    from tests.integration.referrals.test_delivering import finish

    case, sent = loop.sent()
    finish(loop, sent.id)
    page = worker.get(f"/cases/{case.id}").text
    assert "目标达成" in page
    assert "回访" in page
    word = worker.post(f"/referrals/{sent.id}/client-confirmation", {"confirmation": "not_received"})
    assert word.status_code in (302, 303)
    assert loop.referral(sent.id)["client_confirmation"] == "not_received"
