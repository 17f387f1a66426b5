"""The funds of an organisation that gives assistance: opened, changed, closed, and how they stand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath
from msgspec.structs import asdict

from referral_hub.actor import Actor
from referral_hub.assistance.actions import add_fund, change_fund, close_fund, reopen_fund
from referral_hub.assistance.queries import funds_for_organisation
from referral_hub.assistance.values import FundView
from referral_hub.calendar.clock import local_date
from referral_hub.codes import FUND_SOURCES
from referral_hub.errors import NotFound
from referral_hub.hub import Hub
from referral_hub.i18n import Label
from referral_ui.bodies.assistance import FundChange, NewFund
from referral_ui.bodies.base import inputs_of
from referral_ui.forms import Form
from referral_ui.pages.ledger import DECIDERS
from referral_ui.pages.values import own_organisation
from referral_ui.rendering import page, redirect
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

_NEW = inputs_of(NewFund)
_CHANGE = inputs_of(FundChange)


@get("/funds", guards=[DECIDERS], sync_to_thread=True)
def show_funds(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    form = Form(_NEW, {"year": local_date(request.now).year})
    return page(request, "civil/funds.html", form=form, **_shown(hub, actor))


@post("/funds", guards=[DECIDERS], sync_to_thread=True)
def open_fund(request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm) -> Response[Any]:
    typed = Form(_NEW, form)
    with typed.shown_again("civil/funds.html", **_shown(hub, actor)):
        told = typed.read(NewFund)
        with hub.transaction(actor) as session:
            add_fund(session, organisation_id=own_organisation(actor), **asdict(told), by=actor, at=request.now)
    return redirect(request, "/funds", done=Label(zh="资金已设立。", en="The fund has been opened."))


@get("/funds/{fund_id:uuid}", guards=[DECIDERS], sync_to_thread=True)
def show_fund(request: HubRequest, hub: CurrentHub, actor: CurrentActor, fund_id: FromPath[UUID]) -> Response[str]:
    fund = _fund(hub, actor, fund_id)
    form = Form(_CHANGE, {"name": fund.name, "budget_fen": f"{Decimal(fund.balance.budget) / 100:.2f}"})
    return page(request, "civil/fund.html", fund=fund, form=form, sources=FUND_SOURCES)


@post("/funds/{fund_id:uuid}", guards=[DECIDERS], sync_to_thread=True)
def save_fund(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, fund_id: FromPath[UUID]
) -> Response[Any]:
    fund = _fund(hub, actor, fund_id)
    typed = Form(_CHANGE, form)
    with typed.shown_again("civil/fund.html", fund=fund, sources=FUND_SOURCES):
        told = typed.read(FundChange)
        with hub.transaction(actor) as session:
            change_fund(session, fund_id=fund_id, **asdict(told), by=actor, at=request.now)
    return redirect(request, "/funds", done=Label(zh="资金已修改。", en="The fund has been updated."))


@post("/funds/{fund_id:uuid}/close", guards=[DECIDERS], sync_to_thread=True)
def close(request: HubRequest, hub: CurrentHub, actor: CurrentActor, fund_id: FromPath[UUID]) -> Response[Any]:
    with hub.transaction(actor) as session:
        close_fund(session, fund_id=fund_id, by=actor, at=request.now)
    done = Label(
        zh="资金已停用，不再用于新的批准；已批的仍可发放。",
        en="The fund has been closed to new grants; existing grants can still be paid.",
    )
    return redirect(request, "/funds", done=done)


@post("/funds/{fund_id:uuid}/reopen", guards=[DECIDERS], sync_to_thread=True)
def reopen(request: HubRequest, hub: CurrentHub, actor: CurrentActor, fund_id: FromPath[UUID]) -> Response[Any]:
    with hub.transaction(actor) as session:
        reopen_fund(session, fund_id=fund_id, by=actor, at=request.now)
    return redirect(request, "/funds", done=Label(zh="资金已恢复使用。", en="The fund has been reopened."))


def _shown(hub: Hub, actor: Actor) -> dict[str, Any]:
    with hub.transaction(actor) as session:
        funds = funds_for_organisation(session, own_organisation(actor))
    return {"funds": funds, "sources": FUND_SOURCES}


def _fund(hub: Hub, actor: Actor, fund_id: UUID) -> FundView:
    with hub.transaction(actor) as session:
        funds = funds_for_organisation(session, own_organisation(actor))
    fund = next((one for one in funds if one.id == fund_id), None)
    if fund is None:
        raise NotFound
    return fund


router = Router(
    "/", route_handlers=[show_funds, open_fund, show_fund, save_fund, close, reopen], include_in_schema=False
)
