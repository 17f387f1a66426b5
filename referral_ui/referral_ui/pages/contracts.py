"""Contracts for those who work under them: how far each is, and the receipt after its end.

Civil affairs sees all, a provider its own, a supervisor those that the office pays for, an administrator the receipts
that are asked for.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath
from msgspec.structs import asdict

from referral_hub.actor import Actor
from referral_hub.calendar.clock import local_date
from referral_hub.codes import CONTRACT_RECEIPTS
from referral_hub.directory.actions import record_receipt
from referral_hub.directory.errors import ReceiptNotAsked
from referral_hub.errors import NotFound
from referral_hub.hub import Hub
from referral_hub.i18n import Label
from referral_hub.views.civil.contracts import contract_table
from referral_hub.views.civil.figures import UNIT_WORDS
from referral_hub.views.directory.lists import ContractRow, contracts_for_reader
from referral_ui.bodies.base import inputs_of
from referral_ui.bodies.contracts import ContractReceipt
from referral_ui.forms import Form
from referral_ui.guards import requires
from referral_ui.rendering import page, redirect
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

_ANSWERS = requires("partner", "admin")
_RECEIPT = inputs_of(ContractReceipt)


@get("/contracts", guards=[requires("partner", "civil", "supervisor", "admin")], sync_to_thread=True)
def show_contracts(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    found = _contracts(hub, actor, request)
    table = None
    if actor.role != "admin":
        with hub.transaction(actor) as session:
            table = contract_table(session, at=request.now)
    owing = [one for one in found if one.receipt_due_on]
    return page(
        request,
        "civil/contracts.html",
        contracts=found,
        owing=owing,
        table=table,
        unit_words=UNIT_WORDS,
        receipts=CONTRACT_RECEIPTS,
        on_day=local_date(request.now),
    )


@get("/contracts/{contract_id:uuid}/receipt", guards=[_ANSWERS], sync_to_thread=True)
def show_receipt(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, contract_id: FromPath[UUID]
) -> Response[str]:
    contract = _contract(hub, actor, request, contract_id)
    if contract.receipt_due_on is None:
        raise ReceiptNotAsked(number=contract.number)
    form = Form(_RECEIPT, {"on": local_date(request.now)})
    return page(request, "civil/contract_receipt.html", form=form, contract=contract)


@post("/contracts/{contract_id:uuid}/receipt", guards=[_ANSWERS], sync_to_thread=True)
def save_receipt(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, contract_id: FromPath[UUID]
) -> Response[Any]:
    """The data of an ended contract are deleted or returned. It cannot be taken back."""
    contract = _contract(hub, actor, request, contract_id)
    typed = Form(_RECEIPT, form)
    with typed.shown_again("civil/contract_receipt.html", contract=contract):
        told = typed.read(ContractReceipt)
        with hub.transaction(actor) as session:
            record_receipt(session, contract_id=contract_id, **asdict(told), by=actor, at=request.now)
    return redirect(request, "/contracts", done=Label(zh="已回报。", en="The receipt has been recorded."))


def _contracts(hub: Hub, actor: Actor, request: HubRequest) -> list[ContractRow]:
    with hub.transaction(actor) as session:
        return contracts_for_reader(session, limit=500, at=request.now).lines


def _contract(hub: Hub, actor: Actor, request: HubRequest, contract_id: UUID) -> ContractRow:
    found = next((one for one in _contracts(hub, actor, request) if one.id == contract_id), None)
    if found is None:
        raise NotFound
    return found


router = Router("/", route_handlers=[show_contracts, show_receipt, save_receipt], include_in_schema=False)
