"""The named ledger of one organisation's own decisions (R38), its funds, and the fixing of a line.

Nothing in the ledger is ever changed: corrections and payments are lines of their own, shown beside what they name.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath

from referral_hub.actor import Actor
from referral_hub.assistance.actions import correct_entry, record_payment
from referral_hub.assistance.queries import funds_for_organisation
from referral_hub.assistance.values import LedgerLine
from referral_hub.calendar.clock import local_date
from referral_hub.codes import (
    ASSISTANCE_DECISIONS,
    ASSISTANCE_TYPES,
    EVIDENCE_LEVELS,
    FOLLOW_UP_ANSWERS,
    FUND_SOURCES,
    HARDSHIPS,
    PAY_WAYS,
    UNITS,
)
from referral_hub.exporting.files import LEDGER_LIMIT, export_ledger
from referral_hub.hub import Hub
from referral_hub.i18n import Label
from referral_hub.text_limits import MAX_REASON, MAX_VOUCHER
from referral_hub.views.civil.ledger import LedgerFilter, read_entry, read_ledger
from referral_ui.actions import refusal_shown
from referral_ui.forms import Form, Input, choices
from referral_ui.guards import requires
from referral_ui.pages.months import months_offered, period_in
from referral_ui.pages.statistics import send_file
from referral_ui.pages.values import own_organisation
from referral_ui.rendering import page, redirect
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

DECIDERS = requires("civil", "partner")
PAGE_LINES = 40
VIEWS: Mapping[str, Label] = {
    "decisions": Label(zh="审批", en="Decisions"),
    "granted": Label(zh="批准", en="Granted"),
    "refused": Label(zh="不予救助", en="Refused"),
    "corrections": Label(zh="更正和发放登记", en="Corrections and payments"),
}
SOURCES: Mapping[str, Label] = {
    "referral": Label(zh="转介", en="Referral"),
    "application": Label(zh="主动申请", en="Application"),
    "found": Label(zh="主动发现", en="Found"),
}
WORDS: Mapping[str, Mapping[str, Label]] = {
    "types": ASSISTANCE_TYPES,
    "decisions": ASSISTANCE_DECISIONS,
    "hardships": HARDSHIPS,
    "sources": SOURCES,
    "funds": FUND_SOURCES,
    "ways": PAY_WAYS,
    "units": UNITS,
    "evidence": EVIDENCE_LEVELS,
    "answers": FOLLOW_UP_ANSWERS,
}
_AMOUNT = Input(
    "amount_fen",
    "money",
    Label(zh="应为金额", en="The amount it should be"),
    help=Label(
        zh="填更正后的总额。整笔撤销就填 0。", en="The whole amount after correction. To take the line back, enter 0."
    ),
    required=True,
    min=0,
)
_QUANTITY = Input(
    "quantity",
    "number",
    Label(zh="应为数量", en="The quantity it should be"),
    help=Label(zh="整笔撤销时也填 0。", en="To take the line back, enter 0 here as well."),
    required=True,
    min=0,
)
_REASON = Input(
    "reason",
    "text",
    Label(zh="更正原因", en="Why it is corrected"),
    help=Label(zh="写明哪里录错，不要写服务对象的情况。", en="What was entered wrongly; nothing about the client."),
    required=True,
    max=MAX_REASON,
)
PAYMENT = (
    Input("paid_on", "date", Label(zh="发放日期", en="Paid on"), required=True),
    Input("pay_way", "choice", Label(zh="发放方式", en="Way of payment"), choices=choices(PAY_WAYS), required=True),
    Input("voucher", "text", Label(zh="凭证号", en="Voucher number"), max=MAX_VOUCHER),
)


@get("/ledger", guards=[DECIDERS], sync_to_thread=True)
def show_ledger(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    query = request.query_params
    wanted, view = _wanted(query, request)
    with hub.transaction(actor) as session:
        shown = read_ledger(
            session, wanted=wanted, after=query.get("after"), limit=PAGE_LINES, by=actor, at=request.now
        )
        funds = funds_for_organisation(session, own_organisation(actor), year=local_date(request.now).year)
    return page(
        request,
        "civil/ledger.html",
        words=WORDS,
        wanted=wanted,
        view=view,
        views=VIEWS,
        shown=shown,
        funds=funds,
        months=months_offered(request.now),
        limit=LEDGER_LIMIT,
        paged=bool(query.get("after")),
    )


@post("/ledger/excel", guards=[DECIDERS], status_code=200, sync_to_thread=True)
def download(request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm) -> Response[Any]:
    """The lines chosen, masked as on the page, with who, when and what for on it (R24)."""
    typed = {key: form.text(key) for key in form.texts}
    wanted, _ = _wanted(typed, request)
    kept = {key: typed[key] for key in ("from", "to", "type", "view") if typed.get(key)}

    def export() -> Response[Any]:
        with hub.transaction(actor) as session:
            return send_file(
                export_ledger(
                    session, wanted, purpose=form.text("purpose"), language=request.language, by=actor, at=request.now
                )
            )

    return refusal_shown(request, export, at=f"/ledger?{urlencode(kept)}")


@get("/ledger/{entry_id:uuid}", guards=[DECIDERS], sync_to_thread=True)
def show_entry(request: HubRequest, hub: CurrentHub, actor: CurrentActor, entry_id: FromPath[UUID]) -> Response[str]:
    line = _entry(request, hub, actor, entry_id)
    return page(request, "civil/entry.html", **_shown(line, request))


@post("/ledger/{entry_id:uuid}/correct", guards=[DECIDERS], sync_to_thread=True)
def correct(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, entry_id: FromPath[UUID]
) -> Response[Any]:
    line = _entry(request, hub, actor, entry_id)
    typed = Form(_correction_fields(line), form)
    with typed.shown_again("civil/entry.html", **{**_shown(line, request), "correction": typed}):
        values = typed.clean()
        quantity = Decimal(str(values.get("quantity", line.standing_quantity)))
        with hub.transaction(actor) as session:
            correct_entry(
                session,
                entry_id=line.id,
                quantity=quantity,
                amount_fen=values["amount_fen"],
                reason=values["reason"],
                by=actor,
                at=request.now,
            )
    done = Label(
        zh="已更正。原来的记录保留，更正写在旁边。",
        en="Corrected. The line stays as it was, with the correction beside it.",
    )
    return redirect(request, f"/ledger/{line.id}", done=done)


@post("/ledger/{entry_id:uuid}/payment", guards=[DECIDERS], sync_to_thread=True)
def pay(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, entry_id: FromPath[UUID]
) -> Response[Any]:
    line = _entry(request, hub, actor, entry_id)
    typed = Form(PAYMENT, form)
    with typed.shown_again("civil/entry.html", **{**_shown(line, request), "payment": typed}):
        values = typed.clean()
        with hub.transaction(actor) as session:
            record_payment(
                session,
                entry_id=line.id,
                paid_on=date.fromisoformat(values["paid_on"]),
                pay_way=values["pay_way"],
                voucher=values.get("voucher"),
                by=actor,
                at=request.now,
            )
    return redirect(request, f"/ledger/{line.id}", done=Label(zh="已登记发放。", en="The payment is recorded."))


def _wanted(query: Mapping[str, str], request: HubRequest) -> tuple[LedgerFilter, str]:
    """The lines an address asks for; what is not offered counts as not asked."""
    period = period_in(query, request.now)
    view = query.get("view", "")
    view = view if view in VIEWS else "decisions"
    kind = query.get("type")
    return LedgerFilter(
        since=period.since,
        until=period.until,
        type=kind if kind in ASSISTANCE_TYPES else None,
        decision={"granted": "granted", "refused": "refused", "corrections": "correction"}.get(view),
        decisions_only=view != "corrections",
    ), view


def _entry(request: HubRequest, hub: Hub, actor: Actor, entry_id: UUID) -> LedgerLine:
    with hub.transaction(actor) as session:
        return read_entry(session, entry_id, by=actor, at=request.now)


def _correction_fields(line: LedgerLine) -> tuple[Input, ...]:
    """Counted in yuan the quantity is the amount itself (R36), and is not asked twice."""
    return (_AMOUNT, _REASON) if line.unit == "yuan" else (_QUANTITY, _AMOUNT, _REASON)


def _shown(line: LedgerLine, request: HubRequest) -> dict[str, Any]:
    standing = {
        "amount_fen": f"{Decimal(line.standing_fen) / 100:.2f}",
        "quantity": f"{line.standing_quantity.normalize():f}",
    }
    return {
        "line": line,
        "words": WORDS,
        "may_correct": line.decision == "granted",
        "correction": Form(_correction_fields(line), standing),
        "payment": Form(PAYMENT, {"paid_on": local_date(request.now), "pay_way": line.pay_way}),
    }


router = Router("/", route_handlers=[show_ledger, download, show_entry, correct, pay], include_in_schema=False)
