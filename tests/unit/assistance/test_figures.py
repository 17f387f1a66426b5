from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from referral_hub.assistance.rules import masked, quantity_of, yuan
from referral_hub.assistance.values import Applicant, Balance
from referral_hub.views.civil.figures import HIDDEN, NONE, ZERO, Figure, Unit, add, share
from referral_hub.views.civil.periods import Period, last_months, month_label, month_of, months_from, year_to_date

# 20:00 UTC on the last of February is the first of March in Shanghai.
AT = datetime(2026, 2, 28, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("figure", "unit", "text"),
    [
        (Figure("shown", Decimal(1234)), "person", "1,234"),
        (Figure("shown", Decimal("1234.5")), "yuan", "1,234.50"),
        (Figure("shown", Decimal("2.50")), "day", "2.5"),
        (Figure("shown", Decimal("30.00")), "quantity", "30"),
        (Figure("shown", Decimal("30.25")), "quantity", "30.25"),
        (Figure("few"), "person", "<5"),
        (HIDDEN, "person", "—"),
        (NONE, "person", ""),
        (ZERO, "person", "0"),
    ],
)
def test_a_figure_is_written_as_a_table_shows_it(figure: Figure, unit: Unit, text: str) -> None:
    assert figure.text(unit) == text


def test_a_sum_or_share_of_something_hidden_is_hidden_and_of_nothing_there_is_none() -> None:
    five = Figure("shown", Decimal(5))
    assert add([five, five]) == Figure("shown", Decimal(10))
    assert add([five, HIDDEN]) == HIDDEN
    assert add([five, Figure("few")]) == HIDDEN
    assert share(Decimal(1), Decimal(3)) == Figure("shown", Decimal("33.3"))
    assert share(Decimal(0), Decimal(0)) == NONE


def test_periods_are_whole_months_by_the_office_calendar() -> None:
    assert month_of(AT) == Period(date(2026, 3, 1), date(2026, 3, 31))
    assert last_months(AT, 3) == Period(date(2026, 1, 1), date(2026, 3, 31))
    assert year_to_date(AT) == Period(date(2026, 1, 1), date(2026, 3, 31))
    assert months_from(date(2024, 2, 17), 1).until == date(2024, 2, 29)
    assert last_months(AT, 3).before() == Period(date(2025, 1, 1), date(2025, 3, 31))
    assert last_months(AT, 3).months == ["2026-01", "2026-02", "2026-03"]
    assert month_label("2026-03").text("en") == "Mar 2026"


def test_names_and_numbers_are_masked() -> None:
    shown = masked(Applicant(name="欧阳小明", phone="13800000001", household_number="H1"))
    assert shown == Applicant(name="欧***", phone="138****0001", household_number="**")
    assert masked(Applicant(name="张")).name == "张*"
    assert masked(Applicant()) == Applicant()


def test_money_counted_in_yuan_is_its_own_quantity() -> None:
    assert quantity_of("yuan", Decimal(1), 12_345) == Decimal("123.45")
    assert quantity_of("set", Decimal(3), 12_345) == Decimal(3)
    assert yuan(-123_456) == "-1,234.56"
    assert Balance(budget=100, spent=30, reserved=20).left == 50
