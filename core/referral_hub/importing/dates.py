"""Dates as registers hold them: real dates, Excel's day numbers, and the many ways of writing one."""

from __future__ import annotations

import re
from datetime import date, datetime

import msgspec
from openpyxl.utils.datetime import from_excel

from referral_hub.calendar.periods import BACKWARDS
from referral_hub.i18n import Label
from referral_hub.importing.values import CellFault, Value
from referral_hub.text import ValidationIssue, plain

_FIRST_SERIAL, _LAST_SERIAL = 7_000, 73_050  # 1919 to 2099
_WRITTEN = re.compile(
    r"(?P<y>(?:18|19|20)\d{2})\s*[-./\\年,，、]\s*(?P<m>\d{1,2})\s*[-./\\月,，、]\s*(?P<d>\d{1,2})(?!\d)\s*[日号]?"
    r"|(?<!\d)(?P<cy>(?:18|19|20)\d{2})(?P<cm>\d{2})(?P<cd>\d{2})(?!\d)"
)
_CLOCK = re.compile(r"[T ]*\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?")
_BETWEEN = re.compile(r"^[\s至到起止自从~～〜∼—–−―‐\-_.,，、;；:：()（）]*$")
_OPEN_END = re.compile(r"至今|今$|长期|无固定期限|未定|不详")
_LENGTH = re.compile(r"共?([一二三两]|\d{1,2})(年|个月)")  # 2024.3.1-2027.2.28（三年）
_NOTHING = re.compile(r"^[\s/\\\-—–无空]*$")
_DAY_NUMBER = re.compile(r"\d{5}(\.0+)?")
_YEAR_AND_MONTH = re.compile(r"\d{4}\s*[-./年]\s*\d{1,2}\s*月?\s*")

_AS_DATE = Label(
    zh="请写成年月日，例如2026-03-05。",
    en="Write year, month and day, such as 2026-03-05.",
)
_AS_RANGE = Label(
    zh="请写成起止两个日期，例如2026-03-05至2029-03-04。",
    en="Write both dates, such as 2026-03-05至2029-03-04.",
)
UNREADABLE = ValidationIssue(Label(zh="无法识别这个日期。", en="The date is not recognised."), _AS_DATE)
NO_SUCH_DAY = ValidationIssue(Label(zh="没有这一天。", en="There is no such day."), _AS_DATE)
NO_DAY = ValidationIssue(Label(zh="日期没有写到日。", en="The date has no day."), _AS_DATE)
UNREADABLE_RANGE = ValidationIssue(Label(zh="无法识别起止日期。", en="The dates are not recognised."), _AS_RANGE)


class Range(msgspec.Struct, frozen=True):
    """From a day to a day, both counted in; an end that is not known is None."""

    start: date | None
    end: date | None


def read_date(value: Value, epoch: datetime) -> date | ValidationIssue | None:
    """One date. `epoch` is the workbook's day zero. None: the cell holds nothing, or a stroke for nothing."""
    dates = _dates(value, epoch)
    if isinstance(dates, ValidationIssue):
        return dates
    if len(dates) > 1:
        return UNREADABLE
    return dates[0] if dates else None


def read_range(value: Value, epoch: datetime) -> Range | ValidationIssue | None:
    """Two dates in one cell, or one with “至今”. One date alone is taken for the start."""
    dates = _dates(value, epoch)
    if isinstance(dates, ValidationIssue):
        return UNREADABLE_RANGE if dates is UNREADABLE else dates
    if not dates:
        return None
    if len(dates) > 2:
        return UNREADABLE_RANGE
    start, end = dates[0], dates[1] if len(dates) == 2 else None
    if end and end < start:
        return BACKWARDS
    return Range(start, end)


def _dates(value: Value, epoch: datetime) -> list[date] | ValidationIssue:
    if value is None:
        return []
    if isinstance(value, datetime):
        return [value.date()]
    if isinstance(value, date):
        return [value]
    if isinstance(value, bool | CellFault) or not isinstance(value, str | int | float):
        return UNREADABLE
    if isinstance(value, int | float):
        return _from_number(value, epoch)
    return _from_text(plain(value).lstrip("'‘’"), epoch)


def _from_number(value: float, epoch: datetime) -> list[date] | ValidationIssue:
    if _FIRST_SERIAL <= value <= _LAST_SERIAL:
        day = from_excel(value, epoch)
        return [day.date()] if isinstance(day, datetime) else UNREADABLE
    if value == int(value):
        return _from_text(str(int(value)), epoch)
    return UNREADABLE


def _from_text(text: str, epoch: datetime) -> list[date] | ValidationIssue:
    if _NOTHING.match(text):
        return []
    if _DAY_NUMBER.fullmatch(text):
        return _from_number(int(float(text)), epoch) if _FIRST_SERIAL <= float(text) <= _LAST_SERIAL else UNREADABLE
    text = _CLOCK.sub("", text)
    found = list(_WRITTEN.finditer(text))
    if not found:
        return NO_DAY if _YEAR_AND_MONTH.fullmatch(text) else UNREADABLE
    rest = _LENGTH.sub("", _OPEN_END.sub("", _WRITTEN.sub(" ", text)))
    if not _BETWEEN.match(rest):
        return UNREADABLE
    try:
        return [_day(match) for match in found]
    except ValueError:
        return NO_SUCH_DAY


def _day(match: re.Match[str]) -> date:
    if match["y"]:
        return date(int(match["y"]), int(match["m"]), int(match["d"]))
    return date(int(match["cy"]), int(match["cm"]), int(match["cd"]))
