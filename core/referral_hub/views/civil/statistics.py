"""The tables of the monthly return: A assistance, B referrals, C capacity, E outcomes and follow-ups.

Civil affairs sees the whole district; a supervisor the own office's cases; a provider's staff the own work. Figures
come protected from the database (R36-R38); nothing here sees a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from sqlalchemy import text

from referral_hub.assistance.errors import TableNotYours
from referral_hub.calendar.clock import local_date
from referral_hub.codes import FOLLOW_UP_ANSWERS, OUTCOMES_SHOWN, UNITS
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.views.civil.asking import ALL, MAY_ASK, REFERRAL_STATUS, Cells, ask, row_labels
from referral_hub.views.civil.figures import (
    CORRECTED,
    DISTINCT,
    HIDDEN,
    NONE,
    PLACES,
    STATUS_NOTE,
    SUPPRESSION,
    UNKNOWN,
    Figure,
    Indicator,
    Line,
    Measure,
    Table,
    add,
)
from referral_hub.views.civil.periods import Period, month_before, month_of
from referral_hub.views.civil.tables import TOTAL, Pick, column, counts_of, make_table, sum_of

ROWS_OF = {
    "assistance": ("type", "month", "area", "organisation", "service", "fund"),
    "referrals": ("service", "month", "area", "organisation"),
    "outcomes": ("service", "month", "area", "organisation"),
    "follow_ups": ("service", "month", "area", "organisation"),
    "services": ("service", "month", "area", "organisation"),
}
"""By what each table may be broken down; the first is the usual one."""


def assistance_table(session: Transaction, *, rows: str = "type", period: Period, at: datetime) -> Table:
    """Table A: assistance decided in the period."""
    cells = ask(session, "assistance", rows=rows, columns="decision", period=period)
    measures: list[tuple[Measure, Pick]] = [
        (column("applied", "申请", "Applications", "time"), lambda c, row: c.at(row, "application").times),
        (column("persons", "批准", "Persons granted", "person"), lambda c, row: c.at(row, "granted").persons),
        (
            column("households", "批准", "Households granted", "household"),
            lambda c, row: c.at(row, "granted").households,
        ),
        (column("granted", "批准", "Grants", "time"), lambda c, row: c.at(row, "granted").times),
        (column("refused", "不予", "Refusals", "time"), lambda c, row: c.at(row, "refused").times),
        (column("amount", "金额", "Amount", "yuan"), lambda c, row: sum_of(c.at(row, "granted"))),
        (column("average", "平均金额", "Average amount", "yuan"), _average),
        (column("days", "平均办理", "Average time to decision", "day"), lambda c, row: c.at(row, "granted").days),
    ]
    title = Label(zh="救助发放情况", en="Assistance delivered")
    notes = (SUPPRESSION, DISTINCT, CORRECTED)
    return make_table(session, "assistance", title, rows, cells, measures, period, at, notes=notes)


def referral_table(session: Transaction, *, rows: str = "service", period: Period, at: datetime) -> Table:
    """Table B: referrals sent in the period, by where they stand now."""
    cells = ask(session, "referrals", rows=rows, columns="status", period=period)
    measures: list[tuple[Measure, Pick]] = [
        (column("sent", "转出", "Sent", "time"), lambda c, row: c.at(row).times),
        (column("persons", "服务对象", "Clients", "person"), lambda c, row: c.at(row).persons),
        *((Measure(key, label, "time"), counts_of(key)) for key, label in REFERRAL_STATUS.items()),
        (column("days", "平均答复", "Average time to answer", "day"), lambda c, row: c.at(row).days),
        (
            column("contact_days", "平均首次接触", "Average time to contact", "day"),
            lambda c, row: c.at(row).more_days,
        ),
    ]
    accepted = cells.at(ALL, "accepted").times
    answered = add([cells.at(ALL, key).times for key in ("accepted", "waitlisted", "declined")])
    indicator = Indicator(
        "acceptance", Label(zh="受理率", en="Acceptance rate"), accepted, answered,
        Label(zh="受理", en="accepted"), Label(zh="已答复", en="answered"),
    )  # fmt: skip
    title = Label(zh="转介情况", en="Referrals")
    notes = (SUPPRESSION, DISTINCT, STATUS_NOTE)
    return make_table(
        session, "referrals", title, rows, cells, measures, period, at, notes=notes, indicators=[indicator]
    )


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
    """Table E: one measure of one service's outcomes (employed, certificate, exit destination), by its values."""
    only = f"{service_key}:{measure}"
    cells = ask(session, "measures", rows=rows, columns="value", period=period, only=only)
    unknown = Label(zh="未登记", en="Not recorded")
    measures: list[tuple[Measure, Pick]] = [
        (column("ended", "有结果", "With an outcome", "time"), lambda c, row: c.at(row).times),
        *((Measure(key, values.get(key, unknown), "time"), counts_of(key)) for key in cells.columns),
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
            _capacity_figures(row.places, row.used, row.free, row.waiting, row.waiting_mark),
        )
        for row in found
        if row.organisation_id is not None
    ]
    sums = [row for row in found if row.organisation_id is None]
    figures = [_capacity_figures(r.places, r.used, r.free, r.waiting, r.waiting_mark) for r in sums]
    return Table(
        key="capacity",
        title=Label(zh="服务容量", en="Capacity"),
        rows_by="organisation",
        rows_label=Label(zh="机构与服务", en="Organisation and service"),
        measures=[
            column("places", "名额", "Places", "place"),
            column("used", "在用", "Used", "place"),
            column("free", "空闲", "Free", "place"),
            column("waiting", "轮候", "Waiting", "person"),
        ],
        lines=lines,
        total=Line(ALL, TOTAL, figures[0] if figures else _capacity_figures(0, 0, 0, 0, "")),
        indicators=[],
        notes=[PLACES, SUPPRESSION],
        since=today,
        until=today,
        cut_off=at,
    )


def this_month_beside_last(session: Transaction, *, rows: str = "type", at: datetime) -> tuple[Table, Table]:
    """Table A of this month so far and of the month before, for the first page of civil affairs."""
    this, last = month_of(at), month_before(at)
    return assistance_table(session, rows=rows, period=this, at=at), assistance_table(
        session, rows=rows, period=last, at=at
    )


def _average(cells: Cells, row: str) -> Figure:
    cell = cells.at(row, "granted")
    if cell.amount.value is None or not cell.times.value:
        return HIDDEN if cell.amount.state == "withheld" else NONE
    return Figure("shown", round(cell.amount.value / cell.times.value, 2))


def _capacity_figures(places: int, used: int, free: int, waiting: int | None, waiting_mark: str) -> dict[str, Figure]:
    return {
        "places": Figure("shown", Decimal(places)),
        "used": Figure("shown", Decimal(used)),
        "free": Figure("shown", Decimal(free)),
        "waiting": _marked(waiting_mark, waiting),
    }


def _marked(mark: str, value: int | None) -> Figure:
    if mark == "<":
        return Figure("few")
    return HIDDEN if value is None else Figure("shown", Decimal(value))


def _joined(first: Label, second: Label) -> Label:
    return Label(zh=f"{first.zh} · {second.zh}", en=f"{first.en} · {second.en}")
