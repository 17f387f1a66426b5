"""The first page of civil affairs: assistance this month beside last, contracts, needs not met, idle places.

In a small district few get aid in a month and few are not shown (R37); the year so far still tells something.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from litestar import Response, Router, get

from referral_hub.i18n import Label
from referral_hub.views.civil.aid import assistance_table, this_month_beside_last
from referral_hub.views.civil.contracts import contract_table
from referral_hub.views.civil.figures import UNIT_WORDS, ZERO, Figure, Line, Table
from referral_hub.views.civil.needs import need_table, unmet_table
from referral_hub.views.civil.periods import last_months, year_to_date
from referral_hub.views.civil.statistics import capacity_table
from referral_ui.guards import requires
from referral_ui.pages.months import USUAL
from referral_ui.rendering import page
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest
from referral_ui.row_charts import Rows, row_chart

BESIDE = ("granted", "persons", "amount")
"""What is set beside last month's, by key of the measure."""


class Beside(msgspec.Struct, frozen=True):
    """One row of three tables: figures of this month, of last and of the year so far, by key of the measure."""

    label: Label
    this: dict[str, Figure]
    last: dict[str, Figure]
    year: dict[str, Figure]


@get("/assistance", guards=[requires("civil")], sync_to_thread=True)
def show_assistance(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    at = request.now
    recent = last_months(at, USUAL)
    with hub.transaction(actor) as session:
        this, last = this_month_beside_last(session, at=at)
        year = assistance_table(session, period=year_to_date(at), at=at, brief=True)
        areas = (
            *this_month_beside_last(session, rows="area", at=at),
            assistance_table(session, rows="area", period=year_to_date(at), at=at, brief=True),
        )
        contracts = contract_table(session, at=at)
        needs = need_table(session, period=recent, at=at)
        unmet = unmet_table(session, period=recent, at=at)
        capacity = capacity_table(session, at=at)
    return page(
        request,
        "civil/assistance.html",
        this=this,
        last=last,
        total=_joined([this.total, last.total, year.total]),
        types=_beside(this, last, year),
        areas=_beside(*areas),
        contracts=contracts,
        needs=needs,
        unmet=unmet,
        idle=_idle(capacity),
        capacity=capacity,
        unit_words=UNIT_WORDS,
        Rows=Rows,
        row_chart=row_chart,
    )


def _beside(*tables: Table) -> list[Beside]:
    """The rows of this month's, last month's and the year's table. One not in a table had nothing in its months."""
    lines: dict[str, list[Line | None]] = {}
    for place, table in enumerate(tables):
        for line in table.lines:
            lines.setdefault(line.key, [None] * len(tables))[place] = line
    return [_joined(found) for _, found in sorted(lines.items())]


def _joined(lines: Sequence[Line | None]) -> Beside:
    label = next(line.label for line in lines if line)
    return Beside(label, *(_figures(line) for line in lines))


def _figures(line: Line | None) -> dict[str, Figure]:
    return {key: line.figures[key] if line else ZERO for key in (*BESIDE, "households", "days")}


def _idle(capacity: Table) -> Sequence[Line]:
    """Where places stand empty, most of them first; a withheld number might be any, so it is not left out."""

    def free(line: Line) -> float:
        value = line.figures["free"].value
        return float(value) if value is not None else 0.5

    return sorted((line for line in capacity.lines if free(line) > 0), key=free, reverse=True)


router = Router("/", route_handlers=[show_assistance], include_in_schema=False)
