"""What would stop the send is said at the step where it can be known, with the way out, and never after signing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.integration.pages.test_worker_referral_flow import DETAILS, agree, begin
from tests.integration.ui.conftest import Browser
from tests.loop import Loop

from referral_hub.cases.actions import change_profile, set_need_state


@pytest.fixture
def worker(signed_in_as: Callable[[str], Browser]) -> Browser:
    return signed_in_as("worker")


def unsigned(loop: Loop) -> bool:
    return bool(loop.one("SELECT count(*) = 0 FROM consent")[0])


def test_words_for_the_recipient_are_refused_at_the_details_with_what_was_typed(loop: Loop, worker: Browser) -> None:
    _, _, path = begin(loop, worker)
    refused = worker.post(f"{path}/details", {**DETAILS, "need_summary": "戒毒期满，想找工作"})
    assert refused.status_code == 422
    assert "（戒毒）" in refused.text
    assert "戒毒期满，想找工作" in refused.text
    assert unsigned(loop)


def test_words_of_the_case_are_refused_before_anyone_is_asked_with_the_way_to_the_case(
    loop: Loop, worker: Browser
) -> None:
    case, _, path = begin(loop, worker)
    with loop.hub.transaction(case.worker) as session:
        change_profile(
            session, case_id=case.id, values={"skills": "在康复人员车间学过缝纫"}, by=case.worker, at=loop.at
        )
    stopped = worker.get(f"{path}/consent")
    assert stopped.headers["location"] == f"{path}/details"
    assert f'href="/cases/{case.id}/person?back={path}/consent"' in worker.follow(f"{path}/details").text
    assert agree(worker, path).status_code == 422
    assert unsigned(loop)


def _need_ended(loop: Loop, case: Any) -> None:
    with loop.hub.transaction(case.worker) as session:
        set_need_state(session, need_id=case.need_id, state="met", by=case.worker, at=loop.at)


def _contract_over(loop: Loop, _case: Any) -> None:
    loop.owner.execute("UPDATE contract SET ends_on = '2026-02-01'")


def _offering_paused(loop: Loop, _case: Any) -> None:
    loop.owner.execute("UPDATE offering SET status = 'paused'")


def _sent_already(loop: Loop, case: Any) -> None:
    (offering,) = loop.one("SELECT offering_id FROM referral WHERE case_id = %s", case.id)
    loop.consent(case, offering)
    loop.send(loop.draft(case, offering).id)


@pytest.mark.parametrize(
    ("happens", "way"),
    [
        (_need_ended, "/cases/{case}#needs"),
        (_contract_over, "/refer/place?need="),
        (_offering_paused, "/refer/place?need="),
        (_sent_already, "/referrals?number="),
    ],
)
def test_what_happened_since_the_place_was_chosen_is_said_before_signing(
    loop: Loop, worker: Browser, happens: Callable[[Loop, Any], None], way: str
) -> None:
    case, _, path = begin(loop, worker)
    happens(loop, case)
    stopped = worker.get(f"{path}/consent")
    assert stopped.headers["location"] == f"{path}/details"
    assert way.format(case=case.id) in worker.follow(f"{path}/details").text
    (signed,) = loop.one("SELECT count(*) FROM consent")
    assert agree(worker, path).status_code in (409, 422)
    assert loop.one("SELECT count(*) FROM consent") == (signed,)


def test_the_client_may_always_refuse(loop: Loop, worker: Browser) -> None:
    case, _, path = begin(loop, worker)
    _contract_over(loop, case)
    assert worker.post(f"{path}/consent", {"answer": "refuse"}).status_code == 303
    assert loop.one("SELECT state FROM consent") == ("refused",)
