"""Excel files, read back with openpyxl as Excel would."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO
from uuid import UUID

import psycopg
import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from tests.factories import client
from tests.world import World

from referral_hub import api
from referral_hub.actor import system_actor
from referral_hub.assistance.actions import add_fund, grant
from referral_hub.assistance.values import Applicant, Decision
from referral_hub.errors import NotAllowed
from referral_hub.exporting import files
from referral_hub.exporting.errors import ExportTooLarge, PurposeMissing
from referral_hub.exporting.files import File, export_ledger, export_tables
from referral_hub.exporting.sheet import Column, Sheet, Stamp, write_workbook
from referral_hub.hub import Hub
from referral_hub.views.civil.aid import assistance_table
from referral_hub.views.civil.ledger import LedgerFilter
from referral_hub.views.civil.periods import months_from
from referral_hub.views.civil.referred import referral_table

MARCH = months_from(date(2026, 3, 1), 1)
ALL_MARCH = LedgerFilter(since=MARCH.since, until=MARCH.until)


def give(hub: Hub, world: World, serial: int, type_: str, fen: int, **values: object) -> None:
    with hub.transaction(system_actor()) as session:
        grant(
            session, organisation_id=world.civil.organisation_id or UUID(int=0),
            assistance=api.Assistance(type=type_, unit="yuan", amount_fen=fen, fund="petty"), by=system_actor(),
            case_id=client(hub, world.worker, serial=serial).id, office_id=world.office_id, at=hub.clock.now(),
            **values,  # type: ignore[arg-type]
        )  # fmt: skip


def opened(file: File, name: str) -> Worksheet:
    page = load_workbook(BytesIO(file.content))[name]
    assert isinstance(page, Worksheet)
    return page


def texts_of(page: Worksheet) -> list[str]:
    return [str(value) for row in page.iter_rows(values_only=True) for value in row if value is not None]


def foot_of(page: Worksheet) -> str:
    assert page.oddFooter is not None
    return str(page.oddFooter.left.text)


def column(page: Worksheet, letter: str) -> list[object]:
    return [cell.value for cell in page[letter]]


def test_tables_open_with_header_cut_off_watermark_notes_and_real_numbers(
    hub: Hub, world: World, owner: psycopg.Connection
) -> None:
    for serial in range(1, 8):
        give(hub, world, serial, "medical", 12_345)
    for serial in range(8, 10):
        give(hub, world, serial, "education", 500)
    for serial in range(10, 20):
        give(hub, world, serial, "housing", 100_000)
    with hub.transaction(world.civil) as session:
        tables = [
            assistance_table(session, period=MARCH, at=hub.clock.now()),
            referral_table(session, period=MARCH, at=hub.clock.now()),
        ]
        file = export_tables(
            session, tables, purpose="  月报  报送 ", language="zh", by=world.civil, at=hub.clock.now()
        )
    page = opened(file, "救助发放情况")
    first = column(page, "A")
    assert first[:4] == [
        "救助发放情况", "期间：2026-03-01 至 2026-03-31", "截止时间：2026-03-02 10:00",
        "导出人：孙丽　时间：2026-03-02 10:00　用途：月报 报送",
    ]  # fmt: skip
    assert first[5] == "救助类型"
    assert any(str(line).startswith("1–4人显示为“<5”") for line in first)
    headings = [cell.value for cell in page[6]]
    rows = {row[0]: dict(zip(headings, row, strict=True)) for row in page.iter_rows(min_row=7, values_only=True)}
    assert rows["教育救助"]["批准（人）"] == "<5"
    assert rows["教育救助"]["金额（元）"] == "—"
    assert rows["住房救助"]["批准（人）"] == 10
    assert rows["合计"]["申请（人次）"] == 19
    assert foot_of(page).startswith("导出人：孙丽")
    assert page.freeze_panes == "B7"
    assert "受理率" in str(column(opened(file, "转介情况"), "A"))
    assert file.name == "assistance-202603-202603.xlsx"
    recorded = owner.execute("SELECT reason, details FROM audit_entry WHERE action = 'export.table'").fetchone()
    assert recorded == ("月报 报送", {"tables": ["assistance", "referrals"]})


def test_the_ledger_file_is_masked_and_has_the_columns_an_office_keeps(hub: Hub, world: World) -> None:
    with hub.transaction(world.civil) as session:
        add_fund(
            session, organisation_id=world.civil.organisation_id or UUID(int=0), name="=备用金", source="petty",
            year=2026, budget_fen=10**9, by=world.civil, at=hub.clock.now(),
        )  # fmt: skip
    give(
        hub, world, 1, "medical", 12_345, applicant=Applicant("张秀英", "13800000001", "H20260001"),
        decision=Decision(hardship="illness", note="家里的情况", pay_way="bank"),
    )  # fmt: skip
    with hub.transaction(world.civil) as session:
        file = export_ledger(session, ALL_MARCH, purpose="核对", language="zh", by=world.civil, at=hub.clock.now())
        whole = export_ledger(
            session, ALL_MARCH, purpose="核对", language="zh", remarks=True, by=world.civil, at=hub.clock.now()
        )
    page = opened(file, "救助台账")
    texts = texts_of(page)
    assert not any("家里" in text or text == "备注" for text in texts)
    texts = texts_of(opened(whole, "救助台账"))
    assert "张**" in texts
    assert "138****0001" in texts
    assert "123.45" in texts
    assert not any(secret in text for text in texts for secret in ("秀英", "13800000001", "H20260001"))
    for heading in (
        "序号", "受理日期", "申请人", "户号", "家庭人口", "地区代码", "联系电话",
        "来源", "救助类型", "困难原因", "申请事项", "调查人", "调查日期", "公示开始",
        "公示结束", "审批单位", "审批结果", "审批日期", "金额或折价（元）", "资金", "发放日期",
        "发放方式", "凭证号", "回访日期", "回访结果", "经办人", "备注",
    ):  # fmt: skip
        assert heading in texts
    assert "家里的情况" in texts
    (fund,) = [cell for row in page.iter_rows() for cell in row if cell.value == "=备用金"]
    assert (fund.data_type, fund.quotePrefix) == ("s", True)


def test_a_ledger_of_several_pages_is_exported_whole(hub: Hub, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_PAGE", 2)
    for serial in range(1, 6):
        give(hub, world, serial, "medical", serial * 100)
    with hub.transaction(world.civil) as session:
        file = export_ledger(session, ALL_MARCH, purpose="check", language="en", by=world.civil, at=hub.clock.now())
    amounts = [value for value in column(opened(file, "Assistance ledger"), "V") if isinstance(value, int | float)]
    assert sorted(amounts) == [1, 2, 3, 4, 5]


def test_a_file_too_large_without_purpose_or_for_someone_else_is_refused(
    hub: Hub, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LEDGER_LIMIT", 1)
    for serial in (1, 2):
        give(hub, world, serial, "medical", 100)
    at = hub.clock.now()
    with hub.transaction(world.civil) as session:
        with pytest.raises(ExportTooLarge) as refused:
            export_ledger(session, ALL_MARCH, purpose="核对", language="zh", by=world.civil, at=at)
        assert refused.value.details == {"rows": 2, "limit": 1}
        for purpose in ("", " 核 ", "长" * 41):
            with pytest.raises(PurposeMissing):
                export_ledger(session, ALL_MARCH, purpose=purpose, language="zh", by=world.civil, at=at)
    with hub.transaction(world.worker) as session, pytest.raises(NotAllowed):
        export_ledger(session, ALL_MARCH, purpose="核对", language="zh", by=world.worker, at=at)


def test_control_characters_and_formulas_stay_harmless_text(hub: Hub) -> None:
    stamp = Stamp("甲&乙", hub.clock.now(), "=cmd()")
    sheet = Sheet("a/b", [], [Column("=x"), Column("n", 2)], [["@\x07x", Decimal("1.5")], [None, 3]])
    page = load_workbook(BytesIO(write_workbook([sheet], stamp, language="en")))["a b"]
    assert page["A4"].value == "=x"
    assert page["A4"].data_type == "s"
    assert page["A5"].value == "@x"
    assert page["B5"].number_format == "#,##0.00"
    assert "甲&&乙" in foot_of(page)
