"""The API of contracts: the administrator keeps them; civil affairs and the provider read them."""

from __future__ import annotations

import msgspec
from litestar.params import FromPath, FromQuery, JSONBody

from referral_hub.directory.actions import add_contract, change_contract, end_contract, record_receipt
from referral_hub.paging import Page
from referral_hub.views.directory.lists import ContractRow, contracts_for_reader
from referral_ui.api.routes import Key, Made, Once, acts, reads
from referral_ui.bodies.contracts import ContractChange, ContractEnd, ContractReceipt, NewContract
from referral_ui.guards import requires
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest

KEEPERS = requires("admin")


@reads("/contracts", guards=[requires("admin", "civil", "supervisor", "partner")])
def list_contracts(
    hub: CurrentHub, actor: CurrentActor, request: HubRequest, after: FromQuery[str | None] = None
) -> Page[ContractRow]:
    """Contracts, the latest first; a provider and an office are given their own."""
    with hub.transaction(actor) as session:
        return contracts_for_reader(session, after=after, at=request.now)


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
            session, contract_id=contract_id, **msgspec.structs.asdict(data), by=actor, at=request.now
        )
    )


@acts("/contracts/{contract_id:uuid}/receipt", guards=[requires("admin", "partner")], status_code=204)
def receive_receipt(
    once: Once, actor: CurrentActor, request: HubRequest, contract_id: FromPath[Key], data: JSONBody[ContractReceipt]
) -> None:
    """The provider has deleted or returned the data of an ended contract."""
    once.do(
        lambda session: record_receipt(
            session, contract_id=contract_id, **msgspec.structs.asdict(data), by=actor, at=request.now
        )
    )


ROUTES = (list_contracts, enter_contract, change, end, receive_receipt)
