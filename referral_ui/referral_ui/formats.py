"""How dates, numbers and money are written, in the language of the page. All are filters or functions in templates."""

from __future__ import annotations

from datetime import date, datetime

from referral_hub.calendar.clock import end_of, local_date, local_datetime
from referral_ui.i18n import current_language, current_time, gettext, ngettext

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MINUTE = 60
_HOUR = 3600
_DAY = 86400
_DAYS_SAID_AS_AGO = 7


def today() -> date:
    """The local date of the request."""
    return local_date(current_time())


def format_date(value: date | datetime | None) -> str:
    """`2026-03-05`, for tables. Nothing for None."""
    if value is None:
        return ""
    return (local_date(value) if isinstance(value, datetime) else value).isoformat()


def format_day(value: date | datetime | None) -> str:
    """`2026年3月5日` or `5 Mar 2026`, for sentences."""
    if value is None:
        return ""
    day = local_date(value) if isinstance(value, datetime) else value
    if current_language() == "en":
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"


def format_month(value: date | None) -> str:
    """`2026年3月` or `Mar 2026`."""
    if value is None:
        return ""
    if current_language() == "en":
        return f"{_MONTHS[value.month - 1]} {value.year}"
    return f"{value.year}年{value.month}月"


def format_when(value: datetime | None) -> str:
    """`2026-03-05 14:30`, in China's time."""
    return "" if value is None else local_datetime(value).strftime("%Y-%m-%d %H:%M")


def format_since(value: datetime | None) -> str:
    """`10:40` today, else with the day: from when something is so, in China's time."""
    if value is None:
        return ""
    local = local_datetime(value)
    return local.strftime("%H:%M") if local.date() == today() else local.strftime("%Y-%m-%d %H:%M")


def format_ago(value: datetime | None) -> str:
    """`刚刚`, `5 分钟前`, `3 小时前`, `2 天前`; older than a week as a date."""
    if value is None:
        return ""
    seconds = int((current_time() - value).total_seconds())
    if seconds < _MINUTE:
        return gettext("刚刚")
    if seconds < _HOUR:
        count = seconds // _MINUTE
        return ngettext("%(n)s 分钟前", "%(n)s 分钟前", count) % {"n": count}
    if seconds < _DAY:
        count = seconds // _HOUR
        return ngettext("%(n)s 小时前", "%(n)s 小时前", count) % {"n": count}
    days = seconds // _DAY
    if days <= _DAYS_SAID_AS_AGO:
        return ngettext("%(n)s 天前", "%(n)s 天前", days) % {"n": days}
    return format_day(value)


def format_number(value: float | None, decimals: int = 0) -> str:
    """`12,345`; with `decimals` places after the point. Nothing for None."""
    return "" if value is None else f"{value:,.{decimals}f}"


def format_percent(value: float | None, decimals: int = 0) -> str:
    """A share between 0 and 1 as `87%`."""
    return "" if value is None else f"{value * 100:.{decimals}f}%"


def format_yuan(fen: int | None) -> str:
    """An amount in fen as `1,250.00 元` or `¥1,250.00`. Nothing for None."""
    if fen is None:
        return ""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    amount = f"{sign}{fen // 100:,}.{fen % 100:02d}"
    return f"¥{amount}" if current_language() == "en" else f"{amount} 元"


def moment(value: date | datetime) -> datetime:
    """What a deadline counts down to: the moment itself, or the end of a date in China."""
    return value if isinstance(value, datetime) else end_of(value)
