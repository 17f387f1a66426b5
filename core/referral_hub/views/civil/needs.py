"""What clients asked for and what is still not met: the other side of what was delivered."""

from __future__ import annotations

import json
from datetime import datetime

from referral_hub.codes import NEED_STATES
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.modules.history import remembered_services
from referral_hub.views.civil.asking import ALL, ask, row_labels
from referral_hub.views.civil.figures import DISTINCT, SUPPRESSION, Indicator, Measure, Table
from referral_hub.views.civil.periods import Period
from referral_hub.views.civil.tables import Pick, column, counts_of, make_table

RECORDED = Label(
    zh="按需求登记月份统计，解决情况为截止时间的情况。",
    en="Counted by the month in which the need was recorded; its status is that at the cut-off.",
)


UNOFFERED = Label(
    zh="登记后尚未解决、且服务对象所在地没有机构提供对应服务的需求。按现在的服务目录计算。",
    en="Needs not yet met for which no organisation offers a service where the client lives, according to the "
    "present directory.",
)


def unmet_table(session: Transaction, *, rows: str = "area", period: Period, at: datetime) -> Table:
    """What clients asked for in the period and nobody offers, by area and kind of need."""
    columns = "need" if rows == "area" else "area"
    cells = ask(session, "needs", rows=rows, columns=columns, period=period, only=_services_by_need(session))
    labels = row_labels(session, columns, list(cells.columns))
    measures: list[tuple[Measure, Pick]] = [
        (column("total", "合计", "Total", "time"), lambda c, row: c.at(row).times),
        (column("persons", "服务对象", "Clients", "person"), lambda c, row: c.at(row).persons),
        *((Measure(key, labels[key], "time"), counts_of(key)) for key in cells.columns),
    ]
    title = Label(zh="没有人提供的需求", en="Requested but not offered")
    return make_table(
        session, "unmet", title, rows, cells, measures, period, at, notes=(SUPPRESSION, DISTINCT, UNOFFERED)
    )


def _services_by_need(session: Transaction) -> str:
    """Which services meet which kind of need, as the database is asked."""
    found: dict[str, list[str]] = {}
    for service in remembered_services(session).values():
        for need in service.needs:
            found.setdefault(need, []).append(service.key)
    return json.dumps(found)


def need_table(session: Transaction, *, rows: str = "need", period: Period, at: datetime) -> Table:
    """Needs recorded in the period, by whether they are met now."""
    cells = ask(session, "needs", rows=rows, columns="need_state", period=period)
    measures: list[tuple[Measure, Pick]] = [
        (column("recorded", "登记", "Recorded", "time"), lambda c, row: c.at(row).times),
        (column("persons", "服务对象", "Clients", "person"), lambda c, row: c.at(row).persons),
        *((Measure(key, label, "time"), counts_of(key)) for key, label in NEED_STATES.items()),
        (column("days", "平均解决", "Average time to resolution", "day"), lambda c, row: c.at(row, "met").days),
    ]
    indicator = Indicator(
        "met", Label(zh="解决率", en="Needs met"), cells.at(ALL, "met").times, cells.at(ALL).times,
        NEED_STATES["met"], Label(zh="登记", en="recorded"),
    )  # fmt: skip
    title = Label(zh="需求与解决情况", en="Needs")
    return make_table(
        session, "needs", title, rows, cells, measures, period, at, notes=(SUPPRESSION, DISTINCT, RECORDED),
        indicators=[indicator],
    )  # fmt: skip
