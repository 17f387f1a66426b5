"""Civil affairs enters and decides applications of its own: allowances by household, aid given first, aid in kind."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from uuid import UUID

import psycopg
import pytest
from openpyxl import load_workbook
from tests.factories import id_number
from tests.integration.pages.test_civil_figures import words_of
from tests.integration.ui.conftest import Browser
from tests.world import World

Visit = Callable[[str], Browser]
DAY = "2026-03-02"
APPLICATION = {
    "name": "测试甲", "phone": "19900001234", "household_number": "H-77", "household_size": "3",
    "area_code": "999999001", "source": "application", "type": "subsistence", "hardship": "illness",
    "applied_on": "2026-02-20", "note": "材料已齐",
}  # fmt: skip
PROCEDURE = {
    "investigator": "郑清", "investigated_on": "2026-02-24", "notice_from": "2026-02-25", "notice_to": "2026-03-01"
}  # fmt: skip


@pytest.fixture
def civil(signed_in_as: Visit) -> Browser:
    return signed_in_as("civil")


@pytest.fixture
def fund(civil: Browser, owner: psycopg.Connection) -> UUID:
    new = {"name": "财政救助资金", "source": "treasury", "year": "2026", "budget_fen": "5000"}
    assert civil.post("/funds", new).status_code == 303
    row = owner.execute("SELECT id FROM fund").fetchone()
    assert row
    return UUID(str(row[0]))


def applied(browser: Browser, **values: str) -> str:
    answer = browser.post("/ledger/new", APPLICATION | values)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def grant_of(fund: UUID, yuan: str, **values: str) -> dict[str, str]:
    return {
        "result": "granted",
        "type": "subsistence",
        "fund": str(fund),
        "amount_fen": yuan,
        "decided_on": DAY,
    } | values


def test_an_allowance_is_applied_for_decided_and_paid_month_by_month(
    civil: Browser, fund: UUID, owner: psycopg.Connection
) -> None:
    page = applied(civil)
    assert "还没有作出审批决定" in civil.get(f"{page}?lang=zh").text
    assert "测**" in words_of(civil.get("/ledger?lang=zh&view=pending").text)
    decided = civil.post(
        f"{page}/decide", grant_of(fund, "2400", **PROCEDURE, period_start=DAY, period_end="2026-05-31")
    )
    assert decided.status_code == 303, decided.text
    decision = decided.headers["location"]
    for amount in ("800", "800"):
        paid = {"amount_fen": amount, "paid_on": DAY, "pay_way": "bank", "voucher": "PZ-1"}
        assert civil.post(f"{decision}/payment", paid).status_code == 303
    words = words_of(civil.get(f"{decision}?lang=zh").text)
    assert "现批准 2,400.00 元，已发 1,600.00 元" in words
    ledger = words_of(civil.get("/ledger?lang=zh").text)
    for part in (
        "受理 2026-02-20", "家庭 3 人", "999999001", "主动申请", "最低生活保障", "本人或家人患病", "郑清 2026-02-24",
        "公示 2026-02-25 至 2026-03-01", "批准", "财政救助资金", "银行转账 PZ-1", "未发 800.00 元", "材料已齐",
    ):  # fmt: skip
        assert part in ledger, part
    assert "测试甲" not in ledger
    too_much = civil.post(f"{decision}/payment?lang=zh", {"amount_fen": "801", "paid_on": DAY, "pay_way": "bank"})
    assert too_much.status_code == 409
    assert "800.00" in too_much.text
    assert owner.execute("SELECT kind FROM assistance_entry ORDER BY id").fetchall() == [
        ("application",), ("granted",), ("payment",), ("payment",)
    ]  # fmt: skip


def test_the_file_has_every_column_of_what_was_decided(civil: Browser, fund: UUID) -> None:
    decision = civil.post(f"{applied(civil)}/decide", grant_of(fund, "500", **PROCEDURE)).headers["location"]
    civil.post(f"{decision}/payment", {"amount_fen": "500", "paid_on": DAY, "pay_way": "cash", "voucher": "7"})
    file = civil.post(
        "/ledger/excel?lang=zh", {"purpose": "核对", "from": "2026-03", "to": "2026-03", "remarks": "yes"}
    )
    rows = list(load_workbook(BytesIO(file.content))["救助台账"].iter_rows(values_only=True))
    at = next(index for index, row in enumerate(rows) if row[0] == "序号")
    line = dict(zip(rows[at], rows[at + 1], strict=True))
    assert {key: str(line[key]).removesuffix(" 00:00:00") for key in line if line[key] not in (None, "")} == {
        "序号": "1", "受理日期": "2026-02-20", "申请人": "测**", "户号": "H**7", "家庭人口": "3",
        "地区代码": "999999001",
        "联系电话": "199****1234", "来源": "主动申请", "救助类型": "最低生活保障", "困难原因": "本人或家人患病",
        "申请事项": "最低生活保障", "调查人": "郑清", "调查日期": "2026-02-24", "公示开始": "2026-02-25",
        "公示结束": "2026-03-01", "审批单位": "区民政局", "审批结果": "批准", "审批日期": DAY, "数量": "500",
        "单位": "元",
        "金额或折价（元）": "500", "已发（元）": "500", "资金": "财政救助资金", "发放日期": DAY, "发放方式": "现金",
        "凭证号": "7", "依据": "机构说明", "经办人": "孙丽", "备注": "材料已齐",
    }  # fmt: skip


def test_a_grant_above_what_is_free_is_refused_with_the_balance_and_keeps_what_was_typed(
    civil: Browser, fund: UUID, owner: psycopg.Connection
) -> None:
    page = applied(civil)
    refused = civil.post(f"{page}/decide?lang=zh", grant_of(fund, "5000.01", investigator="郑清"))
    assert refused.status_code == 409
    assert "5,000.00" in refused.text
    assert 'value="郑清"' in refused.text
    assert owner.execute("SELECT count(*) FROM assistance_entry WHERE kind = 'granted'").fetchone() == (0,)


def test_aid_given_first_is_paid_before_it_is_decided_and_stays_to_be_decided(civil: Browser, fund: UUID) -> None:
    page = applied(civil, type="temporary_emergency", source="found")
    first = {"amount_fen": "300", "fund": str(fund), "pay_way": "cash", "paid_on": DAY, "voucher": "1"}
    assert civil.post(f"{page}/advance", first).status_code == 303
    assert "急难先行" in civil.get("/ledger?lang=zh").text
    assert "测**" in words_of(civil.get("/ledger?lang=zh&view=pending").text)
    # Its own advance is no other aid: the decision on the rest needs no explanation.
    rest = grant_of(fund, "700", type="temporary_emergency")
    assert civil.post(f"{page}/decide", rest).status_code == 303
    assert civil.post(f"{page}/decide?lang=zh", rest).status_code == 409
    assert "5,000.00 元 300.00 元 700.00 元 4,000.00 元" in words_of(civil.get("/funds?lang=zh").text)


def test_aid_in_kind_keeps_its_unit_and_its_worth(civil: Browser, fund: UUID, owner: psycopg.Connection) -> None:
    page = applied(civil, type="charity")
    parcels = grant_of(fund, "360", type="charity", unit="set", quantity="4")
    decision = civil.post(f"{page}/decide", parcels).headers["location"]
    half = {"amount_fen": "180", "quantity": "2", "paid_on": DAY, "pay_way": "goods"}
    assert civil.post(f"{decision}/payment", half).status_code == 303
    entries = owner.execute("SELECT kind, quantity, unit, amount_fen FROM assistance_entry ORDER BY id").fetchall()
    assert entries[1:] == [
        ("granted", 4, "set", 36_000), ("payment", 2, "set", 18_000)
    ]  # fmt: skip


def test_a_refusal_names_its_reason_and_a_withdrawal_needs_none(
    civil: Browser, fund: UUID, owner: psycopg.Connection
) -> None:
    page = applied(civil)
    unreasoned = civil.post(f"{page}/decide?lang=zh", {"result": "refused", "decided_on": DAY})
    assert unreasoned.status_code == 422
    assert "不予救助须选择原因" in unreasoned.text
    refusal = {"result": "refused", "decided_on": DAY, "reason": "over_threshold"}
    assert civil.post(f"{page}/decide", refusal).status_code == 303
    assert civil.post(f"{applied(civil)}/decide", {"result": "withdrawn", "decided_on": DAY}).status_code == 303
    kinds = owner.execute("SELECT kind, reason FROM assistance_entry WHERE kind <> 'application' ORDER BY id")
    assert kinds.fetchall() == [("refused", "over_threshold"), ("withdrawn", None)]


@pytest.mark.parametrize("same", [{"id_number": id_number(7), "household_number": ""}, {"name": "测试乙"}])
def test_the_same_person_or_household_is_not_aided_twice_without_a_reason(
    civil: Browser, signed_in_as: Visit, fund: UUID, same: dict[str, str]
) -> None:
    """Another organisation's aid counts too; of it only the month and the kind are shown (R38)."""
    other = signed_in_as("partner")
    theirs = applied(other, **same)
    given = {"result": "granted", "type": "subsistence", "amount_fen": "888", "decided_on": DAY}
    assert other.post(f"{theirs}/decide", given).status_code == 303
    page = applied(civil, **same)
    sheet = words_of(civil.get(f"{page}?lang=zh").text)
    assert "2026-03 最低生活保障" in sheet
    assert "888" not in sheet
    refused = civil.post(f"{page}/decide?lang=zh", grant_of(fund, "100"))
    assert refused.status_code == 409
    assert "2026-03" in refused.text
    assert civil.post(f"{page}/decide", grant_of(fund, "100", overlap_reason="房屋倒塌，另有困难")).status_code == 303


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"id_number": "123"}, "id_number"),
        ({"phone": "12"}, "phone"),
        ({"applied_on": "2026-03-03"}, "applied_on"),
        ({"applied_on": "1926-03-03"}, "applied_on"),
        ({"household_size": "99"}, "household_size"),
        ({"type": "gift"}, "type"),
    ],
)
def test_an_application_that_makes_no_sense_is_refused_at_its_field(
    civil: Browser, values: dict[str, str], field: str
) -> None:
    answer = civil.post("/ledger/new?lang=zh", APPLICATION | values)
    assert answer.status_code == 422
    assert f'href="#field-{field}"' in answer.text
    assert 'value="测试甲"' in answer.text


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"decided_on": "2026-03-03"}, "decided_on"),
        ({"decided_on": "2026-02-19"}, "decided_on"),
        ({"notice_from": "2026-03-01", "notice_to": "2026-02-25"}, "notice_to"),
        ({"period_start": DAY, "period_end": "2026-03-01"}, "period_end"),
        ({"investigated_on": "2026-03-03"}, "investigated_on"),
        ({"unit": "set"}, "amount_fen"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused_at_its_field(
    civil: Browser, fund: UUID, values: dict[str, str], field: str
) -> None:
    answer = civil.post(f"{applied(civil)}/decide?lang=zh", grant_of(fund, "100") | values)
    assert answer.status_code == 422
    assert f'href="#field-{field}"' in answer.text


def test_a_payment_entered_wrongly_is_corrected_by_an_entry_of_its_own(
    civil: Browser, fund: UUID, owner: psycopg.Connection
) -> None:
    decision = civil.post(f"{applied(civil)}/decide", grant_of(fund, "500")).headers["location"]
    civil.post(f"{decision}/payment", {"amount_fen": "500", "paid_on": DAY, "pay_way": "bank"})
    (payment,) = owner.execute("SELECT id FROM assistance_entry WHERE kind = 'payment'").fetchone() or (None,)
    less = civil.post(f"{decision}/correct?lang=zh", {"amount_fen": "400", "reason": "录错"})
    assert less.status_code == 409
    assert "已发500.00元" in less.text
    assert civil.post(f"{decision}/payments/{payment}", {"amount_fen": "400", "reason": "实发四百"}).status_code == 303
    assert "已发 400.00 元" in words_of(civil.get(f"{decision}?lang=zh").text)
    assert civil.post(f"{decision}/release", {}).status_code == 303
    assert "5,000.00 元 400.00 元 0.00 元 4,600.00 元" in words_of(civil.get("/funds?lang=zh").text)


def test_another_organisation_finds_neither_application_nor_decision(
    civil: Browser, signed_in_as: Visit, fund: UUID, staff: World
) -> None:
    page = applied(civil)
    stranger = signed_in_as("partner")
    assert stranger.get(page).status_code == 404
    for act in ("decide", "advance", "payment", "correct", "release"):
        assert stranger.post(f"{page}/{act}", {"result": "withdrawn", "decided_on": DAY}).status_code == 404
    for login in ("worker", "supervisor", "admin", "auditor"):
        assert signed_in_as(login).post("/ledger/new", APPLICATION).status_code == 403
