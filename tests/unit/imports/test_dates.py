"""Dates as registers hold them."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, to_excel

from referral_hub.importing.dates import Range, read_date, read_range
from referral_hub.importing.values import CellFault, Value
from referral_hub.text import ValidationIssue

DAY = date(2026, 3, 5)
DAYS = st.dates(date(1930, 1, 1), date(2098, 12, 31))
WAYS = [
    "{0.year}-{0.month:02}-{0.day:02}",
    "{0.year}.{0.month}.{0.day}",
    "{0.year}. {0.month}. {0.day}.",
    "{0.year}/{0.month}/{0.day}",
    "{0.year}年{0.month}月{0.day}日",
    "{0.year} 年 {0.month} 月 {0.day} 日",
    "{0.year}{0.month:02}{0.day:02}",
    "{0.year}-{0.month:02}-{0.day:02} 00:00:00",
    "{0.year}、{0.month}、{0.day}",
]
BETWEEN = ["至", "到", "-", "--", "—", "——", "–", "~", "～", " 至 ", " - ", "－", "\n", "起至"]
FULL_WIDTH = str.maketrans("0123456789./-", "０１２３４５６７８９．／－")


@given(day=DAYS, way=st.sampled_from(WAYS), wide=st.booleans())
def test_every_way_of_writing_a_date_reads_the_same(day: date, way: str, wide: bool) -> None:
    text = way.format(day)
    assert read_date(text.translate(FULL_WIDTH) if wide else text, WINDOWS_EPOCH) == day


@given(day=DAYS, mac=st.booleans(), as_text=st.booleans())
def test_day_numbers_are_read_by_the_epoch_of_the_workbook(day: date, mac: bool, as_text: bool) -> None:
    epoch = MAC_EPOCH if mac else WINDOWS_EPOCH
    number = int(to_excel(day, epoch))  # type: ignore[no-untyped-call]
    value: Value = str(number) if as_text and len(str(number)) == 5 else number
    assert read_date(value, epoch) == day


@given(
    days=st.lists(DAYS, min_size=2, max_size=2).map(sorted),
    way=st.sampled_from(WAYS[:-2]),
    between=st.sampled_from(BETWEEN),
)
def test_every_way_of_writing_two_dates_reads_the_same(days: list[date], way: str, between: str) -> None:
    text = way.format(days[0]) + between + way.format(days[1])
    assert read_range(text, WINDOWS_EPOCH) == Range(days[0], days[1])


@pytest.mark.parametrize(
    "value", [datetime.fromisoformat("2026-03-05T08:30"), DAY, 20260305, 20260305.0, 46086, "46086", "'2026-03-05"]
)
def test_date_cells_and_numbers_are_read(value: Value) -> None:
    assert read_date(value, WINDOWS_EPOCH) == DAY


@pytest.mark.parametrize("value", [None, "", " ", "/", "-", "——", "无", "空"])
def test_a_stroke_is_nothing(value: Value) -> None:
    assert read_date(value, WINDOWS_EPOCH) is None
    assert read_range(value, WINDOWS_EPOCH) is None


@pytest.mark.parametrize("text", ["2026.3.5至今", "2026年3月5日起至今", "2026-03-05", "自2026.3.5起", "2026.3.5-长期"])
def test_a_range_may_be_open(text: str) -> None:
    assert read_range(text, WINDOWS_EPOCH) == Range(DAY, None)


@pytest.mark.parametrize(
    "text", ["2026.3.5-2029.3.4（三年）", "2026.3.5至2029.3.4共36个月", "起：2026.3.5 止：2029.3.4"]
)
def test_the_length_may_stand_beside_the_dates(text: str) -> None:
    assert read_range(text, WINDOWS_EPOCH) == Range(DAY, date(2029, 3, 4))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("2026.2.30", "没有这一天"),
        ("2026-13-01", "没有这一天"),
        ("20261301", "没有这一天"),
        ("2026.3", "没有写到日"),
        ("2026年3月", "没有写到日"),
        ("26.3.5", "无法识别"),
        ("3月5日", "无法识别"),
        ("大约2026.3.5", "无法识别"),
        ("三月", "无法识别"),
        (12, "无法识别"),
        (12.5, "无法识别"),
        (True, "无法识别"),
        (99999999999, "无法识别"),
        ("2026.3.5-2029.3.4", "无法识别"),
        (CellFault("error", "#N/A"), "无法识别"),
    ],
)
def test_what_is_no_date_is_reported(value: Value, told: str) -> None:
    mistake = read_date(value, WINDOWS_EPOCH)
    assert isinstance(mistake, ValidationIssue)
    assert told in mistake.reason.zh
    assert "2026-03-05" in mistake.fix.zh


def test_a_range_that_ends_before_it_starts_is_reported() -> None:
    mistake = read_range("2029.3.4-2026.3.5", WINDOWS_EPOCH)
    assert isinstance(mistake, ValidationIssue)
    assert "早于" in mistake.reason.zh


def test_three_dates_in_one_cell_are_reported() -> None:
    mistake = read_range("2026.3.5-2027.3.5-2028.3.5", WINDOWS_EPOCH)
    assert isinstance(mistake, ValidationIssue)
    assert "至" in mistake.fix.zh
