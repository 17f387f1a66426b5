"""How long is left until something is due, in words. Colour on our pages means this and nothing else."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Literal

import msgspec

from referral_hub.calendar.clock import local_date, local_datetime
from referral_ui.formats import moment
from referral_ui.i18n import current_time, gettext, ngettext

Pressure = Literal["late", "soon", "later"]

_SOON = timedelta(hours=24)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


class Deadline(msgspec.Struct, frozen=True):
    """`late` is past, `soon` within a day or one working day, `later` anything else; `text` says how much."""

    pressure: Pressure
    text: str
    due: datetime

    @property
    def last_day(self) -> date:
        """The day on which it can still be met: a deadline at midnight belongs to the day that ends then."""
        return local_date(self.due - timedelta(microseconds=1))

    @property
    def shown(self) -> str:
        """`2026-03-05`, the last day; with the time where it ends in the middle of one: `2026-03-05 14:30`.

        The one way in which a deadline is written, so that both sides of a referral read the same.
        """
        local = local_datetime(self.due)
        return self.last_day.isoformat() if local.time() == time() else local.strftime("%Y-%m-%d %H:%M")


def deadline(due: date | datetime | None, working_days: int | None = None) -> Deadline | None:
    """The words for a due moment, or for the end of a due date. None for None.

    `working_days` is how many are left, where the deadline counts in them (R26): "还剩 2 个工作日".
    """
    if due is None:
        return None
    at = moment(due)
    left = at - current_time()
    if left < timedelta(0):
        return Deadline("late", _late(at), at)
    if left < _SOON and isinstance(due, datetime):
        return Deadline("soon", _hours_left(left), at)
    if working_days is not None:
        words = ngettext("还剩 %(n)s 个工作日", "还剩 %(n)s 个工作日", working_days) % {"n": working_days}
        return Deadline("soon" if working_days <= 1 else "later", words, at)
    days = left // _DAY
    if days == 0:
        return Deadline("soon", gettext("今天到期"), at)
    words = ngettext("还剩 %(n)s 天", "还剩 %(n)s 天", days) % {"n": days}
    return Deadline("soon" if days <= 1 else "later", words, at)


def deadline_shown(due: date | datetime | None) -> str:
    """A deadline as a day, or a day and a time: the filter `due_day`. Nothing for None."""
    left = deadline(due)
    return left.shown if left else ""


def _late(at: datetime) -> str:
    by = current_time() - at
    if by < _DAY:
        hours = max(by // _HOUR, 1)
        return ngettext("已超时 %(n)s 小时", "已超时 %(n)s 小时", hours) % {"n": hours}
    # As anyone counts who reads the day beside it: from the last day until today.
    days = (local_date(current_time()) - local_date(at - timedelta(microseconds=1))).days
    return ngettext("已超时 %(n)s 天", "已超时 %(n)s 天", days) % {"n": days}


def _hours_left(left: timedelta) -> str:
    hours = left // _HOUR
    if hours < 1:
        return gettext("不到 1 小时")
    return ngettext("还剩 %(n)s 小时", "还剩 %(n)s 小时", hours) % {"n": hours}
