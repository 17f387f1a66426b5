"""Closing a case when the client's way ends: from the page and over the API."""

from __future__ import annotations

from collections.abc import Callable

from tests.integration.referrals.test_leaving import served
from tests.integration.ui.conftest import Browser
from tests.loop import Loop


def test_the_page_names_what_ends_with_the_case_and_one_button_ends_it(
    loop: Loop, signed_in_as: Callable[[str], Browser], partner: Browser
) -> None:
    case, referral_id = served(loop)
    worker = signed_in_as("worker")
    page = worker.follow(f"/cases/{case.id}/manage").text
    assert loop.referral(referral_id)["number"] in page
    assert "羁押或服刑" in page
    refused = worker.post(f"/cases/{case.id}/close", {"reason": "lost_contact"})
    assert refused.status_code == 409
    assert "没有结束，不能结案" in refused.text
    assert f'href="/cases/{case.id}/manage"' in refused.text
    worker.post(f"/cases/{case.id}/close", {"reason": "in_custody"})
    assert "1 个转介一并结束" in worker.follow(f"/cases/{case.id}").text
    assert "中途终止" in worker.follow(f"/referrals/{referral_id}").text
    told = partner.follow(f"/inbox/{referral_id}").text
    assert "请删除或退回收到的信息" in told
    assert "羁押" not in told


def test_without_open_referrals_the_page_speaks_of_none(loop: Loop, signed_in_as: Callable[[str], Browser]) -> None:
    assert "没有结束。" not in signed_in_as("worker").follow(f"/cases/{loop.case().id}/manage").text
