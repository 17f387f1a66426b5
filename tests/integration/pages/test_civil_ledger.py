"""The named ledger: the deciding organisation's own, masked, and only ever added to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import psycopg
import pytest
from openpyxl import load_workbook
from tests.integration.pages.test_civil_figures import words_of
from tests.integration.ui.conftest import Browser
from tests.world import World

from referral_hub import api
from referral_hub.actor import Actor
from referral_hub.assistance.actions import add_fund, grant
from referral_hub.assistance.values import Applicant, Decision
from referral_hub.calendar.clock import FixedClock
from referral_hub.hub import Hub

Visit = Callable[[str], Browser]
Grant = Callable[..., UUID]
NAME, PHONE, HOUSEHOLD = "欧阳晓春", "19900001234", "H202600017"


@pytest.fixture
def give(hub: Hub, staff: World) -> Grant:
    """Grants by the partner's organisation out of its fund, to one named applicant."""
    with hub.transaction(staff.partner) as session:
        add_fund(
            session, organisation_id=staff.partner_id, name="临时救助备用金", source="petty", year=2026,
            budget_fen=1_000_000, by=staff.partner, at=hub.clock.now(),
        )  # fmt: skip

    def make(
        fen: int = 120_000, *, by: Actor = staff.partner, on: date = date(2026, 3, 2), granted: bool = True
    ) -> UUID:
        assert by.organisation_id is not None
        with hub.transaction(by) as session:
            return grant(
                session,
                organisation_id=by.organisation_id,
                assistance=api.Assistance(
                    type="temporary_emergency", unit="yuan", amount_fen=fen if granted else 0,
                    fund="petty" if granted and by is staff.partner else None,
                ),
                decision=Decision(
                    result="granted" if granted else "refused", reason=None if granted else "over_threshold",
                    decided_on=on, applied_on=date(2026, 2, 1), hardship="no_income",
                ),
                applicant=Applicant(name=NAME, phone=PHONE, household_number=HOUSEHOLD),
                household_size=3,
                area_code="999999001",
                by=by,
                at=hub.clock.now(),
            )  # fmt: skip

    return make


def test_the_ledger_shows_masked_applicants_their_columns_and_the_fund(partner: Browser, give: Grant) -> None:
    give()
    give(granted=False)
    page = partner.get("/ledger?lang=zh")
    words = words_of(page.text)
    assert page.status_code == 200
    assert not [whole for whole in (NAME, PHONE, HOUSEHOLD) if whole in page.text]
    assert "欧*** 家庭 3 人" in words
    for part in ("受理 2026-02-01", "999999001", "暂无收入来源", "批准", "不予救助", "1,200.00 元", "临时救助备用金"):
        assert part in words, part
    assert "共 2 条，合计 1,200.00 元" in words
    assert "10,000.00 元 0.00 元 1,200.00 元 8,800.00 元" in words
    refused = words_of(partner.get("/ledger?lang=zh&view=refused").text)
    assert "共 1 条，合计 0.00 元" in refused


def test_only_the_organisation_that_decided_reads_a_line(
    signed_in_as: Visit, partner: Browser, give: Grant, staff: World
) -> None:
    ours, theirs = give(), give(by=staff.civil)
    other, civil = signed_in_as("other-partner"), signed_in_as("civil")
    assert "这段时间没有记录" in other.get("/ledger?lang=zh").text
    for stranger in (other, civil):
        assert stranger.get(f"/ledger/{ours}").status_code == 404
        assert stranger.post(f"/ledger/{ours}/correct", {"amount_fen": "1", "reason": "改"}).status_code == 404
        assert stranger.post(f"/ledger/{ours}/payment", {"paid_on": "2026-03-02"}).status_code == 404
    assert civil.get(f"/ledger/{theirs}").status_code == 200
    assert partner.get(f"/ledger/{theirs}").status_code == 404
    for login in ("worker", "supervisor", "admin", "auditor"):
        assert signed_in_as(login).get("/ledger").status_code == 403


def test_a_correction_stands_beside_the_line_and_the_line_stays(
    partner: Browser, give: Grant, owner: psycopg.Connection
) -> None:
    line = give(120_000)
    answer = partner.post(f"/ledger/{line}/correct", {"amount_fen": "900", "reason": "多录了三百"})
    assert answer.headers["location"] == f"/ledger/{line}"
    entry = words_of(partner.get(f"/ledger/{line}?lang=zh").text)
    assert "现批准 900.00 元" in entry
    assert "更正 -300.00 元 多录了三百" in entry
    ledger = words_of(partner.get("/ledger?lang=zh").text)
    assert "900.00 元 原 1,200.00 元 更正 -300.00 元" in ledger
    assert "共 1 条，合计 900.00 元" in ledger
    assert "共 1 条，合计 -300.00 元" in words_of(partner.get("/ledger?lang=zh&view=corrections").text)
    kept = owner.execute("SELECT amount_fen FROM assistance_entry WHERE kind <> 'application' ORDER BY id").fetchall()
    assert kept == [(120_000,), (-30_000,)]


