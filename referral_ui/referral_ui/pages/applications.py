"""Applications for assistance that come to the deciding organisation itself: entered, aided first, decided."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath
from msgspec.structs import asdict

from referral_hub.actor import Actor
from referral_hub.assistance.actions import decide, record_application, record_payment
from referral_hub.assistance.queries import funds_for_organisation
from referral_hub.assistance.values import Decision, FundView
from referral_hub.calendar.clock import local_date
from referral_hub.hub import Hub
from referral_hub.i18n import Label
from referral_ui.bodies.assistance import NewApplication, NewDecision, NewPayment, application_of
from referral_ui.forms import Form
from referral_ui.pages.ledger import DECIDERS, WORDS
from referral_ui.pages.ledger_entry import entry_context, entry_of
from referral_ui.pages.ledger_forms import (
    APPLICATION,
    advance_fields,
    decision_fields,
    decision_of,
)
from referral_ui.pages.values import own_organisation
from referral_ui.rendering import page, redirect
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

_EMERGENCY = "temporary_emergency"


@get("/ledger/new", guards=[DECIDERS], sync_to_thread=True)
def show_new(request: HubRequest) -> Response[str]:
    form = Form(APPLICATION, {"applied_on": local_date(request.now), "source": "application"})
    return page(request, "civil/application_form.html", form=form)


@post("/ledger/new", guards=[DECIDERS], sync_to_thread=True)
def save_new(request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm) -> Response[Any]:
    typed = Form(APPLICATION, form)
    with typed.shown_again("civil/application_form.html"):
        told = typed.read(NewApplication)
        application = application_of(told, today=local_date(request.now), demo=hub.settings.demo)
        with hub.transaction(actor) as session:
            key = record_application(
                session, organisation_id=own_organisation(actor), application=application, by=actor, at=request.now
            )
    done = Label(
        zh="申请已登记，可以先行救助或作出审批决定。",
        en="The application has been entered. You can record an emergency advance or a decision.",
    )
    return redirect(request, f"/ledger/{key}", done=done)


@post("/ledger/{entry_id:uuid}/advance", guards=[DECIDERS], sync_to_thread=True)
def advance(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, entry_id: FromPath[UUID]
) -> Response[Any]:
    """Aid first, paperwork after (先行救助): granted and paid in one action, the application stays to be decided."""
    line = entry_of(request, hub, actor, entry_id)
    typed = Form(advance_fields(_funds(hub, actor)), form)
    with typed.shown_again("civil/entry.html", **entry_context(request, hub, actor, line, WORDS, advance=typed)):
        typed.clean()
        paid = typed.read(NewPayment, amount_fen=None)
        granted = typed.read(
            NewDecision,
            result="granted",
            type=_EMERGENCY,
            decided_on=paid.paid_on,
            pay_way=paid.pay_way,
            advance=True,
        )
        with hub.transaction(actor) as session:
            decision_id = decide(
                session,
                application_id=line.application_id,
                decision=Decision(**asdict(granted)),
                by=actor,
                at=request.now,
            )
            record_payment(session, decision_id=decision_id, **asdict(paid), by=actor, at=request.now)
    done = Label(
        zh="已登记先行救助，请补办审批。",
        en="The emergency advance has been recorded; the decision still has to be made.",
    )
    return redirect(request, f"/ledger/{line.id}", done=done)


@post("/ledger/{entry_id:uuid}/decide", guards=[DECIDERS], sync_to_thread=True)
def save_decision(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, entry_id: FromPath[UUID]
) -> Response[Any]:
    line = entry_of(request, hub, actor, entry_id)
    typed = Form(decision_fields(_funds(hub, actor)), form)
    with typed.shown_again("civil/entry.html", **entry_context(request, hub, actor, line, WORDS, decide=typed)):
        decision = decision_of(typed.read(NewDecision), line)
        with hub.transaction(actor) as session:
            key = decide(
                session, application_id=line.application_id, decision=decision, by=actor, at=request.now
            )  # fmt: skip
    return redirect(request, f"/ledger/{key}", done=Label(zh="决定已登记。", en="The decision has been recorded."))


def _funds(hub: Hub, actor: Actor) -> list[FundView]:
    with hub.transaction(actor) as session:
        return funds_for_organisation(session, own_organisation(actor))


router = Router("/", route_handlers=[show_new, save_new, advance, save_decision], include_in_schema=False)
