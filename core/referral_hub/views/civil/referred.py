"""Table B: referrals sent, where they stand, why they were declined, and what was delivered meanwhile."""

from __future__ import annotations

from datetime import datetime

from referral_hub.codes import DECLINE_REASONS
from referral_hub.codes.states import REFERRAL_ANSWERS
from referral_hub.hub import Transaction
from referral_hub.i18n import Label, untranslated
from referral_hub.views.civil.asking import ALL, REFERRAL_STATUS, Cells, ask
from referral_hub.views.civil.figures import (
    DISTINCT,
    HIDDEN,
    STATUS_NOTE,
    SUPPRESSION,
    Figure,
    Indicator,
    Measure,
    Table,
    add,
    share,
)
from referral_hub.views.civil.periods import Period
from referral_hub.views.civil.tables import Pick, column, counts_of, make_table

SERVED_NOTE = Label(
    zh="“服务”按服务发生的月份统计，“达成率”按登记结果的月份统计：目标达成 ÷ 已有结果。"
    "“超时未答”为截止时间仍未答复且已过期限的。",
    en="Services count in the month they were delivered; goals met are outcomes given in the period, of all outcomes "
    "given. Overdue are those unanswered at the cut-off and past their date.",
)
DECLINED_NOTE = Label(
    zh="按转介发出月份统计。某一原因不足5件的显示为“<5”。",
    en="Counted in the month a referral was sent. A reason that fewer than five have is shown as “<5”.",
)
_PROGRESS = {
    "completed": Label(zh="办结", en="Completed"),
    "discontinued": Label(zh="中途终止", en="Discontinued"),
}


def referral_table(session: Transaction, *, rows: str = "service", period: Period, at: datetime) -> Table:
    """Referrals sent in the period, by where they stand now."""

    def asked(columns: str, only: str | None = None, of: str = "referrals") -> Cells:
        return ask(session, of, rows=rows, columns=columns, period=period, only=only)

    cells = asked("status")
    received, progress = asked("received"), asked("progress", "accepted")
    overdue = asked("overdue", f"waiting@{at.isoformat()}")
    served, outcomes = asked("delivered", of="services"), asked("outcome", of="outcomes")
    measures: list[tuple[Measure, Pick]] = [
        (column("sent", "转出", "Sent", "time"), lambda c, row: c.at(row).times),
        (column("persons", "服务对象", "Clients", "person"), lambda c, row: c.at(row).persons),
        (column("received", "签收", "Received", "time"), lambda _, row: received.at(row, "yes").times),
        *((Measure(key, label, "time"), counts_of(key)) for key, label in REFERRAL_STATUS.items()),
        (column("overdue", "超时未答", "Overdue", "time"), lambda _, row: overdue.at(row, "yes").times),
        *((Measure(key, label, "time"), _from(progress, key)) for key, label in _PROGRESS.items()),
        (column("days", "平均答复", "Average time to answer", "day"), lambda c, row: c.at(row).days),
        (
            column("contact_days", "平均首次接触", "Average time to contact", "day"),
            lambda c, row: c.at(row).more_days,
        ),
        (column("served", "服务", "Clients served", "person"), lambda _, row: served.at(row).persons),
        (column("services", "服务", "Service entries", "time"), lambda _, row: served.at(row).times),
        (column("achieved", "达成率", "Goals met", "percent"), lambda _, row: _achieved(outcomes, row)),
    ]
    accepted = cells.at(ALL, "accepted").times
    answered = add([cells.at(ALL, key).times for key in sorted(REFERRAL_ANSWERS)])
    indicator = Indicator(
        "acceptance", Label(zh="受理率", en="Acceptance rate"), accepted, answered,
        Label(zh="受理", en="accepted"), Label(zh="已答复", en="answered"),
    )  # fmt: skip
    title = Label(zh="转介情况", en="Referrals")
    notes = (SUPPRESSION, DISTINCT, STATUS_NOTE, SERVED_NOTE)
    return make_table(
        session, "referrals", title, rows, cells, measures, period, at, notes=notes, indicators=[indicator],
        beside=[served, outcomes],
    )  # fmt: skip


def decline_table(session: Transaction, *, rows: str = "service", period: Period, at: datetime) -> Table:
    """Referrals sent in the period and declined, by reason."""
    cells = ask(session, "referrals", rows=rows, columns="reason", period=period, only="declined")
    reasons = {key: DECLINE_REASONS.get(key, untranslated(key)) for key in cells.columns}
    measures: list[tuple[Measure, Pick]] = [
        (column("declined", "不受理", "Declined", "time"), lambda c, row: c.at(row).times),
        (column("persons", "服务对象", "Clients", "person"), lambda c, row: c.at(row).persons),
        *((Measure(key, label, "time"), counts_of(key)) for key, label in reasons.items()),
    ]
    title = Label(zh="不受理的原因", en="Reasons for declining")
    notes = (SUPPRESSION, DISTINCT, DECLINED_NOTE)
    return make_table(session, "declines", title, rows, cells, measures, period, at, notes=notes)


def _from(cells: Cells, key: str) -> Pick:
    return lambda _, row: cells.at(row, key).times


def _achieved(outcomes: Cells, row: str) -> Figure:
    met, ended = outcomes.at(row, "goal_met").times, outcomes.at(row).times
    if met.value is None or ended.value is None:
        return HIDDEN
    return share(met.value, ended.value)
