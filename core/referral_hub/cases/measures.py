"""The restricted compartment: what the law ordered, until when. For full-time officers, never released (R3, R4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

import msgspec

from referral_hub.calendar.periods import check_period
from referral_hub.errors import Invalid
from referral_hub.i18n import Label

Kind = Literal[
    "voluntary_treatment",
    "community_treatment",
    "community_rehabilitation",
    "awaiting_report",
    "maintenance_treatment",
    "aftercare",
]
Status = Literal["awaiting_report", "running", "suspended", "terminated", "discharged", "moved"]

MEASURE_KINDS: dict[str, Label] = {
    "voluntary_treatment": Label(zh="自愿戒毒", en="Voluntary treatment"),
    "community_treatment": Label(zh="社区戒毒", en="Community treatment"),
    "community_rehabilitation": Label(zh="社区康复", en="Community rehabilitation"),
    "awaiting_report": Label(zh="强制隔离戒毒后待报到", en="Released from isolation, to report in"),
    "maintenance_treatment": Label(zh="戒毒药物维持治疗", en="Medication maintenance"),
    "aftercare": Label(zh="后续照管", en="Aftercare"),
}
MEASURE_STATUS: dict[str, Label] = {
    "awaiting_report": Label(zh="待报到", en="To report in"),
    "running": Label(zh="执行中", en="In force"),
    "suspended": Label(zh="中止", en="Suspended"),
    "terminated": Label(zh="终止", en="Terminated"),
    "discharged": Label(zh="解除", en="Discharged"),
    "moved": Label(zh="变更执行地", en="Moved to another place"),
}
_ORDERED = frozenset({"community_treatment", "community_rehabilitation", "awaiting_report"})
_ENDED = frozenset({"terminated", "discharged"})
BAR_YEARS = 3  # 机动车驾驶证申领和使用规定 15: three years from the end


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """What was ordered. Only these fields exist: no test, no level, no place but the code of the office (R4)."""

    kind: Kind
    status: Status = "running"
    start: date | None = None
    planned_end: date | None = None
    actual_end: date | None = None
    report_by: date | None = None
    place_code: str | None = None


def read_measure(values: Mapping[str, object], *, today: date, birth_year: int | None) -> Measure:
    """A measure from typed or imported values, its days such as can be. Raises `Invalid` at the field at fault."""
    try:
        measure = msgspec.convert(values, Measure, strict=False)
    except msgspec.ValidationError:
        raise Invalid(
            field="measure",
            message=Label(
                zh="限制信息有一项填写不对：请从列表中选择种类和状态，日期写成 2026-03-05。",
                en="An entry in the restricted section is not valid: choose kind and status from the lists and "
                "write dates like 2026-03-05.",
            ),
        ) from None
    for field in ("planned_end", "actual_end", "report_by"):
        check_period(measure.start, getattr(measure, field), field, today=today, birth_year=birth_year)
    return measure


def bars_until(measure: Measure) -> date | None:
    """The last day on which some families of work are closed to the person, as far as it can be told.

    While an ordered measure lasts and for three years from its end. `date.max` where no end is known.
    """
    if measure.kind not in _ORDERED:
        return None
    ends = measure.actual_end if measure.status in _ENDED else measure.planned_end
    return _years_after(ends, BAR_YEARS) if ends else date.max


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)
