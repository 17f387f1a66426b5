"""The monthly review of what was released on another basis than consent (R10), through the supervisor's page."""

from __future__ import annotations

import re
from collections.abc import Callable

import psycopg
import pytest
from tests.integration.pages.test_worker_referral_flow import PLAIN, begin
from tests.integration.ui.conftest import Browser
from tests.loop import Loop

REASON = "今晚无处可去，联系不上本人"
BASIS = {"basis": "emergency", "article": "个人信息保护法第13条", "reason": REASON, "categories": PLAIN}


@pytest.fixture
def worker(signed_in_as: Callable[[str], Browser]) -> Browser:
    return signed_in_as("worker")


@pytest.fixture
def supervisor(signed_in_as: Callable[[str], Browser]) -> Browser:
    return signed_in_as("supervisor")


def test_a_release_without_consent_is_listed_in_its_month_and_reviewed_by_another_supervisor(
    loop: Loop, worker: Browser, supervisor: Browser, owner: psycopg.Connection
) -> None:
    case, _, path = begin(loop, worker)
    assert "这个月没有未经同意提供的信息" in supervisor.follow("/team/releases").text
    supervisor.post(f"{path}/other-basis", BASIS)
    assert "1 件待复核" in supervisor.follow("/team").text
    page = supervisor.follow("/team/releases").text
    for shown in ("个人信息保护法第13条", REASON, "晨曦", "紧急情况", "李国强", "还没有发出"):
        assert shown in page
    (consent,) = loop.one("SELECT id FROM consent WHERE approver_id IS NOT NULL")
    case_number = loop.one("SELECT number FROM client_case WHERE id = %s", case.id)[0]
    assert case_number in page
    assert REASON not in supervisor.follow("/team/releases?month=2026-01").text

    # The office gets a second supervisor: whoever approved does not review.
    office = loop.world.worker.organisation_id
    owner.execute(
        "UPDATE account SET role = 'supervisor' WHERE id = %s AND organisation_id = %s",
        (loop.world.worker.account_id, office),
    )
    refused = supervisor.post(f"/team/releases/{consent}/review", {})
    assert "请由本单位其他督导复核" in supervisor.follow(refused.headers["location"]).text
    assert loop.one("SELECT reviewed_at FROM consent WHERE id = %s", consent) == (None,)

    owner.execute("UPDATE account SET role = 'worker' WHERE id = %s", (loop.world.worker.account_id,))
    done = supervisor.post(f"/team/releases/{consent}/review", {})
    assert done.headers["location"].startswith("/team/releases?month=")
    after = supervisor.follow(done.headers["location"]).text
    assert "已复核" in after
    assert "本单位没有待复核的" in after
    assert not re.search(rf'action="/team/releases/{consent}/review', after)
    assert loop.one("SELECT reviewed_by FROM consent WHERE id = %s", consent) == (loop.world.supervisor.account_id,)
    actions = {row[0] for row in owner.execute("SELECT action FROM audit_entry WHERE action LIKE 'consent.%'")}
    assert {"consent.list_releases", "consent.review"} <= actions
    assert "Mark as reviewed" not in supervisor.follow("/team/releases?lang=en").text
    again = supervisor.post(f"/team/releases/{consent}/review", {})
    assert "has already been reviewed" in supervisor.follow(again.headers["location"]).text


def test_a_consent_signed_by_the_client_is_no_such_release(loop: Loop, worker: Browser, supervisor: Browser) -> None:
    _, _, path = begin(loop, worker)
    worker.post(
        f"{path}/consent",
        {"answer": "agree", "categories": PLAIN, "signed_how": "handwritten", "signer": "self", "valid_days": "180"},
    )
    assert "这个月没有未经同意提供的信息" in supervisor.follow("/team/releases").text
    consent = loop.one("SELECT id FROM consent")[0]
    assert supervisor.post(f"/team/releases/{consent}/review", {}).status_code == 404
    assert worker.get("/team/releases").status_code == 403
