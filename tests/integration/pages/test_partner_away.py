"""While a module is away or out of use: what its own organisation reads, and nothing that is not so."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.pages.test_partner_referral import MEETING, fill
from tests.integration.pages.test_worker_away import stop_module
from tests.integration.ui.conftest import Browser
from tests.loop import Loop

from referral_hub.isolation.errors import ModuleTimedOut

SAVED = "填写的内容已保存"
KEPT = "已登记的都保存着"


def away(*_arguments: Any, **_named: Any) -> None:
    raise ModuleTimedOut(module="employment", detail="no answer")


def test_what_was_filled_in_is_said_to_be_saved_only_after_something_was(
    loop: Loop, partner: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, sent = loop.sent()
    monkeypatch.setattr(loop.hub.modules, "call", away)
    loop.deliver()
    before = partner.follow(f"/inbox/{sent.id}").text
    assert "自 2026-03-02 10:00 起等待，恢复后自动继续" in before
    assert SAVED not in before
    loop.accept(sent.id)
    assert SAVED not in partner.follow(f"/inbox/{sent.id}/forms/first_meeting").text
    assert fill(partner, loop, sent.id, "first_meeting", MEETING).status_code == 303
    assert SAVED in partner.follow(f"/inbox/{sent.id}").text
    english = partner.get(f"/inbox/{sent.id}?lang=en").text
    assert "What you entered is saved." in english


@pytest.mark.parametrize("filled", [False, True])
def test_out_of_use_it_says_what_is_kept_only_where_something_is(loop: Loop, partner: Browser, filled: bool) -> None:
    _, sent = loop.sent()
    loop.deliver()
    loop.accept(sent.id)
    if filled:
        fill(partner, loop, sent.id, "first_meeting", MEETING)
    stop_module(loop)
    form = "first_meeting" if not filled else str(next(iter(loop.service().forms_at(stage(loop, sent.id)))).key)
    for path in (f"/inbox/{sent.id}", f"/inbox/{sent.id}/forms/{form}"):
        text = partner.follow(path).text
        assert "起停用" in text, path
        assert "起等待" not in text, path
        assert (KEPT in text) is filled, path


def stage(loop: Loop, referral_id: Any) -> str:
    return str(loop.referral(referral_id)["stage"])
