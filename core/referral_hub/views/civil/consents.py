"""Table F: how clients were asked, and what they answered."""

from __future__ import annotations

from datetime import datetime

from referral_hub.assistance.errors import TableNotYours
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.views.civil.asking import ALL, ask
from referral_hub.views.civil.figures import DISTINCT, SUPPRESSION, Indicator, Measure, Table
from referral_hub.views.civil.periods import Period
from referral_hub.views.civil.tables import Pick, column, counts_of, make_table

COUNTED = Label(
    zh="征求和答复按答复的月份统计，撤回按撤回的月份统计。“紧急提供”是紧急情况下未经同意的提供，“补告知逾期”是其中过了期限"
    "才补告知或仍未补告知的。",
    en="Questions count in the month of the answer, withdrawals in theirs. Emergencies are releases without consent; a "
    "late notice is one of them whose client was told after the date, or not yet.",
)


def consent_table(session: Transaction, *, rows: str = "service", period: Period, at: datetime) -> Table:
    """Consents asked for in the period. Not for providers: who refused is no other organisation's matter (R8)."""
    if session.actor.role == "partner":
        raise TableNotYours
    cells = ask(session, "consents", rows=rows, columns="answer", period=period)
    basis = ask(session, "consents", rows=rows, columns="basis", period=period)
    withdrawn = ask(session, "consents", rows=rows, columns="answer", period=period, only="withdrawn")
    notices = ask(session, "consents", rows=rows, columns="notice", period=period, only=f"notices@{at.isoformat()}")
    measures: list[tuple[Measure, Pick]] = [
        (column("asked", "征求", "Asked", "time"), lambda c, row: c.at(row).times),
        (column("persons", "服务对象", "Clients", "person"), lambda c, row: c.at(row).persons),
        (column("given", "同意", "Given", "time"), counts_of("given")),
        (column("refused", "不同意", "Refused", "time"), counts_of("refused")),
        (column("withdrawn", "撤回", "Withdrawn", "time"), lambda _, row: withdrawn.at(row).times),
        (column("emergencies", "紧急提供", "Emergencies", "time"), lambda _, row: basis.at(row, "emergency").times),
        (column("late_notices", "补告知逾期", "Late notices", "time"), lambda _, row: notices.at(row, "late").times),
    ]
    indicator = Indicator(
        "refusal", Label(zh="不同意率", en="Refusals"), cells.at(ALL, "refused").times, cells.at(ALL).times,
        Label(zh="不同意", en="refused"), Label(zh="征求", en="asked"),
    )  # fmt: skip
    title = Label(zh="知情同意情况", en="Consents")
    return make_table(
        session, "consents", title, rows, cells, measures, period, at, notes=(SUPPRESSION, DISTINCT, COUNTED),
        indicators=[indicator], beside=[withdrawn],
    )  # fmt: skip
