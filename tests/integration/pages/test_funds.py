"""Funds are opened, changed and closed by the organisation itself; nobody else learns of their money."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest
from tests.integration.pages.test_civil_figures import words_of
from tests.integration.ui.conftest import Browser
from tests.world import World

Visit = Callable[[str], Browser]
FUND = {"name": "临时救助备用金", "source": "petty", "year": "2026", "budget_fen": "10000"}


@pytest.fixture
def civil(signed_in_as: Visit) -> Browser:
    return signed_in_as("civil")


def opened(browser: Browser, owner: psycopg.Connection, **values: str) -> UUID:
    answer = browser.post("/funds", FUND | values)
    assert answer.status_code == 303, answer.text
    row = owner.execute("SELECT id FROM fund ORDER BY created_at DESC, id DESC LIMIT 1").fetchone()
    assert row
    return UUID(str(row[0]))


def test_a_fund_is_opened_changed_closed_and_opened_again(civil: Browser, owner: psycopg.Connection) -> None:
    fund = opened(civil, owner)
    assert "10,000.00 元 0.00 元 0.00 元 10,000.00 元" in words_of(civil.get("/funds?lang=zh").text)
    assert civil.post(f"/funds/{fund}", {"name": "备用金", "budget_fen": "12000"}).status_code == 303
    assert "12,000.00 元" in civil.get("/ledger?lang=zh").text
    assert civil.post(f"/funds/{fund}/close", {}).status_code == 303
    assert "停用" in words_of(civil.get("/funds?lang=zh").text)
    assert civil.post(f"/funds/{fund}/close", {}).status_code == 409
    assert civil.post(f"/funds/{fund}/reopen", {}).status_code == 303
    acts = owner.execute("SELECT action FROM audit_entry WHERE action LIKE 'fund.%%' ORDER BY seq").fetchall()
    assert [act for (act,) in acts] == ["fund.open", "fund.change", "fund.close", "fund.reopen"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": " "}, "名称"),
        ({"source": "lottery"}, "资金来源"),
        ({"year": "1999"}, "最近几年的年度"),
        ({"budget_fen": "-1"}, "预算"),
        ({"budget_fen": "9" * 30}, "预算"),
    ],
)
def test_a_fund_that_makes_no_sense_is_refused_at_its_field(civil: Browser, values: dict[str, str], words: str) -> None:
    answer = civil.post("/funds?lang=zh", FUND | values)
    assert answer.status_code == 422
    assert words in answer.text.split('id="problems"')[1][:600]


def test_two_funds_of_one_year_have_two_names(civil: Browser, owner: psycopg.Connection) -> None:
    opened(civil, owner)
    again = civil.post("/funds?lang=zh", FUND)
    assert again.status_code == 409
    assert "请换一个名称" in again.text
    opened(civil, owner, year="2027")


def test_nobody_else_sees_or_changes_a_fund(civil: Browser, signed_in_as: Visit, owner: psycopg.Connection) -> None:
    fund = opened(civil, owner)
    partner = signed_in_as("partner")
    assert "临时救助备用金" not in partner.get("/funds").text
    assert partner.get(f"/funds/{fund}").status_code == 404
    for act in ("", "/close", "/reopen"):
        assert partner.post(f"/funds/{fund}{act}", {"name": "x", "budget_fen": "1"}).status_code == 404
    for login in ("worker", "supervisor", "admin", "auditor"):
        assert signed_in_as(login).get("/funds").status_code == 403


def test_the_budget_cannot_be_less_than_what_is_granted(
    civil: Browser, owner: psycopg.Connection, staff: World
) -> None:
    fund = opened(civil, owner)
    civil.post("/ledger/new", APPLICATION)
    (application,) = owner.execute("SELECT id FROM assistance_entry").fetchone() or (None,)
    civil.post(f"/ledger/{application}/decide", GRANT | {"fund": str(fund), "amount_fen": "3000"})
    low = civil.post(f"/funds/{fund}?lang=zh", {"name": "备用金", "budget_fen": "2999.99"})
    assert low.status_code == 409
    assert "预算不能低于已经批准的金额" in low.text
    assert civil.post(f"/funds/{fund}", {"name": "备用金", "budget_fen": "3000"}).status_code == 303


APPLICATION = {
    "name": "测试甲", "source": "application", "type": "subsistence", "hardship": "illness", "applied_on": "2026-03-02"
}  # fmt: skip
GRANT = {"result": "granted", "type": "subsistence", "decided_on": "2026-03-02"}
