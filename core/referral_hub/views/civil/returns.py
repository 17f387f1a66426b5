"""The monthly return as a list of tables to choose from: one place for the pages, the files and the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from referral_hub.assistance.errors import TableUnusable
from referral_hub.codes import UNITS
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.modules.history import remembered_service, remembered_services
from referral_hub.views.civil.aid import assistance_table
from referral_hub.views.civil.consents import consent_table
from referral_hub.views.civil.contracts import contract_table
from referral_hub.views.civil.figures import Table
from referral_hub.views.civil.needs import need_table, unmet_table
from referral_hub.views.civil.periods import Period
from referral_hub.views.civil.referred import decline_table, referral_table
from referral_hub.views.civil.results import MeasureAsked, results_table
from referral_hub.views.civil.statistics import (
    ROWS_OF,
    capacity_table,
    delivered_table,
    follow_up_table,
    measured_table,
    outcome_table,
)

_YES_NO = {"true": Label(zh="是", en="Yes"), "false": Label(zh="否", en="No")}


class Kind(msgspec.Struct, frozen=True):
    """One table of the return, and by what it may be broken down; the first is the usual one."""

    key: str
    label: Label
    rows: tuple[str, ...] = ()
    choice: Label | None = None
    """What else must be chosen, such as the unit of what was delivered; the choices are those of `choices_for`."""


KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind("assistance", Label(zh="救助发放", en="Assistance"), ROWS_OF["assistance"]),
        Kind("referrals", Label(zh="转介", en="Referrals"), ROWS_OF["referrals"]),
        Kind("declines", Label(zh="不受理原因", en="Declines"), ROWS_OF["declines"]),
        Kind("needs", Label(zh="需求", en="Needs"), ("need", "month", "area")),
        Kind("unmet", Label(zh="无人提供", en="Requested but not offered"), ("area", "need")),
        Kind("capacity", Label(zh="容量", en="Capacity")),
        Kind("contracts", Label(zh="合同进度", en="Contracts")),
        Kind("results", Label(zh="服务成效", en="Results")),
        Kind("outcomes", Label(zh="服务结果", en="Outcomes"), ROWS_OF["outcomes"]),
        Kind(
            "measures",
            Label(zh="结果指标", en="Measures"),
            ("organisation", "month", "area"),
            Label(zh="指标", en="Measure"),
        ),
        Kind("services", Label(zh="服务量", en="Delivered"), ROWS_OF["services"], Label(zh="单位", en="Unit")),
        Kind("follow_ups", Label(zh="回访", en="Follow-ups"), ROWS_OF["follow_ups"], Label(zh="时间", en="After")),
        Kind("consents", Label(zh="知情同意", en="Consents"), ROWS_OF["consents"]),
    )
}
_PLAIN: Mapping[str, Callable[..., Table]] = {
    "assistance": assistance_table,
    "referrals": referral_table,
    "declines": decline_table,
    "consents": consent_table,
    "needs": need_table,
    "unmet": unmet_table,
    "outcomes": outcome_table,
}


def choices_for(session: Transaction, kind: Kind) -> dict[str, Label]:
    """What may be chosen for a table that needs it, by code: units, months after the end, or outcomes' measures.

    Also those of modules that are gone and of versions before an upgrade: what they did still counts.
    """
    services = list(remembered_services(session).values())
    if kind.key == "services":
        given = (unit.key for service in services for unit in service.units)
        return {key: UNITS[key] for key in given if key in UNITS}
    if kind.key == "follow_ups":
        months = sorted({month for service in services for month in service.followup_months})
        return {str(n): Label(zh=f"{n}个月后", en=f"{n} months later") for n in months}
    if kind.key == "measures":
        return {
            f"{service.key}:{field.key}": Label(
                zh=f"{service.title.zh} · {field.label.zh}", en=f"{service.title.en} · {field.label.en}"
            )
            for service in services
            for field in service.outcome
            if field.type in ("choice", "yes_no")
        }
    return {}


def return_table(
    session: Transaction,
    key: str,
    *,
    rows: str | None = None,
    only: str | None = None,
    period: Period,
    at: datetime,
) -> Table:
    """One table of the return. `rows` is a breakdown of that table, `only` one of `choices_for`; the first by default.

    Capacity is as of now and contracts run from their beginning, whatever the period. Raises `TableUnusable`,
    `TableNotYours`.
    """
    kind = KINDS.get(key)
    if kind is None or (rows is not None and rows not in kind.rows):
        raise TableUnusable
    if not kind.rows:
        return _WHOLE[key](session, period, at)
    rows = rows or kind.rows[0]
    if key in _PLAIN:
        return _PLAIN[key](session, rows=rows, period=period, at=at)
    choices = choices_for(session, kind)
    only = only or next(iter(choices), None)
    if only is None or only not in choices:
        raise TableUnusable
    if key == "services":
        return delivered_table(session, unit=only, rows=rows, period=period, at=at)
    if key == "follow_ups":
        return follow_up_table(session, months=int(only), rows=rows, period=period, at=at)
    return _measured(session, only, choices[only], rows=rows, period=period, at=at)


def _measured(session: Transaction, only: str, label: Label, *, rows: str, period: Period, at: datetime) -> Table:
    service_key, _, measure = only.partition(":")
    return measured_table(
        session, service_key=service_key, measure=measure, label=label,
        values=_values(session, service_key, measure), rows=rows, period=period, at=at,
    )  # fmt: skip


def _values(session: Transaction, service_key: str, measure: str) -> Mapping[str, Label]:
    """What the module declares that a measure may be."""
    service = remembered_service(session, service_key)
    fields = service.outcome if service else []
    found = next((field.choices for field in fields if field.key == measure), [])
    return {choice.code: choice.label for choice in found} or _YES_NO


def _results(session: Transaction, *, period: Period, at: datetime) -> Table:
    measures = [
        MeasureAsked(service_key, measure, label, _values(session, service_key, measure))
        for only, label in choices_for(session, KINDS["measures"]).items()
        for service_key, _, measure in [only.partition(":")]
    ]
    return results_table(
        session,
        measures=measures,
        months=[int(months) for months in choices_for(session, KINDS["follow_ups"])],
        units=choices_for(session, KINDS["services"]),
        period=period,
        at=at,
    )


_WHOLE: Mapping[str, Callable[[Transaction, Period, datetime], Table]] = {
    "capacity": lambda session, _, at: capacity_table(session, at=at),
    "contracts": lambda session, _, at: contract_table(session, at=at),
    "results": lambda session, period, at: _results(session, period=period, at=at),
}
"""Tables that are not broken down."""
