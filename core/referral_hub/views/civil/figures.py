"""Figures as they may be shown, and tables made of them: ready for a page, a chart and Excel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import msgspec

from referral_hub.i18n import Label, untranslated

Unit = Literal["person", "household", "time", "household_time", "piece", "yuan", "day", "percent", "place", "quantity"]

UNIT_WORDS: dict[Unit, Label] = {
    "person": Label(zh="人", en="persons"),
    "household": Label(zh="户", en="households"),
    "time": Label(zh="人次", en="times"),
    "household_time": Label(zh="户次", en="household-times"),
    "piece": Label(zh="件", en="cases"),
    "yuan": Label(zh="元", en="yuan"),
    "day": Label(zh="天", en="days"),
    "percent": untranslated("%"),
    "place": Label(zh="个", en="places"),
    "quantity": untranslated(""),
}
SUPPRESSED = "<5"
WITHHELD = "—"
DECIMALS: dict[Unit, int] = {"yuan": 2, "day": 1, "percent": 1, "quantity": 2}


class Figure(msgspec.Struct, frozen=True):
    """One number, or why it is not shown: `few` is one to four, `withheld` any number, `none` has no meaning here.

    Amounts are yuan. A withheld figure says nothing: it may be hidden only to protect another (R37).
    """

    state: Literal["shown", "few", "withheld", "none"]
    value: Decimal | None = None

    def text(self, unit: Unit = "time") -> str:
        """As a table cell shows it: `1,234.50`, `<5`, `—`, or nothing."""
        if self.state == "few":
            return SUPPRESSED
        if self.value is None:
            return WITHHELD if self.state == "withheld" else ""
        if unit == "quantity" and self.value == self.value.to_integral_value():
            return f"{self.value:,.0f}"
        return f"{self.value:,.{DECIMALS.get(unit, 0)}f}"


NONE = Figure("none")
HIDDEN = Figure("withheld")
ZERO = Figure("shown", Decimal())


class Measure(msgspec.Struct, frozen=True):
    """One column of figures, in one unit: units are never mixed (R36)."""

    key: str
    label: Label
    unit: Unit


class Line(msgspec.Struct, frozen=True):
    """One row of a table: figures by the key of their measure."""

    key: str
    label: Label
    figures: Mapping[str, Figure]


class Indicator(msgspec.Struct, frozen=True):
    """A rate with what it is made of (R36). Not shown unless both parts are."""

    key: str
    label: Label
    numerator: Figure
    denominator: Figure
    numerator_label: Label
    denominator_label: Label

    @property
    def percent(self) -> Figure:
        """The rate in per cent."""
        if self.numerator.value is None or self.denominator.value is None:
            return HIDDEN
        return share(self.numerator.value, self.denominator.value)


class Table(msgspec.Struct, frozen=True):
    """A protected table for whole months from `since` to `until`, as things stood at `cut_off`."""

    key: str
    title: Label
    rows_by: str
    rows_label: Label
    measures: Sequence[Measure]
    lines: Sequence[Line]
    total: Line
    indicators: Sequence[Indicator]
    notes: Sequence[Label]
    since: date
    until: date
    cut_off: datetime

    def series(self, measure: str) -> list[float | None]:
        """One measure down the lines, for a chart; None where it is not shown."""
        figures = (line.figures[measure] for line in self.lines)
        return [None if figure.value is None else float(figure.value) for figure in figures]

    @property
    def hides_something(self) -> bool:
        """Whether any figure is withheld, so that the page explains why."""
        return any(
            figure.state in ("few", "withheld")
            for line in (*self.lines, self.total)
            for figure in line.figures.values()
        )


def share(part: Decimal, whole: Decimal) -> Figure:
    """A share in per cent, to one decimal; of nothing there is none."""
    return Figure("shown", round(part * 100 / whole, 1)) if whole else NONE


def add(figures: Sequence[Figure]) -> Figure:
    """The sum, if every part is shown."""
    values = [figure.value for figure in figures]
    if any(value is None for value in values):
        return HIDDEN
    return Figure("shown", sum((value for value in values if value is not None), Decimal()))


SUPPRESSION = Label(
    zh="1–4人显示为“<5”；“—”表示为保护个人信息不显示，可能是任意数。不足5人或一人占八成以上的金额不显示。",
    en="“<5” stands for one to four persons; “—” is withheld to protect personal information and may be any "
    "number. Amounts are withheld where fewer than five persons received them or one person received more than "
    "80 per cent.",
)
PLACES = Label(
    zh="名额不是人数，如实显示；轮候人数按人保护。",
    en="Places are not persons and are shown as they are; numbers of people waiting are protected.",
)
DISTINCT = Label(
    zh="“人”“户”按不重复计，各行相加可能大于合计；“人次”可以相加。",
    en="Persons and households are each counted once, so the rows may add up to more than the total; attendances "
    "can be added.",
)
STATUS_NOTE = Label(
    zh="按转介发出月份统计，状态为截止时间的状态。",
    en="Counted by the month in which the referral was sent; the status is that at the cut-off.",
)
UNKNOWN = Label(
    zh="机构或模块已不在、由转出机构结束的，结果记为“不明”，计入总数，不算达成。",
    en="Where the provider or module was no longer available and the sender ended the referral, the outcome is "
    "“unknown”: it is included in totals but never counted as a goal met.",
)
CORRECTED = Label(
    zh="金额为更正后的数额，计入决定所在月份。",
    en="Amounts are after corrections and are counted in the month of the decision.",
)
