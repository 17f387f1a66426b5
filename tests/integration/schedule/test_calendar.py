from __future__ import annotations

from datetime import date

import pytest
from tests.world import MONDAY

from referral_hub.actor import system_actor
from referral_hub.calendar.clock import end_of
from referral_hub.errors import Invalid
from referral_hub.hub import Hub
from referral_hub.importing.holidays import load_days, read_days

NOTICE = ["日期,安排,说明", "2026-03-03,休息,临时放假", "2026-03-07,上班", ""]


def test_a_notice_is_read_with_its_heading_and_its_empty_lines() -> None:
    assert read_days(NOTICE) == {date(2026, 3, 3): (False, "临时放假"), date(2026, 3, 7): (True, None)}


@pytest.mark.parametrize("line", ["2026-13-01,休息", "2026-03-03,也许", "2026-03-03"])
def test_a_line_that_is_not_understood_is_named(line: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_days([*NOTICE[:3], line])
    assert "第 4 行" in refusal.value.label.zh
    assert "Line 4" in refusal.value.label.en


def test_loaded_days_count_from_then_on_and_a_later_notice_replaces_them(hub: Hub) -> None:
    by = system_actor(via="cli")
    with hub.transaction(by) as session:
        assert session.work_calendar.after(MONDAY, 1) == end_of(date(2026, 3, 3))
        assert load_days(session, read_days(NOTICE), by=by, at=MONDAY) == 2
        assert session.work_calendar.after(MONDAY, 1) == end_of(date(2026, 3, 4))
        load_days(session, read_days(["2026-03-03,working"]), by=by, at=MONDAY)
        assert session.work_calendar.after(MONDAY, 1) == end_of(date(2026, 3, 3))
