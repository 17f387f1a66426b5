"""Tables A to F of the monthly return: each cell beside what was counted by hand from the acts that made it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.factories import id_number, person_name
from tests.integration.pages.test_civil_figures import words_of
from tests.integration.referrals.test_delivering import finish
from tests.integration.ui.conftest import Browser
from tests.loop import Loop
from tests.world import World

from referral_hub.consent.actions import refuse_consent
from referral_hub.hub import Hub
from referral_hub.referrals.consents import record_other_basis

Visit = Callable[[str], Browser]
MARCH = "from=2026-03&to=2026-03"


@pytest.fixture
def civil(signed_in_as: Visit) -> Browser:
    return signed_in_as("civil")


def table(browser: Browser, path: str) -> dict[str, dict[str, str]]:
    """A table of figures as read on the page: rows by their first cell, cells by the name of their column."""
    page = browser.get(path)
    assert page.status_code == 200, page.text
    found = page.text.split('class="data-table figures-table"', 1)[1].split("</table>", 1)[0]
    rows = {}
    for label, cells in re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', found, re.DOTALL):
        named = re.findall(r'<td data-name="(.*?)" class="figure-cell">(.*?)</td>', cells, re.DOTALL)
        rows[label] = {
            " ".join(name.split()): words_of("<main" + text.join(("<p>", "</p>"))).replace("&lt;", "<")
            for name, text in named
        }
    return rows


def one(shown: dict[str, dict[str, str]]) -> dict[str, str]:
    """The only row beside the total."""
    (label,) = set(shown) - {"合计"}
    return shown[label]


class Applications:
    """Civil affairs enters applications and decides on them, on its pages."""

    def __init__(self, civil: Browser) -> None:
        self.civil, self.serial = civil, 0

    def apply(self, kind: str, household: str, on: str) -> str:
        self.serial += 1
        asked = {
            "name": person_name(self.serial), "id_number": id_number(self.serial), "household_number": household,
            "type": kind, "hardship": "illness", "source": "application", "applied_on": on,
        }  # fmt: skip
        answer = self.civil.post("/ledger/new", asked)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def grant(self, kind: str, household: str, yuan: str, *, applied: str, on: str) -> None:
        told = {
            "result": "granted", "type": kind, "amount_fen": yuan, "decided_on": on, "overlap_reason": "家庭另一成员",
        }  # fmt: skip
        answer = self.civil.post(f"{self.apply(kind, household, applied)}/decide", told)
        assert answer.status_code == 303, answer.text

    def refuse(self, kind: str, household: str, on: str) -> None:
        told = {"result": "refused", "reason": "other", "decided_on": on}
        answer = self.civil.post(f"{self.apply(kind, household, on)}/decide", told)
        assert answer.status_code == 303, answer.text

    def advance(self, household: str, yuan: str, on: str) -> None:
        page = self.apply("temporary_emergency", household, on)
        answer = self.civil.post(f"{page}/advance", {"amount_fen": yuan, "paid_on": on, "pay_way": "cash"})
        assert answer.status_code == 303, answer.text


def test_table_a_counts_applications_decisions_households_and_other_periods(civil: Browser) -> None:
    acts, day = Applications(civil), "2026-03-02"
    # Seven grants to six households: two of one household on one day.
    for household in ("H-1", "H-1", "H-2", "H-3", "H-4", "H-5", "H-6"):
        acts.grant("medical", household, "100", applied="2026-02-28", on=day)
    for number in range(11, 16):
        acts.refuse("education", f"H-{number}", day)
    for number in range(16, 21):
        acts.advance(f"H-{number}", "50", day)
    # Of housing nothing in March: five in January, six in the March of last year.
    for number in range(31, 36):
        acts.grant("housing", f"H-{number}", "10", applied="2026-01-05", on="2026-01-05")
    for number in range(41, 47):
        acts.grant("housing", f"H-{number}", "20", applied="2025-03-05", on="2025-03-05")
    nothing = {
        "申请 人次": "0", "申请 人": "0", "申请 户": "0",
        "批准 人": "0", "批准 户": "0", "批准 人次": "0", "批准 户次": "0", "不予 人": "0", "不予 人次": "0",
        "金额 元": "0.00", "平均金额 元": "", "平均办理 天": "", "急难先行 件": "0",
        "年初至今批准 人次": "0", "年初至今金额 元": "0.00", "上年同期批准 人次": "0", "上年同期金额 元": "0.00",
    }  # fmt: skip
    shown = table(civil, f"/statistics/assistance?lang=zh&{MARCH}")
    assert shown["医疗救助"] == nothing | {
        "批准 人": "7", "批准 户": "6", "批准 人次": "7", "批准 户次": "6", "金额 元": "700.00",
        "平均金额 元": "100.00", "平均办理 天": "2.0", "年初至今批准 人次": "7", "年初至今金额 元": "700.00",
    }  # fmt: skip
    assert shown["教育救助"] == nothing | {
        "申请 人次": "5", "申请 人": "5", "申请 户": "5", "不予 人": "5", "不予 人次": "5",
    }  # fmt: skip
    assert shown["临时救助（急难型）"] == nothing | {
        "申请 人次": "5", "申请 人": "5", "申请 户": "5", "批准 人": "5", "批准 户": "5", "批准 人次": "5",
        "批准 户次": "5", "金额 元": "250.00", "平均金额 元": "50.00", "平均办理 天": "0.0", "急难先行 件": "5",
        "年初至今批准 人次": "5", "年初至今金额 元": "250.00",
    }  # fmt: skip
    assert shown["住房救助"] == nothing | {
        "年初至今批准 人次": "5", "年初至今金额 元": "50.00", "上年同期批准 人次": "6", "上年同期金额 元": "120.00",
    }  # fmt: skip
    assert shown["合计"]["批准 人次"] == "12"
    months = table(civil, "/statistics/assistance?lang=zh&rows=month&from=2026-03&to=2026-03")
    assert months["2026年3月"]["上年同期批准 人次"] == "6"
    assert "年初至今批准 人次" not in months["2026年3月"]


def test_few_refusals_are_below_five_and_never_not_recorded(civil: Browser) -> None:
    acts = Applications(civil)
    for number in range(1, 4):
        acts.refuse("housing", f"H-{number}", "2026-03-02")
    for number in range(11, 20):
        acts.refuse("education", f"H-{number}", "2026-03-02")
    shown = table(civil, f"/statistics/assistance?lang=zh&{MARCH}")
    assert [shown["住房救助"][name] for name in ("不予 人", "不予 人次", "申请 人次")] == ["<5", "<5", "<5"]
    assert "未登记" not in words_of(civil.get(f"/statistics/assistance?lang=zh&{MARCH}").text)


def test_table_b_counts_every_stage_of_a_referral_and_the_reasons_for_declining(civil: Browser, loop: Loop) -> None:
    offering = loop.offering()
    keys = [loop.sent(serial=serial, offering_id=offering)[1].id for serial in range(1, 34)]
    for key in keys[:6]:
        finish(loop, key)
    loop.deliver()
    for key in keys[6:11]:
        loop.accept(key)
    for number, key in enumerate(keys[11:23]):
        loop.decline(key, "not_eligible" if number < 7 else "no_capacity")
    for key in keys[23:28]:
        loop.waitlist(key)
    shown = one(table(civil, f"/statistics/referrals?lang=zh&{MARCH}"))
    assert {name: shown[name] for name in shown if "平均" not in name} == {
        "转出 人次": "33", "服务对象 人": "33", "签收 人次": "33", "待答复 人次": "5", "轮候 人次": "5",
        "受理 人次": "11", "不受理 人次": "12", "撤回或过期 人次": "0", "超时未答 人次": "0",
        "办结 人次": "6", "中途终止 人次": "0", "服务 人": "6", "服务 人次": "18", "达成率 %": "100.0",
    }  # fmt: skip
    reasons = one(table(civil, f"/statistics/declines?lang=zh&{MARCH}"))
    assert reasons == {"不受理 人次": "12", "服务对象 人": "12", "不符合准入条件 人次": "7", "容量不足 人次": "5"}


def test_table_c_counts_places_who_waits_how_long_and_when_it_was_confirmed(
    signed_in_as: Visit, loop: Loop, hub: Hub
) -> None:
    offering = loop.offering(places=6)
    keys = [loop.sent(serial=serial, offering_id=offering)[1].id for serial in range(1, 9)]
    loop.deliver()
    for key in keys[:3]:
        loop.accept(key)
    for key in keys[3:]:
        loop.waitlist(key)
    assert signed_in_as("partner").post(f"/places/{offering}/confirm", {}).status_code == 303
    hub.clock.set(hub.clock.now() + timedelta(days=4))  # type: ignore[attr-defined]
    assert one(table(signed_in_as("civil"), "/statistics/capacity?lang=zh")) == {
        "名额 个": "6", "在用 个": "3", "空闲 个": "3", "轮候 人": "5", "平均已等 天": "4.0", "名额确认距今 天": "4.0",
    }  # fmt: skip


def test_table_e_tells_results_by_their_declared_values_and_never_lumps_the_few_together(
    civil: Browser, loop: Loop
) -> None:
    offering = loop.offering()
    for serial in range(1, 8):
        finish(loop, loop.sent(serial=serial, offering_id=offering)[1].id)
    shown = table(civil, f"/statistics/results?lang=zh&{MARCH}")
    found = {label.split(" · ", 1)[1]: cells for label, cells in shown.items() if " · " in label}
    assert found["已就业 · 是"] == {"人次 人次": "7", "其中总数 人次": "7", "占比 %": "100.0", "数量": ""}
    assert "已就业 · 否" not in found
    assert (found["次"]["人次 人次"], found["次"]["数量"]) == ("21", "21")


def test_table_f_counts_how_clients_were_asked_and_what_they_answered(
    civil: Browser, signed_in_as: Visit, loop: Loop, hub: Hub, staff: World
) -> None:
    offering = loop.offering()
    given = [loop.consent(loop.case(serial=serial), offering).id for serial in range(1, 13)]
    for serial in range(21, 27):
        case = loop.case(serial=serial)
        with hub.transaction(case.worker) as session:
            refuse_consent(session, loop.request(case, offering), by=case.worker, at=loop.at)
    for key in given[:5]:
        loop.withdraw(key)
    supervisor = staff.supervisor
    for serial in range(31, 36):
        with hub.transaction(supervisor) as session:
            record_other_basis(
                session, loop.request(loop.case(serial=serial), offering), basis="emergency", article="第十八条",
                reason="突发疾病", by=supervisor, at=loop.at,
            )  # fmt: skip
    assert one(table(civil, f"/statistics/consents?lang=zh&{MARCH}")) == {
        "征求 人次": "23", "服务对象 人": "23", "同意 人次": "17", "不同意 人次": "6", "撤回 人次": "5",
        "紧急提供 人次": "5", "补告知逾期 人次": "0",
    }  # fmt: skip
    hub.clock.set(hub.clock.now() + timedelta(days=4))  # type: ignore[attr-defined]
    later = signed_in_as("civil")
    assert one(table(later, f"/statistics/consents?lang=zh&{MARCH}"))["补告知逾期 人次"] == "5"
    words = words_of(later.get(f"/statistics/consents?lang=zh&{MARCH}").text)
    assert "不同意率 26.1% = 6（不同意） ÷ 23（征求）" in words


def test_each_new_table_comes_as_a_file(civil: Browser, loop: Loop) -> None:
    loop.sent(serial=1, offering_id=loop.offering(places=3))
    for key in ("declines", "consents", "results"):
        answer = civil.post(f"/statistics/{key}/excel", {"purpose": "季度上报", "from": "2026-03", "to": "2026-03"})
        assert answer.headers["content-disposition"] == f'attachment; filename="{key}-202603-202603.xlsx"'
