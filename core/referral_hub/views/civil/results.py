"""Table E in one: what came of the services, whatever the modules: measures, follow-ups and what was delivered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from referral_hub.codes import FOLLOW_UP_ANSWERS
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.views.civil.asking import ALL, ask, row_labels
from referral_hub.views.civil.figures import HIDDEN, NONE, SUPPRESSION, ZERO, Figure, Line, Table, share
from referral_hub.views.civil.periods import Period
from referral_hub.views.civil.statistics import ask_measure
from referral_hub.views.civil.tables import TOTAL, column, sum_of

COUNTED = Label(
    zh="结果按登记结果的月份、回访按回访的月份、服务量按服务的月份统计；没有出现的结果不列。不同单位不相加。",
    en="Outcomes, follow-ups and services each count in their own month; what nobody had is left out. Units are never "
    "added together.",
)


class MeasureAsked(msgspec.Struct, frozen=True):
    """A measure of a service's outcomes: what it is called, and its declared values."""

    service_key: str
    measure: str
    label: Label
    values: Mapping[str, Label]


def results_table(
    session: Transaction,
    *,
    measures: Iterable[MeasureAsked],
    months: Iterable[int],
    units: Mapping[str, Label],
    period: Period,
    at: datetime,
) -> Table:
    """Certificates, work, exits, changes of scores by their values; who still is so after `months`; units delivered."""
    lines = [
        *(line for asked in measures for line in _measured(session, asked, period)),
        *(line for number in months for line in _followed_up(session, number, period)),
        *(line for unit, words in units.items() for line in _delivered(session, unit, words, period)),
    ]
    keys = ("count", "of", "share", "quantity")
    return Table(
        key="results",
        title=Label(zh="服务成效", en="Results"),
        rows_by="result",
        rows_label=Label(zh="指标", en="Result"),
        measures=[
            column("count", "人次", "Times", "time"),
            column("of", "其中总数", "Of", "time"),
            column("share", "占比", "Share", "percent"),
            column("quantity", "数量", "Quantity", "quantity"),
        ],
        lines=lines,
        # Units and measures are not added (R36): there is nothing to total.
        total=Line(ALL, TOTAL, dict.fromkeys(keys, NONE)),
        indicators=[],
        notes=[SUPPRESSION, COUNTED],
        since=period.since,
        until=period.until,
        cut_off=at,
    )


def _measured(session: Transaction, asked: MeasureAsked, period: Period) -> list[Line]:
    cells = ask_measure(session, asked.service_key, asked.measure, asked.values, rows="organisation", period=period)
    if not cells.cells:
        return []
    of = cells.at(ALL).times
    key = f"{asked.service_key}:{asked.measure}"
    return [
        _line(f"{key}:{code}", _joined(asked.label, value), cells.at(ALL, code).times, of)
        for code, value in asked.values.items()
        if cells.at(ALL, code).times != ZERO
    ]


def _followed_up(session: Transaction, months: int, period: Period) -> list[Line]:
    cells = ask(session, "follow_ups", rows="service", columns="answer", period=period, only=str(months))
    services = row_labels(session, "service", cells.rows)
    after = Label(zh=f"{months}个月回访", en=f"after {months} months")
    return [
        _line(
            f"{service}:{months}",
            _joined(_joined(services[service], after), FOLLOW_UP_ANSWERS["yes"]),
            cells.at(service, "yes").times,
            cells.at(service).times,
        )
        for service in cells.rows
    ]


def _delivered(session: Transaction, unit: str, words: Label, period: Period) -> list[Line]:
    cells = ask(session, "services", rows="service", columns="delivered", period=period, only=unit)
    services = row_labels(session, "service", cells.rows)
    return [
        Line(
            f"{service}:{unit}",
            _joined(services[service], words),
            {
                "count": cells.at(service).times,
                "of": NONE,
                "share": NONE,
                "quantity": sum_of(cells.at(service, "delivered")),
            },
        )
        for service in cells.rows
    ]


def _line(key: str, label: Label, count: Figure, of: Figure) -> Line:
    part = HIDDEN if count.value is None or of.value is None else share(count.value, of.value)
    return Line(key, label, {"count": count, "of": of, "share": part, "quantity": NONE})


def _joined(first: Label, second: Label) -> Label:
    return Label(zh=f"{first.zh} · {second.zh}", en=f"{first.en} · {second.en}")
