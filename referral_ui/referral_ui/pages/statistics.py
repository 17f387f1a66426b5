"""The tables of the monthly return: as a table, a chart and Excel. The choice of what to see is kept in the address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath

from referral_hub.actor import Actor
from referral_hub.errors import NotFound
from referral_hub.exporting.files import File, export_tables
from referral_hub.hub import Hub
from referral_hub.i18n import Label
from referral_hub.views.civil.asking import BREAKDOWNS
from referral_hub.views.civil.figures import UNIT_WORDS, Table
from referral_hub.views.civil.periods import Period
from referral_hub.views.civil.returns import KINDS, Kind, choices_for, return_table
from referral_ui.actions import refusal_shown
from referral_ui.charts import Series, bar_chart
from referral_ui.guards import requires
from referral_ui.pages.months import months_offered, period_in
from referral_ui.rendering import page
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm
from referral_ui.row_charts import Rows, row_chart

MAY_SEE = requires("civil", "supervisor")
CHARTED: Mapping[str, tuple[str, ...]] = {
    "assistance": ("granted", "refused"),
    "referrals": ("sent", "accepted"),
    "declines": ("declined",),
    "consents": ("given", "refused"),
    "results": ("count",),
    "needs": ("recorded", "met"),
    "unmet": ("total",),
    "capacity": ("used", "free"),
    "contracts": ("share", "elapsed"),
    "outcomes": ("ended", "goal_met"),
    "measures": ("ended",),
    "services": ("quantity",),
    "follow_ups": ("asked", "yes"),
}
"""The columns of each table that its chart draws, all of one unit (R36)."""
_OF_A_PERIOD = frozenset(CHARTED) - {"capacity", "contracts"}


class Question(msgspec.Struct, frozen=True):
    """What someone wants to see: a table, by what, and of which months."""

    kind: Kind
    rows: str | None
    only: str | None
    choices: Mapping[str, Label]
    period: Period

    def address(self, key: str | None = None) -> str:
        """Where this is shown; with `key` another table of the same months."""
        query = {"from": f"{self.period.since:%Y-%m}", "to": f"{self.period.until:%Y-%m}"}
        if key is None:
            query |= {name: value for name, value in (("rows", self.rows), ("only", self.only)) if value}
        return f"/statistics/{key or self.kind.key}?{urlencode(query)}"


@get("/statistics", guards=[MAY_SEE], sync_to_thread=True)
def show_first(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    return _show(request, hub, actor, "referrals" if actor.role == "supervisor" else "assistance")


@get("/statistics/{table:str}", guards=[MAY_SEE], sync_to_thread=True)
def show_table(request: HubRequest, hub: CurrentHub, actor: CurrentActor, table: FromPath[str]) -> Response[str]:
    return _show(request, hub, actor, table)


@post("/statistics/{table:str}/excel", guards=[MAY_SEE], status_code=200, sync_to_thread=True)
def download(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, table: FromPath[str]
) -> Response[Any]:
    """The table as it is shown, or the whole return, with who, when and what for on it (R24)."""
    typed = {key: form.text(key) for key in form.texts}
    with hub.transaction(actor) as session:
        question = read_question(session, actor, table, typed, request)

    def export() -> Response[Any]:
        with hub.transaction(actor) as session:
            tables = (
                _whole(session, actor, question, request)
                if form.ticked("whole")
                else [_ask(session, question, request)]
            )
            return send_file(
                export_tables(
                    session, tables, purpose=form.text("purpose"), language=request.language, by=actor, at=request.now
                )
            )

    return refusal_shown(request, export, at=question.address())


def send_file(file: File) -> Response[bytes]:
    """A file to keep. It is made for one person and one purpose: no cache keeps it."""
    return Response(
        file.content,
        media_type=file.media_type,
        headers={"content-disposition": f'attachment; filename="{file.name}"', "cache-control": "no-store"},
    )


def read_question(session: Any, actor: Actor, key: str, query: Mapping[str, str], request: HubRequest) -> Question:
    """What an address asks for; what is not offered falls back on the usual. Raises `NotFound` for no such table."""
    kind = KINDS.get(key)
    if kind is None:
        raise NotFound
    choices = choices_for(session, kind)
    rows, only = query.get("rows"), query.get("only")
    return Question(
        kind=kind,
        rows=rows if rows in kind.rows else next(iter(kind.rows), None),
        only=only if only in choices else next(iter(choices), None),
        choices=choices,
        period=period_in(query, request.now),
    )


def _show(request: HubRequest, hub: Hub, actor: Actor, key: str) -> Response[str]:
    with hub.transaction(actor) as session:
        question = read_question(session, actor, key, request.query_params, request)
        table = _ask(session, question, request)
    return page(
        request,
        "civil/statistics.html",
        question=question,
        table=table,
        kinds=KINDS.values(),
        breakdowns=BREAKDOWNS,
        months=months_offered(request.now),
        has_period=key in _OF_A_PERIOD,
        is_empty=_is_empty(table),
        unit_words=UNIT_WORDS,
        draw=lambda title: _chart(table, title),
    )


def _ask(session: Any, question: Question, request: HubRequest) -> Table:
    return return_table(
        session, question.kind.key, rows=question.rows, only=question.only, period=question.period, at=request.now
    )


def _whole(session: Any, actor: Actor, question: Question, request: HubRequest) -> list[Table]:
    """Every table of the return for the same months, as usually broken down; empty ones are left out."""
    tables = []
    for kind in KINDS.values():
        if kind.key == "measures":
            continue
        for only in choices_for(session, kind) or [None]:
            table = return_table(session, kind.key, only=only, period=question.period, at=request.now)
            if not _is_empty(table):
                tables.append(table)
    return tables or [_ask(session, question, request)]


def _is_empty(table: Table) -> bool:
    """Whether nothing happened: then the page says so, with no table of noughts."""
    return not any(
        figure.state in ("few", "withheld") or figure.value
        for line in (*table.lines, table.total)
        for figure in line.figures.values()
    )


def _chart(table: Table, title: str) -> Any:
    drawn = [measure for measure in table.measures if measure.key in CHARTED[table.key]]
    unit = drawn[0].unit
    if table.rows_by == "month":
        labels = [f"{line.key[2:4]}-{line.key[5:]}" for line in table.lines]
        return bar_chart(title, labels, [Series(measure.label, table.series(measure.key)) for measure in drawn])
    rows = [Rows(measure.label, [line.figures[measure.key] for line in table.lines]) for measure in drawn]
    return row_chart(title, [line.label for line in table.lines], rows, unit)


router = Router("/", route_handlers=[show_first, show_table, download], include_in_schema=False)
