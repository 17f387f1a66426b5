"""Choosing a place on the page (R42): a yes is ticked, an unknown and a no never; a no takes a supervisor's reason."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.integration.ui.conftest import Browser
from tests.loop import Loop

STAY = "house.stay"


def ticked(text: str) -> list[str]:
    return re.findall(r'name="offering" value="([^"]+)" checked', text)


def test_only_a_place_that_can_serve_is_ticked(loop: Loop, signed_in_as: Callable[[str], Browser]) -> None:
    worker = signed_in_as("worker")
    men, unknown = loop.offering(STAY, places=1, sex="1"), loop.offering(STAY)
    case = loop.case(kind="housing", words="没有住处", sex="2")
    page = f"/cases/{case.id}/refer/place?need={case.need_id}"
    text = worker.follow(page).text
    assert ticked(text) == []
    for word in ("情况不明", "尚缺：", "不能接收", "须有的变化："):
        assert word in text
    for asked in (men, unknown):
        assert ticked(worker.follow(f"{page}&offering={asked}").text) == []
    women = loop.offering(STAY, places=1, sex="2")
    text = worker.follow(page).text
    assert ticked(text) == [str(women)]
    assert re.findall(r'name="offering" value="([^"]+)"', text) == [str(women), str(unknown), str(men)]
    english = worker.follow(f"{page}&lang=en").text if "lang=" in text else ""
    assert not english or "Can accept" in english


def test_a_worker_is_sent_to_the_supervisor_who_writes_the_reason(
    loop: Loop, signed_in_as: Callable[[str], Browser]
) -> None:
    men, case = loop.offering(STAY, places=1, sex="1"), loop.case(kind="housing", words="没有住处", sex="2")
    to, chosen = f"/cases/{case.id}/refer/place", {"need": str(case.need_id), "offering": str(men)}
    worker, supervisor = signed_in_as("worker"), signed_in_as("supervisor")
    stopped = worker.post(to, chosen)
    told = worker.follow(stopped.headers["location"]).text
    assert re.search(r'role="alert".*须由督导|role="alert".*由督导写明理由', told, re.DOTALL)
    assert 'name="exception"' not in told
    page = supervisor.follow(f"{to}?need={case.need_id}").text
    assert 'name="exception"' in page
    assert "place" in supervisor.post(to, chosen).headers["location"], "without a reason it does not go on"
    begun = supervisor.post(to, {**chosen, "exception": "证件核对过，登记有误"})
    assert begun.headers["location"].endswith("/details")


def test_a_referral_stays_where_it_is_when_the_other_place_cannot_serve(
    loop: Loop, signed_in_as: Callable[[str], Browser]
) -> None:
    women, men = loop.offering(STAY, places=1, sex="2"), loop.offering(STAY, places=1, sex="1")
    case = loop.case(kind="housing", words="没有住处", sex="2")
    loop.consent(case, women)
    sent = loop.send(loop.draft(case, women).id)
    worker = signed_in_as("worker")
    page = worker.follow(f"/referrals/{sent.id}/redirect").text
    assert ticked(page) == []
    worker.post(f"/referrals/{sent.id}/redirect", {"offering": str(men), "reason_code": "unreachable_system"})
    assert loop.referral(sent.id)["state"] == "sent"
