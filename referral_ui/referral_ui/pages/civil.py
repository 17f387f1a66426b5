"""The first page of civil affairs: assistance this month beside last, contracts, needs not met, idle places."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from litestar import Response, Router, get

from referral_hub.assistance.contracts import contract_table
from referral_hub.assistance.figures import ZERO, Figure, Line, Table
from referral_hub.assistance.needs import need_table
from referral_hub.assistance.periods import last_months
from referral_hub.assistance.statistics import capacity_table, this_month_beside_last
from referral_hub.words import Label
from referral_ui.guards import requires
from referral_ui.pages.months import USUAL
from referral_ui.rendering import page
from referral_ui.requests import HubRequest, TheActor, TheHub
from referral_ui.row_charts import Rows, row_chart

BESIDE = ("granted", "persons", "amount")
"""What is set beside last month's, by key of the measure."""


class Beside(msgspec.Struct, frozen=True):
    """One row of two tables: figures of this month and of last, by key of the measure."""

    label: Label
    this: dict[str, Figure]
    last: dict[str, Figure]


@get("/assistance", guards=[requires("civil")], sync_to_thread=True)
def show_assistance(request: HubRequest, hub: TheHub, actor: TheActor) -> Response[str]:
    at = request.now
    recent = last_months(at, USUAL)
    with hub.transaction(actor) as session:
        this, last = this_month_beside_last(session, at=at)
        areas = this_month_beside_last(session, rows="area", at=at)
        contracts = contract_table(session, at=at)
        needs = need_table(session, period=recent, at=at)
        capacity = capacity_table(session, at=at)
    return page(
        request,
        "civil/assistance.html",
        this=this,
        last=last,
        total=_pair(this.total, last.total),
        types=_beside(this, last),
        areas=_beside(*areas),
        contracts=contracts,
        needs=needs,
        idle=_idle(capacity),
        capacity=capacity,
        Rows=Rows,
        row_chart=row_chart,
    )


def _beside(this: Table, last: Table) -> list[Beside]:
    """The rows of both tables. One that is not in a table had nothing in that month."""
    lines: dict[str, list[Line | None]] = {}
    for place, table in enumerate((this, last)):
        for line in table.lines:
            lines.setdefault(line.key, [None, None])[place] = line
    return [_pair(*pair) for _, pair in sorted(lines.items())]


def _pair(this: Line | None, last: Line | None) -> Beside:
    known = this or last
    assert known is not None
    return Beside(known.label, _figures(this), _figures(last))


def _figures(line: Line | None) -> dict[str, Figure]:
    return {key: line.figures[key] if line else ZERO for key in (*BESIDE, "households", "days")}


def _idle(capacity: Table) -> Sequence[Line]:
    """Where places stand empty, most of them first; a withheld number might be any, so it is not left out."""

    def free(line: Line) -> float:
        value = line.figures["free"].value
        return float(value) if value is not None else 0.5

    return sorted((line for line in capacity.lines if free(line) > 0), key=free, reverse=True)


router = Router("/", route_handlers=[show_assistance], include_in_schema=False)
