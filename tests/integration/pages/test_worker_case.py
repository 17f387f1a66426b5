"""The worker's own pages: today, caseload, the case, the referral as its office sees it, consents, paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from tests.factories import id_number, person_name, phone
from tests.integration.ui.conftest import Browser
from tests.loop import Loop

from referral_hub.api import denied_words
from referral_hub.calendar.clock import FixedClock
from referral_hub.referrals.overdue import escalate_unanswered

Counting = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def worker(signed_in_as: Callable[[str], Browser]) -> Browser:
    return signed_in_as("worker")


@pytest.fixture
def supervisor(signed_in_as: Callable[[str], Browser]) -> Browser:
    return signed_in_as("supervisor")


def test_an_empty_day_says_what_to_do(loop: Loop, worker: Browser) -> None:
    assert "今天没有" in worker.follow("/today").text


def test_an_overdue_answer_stands_on_the_list_until_it_is_seen_to(
    loop: Loop, worker: Browser, clock: FixedClock
) -> None:
    case, sent = loop.sent()
    clock.advance(timedelta(days=8))
    escalate_unanswered(loop.hub)
    worker.sign_in("worker")
    text = worker.follow("/today").text
    assert "超时未答" in text
    assert case.number in text or f"/referrals/{sent.id}" in text
    task = loop.one("SELECT id FROM task WHERE kind = 'answer_overdue'")[0]
    done = worker.post(f"/tasks/{task}/done", {"how": "已电话催办", "back": "/today"})
    assert done.headers["location"] == "/today"
    assert loop.one("SELECT done_how FROM task WHERE id = %s", task)[0] == "已电话催办"


def test_a_decline_leads_to_the_next_place(loop: Loop, worker: Browser) -> None:
    case, sent = loop.sent()
    loop.decline(sent.id)
    text = worker.follow("/today").text
    assert "另找一家" in text
    assert f"need={case.need_id}" in text


def test_today_and_a_case_ask_few_questions_of_the_database(
    loop: Loop, worker: Browser, count_statements: Counting
) -> None:
    case, _ = loop.sent()
    worker.follow("/today")
    with count_statements() as seen:
        assert worker.follow("/today").status_code == 200
    assert len(seen) <= 12, seen
    worker.follow(f"/cases/{case.id}")
    with count_statements() as seen:
        assert worker.follow(f"/cases/{case.id}").status_code == 200
    assert len(seen) <= 15, "\n".join(seen)


def test_the_case_shows_masks_and_reveals_the_number_for_a_reason(loop: Loop, worker: Browser) -> None:
    case = loop.case()
    text = worker.follow(f"/cases/{case.id}").text
    assert id_number(1) not in text
    assert worker.post(f"/cases/{case.id}/reveal", {"reason": ""}).status_code == 422
    shown = worker.post(f"/cases/{case.id}/reveal", {"reason": "办理培训补贴"})
    assert id_number(1) in shown.text
    assert "no-store" in shown.headers["cache-control"]
    assert loop.one("SELECT reason FROM audit_entry WHERE action = 'person.reveal'")[0] == "办理培训补贴"


def test_someone_who_has_a_case_is_named_before_a_second_is_opened(loop: Loop, worker: Browser) -> None:
    case = loop.case()
    typed = {
        "name": "王伟",
        "id_number": id_number(1),
        "phone": phone(1),
        "sex": "1",
        "responsible_id": str(loop.world.worker.account_id),
    }
    answer = worker.post("/cases/new", typed)
    assert answer.status_code == 409
    assert case.number in answer.text
    assert f"/cases/{case.id}" in answer.text
    assert 'name="allow_duplicate"' in answer.text
    assert worker.post("/cases/new", {**typed, "allow_duplicate": "1"}).status_code == 303


def test_a_wrong_id_number_is_shown_with_all_that_was_typed(loop: Loop, worker: Browser) -> None:
    answer = worker.post(
        "/cases/new",
        {"name": "李小", "id_number": id_number(2)[:-1] + "Y", "responsible_id": str(loop.world.worker.account_id)},
    )
    assert answer.status_code == 422
    assert "李小" in answer.text
    assert 'href="#field-id_number"' in answer.text


def test_the_restricted_section_is_for_full_time_officers(
    loop: Loop, worker: Browser, signed_in_as: Callable[[str], Browser]
) -> None:
    case = loop.case()
    assert "社区戒毒" not in worker.follow("/cases/new").text
    measure = {"kind": "community_treatment", "status": "running", "start": "2026-01-05", "planned_end": "2029-01-04"}
    assert worker.post(f"/cases/{case.id}/measure", measure).status_code == 403
    officer = signed_in_as("officer")
    assert officer.post(f"/cases/{case.id}/measure", measure).status_code == 303
    assert "社区戒毒" in officer.follow(f"/cases/{case.id}").text
    text = worker.follow(f"/cases/{case.id}").text
    assert "2029-01-04" not in text
    assert "2029年1月4日" not in text


def test_a_quick_note_is_three_fields_and_comes_back_to_the_case(loop: Loop, worker: Browser) -> None:
    case = loop.case()
    note = {"kind": "phone", "words": "约好周三面谈", "happened_on": "2026-03-02"}
    assert worker.post(f"/cases/{case.id}/notes", note).headers["location"] == f"/cases/{case.id}#notes"
    assert "约好周三面谈" in worker.follow(f"/cases/{case.id}").text
    wrong = worker.post(f"/cases/{case.id}/notes", {**note, "words": ""})
    assert wrong.status_code == 422
    early = worker.post(f"/cases/{case.id}/notes", {**note, "happened_on": "1950-01-01"})
    assert early.status_code == 422
    assert "日期在本人出生以前" in early.text


def test_a_plan_item_stands_on_the_list_and_is_ticked_off(loop: Loop, worker: Browser) -> None:
    case = loop.case()
    item = {"goal": "办好失业登记", "due_on": "2026-03-04", "owner_id": str(loop.world.worker.account_id)}
    assert worker.post(f"/cases/{case.id}/plan/new", item).status_code == 303
    assert "办好失业登记" in worker.follow("/today").text
    key = loop.one("SELECT id FROM plan_item")[0]
    assert worker.post(f"/plan/{key}/done", {"back": "/today"}).headers["location"] == "/today"
    assert "办好失业登记" not in worker.follow("/today").text


def test_changing_one_thing_records_that_one_alone(loop: Loop, worker: Browser) -> None:
    case = loop.case()
    page = worker.follow(f"/cases/{case.id}/person").text
    assert id_number(1) not in page
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    typed = {
        "name": person_name(1),
        "sex": "1",
        "birth_year": "1988",
        "phone": phone(1),
        "area_code": "999999001",
        "skills": "会开叉车",
        "version": version[1],
    }
    answer = worker.post(f"/cases/{case.id}/person", typed)
    assert answer.status_code == 303, answer.text[-800:]
    changed = [
        row[0] for row in loop.owner.execute("SELECT details->'fields' FROM audit_entry WHERE action = 'case.change'")
    ]
    assert changed == [["skills"]]
    stale = worker.post(f"/cases/{case.id}/person", {**typed, "skills": "会焊接"})
    assert stale.status_code == 409
    assert "会焊接" in stale.text


def test_the_list_of_cases_is_found_by_name_and_kept_in_the_address(loop: Loop, worker: Browser) -> None:
    case = loop.case()
    assert case.number in worker.follow("/cases").text
    assert case.number in worker.follow(f"/cases?q={phone(1)}").text
    assert case.number not in worker.follow("/cases?q=没有这个人").text


def test_another_office_sees_neither_case_nor_referral_nor_paper(
    loop: Loop, signed_in_as: Callable[[str], Browser]
) -> None:
    case, sent = loop.sent()
    consent = loop.one("SELECT id FROM consent")[0]
    stranger = signed_in_as("stranger")
    for path in (
        f"/cases/{case.id}",
        f"/cases/{case.id}/consents",
        f"/cases/{case.id}/history",
        f"/cases/{case.id}/refer",
        f"/referrals/{sent.id}",
        f"/print/referrals/{sent.id}",
        f"/print/consents/{consent}",
        f"/print/cases/{case.id}/received",
    ):
        assert stranger.follow(path).status_code == 404, path


def test_the_referral_tells_where_it_stands_and_takes_the_clients_word(loop: Loop, worker: Browser) -> None:
    _, sent = loop.sent()
    loop.accept(sent.id, note="周一上午九点报到")
    text = worker.follow(f"/referrals/{sent.id}").text
    assert "已受理" in text
    assert "周一上午九点报到" in text
    assert worker.post(f"/referrals/{sent.id}/client-confirmation", {"confirmation": "not_received"}).status_code == 303
    assert loop.referral(sent.id)["client_confirmation"] == "not_received"
    assert loop.referral(sent.id)["state"] == "accepted"


def test_an_ended_referral_is_reopened_by_a_supervisor_only(loop: Loop, worker: Browser, supervisor: Browser) -> None:
    _, sent = loop.sent()
    loop.decline(sent.id)
    reason = {"reason_code": "can_be_served_now"}
    assert worker.post(f"/referrals/{sent.id}/reopen", reason).status_code == 403
    assert supervisor.post(f"/referrals/{sent.id}/reopen", reason).status_code == 303
    assert loop.referral(sent.id)["state"] == "received"


def test_a_consent_is_withdrawn_in_one_step_with_a_receipt(loop: Loop, worker: Browser) -> None:
    case, sent = loop.sent()
    consent = loop.one("SELECT id FROM consent")[0]
    assert "撤回同意" in worker.follow(f"/cases/{case.id}/consents").text
    answer = worker.post(f"/consents/{consent}/withdraw", {"how": "phone"})
    assert answer.headers["location"] == f"/print/consents/{consent}/withdrawal"
    receipt = worker.follow(answer.headers["location"]).text
    assert sent.number in receipt
    assert loop.referral(sent.id)["state"] == "consent_withdrawn"
    assert worker.follow(f"/print/referrals/{sent.id}").status_code == 404


def test_what_goes_out_on_paper_is_neutral_and_shows_a_code_outside(loop: Loop, worker: Browser) -> None:
    case, sent = loop.sent()
    sheet = worker.follow(f"/print/referrals/{sent.id}").text
    article = sheet[sheet.index('<article class="form-sheet"') : sheet.index("</article>")]
    assert not denied_words(article)
    envelope = article[: article.index("<h1>")]
    assert sent.number in envelope
    for value in loop.disclosed(sent.id).values():
        assert str(value) not in envelope
    assert "回执" in article
    consent = loop.one("SELECT id FROM consent")[0]
    paper = worker.follow(f"/print/consents/{consent}").text
    assert "知情同意书" in paper
    assert "☑" in paper
    received = worker.follow(f"/print/cases/{case.id}/received").text
    assert "晨曦职业技能培训中心" in received


def test_the_team_sees_what_is_late_and_who_carries_how_much(
    loop: Loop, worker: Browser, supervisor: Browser, clock: FixedClock
) -> None:
    loop.sent()
    clock.advance(timedelta(days=8))
    for one, login in ((worker, "worker"), (supervisor, "supervisor")):
        one.sign_in(login)
    assert worker.follow("/team").status_code == 403
    text = supervisor.follow("/team").text
    assert "王晓梅" in text
    assert "超时未答" in text


def test_a_closed_case_takes_its_needs_along_and_opens_again(loop: Loop, worker: Browser, supervisor: Browser) -> None:
    case = loop.case()
    assert worker.post(f"/cases/{case.id}/close", {"reason": "no_longer_needed"}).status_code == 303
    assert loop.one("SELECT status FROM client_case")[0] == "closed"
    assert worker.post(f"/cases/{case.id}/reopen", {"reason": "又需要了"}).status_code == 403
    assert supervisor.post(f"/cases/{case.id}/reopen", {"reason": "又需要了"}).status_code == 303
    assert loop.one("SELECT status FROM client_case")[0] == "open"


@pytest.mark.parametrize(
    "path",
    ["/today", "/cases", "/cases/new", "/referrals", "/caseload/import", "/cases/{case}", "/cases/{case}/manage"],
)
def test_a_page_in_english_has_no_chinese_of_ours(loop: Loop, worker: Browser, path: str) -> None:
    """What people typed, names of organisations among it, stays as it is; every sentence of a template is English."""
    loop.offering()
    case = loop.case()
    text = worker.follow(f"{path.format(case=case.id)}?lang=en").text
    foot = re.search(r'<footer class="page-foot.*?</footer>', text, re.DOTALL)
    assert foot
    assert not re.search(r"[\u4e00-\u9fff]", foot[0]), foot[0]
    headings = re.findall(r"<(?:h2|legend|th|dt)[^>]*>(.*?)</(?:h2|legend|th|dt)>", text, re.DOTALL)
    assert not [heading for heading in headings if re.search(r"[\u4e00-\u9fff]", heading)]
