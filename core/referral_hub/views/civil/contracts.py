"""Table D: how far each contract is, counted from the same service events that everyone else sees."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import col

from referral_hub.assistance.errors import TableNotYours
from referral_hub.calendar.clock import local_date
from referral_hub.codes import UNITS
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.tables.directory import Contract, Organisation
from referral_hub.views.civil.asking import Cells, ask
from referral_hub.views.civil.figures import HIDDEN, NONE, SUPPRESSION, Figure, Line, Table, share
from referral_hub.views.civil.periods import Period, period_between
from referral_hub.views.civil.tables import TOTAL, column, sum_of

_MAY_SEE = ("civil", "partner", "system")
COUNTED = Label(
    zh="完成量按服务记录统计，从合同开始当月到本月；“人”按受理的服务对象不重复计。不同单位不相加。",
    en="Counted from service records, from the month the contract began to this month; persons are distinct clients "
    "accepted. Units are never added together.",
)


def contract_table(session: Transaction, *, at: datetime) -> Table:
    """Contracts in force, a line for each unit of their targets, beside how much of the time has passed.

    Civil affairs sees every contract, a provider its own. Raises `TableNotYours`.
    """
    actor = session.actor
    if actor.role not in _MAY_SEE:
        raise TableNotYours
    today = local_date(at)
    contracts = _in_force(session, today, provider_id=actor.organisation_id if actor.role == "partner" else None)
    asked: dict[tuple[str, Period], Cells] = {}
    lines = []
    for contract, provider in contracts:
        period = period_between(contract.starts_on, today)
        for unit, target in _targets(contract.targets).items():
            if (unit, period) not in asked:
                asked[unit, period] = _ask(session, unit, period)
            name = Label(
                zh=f"{contract.title}（{provider}）· {UNITS[unit].zh}",
                en=f"{contract.title} ({provider}) · {UNITS[unit].en}",
            )
            figures = _progress(asked[unit, period], unit, contract, target, today)
            lines.append(Line(f"{contract.id}:{unit}", name, figures))
    return Table(
        key="contracts",
        title=Label(zh="合同进度", en="Contract progress"),
        rows_by="contract",
        rows_label=Label(zh="合同与单位", en="Contract and unit"),
        measures=[
            column("target", "目标", "Target", "quantity"),
            column("done", "完成", "Done", "quantity"),
            column("share", "完成率", "Done", "percent"),
            column("elapsed", "时间进度", "Time passed", "percent"),
            column("evidence", "服务记录", "Records", "time"),
        ],
        lines=lines,
        # Units are not added (R36): there is nothing to total.
        total=Line("*", TOTAL, dict.fromkeys(("target", "done", "share", "elapsed", "evidence"), NONE)),
        indicators=[],
        notes=[SUPPRESSION, COUNTED],
        since=min((contract.starts_on for contract, _ in contracts), default=today),
        until=today,
        cut_off=at,
    )


def _in_force(session: Transaction, today: date, *, provider_id: UUID | None) -> list[tuple[Contract, str]]:
    query = (
        select(Contract, col(Organisation.short_name))
        .join(Organisation, col(Organisation.id) == col(Contract.provider_id))
        .where(text("contract.id IN (SELECT f.id FROM hub_contracts_in_force(:today) f)"))
        .params(today=today)
        .order_by(col(Contract.number))
    )
    if provider_id is not None:
        query = query.where(col(Contract.provider_id) == provider_id)
    return [(contract, name) for contract, name in session.execute(query)]


def _targets(written: Mapping[str, object]) -> dict[str, Decimal]:
    """Targets in units we count; what else someone wrote into a contract is no number to compare with."""
    targets = {}
    for unit, value in written.items():
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            continue
        if unit in UNITS and amount.is_finite() and amount > 0:
            targets[unit] = amount
    return targets


def _ask(session: Transaction, unit: str, period: Period) -> Cells:
    if unit == "person":
        return ask(session, "referrals", rows="organisation", columns="status", period=period)
    return ask(session, "services", rows="organisation", columns="delivered", period=period, only=unit)


def _progress(cells: Cells, unit: str, contract: Contract, target: Decimal, today: date) -> dict[str, Figure]:
    cell = cells.at(str(contract.provider_id), "accepted" if unit == "person" else "delivered")
    done = cell.persons if unit == "person" else sum_of(cell)
    days = Decimal((contract.ends_on - contract.starts_on).days + 1)
    return {
        "target": Figure("shown", target),
        "done": done,
        "share": HIDDEN if done.value is None else share(done.value, target),
        "elapsed": share(Decimal((today - contract.starts_on).days + 1), days),
        "evidence": cell.times,
    }
