"""While a module or a provider is away: what the worker reads, and taking the referral elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from tests.integration.ui.conftest import Browser
from tests.loop import Loop

from referral_hub.module_admin.lifecycle_actions import disable_module, drain_module

SIGNED = {"signed_how": "handwritten", "signer": "self", "valid_days": "180", "answer": "agree"}


@pytest.fixture
def worker(signed_in_as: Callable[[str], Browser]) -> Browser:
    return signed_in_as("worker")


def waiting(loop: Loop, referral_id: UUID, *, hours: int = 1) -> None:
    since = loop.at - timedelta(hours=hours)
    loop.owner.execute("UPDATE referral SET waiting_since = %s WHERE id = %s", [since, referral_id])


def stop_module(loop: Loop) -> None:
    with loop.hub.transaction(loop.world.admin) as session:
        disable_module(session, key="employment", reason="停办", force=True, by=loop.world.admin, at=loop.at)


def serve(loop: Loop) -> UUID:
    _, sent = loop.sent(places=1)
    loop.deliver()
    loop.accept(sent.id)
    loop.owner.execute("UPDATE referral SET state = 'in_service', started_at = %s WHERE id = %s", [loop.at, sent.id])
    return sent.id


def test_the_worker_reads_whom_the_referral_waits_for_and_since_when(loop: Loop, worker: Browser) -> None:
    _, sent = loop.sent()
    waiting(loop, sent.id)
    text = worker.follow(f"/referrals/{sent.id}").text
    assert "从 09:00 起等待“就业培训”" in text
    assert "不用重发" in text
    assert f'href="/referrals/{sent.id}/redirect"' in text
    today = worker.follow("/today").text
    assert "对方系统联系不上" in today
    assert "等待“就业培训”" in today
    english = worker.get(f"/referrals/{sent.id}?lang=en").text
    assert "Waiting for “Employment training” since 09:00" in english


def test_a_referral_is_redirected_in_one_action_and_goes_on_with_the_consent(loop: Loop, worker: Browser) -> None:
    case, sent = loop.sent()
    waiting(loop, sent.id)
    other = loop.offering(organisation_id=loop.world.other_partner_id)
    page = worker.follow(f"/referrals/{sent.id}/redirect").text
    assert "归途过渡之家" in page
    assert page.count('name="offering"') == 1, "the place it is taken from is no choice"
    assert re.search(r'value="unreachable_system" selected', page)
    assert loop.referral(sent.id)["state"] == "sent"
    answer = worker.post(
        f"/referrals/{sent.id}/redirect",
        {"offering": str(other), "reason_code": "unreachable_system", "_once": "one-press"},
    )
    to = answer.headers["location"]
    assert to.endswith("/consent")
    assert loop.referral(sent.id)["state"] == "withdrawn"
    drafted = UUID(to.split("/")[-2])
    assert loop.referral(drafted)["previous_id"] == sent.id
    consent = worker.follow(to).text
    assert f'href="/referrals/{sent.id}"' in consent
    assert "想学一门手艺" in worker.follow(to.replace("/consent", "/details")).text
    agreed = worker.post(to, {**SIGNED, "categories": ["basic", "contact", "need", "work"]})
    assert agreed.headers["location"].endswith("/preview")
    assert f"/cases/{case.id}/refer/{drafted}/details" in worker.follow(f"/referrals/{sent.id}").text


def test_nothing_happens_before_a_place_and_a_reason_are_chosen(loop: Loop, worker: Browser) -> None:
    _, sent = loop.sent()
    other = loop.offering(organisation_id=loop.world.other_partner_id)
    here = f"/referrals/{sent.id}/redirect"
    assert worker.post(here, {"reason_code": "no_answer"}).headers["location"] == here
    assert worker.post(here, {"offering": str(other), "reason_code": ""}).headers["location"] == here
    assert loop.referral(sent.id)["state"] == "sent"


def test_with_the_module_gone_a_referral_in_service_is_ended_by_the_office(loop: Loop, worker: Browser) -> None:
    referral_id = serve(loop)
    served = worker.follow(f"/referrals/{referral_id}").text
    assert "由本单位结束" not in served
    assert "改派到别处" not in served
    stop_module(loop)
    text = worker.follow(f"/referrals/{referral_id}").text
    assert "“就业培训”从 10:00 起不能用" in text
    assert "由本单位结束" in text
    assert "改派到别处" in worker.follow("/today").text
    ended = worker.post(f"/referrals/{referral_id}/end", {"reason_code": "module_gone", "note": "上过 3 次课"})
    assert ended.headers["location"] == f"/referrals/{referral_id}"
    text = worker.follow(f"/referrals/{referral_id}").text
    assert "结果不明" in text
    assert "没有依据" in text
    assert "上过 3 次课" in text
    assert "服务的模块已停用" in text


def test_the_organisation_learns_that_nothing_it_records_counts_now_and_whom_to_call(
    loop: Loop, partner: Browser
) -> None:
    referral_id = serve(loop)
    stop_module(loop)
    text = partner.follow(f"/inbox/{referral_id}").text
    assert "从 2026-03-02 10:00 起停用" in text
    assert "新登记的内容不会生效" in text
    assert "青禾工作站" in text


def test_an_end_that_is_not_true_is_refused_in_words(loop: Loop, worker: Browser) -> None:
    referral_id = serve(loop)
    refused = worker.post(f"/referrals/{referral_id}/end", {"reason_code": "provider_gone"})
    assert refused.status_code == 409
    assert "对方还在办理" in refused.text
    assert loop.referral(referral_id)["state"] == "in_service"


def test_a_module_whose_package_vanished_stands_on_the_list_of_today(loop: Loop, worker: Browser) -> None:
    serve(loop)
    assert "对方系统联系不上" not in worker.follow("/today").text
    loop.owner.execute("UPDATE module SET state = 'missing', changed_at = %s WHERE key = 'employment'", [loop.at])
    text = worker.follow("/today").text
    assert "等待“就业培训”" in text
    assert "/redirect" in text


def test_of_a_module_that_is_drained_the_worker_learns_that_this_one_goes_on(loop: Loop, worker: Browser) -> None:
    case, sent = loop.sent(places=1)
    with loop.hub.transaction(loop.world.admin) as session:
        assert drain_module(session, key="employment", reason="年底停办", by=loop.world.admin, at=loop.at) == "draining"
    assert "这一张照常办完" in worker.follow(f"/referrals/{sent.id}").text
    place = worker.follow(f"/cases/{case.id}/refer/place?need={case.need_id}").text
    assert "现在不收新转介的" in place
    assert "这项服务不再收新转介 · 从 10:00 起" in place
    assert 'name="offering"' not in place


def test_of_a_module_that_does_not_answer_it_is_said_that_a_referral_waits(loop: Loop, worker: Browser) -> None:
    loop.offering(places=1)
    case = loop.case()
    loop.owner.execute("UPDATE module SET state = 'degraded', changed_at = %s WHERE key = 'employment'", [loop.at])
    text = worker.follow(f"/cases/{case.id}/refer/place?need={case.need_id}").text
    assert "从 10:00 起联系不上它的系统" in text
    assert 'name="offering"' in text