def test_a_refused_correction_keeps_what_was_typed_and_names_the_field(partner: Browser, give: Grant) -> None:
    line = give(120_000)
    answer = partner.post(f"/ledger/{line}/correct?lang=zh", {"amount_fen": "900", "reason": ""})
    assert answer.status_code == 422
    assert "“更正原因”请填写" in answer.text
    assert 'value="900"' in answer.text
    same = partner.post(f"/ledger/{line}/correct?lang=zh", {"amount_fen": "1200", "reason": "没有变"})
    assert same.status_code == 409
    assert "没有需要更正的地方" in same.text
    short = partner.post(f"/ledger/{line}/correct?lang=zh", {"amount_fen": "20000", "reason": "太多"})
    assert short.status_code == 409
    assert "8,800.00" in short.text


def test_a_payment_is_recorded_with_its_day_way_and_voucher(partner: Browser, give: Grant) -> None:
    line = give(120_000)
    late = partner.post(
        f"/ledger/{line}/payment?lang=zh", {"amount_fen": "1200", "paid_on": "2027-01-01", "pay_way": "bank"}
    )
    assert late.status_code == 422
    assert "发放日期不能晚于今天" in late.text
    paid = {"amount_fen": "1200", "paid_on": "2026-03-02", "pay_way": "bank", "voucher": "PZ-9"}
    assert partner.post(f"/ledger/{line}/payment", paid).status_code == 303
    words = words_of(partner.get("/ledger?lang=zh").text)
    assert "2026-03-02 银行转账 PZ-9" in words
    assert "10,000.00 元 1,200.00 元 0.00 元 8,800.00 元" in words


def test_a_refusal_has_nothing_to_correct_or_pay(partner: Browser, give: Grant) -> None:
    line = give(granted=False)
    assert "登记发放" not in partner.get(f"/ledger/{line}").text
    assert partner.post(f"/ledger/{line}/payment", {"paid_on": "2026-03-02", "pay_way": "bank"}).status_code == 404


def test_a_long_ledger_is_read_page_by_page_with_the_same_number_of_questions(
    partner: Browser, give: Grant, count_statements: Callable[[], Any]
) -> None:
    for _ in range(3):
        give(100)
    with count_statements() as few:
        partner.get("/ledger")
    for _ in range(42):
        give(100)
    with count_statements() as many:
        first = partner.get("/ledger?lang=zh")
    assert len(many) == len(few) <= 18
    assert "共 45 条" in words_of(first.text)
    assert first.text.count('data-name="申请人"') == 40
    more = first.text.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = partner.get(more)
    assert second.text.count('data-name="申请人"') == 5
    assert partner.get("/ledger?after=nonsense").text.count('data-name="申请人"') == 40


def test_the_file_of_the_ledger_is_masked_stamped_and_shows_what_stands(partner: Browser, give: Grant) -> None:
    line = give(120_000)
    partner.post(f"/ledger/{line}/correct", {"amount_fen": "900", "reason": "多录了三百"})
    assert partner.post("/ledger/excel", {"purpose": ""}).status_code == 303
    answer = partner.post("/ledger/excel?lang=zh", {"purpose": "季度核对"})
    sheet = load_workbook(BytesIO(answer.content)).worksheets[0]
    cells = [cell for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None]
    assert 900 in cells
    assert 1200 not in cells
    assert "欧***" in cells
    assert not [whole for whole in (NAME, PHONE, HOUSEHOLD, "多录了三百") if whole in cells]
    assert any("季度核对" in str(cell) for cell in cells)


def test_every_look_at_the_ledger_is_recorded(
    partner: Browser, give: Grant, owner: psycopg.Connection, clock: FixedClock
) -> None:
    line = give()
    partner.get("/ledger")
    partner.get("/ledger")
    clock.advance(timedelta(minutes=11))
    partner.get(f"/ledger/{line}")
    found = owner.execute("SELECT count(*) FROM audit_entry WHERE action = 'assistance.read'").fetchone()
    assert found == (2,)
