"""Reading what the law ordered from a row, for the restricted compartment only (R3, R4)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from referral_hub.calendar.periods import BACKWARDS, day_issue
from referral_hub.i18n import Label
from referral_hub.importing.dates import NO_DAY, Range, read_date, read_range
from referral_hub.importing.header import Header
from referral_hub.importing.row_issues import NO_DAY_TAKEN
from referral_hub.importing.texts import as_text
from referral_hub.importing.values import CellFault, Column, MeasureRead, Value
from referral_hub.importing.wording import read_gone, read_measure_kind, read_measure_status
from referral_hub.text import ValidationIssue

_SAY_KIND = Label(
    zh="请在“措施类型”一列填写：社区戒毒、社区康复、自愿戒毒、维持治疗、后续照管、待报到或无。",
    en="In the column 措施类型 write one of: 社区戒毒, 社区康复, 自愿戒毒, 维持治疗, 后续照管, 待报到, 无.",
)
NO_KIND = ValidationIssue(
    Label(zh="有起止日期，但没有写明是哪种措施。", en="There are dates, but the kind of measure is not stated."),
    _SAY_KIND,
)
ODD_KIND = ValidationIssue(Label(zh="无法识别措施类型。", en="The kind of measure is not recognised."), _SAY_KIND)
ODD_STATUS = ValidationIssue(
    Label(zh="无法识别执行状态，这一格没有读取。", en="The status is not recognised, so this cell was not imported."),
    Label(
        zh="可填：待报到、执行中、中止、终止、解除、变更执行地。",
        en="Possible: 待报到, 执行中, 中止, 终止, 解除, 变更执行地.",
    ),
)
KIND_DIFFERS = ValidationIssue(
    Label(
        zh="措施类型与日期列的列名（或表的标题）不一致。",
        en="The kind differs from the heading of the dates or the title.",
    ),
    Label(zh="请核对是社区戒毒还是社区康复。", en="Check which of the two measures it is."),
)
COMMUNITY_MEASURES = frozenset(("community_treatment", "community_rehabilitation"))
NONE = "none"  # written in the column, and no kind of measure
KIND_UNKNOWN_FOR_ALL = ValidationIssue(
    Label(
        zh="无法判断这些日期属于社区戒毒还是社区康复。",
        en="It is unclear whether these dates belong to community treatment or to community rehabilitation.",
    ),
    Label(
        zh="请在列名里写明，或加一列“措施类型”，或在导入时选择。",
        en="State it in the heading, add a column 措施类型, or choose it when importing.",
    ),
)


class _Tell(Protocol):
    def __call__(self, column: Column, mistake: ValidationIssue, *, blocks: bool = True) -> None: ...


class MeasureReader:
    """Reads the measure of each row. `kind`: the one the whole sheet is about, where heading and row are silent."""

    def __init__(self, header: Header, *, epoch: datetime, today: date, kind: str | None, tell: _Tell) -> None:
        self._dates = [column for column in header.columns if column.index in header.kinds]
        self._kind_column = next((c for c in header.columns if c.field == "measure_kind"), None)
        self._status_column = next((c for c in header.columns if c.field == "measure_status"), None)
        self._kinds = header.kinds
        self._epoch = epoch
        self._today = today
        self._birth_year: int | None = None
        self._kind = kind
        self._tell = tell

    def read(self, cells: tuple[Value, ...], *, birth_year: int | None) -> MeasureRead | None:
        """The measure now in force: the one the row names, or else the one that began last."""
        self._birth_year = birth_year
        own_kind = self._own_kind(cells)
        found: dict[str, Range] = {}
        for column in self._dates:
            dates = self._read_dates(column, _cell(cells, column))
            kind = self._kinds[column.index] or own_kind or self._kind
            if dates is None:
                continue
            if kind is None:
                if self._kind_column:
                    self._tell(self._kind_column, NO_KIND)
                return None  # without such a column, it is told once for the whole sheet
            merged = _together(found.get(kind), dates)
            if merged.start and merged.end and merged.end < merged.start:
                self._tell(column, BACKWARDS)
            found[kind] = merged
        status = self._status(cells)
        kind = own_kind or max(found, key=lambda each: found[each].start or date.min, default=None)
        if kind is None or kind == NONE:
            return None
        self._tell_contradiction(own_kind, found)
        dates = found.get(kind, Range(None, None))
        return MeasureRead(kind=kind, start=dates.start, end=dates.end, status=status)

    def _own_kind(self, cells: tuple[Value, ...]) -> str | None:
        text = as_text(_cell(cells, self._kind_column)) if self._kind_column else ""
        kind = read_measure_kind(text) if text else None
        if text and kind is None and self._kind_column and not read_gone(text):
            self._tell(self._kind_column, ODD_KIND)
        return kind

    def _tell_contradiction(self, own_kind: str | None, found: dict[str, Range]) -> None:
        """The row names one of the two community measures; its dates, or the title, are of the other."""
        if self._kind_column is None or own_kind not in COMMUNITY_MEASURES:
            return
        spoken_of = set(found) if found else {self._kind}
        if spoken_of & COMMUNITY_MEASURES and own_kind not in spoken_of:
            self._tell(self._kind_column, KIND_DIFFERS)

    def _status(self, cells: tuple[Value, ...]) -> str | None:
        text = as_text(_cell(cells, self._status_column)) if self._status_column else ""
        status = read_measure_status(text) if text else None
        if text and status is None and self._status_column and not read_gone(text):
            self._tell(self._status_column, ODD_STATUS, blocks=False)
        return status

    def _read_dates(self, column: Column, value: Value) -> Range | None:
        if isinstance(value, CellFault):
            return None  # told already
        if column.field == "measure_range":
            both = read_range(value, self._epoch)
            if isinstance(both, ValidationIssue):
                self._tell_date(column, both)
                return None
            return self._possible(column, both)
        day = read_date(value, self._epoch)
        if isinstance(day, ValidationIssue):
            self._tell_date(column, day)
            return None
        if day is None:
            return None
        return self._possible(column, Range(day, None) if column.field == "measure_start" else Range(None, day))

    def _tell_date(self, column: Column, issue: ValidationIssue) -> None:
        if issue is NO_DAY:
            self._tell(column, NO_DAY_TAKEN, blocks=False)
        else:
            self._tell(column, issue)

    def _possible(self, column: Column, dates: Range | None) -> Range | None:
        for day in (dates.start, dates.end) if dates else ():
            issue = day_issue(day, today=self._today, birth_year=self._birth_year) if day else None
            if issue:
                self._tell(column, issue)
                return None
        return dates


def _cell(cells: tuple[Value, ...], column: Column | None) -> Value:
    return cells[column.index - 1] if column and column.index <= len(cells) else None


def _together(first: Range | None, second: Range) -> Range:
    def either(a: date | None, b: date | None) -> date | None:
        return a if a is not None else b

    if first is None:
        return second
    return Range(either(first.start, second.start), either(first.end, second.end))
