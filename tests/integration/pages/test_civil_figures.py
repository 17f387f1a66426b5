"""What civil affairs sees: figures beside figures, never a person."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any

import psycopg
import pytest
from openpyxl import load_workbook
from tests.factories import id_number, person_name, phone
from tests.integration.assistance.test_statistics import Aid
from tests.integration.ui.conftest import Browser
from tests.loop import Loop
from tests.world import World

from referral_hub.hub import Hub
from referral_hub.views.civil.returns import KINDS

Visit = Callable[[str], Browser]
_TAG = re.compile(r"<[^>]+>")
EVERY_TABLE = [f"/statistics/{kind.key}?rows={rows}" for kind in KINDS.values() for rows in (kind.rows or ("",))]


def words_of(page: str) -> str:
    """The page as read, without its markup."""
    return " ".join(_TAG.sub(" ", page.split("<main", 1)[1]).split())


@pytest.fixture
def aid(hub: Hub, staff: World) -> Aid:
    """Seven medical grants this month and six last, two of education this month."""
    made = Aid(hub, staff)
    made.give(7, "medical", fen=20_000)
    made.give(6, "medical", fen=10_000, decided_on=date(2026, 2, 10))
    made.give(2, "education")
    return made


@pytest.fixture
def civil(signed_in_as: Visit) -> Browser:
    return signed_in_as("civil")


def test_the_first_page_sets_this_month_beside_last_by_type_and_area(civil: Browser, aid: Aid) -> None:
    assert civil.get("/").headers["location"] == "/assistance"
    page = civil.get("/assistance?lang=zh")
    assert page.status_code == 200
    words = words_of(page.text)
    assert "2026年3月到目前为止，旁边是2026年2月整月" in words
    assert "批准 9 人次 上月 6 · 今年 15" in words
    row = re.search(r"医疗救助 (\S+) (\S+) (\S+) ", words)
    assert row is not None
    assert row.groups()[1] == "6"
    assert "教育救助 &lt;5 0 &lt;5" in words
    assert "999999（不分街道） 9 6 15" in words
    assert "截止 2026-03-02 10:00" in words


def test_a_district_where_nothing_happened_yet_learns_what_will_fill_the_page(civil: Browser) -> None:
    words = words_of(civil.get("/assistance?lang=zh").text)
    assert "今年还没有救助记录" in words
    assert "目前没有生效的合同" in words
    for path in EVERY_TABLE:
        shown = words_of(civil.get(path).text)
        assert "这段时间没有记录" in shown or "目前没有带目标的生效合同" in shown, path


def test_few_are_not_counted_out_and_the_page_says_why(civil: Browser, aid: Aid) -> None:
    page = civil.get("/statistics/assistance?lang=zh&from=2026-03&to=2026-03")
    words = words_of(page.text)
    assert re.search(r"教育救助 &lt;5 ", words)
    assert "1–4人显示为“&lt;5”" in page.text or "1–4人显示为“<5”" in page.text
    assert "为保护个人信息不显示" in page.text
    assert "“人”“户”按不重复计" in words


def test_the_choice_of_what_to_see_is_kept_in_the_address(civil: Browser, aid: Aid) -> None:
    february = civil.get("/statistics/assistance?lang=zh&rows=month&from=2026-02&to=2026-02")
    words = words_of(february.text)
    assert "2026年2月1日 至 2026年2月28日" in words
    assert "2026年2月 6 6 6 6 6 6 6 0 0 600.00 100.00" in words
    assert '<option value="month" selected>' in february.text
    assert 'href="/statistics/referrals?from=2026-02&amp;to=2026-02"' in february.text
    odd = civil.get("/statistics/assistance?rows=name&from=1900-01&to=yesterday&only=x")
    assert odd.status_code == 200
    assert '<option value="type" selected>' in odd.text
    assert civil.get("/statistics/people").status_code == 404


def test_an_indicator_shows_what_it_is_made_of_and_its_cut_off(civil: Browser, loop: Loop) -> None:
    offering = loop.offering()
    for serial in range(1, 12):
        _, sent = loop.sent(serial=serial, offering_id=offering)
        loop.deliver()
        if serial > 5:
            loop.accept(sent.id)
        else:
            loop.decline(sent.id)
    page = civil.get("/statistics/referrals?lang=zh")
    assert "受理率 54.5% = 6（受理） ÷ 11（已答复） 截止 2026-03-02" in words_of(page.text)
    assert '<svg class="row-chart"' in page.text
    english = words_of(civil.get("/statistics/referrals?lang=en").text)
    assert "Acceptance rate 54.5% = 6 (accepted) ÷ 11 (answered)" in english


def test_a_file_says_who_made_it_when_and_what_for_and_is_recorded(
    civil: Browser, aid: Aid, owner: psycopg.Connection
) -> None:
    refused = civil.post("/statistics/assistance/excel", {"purpose": " "})
    assert refused.status_code == 303
    assert "请写明导出用途" in civil.get(refused.headers["location"] + "&lang=zh").text
    answer = civil.post(
        "/statistics/assistance/excel", {"purpose": "三月汇总", "from": "2026-03", "to": "2026-03", "rows": "type"}
    )
    assert answer.status_code == 200
    assert 'filename="assistance-202603-202603.xlsx"' in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    sheet = load_workbook(BytesIO(answer.content)).worksheets[0]
    cells = [str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None]
    assert any("三月汇总" in cell and "2026-03-02" in cell for cell in cells)
    assert "<5" in cells
    assert owner.execute("SELECT count(*) FROM audit_entry WHERE action = 'export.table'").fetchone() == (1,)


def test_the_whole_return_comes_as_one_file_with_a_sheet_for_each_table(civil: Browser, aid: Aid, loop: Loop) -> None:
    loop.sent(serial=40, offering_id=loop.offering(places=3))
    answer = civil.post("/statistics/assistance/excel", {"purpose": "季度上报", "whole": "1"})
    titles = load_workbook(BytesIO(answer.content)).sheetnames
    assert {"救助发放情况", "转介情况", "需求与解决情况", "服务容量"} <= set(titles)


def test_a_supervisor_sees_the_own_office(signed_in_as: Visit, aid: Aid, staff: World) -> None:
    aid.give(5, "housing", worker=staff.stranger)
    supervisor = signed_in_as("supervisor")
    page = supervisor.get("/statistics?lang=zh")
    assert page.status_code == 200
    assert "督导看到的是本单位个案的数字" in page.text
    shown = words_of(supervisor.get("/statistics/assistance").text)
    assert "医疗救助" in shown
    assert "住房救助" not in shown.split("1–4人")[0].split("查看", 1)[1]


@pytest.mark.parametrize("login", ["worker", "partner", "admin", "auditor", "supervisor"])
def test_the_first_page_of_civil_affairs_is_theirs_alone(signed_in_as: Visit, login: str) -> None:
    visitor = signed_in_as(login)
    assert visitor.get("/assistance").status_code == 403
    if login != "supervisor":
        assert visitor.get("/statistics").status_code == 403
        assert visitor.post("/statistics/assistance/excel", {"purpose": "看看"}).status_code == 403


def test_no_page_of_figures_names_a_client(civil: Browser, aid: Aid, loop: Loop) -> None:
    offering = loop.offering()
    for serial in range(21, 28):
        _, sent = loop.sent(serial=serial, offering_id=offering)
        loop.deliver()
        loop.accept(sent.id)
    secrets = {text for serial in range(1, 30) for text in (person_name(serial), phone(serial), id_number(serial))}
    for path in ["/assistance", "/ledger", *EVERY_TABLE]:
        text = civil.get(path).text
        assert not [secret for secret in secrets if secret in text], path


def test_pages_of_figures_ask_the_database_a_fixed_number_of_questions(
    civil: Browser, aid: Aid, count_statements: Callable[[], Any]
) -> None:
    for path, most in (("/assistance", 20), ("/statistics/assistance", 10), ("/statistics/referrals", 11)):
        with count_statements() as few:
            civil.get(path)
        aid.give(3, "housing")
        with count_statements() as more:
            civil.get(path)
        assert len(more) <= len(few) + 1, path
        assert len(more) <= most, (path, len(more), more)
