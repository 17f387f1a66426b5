"""Table D: how far each contract is, counted from the same service events that everyone else sees."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import aliased
from sqlmodel import col

from referral_hub.assistance.errors import TableNotYours
from referral_hub.calendar.clock import local_date
from referral_hub.codes import CONTRACT_TARGETS, GROUP_KINDS, VISIT_KINDS
from referral_hub.directory.contract_rules import own_party
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.tables.directory import Contract, Organisation
from referral_hub.views.civil.asking import ALL, MAY_ASK, Cell, shown_figure
from referral_hub.views.civil.figures import HIDDEN, NONE, SUPPRESSION, Figure, Line, Table, share
from referral_hub.views.civil.tables import TOTAL, column, sum_of

_ENDED_SHOWN = timedelta(days=366)
"""For so long after its end a contract is still shown."""
_PROGRESS = text("SELECT * FROM hub_contract_progress(:today, :visits, :groups)")
COUNTED = Label(
    zh="只计本合同列明的服务项目在合同期内提供的服务；委托方是转出单位的，只计该单位的服务对象。"
    "同一次服务只计入一份合同。“人”为至少接受过一次服务的人，不重复计；“满意率”是转出社工问过的人里满意的比例（%）。不同单位不相加。",
    en="Counts what the contract's own offerings delivered within its term; where an office is the purchaser, for its "
    "own clients. Nothing counts for two contracts. Persons are distinct clients served at least once; satisfaction is "
    "the share, in per cent, of those whom the office asked. Units are never added together.",
)


def contract_table(session: Transaction, *, at: datetime) -> Table:
    """Contracts in force and those of the last year, a line for each target, beside how much of the time has passed.

    Civil affairs sees every contract, a provider its own, a supervisor those that the office pays for. Raises
    `TableNotYours`.
    """
    if session.actor.role not in MAY_ASK:
        raise TableNotYours
    today = local_date(at)
    contracts = _begun(session, today)
    done = _done(session, today) if contracts else {}
    lines = [
        Line(
            f"{contract.id}:{code}",
            _name(contract, names, code, today),
            _figures(contract, target, today, *_progress(done, contract, code)),
        )
        for contract, *names in contracts
        for code, target in _targets(contract.targets).items()
    ]
    return Table(
        key="contracts",
        title=Label(zh="合同进度", en="Contract progress"),
        rows_by="contract",
        rows_label=Label(zh="合同与目标", en="Contract and target"),
        measures=[
            column("target", "目标", "Target", "quantity"),
            column("done", "完成", "Done", "quantity"),
            column("share", "完成率", "Done", "percent"),
            column("elapsed", "时间进度", "Time elapsed", "percent"),
            column("evidence", "服务记录", "Records", "time"),
        ],
        lines=lines,
        # Units are not added (R36): there is nothing to total.
        total=Line("*", TOTAL, dict.fromkeys(("target", "done", "share", "elapsed", "evidence"), NONE)),
        indicators=[],
        notes=[SUPPRESSION, COUNTED],
        since=min((contract.starts_on for contract, *_ in contracts), default=today),
        until=today,
        cut_off=at,
    )


def _begun(session: Transaction, today: date) -> list[Any]:
    """Contracts with the short names of provider and purchaser."""
    buyer = aliased(Organisation)
    query = (
        select(Contract, col(Organisation.short_name), col(buyer.short_name))
        .join(Organisation, col(Organisation.id) == col(Contract.provider_id))
        .join(buyer, col(buyer.id) == col(Contract.purchaser_id))
        .where(col(Contract.starts_on) <= today, col(Contract.ends_on) >= today - _ENDED_SHOWN)
        .order_by(col(Contract.number))
    )
    party = own_party(session.actor)
    if party is not None:
        query = query.where(
            col(Contract.provider_id if party == "provider" else Contract.purchaser_id) == session.actor.organisation_id
        )
    return list(session.execute(query).all())


def _targets(written: Mapping[str, object]) -> dict[str, Decimal]:
    return {code: Decimal(str(written[code])) for code in CONTRACT_TARGETS if code in written}


def _name(contract: Contract, names: list[str], code: str, today: date) -> Label:
    provider, purchaser = names
    term = f"{contract.starts_on} — {contract.ends_on}"
    ended = contract.ends_on < today
    target = CONTRACT_TARGETS[code]
    return Label(
        zh=f"{contract.title}（{contract.number}，{provider}，委托方 {purchaser}，{term}"
        f"{'，已结束' if ended else ''}）· {target.zh}",
        en=f"{contract.title} ({contract.number}, {provider}, for {purchaser}, {term}"
        f"{', ended' if ended else ''}) · {target.en}",
    )


def _done(session: Transaction, today: date) -> dict[tuple[str, str, str], Cell]:
    """What counts for each contract and target, and beside it all that was asked about."""
    asked = {"today": today, "visits": sorted(VISIT_KINDS), "groups": sorted(GROUP_KINDS)}
    return {
        (row.row_key, row.target, row.column_key): Cell(
            persons=shown_figure(row.mark, row.persons),
            times=shown_figure(row.times_mark, row.times),
            amount=_amount(row),
        )
        for row in session.execute(_PROGRESS, asked)
    }


def _amount(row: Any) -> Figure:
    """Of persons their number, of all else what was delivered, counted in hundredths."""
    if row.target == "person":
        return shown_figure(row.mark, row.persons)
    return shown_figure(row.amount_mark, None if row.amount is None else round(row.amount / 100, 2))


def _progress(done: Mapping[tuple[str, str, str], Cell], contract: Contract, code: str) -> tuple[Figure, Figure]:
    """How much was done, and on how many entries that rests."""
    cell = done.get((str(contract.id), code, "delivered"), Cell())
    if code != "satisfaction":
        return sum_of(cell), cell.times
    asked = done.get((str(contract.id), code, ALL), Cell()).times
    if cell.times.value is None or asked.value is None:
        return HIDDEN, asked
    return share(cell.times.value, asked.value), asked


def _figures(contract: Contract, target: Decimal, today: date, done: Figure, evidence: Figure) -> dict[str, Figure]:
    days = Decimal((contract.ends_on - contract.starts_on).days + 1)
    passed = Decimal((min(today, contract.ends_on) - contract.starts_on).days + 1)
    return {
        "target": Figure("shown", target),
        "done": done,
        "share": done if done.value is None else share(done.value, target),
        "elapsed": share(passed, days),
        "evidence": evidence,
    }
