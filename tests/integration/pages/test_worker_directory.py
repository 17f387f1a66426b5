"""The worker's directory: what help there is, and the way from a service to a client's referral."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from tests.integration.ui.conftest import Browser
from tests.loop import Loop

MAX_STATEMENTS = 15


@pytest.fixture
def worker(signed_in_as: Callable[[str], Browser]) -> Browser:
    return signed_in_as("worker")


def test_the_bar_leads_to_the_directory_and_it_says_what_is_free(loop: Loop, worker: Browser) -> None:
    loop.offering(places=2)
    text = worker.follow("/directory").text
    assert re.search(r'href="/directory" aria-current="page"', text)
    assert "晨曦职业技能培训中心" in text
    assert "空 2 / 2" in text
    assert "收转介" in text
    assert "Places or funds" in worker.get("/directory?lang=en").text


def test_an_empty_directory_and_a_search_without_a_find_say_what_to_do(loop: Loop, worker: Browser) -> None:
    assert "目录里还没有服务" in worker.follow("/directory").text
    loop.offering()
    assert "没有符合条件的服务" in worker.follow("/directory?words=游泳").text
    wrong = worker.follow("/directory?area=12").text
    assert "行政区划代码" in wrong


def test_a_long_list_has_a_next_page(loop: Loop, worker: Browser) -> None:
    for _ in range(21):
        loop.offering()
    first = worker.follow("/directory").text
    following = re.search(r'href="(/directory\?after=[^"]+)" rel="next"', first)
    assert following
    assert "回到开头" in worker.follow(following[1]).text


def test_from_an_offering_a_referral_is_started_for_one_of_my_clients(loop: Loop, worker: Browser) -> None:
    offering, _ = loop.offering(places=1), loop.offering(places=1, organisation_id=loop.world.other_partner_id)
    case = loop.case()
    text = worker.follow(f"/directory/{offering}").text
    assert case.number in text
    assert "转介时会问" in text
    begun = worker.get(f"/directory/{offering}/refer?need={case.need_id}")
    to = begun.headers["location"]
    assert to == f"/cases/{case.id}/refer/place?need={case.need_id}&offering={offering}"
    assert re.search(rf'value="{offering}" checked', worker.follow(to).text)


def test_nobody_is_referred_to_what_takes_no_referrals_nor_for_another_offices_client(
    loop: Loop, worker: Browser, signed_in_as: Callable[[str], Browser]
) -> None:
    paused = loop.offering(status="paused")
    open_one = loop.offering(organisation_id=loop.world.other_partner_id)
    case = loop.case()
    text = worker.follow(f"/directory/{paused}").text
    assert "暂停接收新转介" in text
    assert "现在不能转介到这里" in text
    assert 'name="need"' not in text
    stranger = signed_in_as("stranger")
    assert case.number not in stranger.follow(f"/directory/{open_one}").text
    refused = stranger.get(f"/directory/{open_one}/refer?need={case.need_id}")
    assert refused.headers["location"] == f"/directory/{open_one}"


def test_a_partner_has_no_directory_of_others(loop: Loop, partner: Browser) -> None:
    assert partner.get("/directory").status_code == 403


def test_a_page_of_it_costs_few_statements(
    loop: Loop, worker: Browser, count_statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    for _ in range(5):
        loop.offering(places=1)
    worker.follow("/directory")
    with count_statements() as seen:
        worker.follow("/directory")
    assert len(seen) <= MAX_STATEMENTS, seen


def test_who_answers_at_once_is_said_to_answer_within_the_hour(loop: Loop, worker: Browser) -> None:
    offering = loop.offering(places=5)
    for serial in range(3):
        _, sent = loop.sent(serial=serial, offering_id=offering)
        loop.accept(sent.id)
    assert "通常 1 个工作小时内答复" in worker.follow("/directory").text
    assert "Usually answers within one working hour" in worker.get("/directory?lang=en").text
