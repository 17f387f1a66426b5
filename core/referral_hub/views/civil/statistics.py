"""Tables of the monthly return: C capacity, E outcomes, what was delivered, and follow-ups.

Civil affairs sees the whole district; a supervisor the own office's cases; a provider's staff the own work. Figures
come protected from the database (R36-R38); nothing here sees a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from referral_hub.assistance.errors import TableNotYours
from referral_hub.calendar.clock import local_date
from referral_hub.codes import FOLLOW_UP_ANSWERS, OUTCOMES_SHOWN, UNITS
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.views.civil.asking import (
    ALL,
    MAY_ASK,
    NOT_RECORDED,
    UNRECORDED,
    Cells,
    ask,
    row_labels,
    shown_figure,
)
from referral_hub.views.civil.figures import (
    DISTINCT,
    HIDDEN,
    NONE,
    PLACES,
    SUPPRESSION,
    UNKNOWN,
    ZERO,
    Figure,
    Indicator,
    Line,
    Measure,
    Table,
)
from referral_hub.views.civil.periods import Period
from referral_hub.views.civil.tables import TOTAL, Pick, column, counts_of, make_table, sum_of

ROWS_OF = {
    "assistance": ("type", "month", "area", "organisation", "service", "fund"),
    "referrals": ("service", "month", "area", "organisation"),
    "declines": ("service", "month", "area", "organisation"),
    "consents": ("service", "month", "area"),
    "outcomes": ("service", "month", "area", "organisation"),
    "follow_ups": ("service", "month", "area", "organisation"),
    "services": ("service", "month", "area", "organisation"),
}
"""By what each table may be broken down; the first is the usual one."""


def outcome_table(session: Transaction, *, rows: str = "service", period: Period, at: datetime) -> Table:
    """Table E: what came of the referrals whose outcome was given in the period."""
    cells = ask(session, "outcomes", rows=rows, columns="outcome", period=period)
    measures: list[tuple[Measure, Pick]] = [
        (column("ended", "已结束", "Ended", "time"), lambda c, row: c.at(row).times),
        (column("persons", "服务对象", "Clients", "person"), lambda c, row: c.at(row).persons),
        *(
            (Measure(key, OUTCOMES_SHOWN[key], "time"), counts_of(key))
            for key in OUTCOMES_SHOWN
            if key in cells.columns
        ),
    ]
    indicator = Indicator(
        "achieved", Label(zh="达成率", en="Goals met"), cells.at(ALL, "goal_met").times, cells.at(ALL).times,
        Label(zh="目标达成", en="goal met"), Label(zh="已结束", en="ended"),
    )  # fmt: skip
    title = Label(zh="服务结果", en="Outcomes")
    return make_table(
        session, "outcomes", title, rows, cells, measures, period, at, notes=(SUPPRESSION, DISTINCT, UNKNOWN),
        indicators=[indicator],
    )  # fmt: skip


def follow_up_table(session: Transaction, *, months: int, rows: str = "service", period: Period, at: datetime) -> Table:
    """Table E, later: answers to the follow-ups after `months`, by the day they were given."""
    cells = ask(session, "follow_ups", rows=rows, columns="answer", period=period, only=str(months))
    measures: list[tuple[Measure, Pick]] = [
        (column("asked", "已回访", "Asked", "time"), lambda c, row: c.at(row).times),
        *((Measure(key, label, "time"), counts_of(key)) for key, label in FOLLOW_UP_ANSWERS.items()),
    ]
    indicator = Indicator(
        "kept", Label(zh=f"{months}个月后仍然稳定", en=f"Still stable after {months} months"),
        cells.at(ALL, "yes").times, cells.at(ALL).times, FOLLOW_UP_ANSWERS["yes"], Label(zh="已回访", en="asked"),
    )  # fmt: skip
    title = Label(zh=f"{months}个月回访", en=f"Follow-up after {months} months")
    return make_table(
        session, "follow_ups", title, rows, cells, measures, period, at, notes=(SUPPRESSION,), indicators=[indicator]
    )


def delivered_table(session: Transaction, *, unit: str, rows: str = "service", period: Period, at: datetime) -> Table:
    """Table E: what was delivered, in one unit; `unit` is a code of UNITS and is never added to another (R36)."""
    cells = ask(session, "services", rows=rows, columns="delivered", period=period, only=unit)
    words = UNITS[unit]
    title = Label(zh=f"已提供服务（{words.zh}）", en=f"Delivered ({words.en})")
    measures: list[tuple[Measure, Pick]] = [
        (Measure("quantity", words, "quantity"), lambda c, row: sum_of(c.at(row, "delivered"))),
        (column("times", "服务记录", "Entries", "time"), lambda c, row: c.at(row).times),
        (column("persons", "服务对象", "Clients", "person"), lambda c, row: c.at(row).persons),
    ]
    return make_table(session, "services", title, rows, cells, measures, period, at, notes=(SUPPRESSION, DISTINCT))


def ask_measure(
    session: Transaction, service_key: str, measure: str, values: Mapping[str, Label], *, rows: str, period: Period
) -> Cells:
    """How many outcomes have which of the values that the module declares; `UNRECORDED` is none of them."""
    only = f"{service_key}:{measure}:{','.join(values)}"
    return ask(session, "measures", rows=rows, columns="value", period=period, only=only)


def measured_table(
    session: Transaction,
    *,
    service_key: str,
    measure: str,
    label: Label,
    values: Mapping[str, Label],
    rows: str = "organisation",
    period: Period,
    at: datetime,
) -> Table:
    """Table E: one measure of one service's outcomes (employed, certificate, exit destination), by its declared values.

    A value that few have is `<5`; only what was left empty is not recorded.
    """
    cells = ask_measure(session, service_key, measure, values, rows=rows, period=period)
    shown = {**values, UNRECORDED: NOT_RECORDED} if UNRECORDED in cells.columns else values
    measures: list[tuple[Measure, Pick]] = [
        (column("ended", "有结果", "With an outcome", "time"), lambda c, row: c.at(row).times),
        *((Measure(key, label, "time"), counts_of(key)) for key, label in shown.items()),
    ]
    return make_table(session, "measures", label, rows, cells, measures, period, at, notes=(SUPPRESSION,))


def capacity_table(session: Transaction, *, at: datetime) -> Table:
    """Table C: places by organisation and service today, and how many people wait."""
    if session.actor.role not in MAY_ASK:
        raise TableNotYours
    today = local_date(at)
    found = session.execute(text("SELECT * FROM hub_capacity(:day, :at)"), {"day": today, "at": at}).all()
    keys = [str(row.organisation_id) for row in found if row.organisation_id is not None]
    organisations = row_labels(session, "organisation", keys)
    services = row_labels(session, "service", sorted({row.service_key for row in found if row.service_key != ALL}))
    lines = [
        Line(
            f"{row.organisation_id}:{row.service_key}",
            _joined(organisations[str(row.organisation_id)], services[row.service_key]),
            _capacity_figures(row),
        )
        for row in found
        if row.organisation_id is not None
    ]
    sums = [row for row in found if row.organisation_id is None]
    measures = [
        column("places", "名额", "Places", "place"),
        column("used", "在用", "Used", "place"),
        column("free", "空闲", "Free", "place"),
        column("waiting", "轮候", "Waiting", "person"),
        column("waited", "平均已等", "Average wait so far", "day"),
        column("confirmed", "名额确认距今", "Days since places were confirmed", "day"),
    ]
    nothing = {measure.key: NONE if measure.unit == "day" else ZERO for measure in measures}
    return Table(
        key="capacity",
        title=Label(zh="服务容量", en="Capacity"),
        rows_by="organisation",
        rows_label=Label(zh="机构与服务", en="Organisation and service"),
        measures=measures,
        lines=lines,
        total=Line(ALL, TOTAL, _capacity_figures(sums[0]) if sums else nothing),
        indicators=[],
        notes=[PLACES, SUPPRESSION],
        since=today,
        until=today,
        cut_off=at,
    )


def _capacity_figures(row: Any) -> dict[str, Figure]:
    return {
        "places": Figure("shown", Decimal(row.places)),
        "used": Figure("shown", Decimal(row.used)),
        "free": Figure("shown", Decimal(row.free)),
        "waiting": shown_figure(row.waiting_mark, row.waiting),
        "waited": HIDDEN if row.waiting_mark else _days(row.waited),
        "confirmed": _days(row.confirmed_ago),
    }


def _days(value: Decimal | int | None) -> Figure:
    return NONE if value is None else Figure("shown", Decimal(value))


def _joined(first: Label, second: Label) -> Label:
    return Label(zh=f"{first.zh} · {second.zh}", en=f"{first.en} · {second.en}")
