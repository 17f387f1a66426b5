"""A new referral in one flow, through the pages: need, place, details, consent, preview, sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from tests.factories import CaseMade
from tests.integration.ui.conftest import Browser
from tests.loop import Loop

PLAIN = ["basic", "contact", "need", "work"]
SIGNED = {"signed_how": "handwritten", "signer": "self", "valid_days": "180"}
DETAILS = {"how_urgent": "normal", "need_summary": "想学一门手艺", "goals": "三个月内上班", "wanted_help": "training"}


@pytest.fixture
def worker(signed_in_as: Callable[[str], Browser]) -> Browser:
    return signed_in_as("worker")


@pytest.fixture
def supervisor(signed_in_as: Callable[[str], Browser]) -> Browser:
    return signed_in_as("supervisor")


def begin(loop: Loop, worker: Browser, *, places: int = 2) -> tuple[CaseMade, UUID, str]:
    """A case whose draft has a place and request details. Returns the case, the offering and the path of the draft."""
    offering = loop.offering(places=places)
    case = loop.case()
    chosen = worker.post(f"/cases/{case.id}/refer/place", {"need": str(case.need_id), "offering": str(offering)})
    path = chosen.headers["location"].removesuffix("/details")
    written = worker.post(f"{path}/details", DETAILS)
    assert written.status_code == 303, written.text[:500]
    return case, offering, path


def agree(worker: Browser, path: str, **values: Any) -> Any:
    return worker.post(f"{path}/consent", {"answer": "agree", "categories": PLAIN, **SIGNED, **values})


def key_of(page: str) -> str:
    found = re.search(r'name="_once" value="([^"]+)"', page)
    assert found
    return found[1]


def test_one_open_need_is_skipped_and_the_service_is_asked_first(loop: Loop, worker: Browser) -> None:
    loop.offering(places=2)
    case = loop.case()
    answer = worker.get(f"/cases/{case.id}/refer")
    assert answer.headers["location"] == f"/cases/{case.id}/refer/place?need={case.need_id}"
    text = worker.follow(answer.headers["location"]).text
    assert "晨曦职业技能培训中心" in text
    assert "空 2 / 2" in text
    assert "由您和服务对象选择" in text
    assert re.search(r'name="offering"[^>]+checked autofocus', text)


def test_a_new_need_may_be_typed_in_the_flow_itself(loop: Loop, worker: Browser) -> None:
    loop.offering()
    case = loop.case()
    answer = worker.post(f"/cases/{case.id}/refer", {"need": "new", "kind": "counselling", "words": "睡不着"})
    assert "/refer/place?need=" in answer.headers["location"]
    assert "睡不着" in worker.follow(answer.headers["location"]).text


def test_nothing_typed_is_lost_when_something_is_wrong_or_the_reader_goes_back(loop: Loop, worker: Browser) -> None:
    _, _, path = begin(loop, worker)
    wrong = worker.post(f"{path}/details", {"how_urgent": "normal", "need_summary": "学电工", "goals": "考证"})
    assert wrong.status_code == 422
    assert "学电工" in wrong.text
    assert "请填写这一项" in wrong.text or "希望得到" in wrong.text
    back = worker.post(f"{path}/details", {"need_summary": "学焊工", "goals": "考证", "go": "back"})
    assert "/refer/place?" in back.headers["location"]
    assert "学焊工" in worker.follow(f"{path}/details").text


def test_a_draft_is_in_the_history_once_however_often_it_was_changed(loop: Loop, worker: Browser) -> None:
    case, offering, path = begin(loop, worker)
    worker.post(f"{path}/details", {**DETAILS, "goals": "考到证"})
    referral_id = path.rpartition("/")[2]
    loop.consent(case, offering)
    loop.send(UUID(referral_id))
    assert loop.one("SELECT count(*) FROM audit_entry WHERE action = 'referral.draft'") == (3,), "each is recorded"
    for page in (f"/referrals/{referral_id}", f"/cases/{case.id}/history"):
        assert worker.follow(page).text.count("起草转介") == 1, page


def test_choosing_a_place_twice_begins_one_draft(loop: Loop, worker: Browser) -> None:
    case, offering, _ = begin(loop, worker)
    other = loop.offering(organisation_id=loop.world.other_partner_id)
    for choice in (offering, other, offering):
        worker.post(f"/cases/{case.id}/refer/place", {"need": str(case.need_id), "offering": str(choice)})
    assert loop.one("SELECT count(*) FROM referral")[0] == 1


def test_nothing_is_ticked_before_the_client_has_answered(loop: Loop, worker: Browser) -> None:
    _, _, path = begin(loop, worker)
    text = worker.follow(f"{path}/consent").text
    assert "不想给也可以" in text
    assert not re.search(r'name="(categories|excluded_fields)"[^>]*checked', text)
    agree_button = re.search(r'<button class="([^"]+)"[^>]*value="agree"', text)
    refuse_button = re.search(r'<button class="([^"]+)"[^>]*value="refuse"', text)
    assert agree_button
    assert refuse_button
    assert agree_button[1] == refuse_button[1]


def test_the_preview_is_exactly_what_is_released_and_names_what_is_not(loop: Loop, worker: Browser) -> None:
    _, _, path = begin(loop, worker)
    answer = agree(worker, path, excluded_fields="goals")
    assert answer.headers["location"] == f"{path}/preview"
    text = worker.follow(f"{path}/preview").text
    assert "想学一门手艺" in text
    assert "三个月内上班" not in text
    assert "希望达到的目标" in text
    sent = worker.post(f"{path}/send", {"_once": key_of(text)})
    assert sent.headers["location"] == f"{path}/sent"
    released = loop.disclosed(UUID(path.rsplit("/", 1)[-1]))
    assert "goals" not in released
    assert "id_number" not in released
    for value in released.values():
        if isinstance(value, str) and not value.isascii():
            assert value in text


def test_a_button_pressed_twice_sends_once(loop: Loop, worker: Browser) -> None:
    _, _, path = begin(loop, worker)
    agree(worker, path)
    key = key_of(worker.follow(f"{path}/preview").text)
    for _ in range(2):
        assert worker.post(f"{path}/send", {"_once": key}).headers["location"] == f"{path}/sent"
    assert loop.one("SELECT count(*) FROM disclosure")[0] == 1
    text = worker.follow(f"{path}/sent").text
    assert loop.one("SELECT number FROM referral")[0] in text
    assert "已为您留一个名额" in text


def test_a_required_item_withheld_is_named_with_the_way_to_fix_it(loop: Loop, worker: Browser) -> None:
    case, offering, path = begin(loop, worker)
    unsigned = agree(worker, path, categories=["contact"])
    assert unsigned.status_code == 422
    assert "缺少办理本项服务必需的信息" in unsigned.text
    assert loop.one("SELECT count(*) FROM consent") == (0,)
    loop.consent(case, offering, categories=("contact",))
    text = worker.follow(f"{path}/preview").text
    assert "还缺办理必需的信息" in text
    assert f'href="{path}/consent"' in text
    refused = worker.post(f"{path}/send", {"_once": "a-key"})
    assert refused.headers["location"] == f"{path}/preview"
    assert loop.one("SELECT state FROM referral")[0] == "draft"


def test_a_refusal_is_kept_privately_and_leads_back_without_a_penalty(loop: Loop, worker: Browser) -> None:
    case, _, path = begin(loop, worker)
    answer = worker.post(f"{path}/consent", {"answer": "refuse"})
    assert answer.headers["location"].startswith(f"/cases/{case.id}")
    assert loop.one("SELECT state FROM consent")[0] == "refused"
    assert loop.one("SELECT state FROM need WHERE id = %s", case.need_id)[0] == "open"
    assert loop.one("SELECT count(*) FROM audit_entry WHERE recipient_id IS NOT NULL")[0] == 0


def test_after_a_refusal_the_same_is_not_asked_again_unless_the_client_wishes(loop: Loop, worker: Browser) -> None:
    case, offering, path = begin(loop, worker)
    worker.post(f"{path}/consent", {"answer": "refuse"})
    chosen = {"need": str(case.need_id), "offering": str(offering)}
    stopped = worker.post(f"/cases/{case.id}/refer/place", chosen)
    assert "暂不再问" in worker.follow(stopped.headers["location"]).text
    again = worker.post(f"/cases/{case.id}/refer/place", {**chosen, "asked_again": "client_asked"})
    worker.post(again.headers["location"], DETAILS)
    path = again.headers["location"].removesuffix("/details")
    shown = worker.follow(f"{path}/consent").text
    assert "拒绝过同样的请求" in shown
    assert re.search(r'name="asked_by_client"[^>]*checked', shown), "what was said at the first step is not asked twice"
    too_soon = agree(worker, path)
    assert too_soon.status_code == 409
    assert re.search(r'value="basic"[^>]*checked', too_soon.text)
    assert agree(worker, path, asked_by_client="1").headers["location"] == f"{path}/preview"


def test_a_consent_in_force_is_not_asked_for_again(loop: Loop, worker: Browser) -> None:
    offering, case = loop.offering(), loop.case()
    loop.consent(case, offering)
    chosen = worker.post(f"/cases/{case.id}/refer/place", {"need": str(case.need_id), "offering": str(offering)})
    details = chosen.headers["location"]
    assert worker.post(details, DETAILS).headers["location"] == details.replace("/details", "/preview")


def test_only_a_supervisor_may_release_on_another_basis(loop: Loop, worker: Browser, supervisor: Browser) -> None:
    _, _, path = begin(loop, worker)
    basis = {"basis": "emergency", "article": "个人信息保护法第13条", "reason": "今晚无处可去", "categories": PLAIN}
    assert "不经同意提供" not in worker.follow(f"{path}/consent").text
    assert worker.post(f"{path}/other-basis", basis).status_code == 403
    assert "不经同意提供" in supervisor.follow(f"{path}/consent").text
    nameless = supervisor.post(f"{path}/other-basis", {**basis, "article": ""})
    assert nameless.status_code == 422
    assert "今晚无处可去" in nameless.text
    assert supervisor.post(f"{path}/other-basis", basis).headers["location"] == f"{path}/preview"
    assert loop.one("SELECT kind FROM task WHERE NOT next_step")[0] == "tell_client"
