from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from referral_hub.i18n import Language
from referral_ui.deadlines import deadline
from referral_ui.formats import (
    format_ago,
    format_date,
    format_day,
    format_month,
    format_number,
    format_percent,
    format_when,
    format_yuan,
)
from referral_ui.i18n import gettext, ngettext, use_locale

# Monday 2 March 2026, 10:00 in Shanghai.
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.fixture
def in_chinese() -> Iterator[None]:
    with use_locale("zh", NOW):
        yield


@pytest.fixture
def in_english() -> Iterator[None]:
    with use_locale("en", NOW):
        yield


def test_dates_are_written_as_each_language_writes_them() -> None:
    day = date(2026, 3, 5)
    with use_locale("zh", NOW):
        assert (format_date(day), format_day(day), format_month(day)) == ("2026-03-05", "2026年3月5日", "2026年3月")
    with use_locale("en", NOW):
        assert (format_date(day), format_day(day), format_month(day)) == ("2026-03-05", "5 Mar 2026", "Mar 2026")


def test_a_moment_is_shown_as_a_clock_in_china_shows_it(in_chinese: None) -> None:
    late = datetime(2026, 3, 2, 17, 30, tzinfo=UTC)
    assert format_when(late) == "2026-03-03 01:30"
    assert format_date(late) == "2026-03-03"


def test_nothing_is_written_for_what_is_not_known() -> None:
    for write in (format_date, format_day, format_month, format_when, format_ago, format_number, format_yuan):
        assert write(None) == ""


@pytest.mark.parametrize(
    ("ago", "zh", "en"),
    [
        (timedelta(seconds=20), "刚刚", "just now"),
        (timedelta(minutes=1), "1 分钟前", "1 minute ago"),
        (timedelta(minutes=59), "59 分钟前", "59 minutes ago"),
        (timedelta(hours=5), "5 小时前", "5 hours ago"),
        (timedelta(days=1), "1 天前", "1 day ago"),
        (timedelta(days=30), "2026年1月31日", "31 Jan 2026"),
    ],
)
def test_how_long_ago_is_said_in_words(ago: timedelta, zh: str, en: str) -> None:
    said: dict[Language, str] = {"zh": zh, "en": en}
    for language, words in said.items():
        with use_locale(language, NOW):
            assert format_ago(NOW - ago) == words


@pytest.mark.parametrize(
    ("fen", "zh", "en"),
    [
        (0, "0.00 元", "¥0.00"),
        (5, "0.05 元", "¥0.05"),
        (123456789, "1,234,567.89 元", "¥1,234,567.89"),
        (-2550, "-25.50 元", "¥-25.50"),
    ],
)
def test_fen_are_written_as_yuan_without_losing_one(fen: int, zh: str, en: str) -> None:
    with use_locale("zh", NOW):
        assert format_yuan(fen) == zh
    with use_locale("en", NOW):
        assert format_yuan(fen) == en


def test_numbers_and_shares(in_chinese: None) -> None:
    assert format_number(1234567) == "1,234,567"
    assert format_number(2.5, 1) == "2.5"
    assert format_percent(0.873) == "87%"


@pytest.mark.parametrize(
    ("due", "working_days", "pressure", "text"),
    [
        (NOW - timedelta(minutes=5), None, "late", "已超时 1 小时"),
        (NOW - timedelta(hours=30), None, "late", "已超时 1 天"),
        (NOW + timedelta(minutes=20), None, "soon", "不到 1 小时"),
        (NOW + timedelta(hours=5, minutes=10), None, "soon", "还剩 5 小时"),
        (NOW + timedelta(days=2, hours=1), 2, "later", "还剩 2 个工作日"),
        (NOW + timedelta(days=3, hours=1), 1, "soon", "还剩 1 个工作日"),
        (NOW + timedelta(days=9), None, "later", "还剩 9 天"),
        (date(2026, 3, 2), None, "soon", "今天到期"),
        (date(2026, 3, 1), None, "late", "已超时 10 小时"),
        (date(2026, 2, 22), None, "late", "已超时 8 天"),  # 7 days and 10 hours after its midnight
        (date(2026, 3, 9), None, "later", "还剩 7 天"),
    ],
)
def test_a_deadline_says_how_much_is_left(
    in_chinese: None, due: date | datetime, working_days: int | None, pressure: str, text: str
) -> None:
    left = deadline(due, working_days)
    assert left is not None
    assert (left.pressure, left.text) == (pressure, text)


def test_no_deadline_no_words(in_chinese: None) -> None:
    assert deadline(None) is None


def test_english_counts_one_and_many(in_english: None) -> None:
    one, many = deadline(NOW - timedelta(days=1, hours=1)), deadline(NOW - timedelta(days=3))
    assert one is not None
    assert many is not None
    assert (one.text, many.text) == ("1 day late", "3 days late")
    assert ngettext("还剩 %(n)s 天", "还剩 %(n)s 天", 1) == "%(n)s day left"


def test_outside_a_page_the_language_is_chinese() -> None:
    assert gettext("退出登录") == "退出登录"
    with use_locale("en", NOW):
        assert gettext("退出登录") == "Sign out"
    assert gettext("退出登录") == "退出登录"
