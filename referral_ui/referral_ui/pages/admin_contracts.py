"""Contracts of a provider: who buys which service, for which purpose and data, until when, with which targets (R1)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath
from msgspec.structs import asdict

from referral_hub.api import CATEGORIES, Choice
from referral_hub.calendar.clock import local_date
from referral_hub.directory.actions import add_contract, change_contract, end_contract
from referral_hub.directory.contract_rules import parse_targets, written_targets
from referral_hub.errors import NotFound
from referral_hub.i18n import Label, untranslated
from referral_hub.text_limits import MAX_TARGETS
from referral_hub.views.directory.lists import ContractRow, organisations_for_list
from referral_hub.views.directory.pages import OrganisationPage
from referral_ui.bodies.base import inputs_of
from referral_ui.bodies.contracts import ContractChange, ContractEnd, NewContract
from referral_ui.forms import Form, Input, choices
from referral_ui.guards import requires
from referral_ui.pages.admin_organisations import shown_organisation
from referral_ui.pages.admin_words import ADMIN_WORDS
from referral_ui.rendering import page, redirect
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

_ONE = "/admin/organisations/{organisation_id:uuid}/contracts/{contract_id:uuid}"
_END = inputs_of(ContractEnd)
_TARGETS = Input(
    "targets",
    "long",
    Label(zh="目标", en="Targets"),
    help=Label(
        zh="每行一项：目标 数量，例如“课时 1200”“人 60”“走访 200”“小组活动 20”“满意率 90%”。",
        en="One per line: a target and a number, for example “class hours 1200”, “persons 60”, “visits 200”, "
        "“group sessions 20”, “satisfaction 90%”.",
    ),
    max=MAX_TARGETS,
)


@get("/admin/organisations/{organisation_id:uuid}/contracts/new", guards=[requires("admin")], sync_to_thread=True)
def show_new_contract(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, organisation_id: FromPath[UUID]
) -> Response[str]:
    shown = shown_organisation(request, hub, actor, organisation_id)
    fields = _contract_fields(request, hub, actor, shown["organisation"])
    return page(request, "admin/contract_form.html", form=Form(fields), contract=None, **shown)


@post("/admin/organisations/{organisation_id:uuid}/contracts/new", guards=[requires("admin")], sync_to_thread=True)
def save_new_contract(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, organisation_id: FromPath[UUID]
) -> Response[Any]:
    shown = shown_organisation(request, hub, actor, organisation_id)
    typed = Form(_contract_fields(request, hub, actor, shown["organisation"]), form)
    with typed.shown_again("admin/contract_form.html", contract=None, **shown):
        targets = parse_targets(typed.clean().get("targets", ""))
        told = typed.read(NewContract, provider_id=organisation_id, targets=targets)
        with hub.transaction(actor) as session:
            add_contract(session, **asdict(told), by=actor, at=request.now)
    done = Label(zh="合同已登记。", en="The contract has been entered.")
    return redirect(request, f"/admin/organisations/{organisation_id}", done=done)


@get(_ONE, guards=[requires("admin")], sync_to_thread=True)
def show_contract(
    request: HubRequest,
    hub: CurrentHub,
    actor: CurrentActor,
    organisation_id: FromPath[UUID],
    contract_id: FromPath[UUID],
) -> Response[str]:
    shown = shown_organisation(request, hub, actor, organisation_id)
    contract = _contract(shown["organisation"], contract_id)
    fen = contract.amount_fen
    values = {
        "title": contract.title,
        "ends_on": contract.ends_on,
        "amount_fen": None if fen is None else f"{Decimal(fen) / 100:.2f}",
        "targets": written_targets(contract.targets, request.language),
        "offering_ids": contract.offerings,
    }
    form = Form(_change_fields(shown["organisation"]), values)
    return page(request, "admin/contract_form.html", form=form, contract=contract, **shown)


@post(_ONE, guards=[requires("admin")], sync_to_thread=True)
def save_contract(
    request: HubRequest,
    hub: CurrentHub,
    actor: CurrentActor,
    form: TheForm,
    organisation_id: FromPath[UUID],
    contract_id: FromPath[UUID],
) -> Response[Any]:
    """Change a contract: what stands in the form is what it says from now on."""
    shown = shown_organisation(request, hub, actor, organisation_id)
    contract = _contract(shown["organisation"], contract_id)
    typed = Form(_change_fields(shown["organisation"]), form)
    with typed.shown_again("admin/contract_form.html", contract=contract, **shown):
        told = typed.read(ContractChange, targets=parse_targets(typed.clean().get("targets", "")))
        with hub.transaction(actor) as session:
            change_contract(session, contract_id=contract.id, **asdict(told), by=actor, at=request.now)
    done = Label(zh="合同已更新。", en="The contract has been updated.")
    return redirect(request, f"/admin/organisations/{organisation_id}", done=done)


@post(f"{_ONE}/end", guards=[requires("admin")], sync_to_thread=True)
def end(
    request: HubRequest,
    hub: CurrentHub,
    actor: CurrentActor,
    form: TheForm,
    organisation_id: FromPath[UUID],
    contract_id: FromPath[UUID],
) -> Response[Any]:
    """End a contract before its term, for a reason that is kept."""
    shown = shown_organisation(request, hub, actor, organisation_id)
    contract = _contract(shown["organisation"], contract_id)
    typed = Form(_END, form)
    with typed.shown_again("admin/contract_end.html", contract=contract, **shown):
        told = typed.read(ContractEnd)
        with hub.transaction(actor) as session:
            end_contract(session, contract_id=contract.id, **asdict(told), by=actor, at=request.now)
    done = Label(
        zh="合同的最后一天已更改。之后机构不能再看收到的信息，并须删除或退回。",
        en="The last day of the contract has been changed. After it the provider can no longer view the "
        "information it received and must delete or return it.",
    )
    return redirect(request, f"/admin/organisations/{organisation_id}", done=done)


@get(f"{_ONE}/end", guards=[requires("admin")], sync_to_thread=True)
def show_end(
    request: HubRequest,
    hub: CurrentHub,
    actor: CurrentActor,
    organisation_id: FromPath[UUID],
    contract_id: FromPath[UUID],
) -> Response[str]:
    shown = shown_organisation(request, hub, actor, organisation_id)
    contract = _contract(shown["organisation"], contract_id)
    form = Form(_END, {"last_day": local_date(request.now)})
    return page(request, "admin/contract_end.html", form=form, contract=contract, **shown)


def _contract(organisation: OrganisationPage, contract_id: UUID) -> ContractRow:
    found = next((one for one in organisation.contracts if one.id == contract_id), None)
    if found is None:
        raise NotFound
    return found


def _change_fields(organisation: OrganisationPage) -> tuple[Input, ...]:
    """What may be changed, the provider's own services among it."""
    titles = _own_services(organisation)
    counted = inputs_of(ContractChange, "offering_ids", offering_ids={"choices": titles}) if titles else ()
    return (*inputs_of(ContractChange, "title", "ends_on", "amount_fen"), _TARGETS, *counted)


def _own_services(organisation: OrganisationPage) -> tuple[Choice, ...]:
    titles = {str(one.id): untranslated(one.title) for one in organisation.offerings if one.status != "closed"}
    return choices(titles)


def _contract_fields(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, organisation: OrganisationPage
) -> tuple[Input, ...]:
    with hub.transaction(actor) as session:
        found = organisations_for_list(session, limit=500, at=request.now).lines
    buyers = {str(one.id): untranslated(one.name) for one in found if one.kind in ("office", "civil_affairs")}
    asked = inputs_of(
        NewContract,
        purchaser_id={"choices": choices(buyers)},
        categories={"choices": choices({code: ADMIN_WORDS.categories[code] for code in CATEGORIES})},
        offering_ids={"choices": _own_services(organisation)},
    )
    counted = asked[-1:] if asked[-1].choices else ()
    return (*asked[:-1], _TARGETS, *counted)


router = Router(
    "/",
    route_handlers=[show_new_contract, save_new_contract, show_contract, save_contract, show_end, end],
    include_in_schema=False,
)
