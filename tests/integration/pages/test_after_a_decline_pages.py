"""After a decline, on the pages: what rests is marked and not preselected, and the recipient is asked to check."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from tests.integration.ui.conftest import Browser
from tests.loop import Loop

from referral_hub.workflow.tasks import TASK_KINDS


def test_a_place_that_declined_is_marked_and_asked_again_only_with_a_reason(
    loop: Loop, signed_in_as: Callable[[str], Browser]
) -> None:
    worker, offering = signed_in_as("worker"), loop.offering()
    case, sent = loop.sent(offering_id=offering)
    loop.decline(sent.id, "client_refused")
    text = worker.follow(f"/cases/{case.id}/refer/place?need={case.need_id}").text
    assert "暂不再问" in text
    assert not re.search(r'name="offering"[^>]+checked', text)
    assert "本人主动提出" in text
    asked = {"need": str(case.need_id), "offering": str(offering)}
    stopped = worker.post(f"/cases/{case.id}/refer/place", asked)
    told = worker.follow(stopped.headers["location"]).text
    assert "再次询问的原因" in told
    assert re.search(r'role="alert".*服务对象拒绝', told, re.DOTALL)
    begun = worker.post(f"/cases/{case.id}/refer/place", {**asked, "asked_again": "client_asked"})
    assert begun.headers["location"].endswith("/details")


@pytest.mark.parametrize(
    ("reason", "kind", "how"),
    [("no_capacity", "confirm_capacity", "confirm"), ("not_our_service", "check_offering", "checked")],
)
def test_the_recipient_is_asked_to_put_right_what_misled_the_sender(
    loop: Loop, partner: Browser, reason: str, kind: str, how: str
) -> None:
    offering = loop.offering(places=1)
    asked = TASK_KINDS[kind].label.zh
    for serial in (1, 2):
        _, sent = loop.sent(serial=serial, offering_id=offering)
        assert asked not in partner.follow("/inbox").text or serial == 2
        loop.decline(sent.id, reason)
    text = partner.follow("/inbox").text
    assert text.count(asked) == 1, "once for the offering, however many declines"
    assert f"/places/{offering}" in text
    assert partner.post(f"/places/{offering}/{how}").status_code == 303
    assert asked not in partner.follow("/inbox").text
    left = loop.owner.execute(
        "SELECT count(*) FROM task WHERE NOT next_step AND kind = %s AND done_at IS NULL", [kind]
    ).fetchone()
    assert left == (0,)


def test_what_is_not_counted_in_places_has_no_figure_to_ask_for(loop: Loop, partner: Browser) -> None:
    offering = loop.offering("living.assistance")
    _, sent = loop.sent(offering_id=offering)
    loop.decline(sent.id, "no_capacity")
    assert TASK_KINDS["confirm_capacity"].label.zh not in partner.follow("/inbox").text
