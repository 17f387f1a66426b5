"""The API of contracts: the administrator keeps them; civil affairs and the provider read them."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec
from litestar.params import FromPath, FromQuery, JSONBody

from referral_hub.directory.actions import add_contract, change_contract, end_contract, record_receipt
from referral_hub.paging import Page
from referral_hub.views.directory.lists import ContractRow, contracts_for_list
from referral_ui.api.bodies import Body, Key
from referral_ui.api.routes import Made, Once, acts, reads
from referral_ui.guards import requires
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest

KEEPERS = requires("admin")


class NewContract(Body, frozen=True, kw_only=True):
    """A contract. `categories` are the data it covers, `targets` whole numbers by code of CONTRACT_TARGETS,
    `offering_ids` the provider's offerings whose work counts for it.
    """

    number: str
    title: str
    purchaser_id: UUID
    provider_id: UUID
    purpose: str
    categories: list[str]
    safeguards: str
    starts_on: date
    ends_on: date
    amount_fen: int | None = None
    targets: dict[str, int] = msgspec.field(default_factory=dict)
    offering_ids: list[UUID] = msgspec.field(default_factory=list)


class ContractChange(Body, frozen=True, kw_only=True):
    """What is left out stays as it is."""

    title: str | None = None
    ends_on: date | None = None
    amount_fen: int | None = None
    targets: dict[str, int] | None = None
    offering_ids: list[UUID] | None = None


class ContractEnd(Body, frozen=True, kw_only=True):
    """The contract still holds on `last_day`, which lies before its present end."""

    last_day: date
    reason: str


class ContractReceipt(Body, frozen=True, kw_only=True):
    """`how`: deleted or returned."""

    how: str
    on: date


@reads("/contracts", guards=[requires("admin", "civil", "partner")])
def list_contracts(
    hub: CurrentHub, actor: CurrentActor, request: HubRequest, after: FromQuery[str | None] = None
) -> Page[ContractRow]:
    """Contracts, the latest first; a provider is given its own."""
    provider_id = actor.organisation_id if actor.role == "partner" else None
    with hub.transaction(actor) as session:
        return contracts_for_list(session, provider_id=provider_id, after=after, at=request.now)


@acts("/contracts", guards=[KEEPERS])
def enter_contract(once: Once, actor: CurrentActor, request: HubRequest, data: JSONBody[NewContract]) -> Made:
    """Enter a contract."""
    return once.answer(
        lambda session: Made(add_contract(session, **msgspec.structs.asdict(data), by=actor, at=request.now)), Made
    )


@acts("/contracts/{contract_id:uuid}", guards=[KEEPERS], status_code=204)
def change(
    once: Once, actor: CurrentActor, request: HubRequest, contract_id: FromPath[Key], data: JSONBody[ContractChange]
) -> None:
    """Extend a contract, or change its title, amount, targets or offerings."""
    once.do(
        lambda session: change_contract(
            session, contract_id=contract_id, **msgspec.structs.asdict(data), by=actor, at=request.now
        )
    )


@acts("/contracts/{contract_id:uuid}/end", guards=[KEEPERS], status_code=204)
def end(
    once: Once, actor: CurrentActor, request: HubRequest, contract_id: FromPath[Key], data: JSONBody[ContractEnd]
) -> None:
    """End a contract before its term. Without another in force the provider reads nothing after the last day."""
    once.do(
        lambda session: end_contract(
            session, contract_id=contract_id, last_day=data.last_day, reason=data.reason, by=actor, at=request.now
        )
    )


@acts("/contracts/{contract_id:uuid}/receipt", guards=[requires("admin", "partner")], status_code=204)
def receive_receipt(
    once: Once, actor: CurrentActor, request: HubRequest, contract_id: FromPath[Key], data: JSONBody[ContractReceipt]
) -> None:
    """The provider has deleted or returned the data of an ended contract."""
    once.do(
        lambda session: record_receipt(
            session, contract_id=contract_id, how=data.how, on=data.on, by=actor, at=request.now
        )
    )


ROUTES = (list_contracts, enter_contract, change, end, receive_receipt)
