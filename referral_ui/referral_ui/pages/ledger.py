"""The named ledger of one organisation's own decisions (R38): the list, its file, and one decision with what followed.

Nothing in the ledger is ever changed: payments and corrections are entries of their own, shown beside what they name.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath
from msgspec.structs import asdict

from referral_hub.assistance.actions import correct_entry, record_payment, release_reserved
from referral_hub.assistance.queries import funds_for_organisation
from referral_hub.assistance.values import LedgerChange, LedgerLine
from referral_hub.calendar.clock import local_date
from referral_hub.codes import (
    ASSISTANCE_DECISIONS,
    ASSISTANCE_TYPES,
    EVIDENCE_LEVELS,
    FOLLOW_UP_ANSWERS,
    FUND_SOURCES,
    HARDSHIPS,
    PAY_WAYS,
    REFUSAL_REASONS,
    UNITS,
)
from referral_hub.errors import NotFound
from referral_hub.exporting.files import LEDGER_LIMIT, export_ledger
from referral_hub.exporting.ledger import SOURCES
from referral_hub.i18n import Label
from referral_hub.views.civil.ledger import LedgerFilter, read_ledger
from referral_ui.actions import refusal_shown
from referral_ui.bodies.assistance import NewPayment
from referral_ui.forms import Form
from referral_ui.guards import requires
from referral_ui.pages.ledger_entry import entry_context, entry_of
from referral_ui.pages.ledger_forms import correction_fields, payment_fields
from referral_ui.pages.months import months_offered, period_in
from referral_ui.pages.statistics import send_file
from referral_ui.pages.values import own_organisation
from referral_ui.rendering import page, redirect
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

DECIDERS = requires("civil", "partner")
PAGE_LINES = 40
VIEWS: Mapping[str, Label] = {
    "decisions": Label(zh="审批", en="Decisions"),
    "pending": Label(zh="待审批", en="Awaiting decision"),
    "granted": Label(zh="批准", en="Granted"),
    "refused": Label(zh="不予或撤回", en="Refused or withdrawn"),
    "payments": Label(zh="发放", en="Payments"),
    "corrections": Label(zh="更正", en="Corrections"),
}
WORDS: Mapping[str, Mapping[str, Label]] = {
    "types": ASSISTANCE_TYPES,
    "kinds": ASSISTANCE_DECISIONS,
    "hardships": HARDSHIPS,
    "sources": SOURCES,
    "funds": FUND_SOURCES,
    "ways": PAY_WAYS,
    "units": UNITS,
    "evidence": EVIDENCE_LEVELS,
    "answers": FOLLOW_UP_ANSWERS,
    "refusals": REFUSAL_REASONS,
}


@get("/ledger", guards=[DECIDERS], sync_to_thread=True)
def show_ledger(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    query = request.query_params
    wanted = _wanted(query, request)
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
        view=wanted.view,
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
    wanted = _wanted(typed, request)
    kept = {key: typed[key] for key in ("from", "to", "type", "view") if typed.get(key)}

    def export() -> Response[Any]:
        with hub.transaction(actor) as session:
            return send_file(
                export_ledger(
                    session,
                    wanted,
                    purpose=form.text("purpose"),
                    language=request.language,
                    remarks=form.ticked("remarks"),
                    by=actor,
                    at=request.now,
                )
            )

    return refusal_shown(request, export, at=f"/ledger?{urlencode(kept)}")


@get("/ledger/{entry_id:uuid}", guards=[DECIDERS], sync_to_thread=True)
def show_entry(request: HubRequest, hub: CurrentHub, actor: CurrentActor, entry_id: FromPath[UUID]) -> Response[str]:
    line = entry_of(request, hub, actor, entry_id)
    return page(request, "civil/entry.html", **entry_context(request, hub, actor, line, WORDS))


@post("/ledger/{entry_id:uuid}/correct", guards=[DECIDERS], sync_to_thread=True)
def correct(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, entry_id: FromPath[UUID]
) -> Response[Any]:
    line = _granted(entry_of(request, hub, actor, entry_id))
    typed = Form(correction_fields(line.unit), form)
    with typed.shown_again("civil/entry.html", **entry_context(request, hub, actor, line, WORDS, correction=typed)):
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
        en="Corrected. The original entry is kept, with the correction beside it.",
    )
    return redirect(request, f"/ledger/{line.id}", done=done)


@post("/ledger/{entry_id:uuid}/payment", guards=[DECIDERS], sync_to_thread=True)
def pay(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, entry_id: FromPath[UUID]
) -> Response[Any]:
    line = _granted(entry_of(request, hub, actor, entry_id))
    typed = Form(payment_fields(line), form)
    with typed.shown_again("civil/entry.html", **entry_context(request, hub, actor, line, WORDS, payment=typed)):
        told = typed.read(NewPayment, unit=line.unit)
        with hub.transaction(actor) as session:
            record_payment(session, decision_id=line.id, **asdict(told), by=actor, at=request.now)
    return redirect(request, f"/ledger/{line.id}", done=Label(zh="已登记发放。", en="The payment has been recorded."))


@post("/ledger/{entry_id:uuid}/release", guards=[DECIDERS], sync_to_thread=True)
def release(request: HubRequest, hub: CurrentHub, actor: CurrentActor, entry_id: FromPath[UUID]) -> Response[Any]:
    with hub.transaction(actor) as session:
        released = release_reserved(
            session, decision_id=entry_id, reason="未发部分不再发放，退回资金", by=actor, at=request.now
        )
    if released is None:
        raise NotFound
    done = Label(zh="未发部分已退回资金。", en="The unpaid amount has been returned to the fund.")
    return redirect(request, f"/ledger/{entry_id}", done=done)


@get("/ledger/{entry_id:uuid}/payments/{payment_id:uuid}", guards=[DECIDERS], sync_to_thread=True)
def show_payment(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, entry_id: FromPath[UUID], payment_id: FromPath[UUID]
) -> Response[str]:
    line = entry_of(request, hub, actor, entry_id)
    payment, standing = _payment(line, payment_id)
    form = Form(correction_fields(payment.unit), standing)
    return page(request, "civil/payment.html", line=line, payment=payment, correction=form, words=WORDS)


@post("/ledger/{entry_id:uuid}/payments/{payment_id:uuid}", guards=[DECIDERS], sync_to_thread=True)
def correct_payment(
    request: HubRequest,
    hub: CurrentHub,
    actor: CurrentActor,
    form: TheForm,
    entry_id: FromPath[UUID],
    payment_id: FromPath[UUID],
) -> Response[Any]:
    line = entry_of(request, hub, actor, entry_id)
    payment, _ = _payment(line, payment_id)
    typed = Form(correction_fields(payment.unit), form)
    with typed.shown_again("civil/payment.html", line=line, payment=payment, correction=typed, words=WORDS):
        values = typed.clean()
        with hub.transaction(actor) as session:
            correct_entry(
                session,
                entry_id=payment.id,
                quantity=Decimal(str(values.get("quantity", 0))),
                amount_fen=values["amount_fen"],
                reason=values["reason"],
                by=actor,
                at=request.now,
            )
    return redirect(request, f"/ledger/{line.id}", done=Label(zh="发放已更正。", en="The payment has been corrected."))


def _granted(line: LedgerLine) -> LedgerLine:
    """Only a grant is paid or corrected. Raises `NotFound`."""
    if line.kind != "granted":
        raise NotFound
    return line


def _payment(line: LedgerLine, payment_id: UUID) -> tuple[LedgerChange, dict[str, str]]:
    """One payment of a decision, and what its correction begins with. Raises `NotFound`."""
    payment = next((one for one in line.payments if one.id == payment_id), None)
    if payment is None:
        raise NotFound
    return payment, {"amount_fen": f"{Decimal(payment.amount_fen) / 100:.2f}", "quantity": f"{payment.quantity:f}"}


def _wanted(query: Mapping[str, str], request: HubRequest) -> LedgerFilter:
    """The lines an address asks for; what is not offered counts as not asked."""
    period = period_in(query, request.now)
    view = query.get("view", "")
    kind = query.get("type")
    return LedgerFilter(
        since=period.since,
        until=period.until,
        view=view if view in VIEWS else "decisions",
        type=kind if kind in ASSISTANCE_TYPES else None,
    )


router = Router(
    "/",
    route_handlers=[show_ledger, download, show_entry, correct, pay, release, show_payment, correct_payment],
    include_in_schema=False,
)
