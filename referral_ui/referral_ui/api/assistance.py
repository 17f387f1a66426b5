"""The API of an organisation that gives assistance: its funds, applications, decisions, payments and ledger."""

from __future__ import annotations

from datetime import date

import msgspec
from litestar.params import FromPath, FromQuery, JSONBody

from referral_hub.assistance.actions import (
    add_fund,
    change_fund,
    close_fund,
    decide,
    record_application,
    record_payment,
    reopen_fund,
)
from referral_hub.assistance.queries import funds_for_organisation
from referral_hub.assistance.values import Decision, FundView, LedgerPage
from referral_hub.calendar.clock import local_date
from referral_hub.errors import Invalid
from referral_hub.i18n import Label
from referral_hub.views.civil.ledger import VIEWS, LedgerFilter, read_ledger
from referral_ui.api.routes import Key, Made, Once, acts, reads
from referral_ui.bodies.assistance import FundChange, NewApplication, NewDecision, NewFund, NewPayment, application_of
from referral_ui.guards import requires
from referral_ui.pages.values import own_organisation
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest

DECIDERS = requires("civil", "partner")


@reads("/funds", guards=[DECIDERS])
def list_funds(hub: CurrentHub, actor: CurrentActor) -> list[FundView]:
    """The caller's funds, newest year first, with what is paid, reserved and free."""
    with hub.transaction(actor) as session:
        return funds_for_organisation(session, own_organisation(actor))


@acts("/funds", guards=[DECIDERS])
def open_fund(once: Once, actor: CurrentActor, request: HubRequest, data: JSONBody[NewFund]) -> Made:
    """Open a fund."""
    return once.answer(
        lambda session: Made(
            add_fund(
                session,
                organisation_id=own_organisation(actor),
                **msgspec.structs.asdict(data),
                by=actor,
                at=request.now,
            )
        ),
        Made,
    )


@acts("/funds/{fund_id:uuid}", guards=[DECIDERS], status_code=204)
def change(
    once: Once, actor: CurrentActor, request: HubRequest, fund_id: FromPath[Key], data: JSONBody[FundChange]
) -> None:
    """Another name or budget; the budget not below what is granted."""
    once.do(
        lambda session: change_fund(session, fund_id=fund_id, **msgspec.structs.asdict(data), by=actor, at=request.now)
    )


@acts("/funds/{fund_id:uuid}/close", guards=[DECIDERS], status_code=204)
def close(once: Once, actor: CurrentActor, request: HubRequest, fund_id: FromPath[Key]) -> None:
    """No new grant from it; what is granted is still paid."""
    once.do(lambda session: close_fund(session, fund_id=fund_id, by=actor, at=request.now))


@acts("/funds/{fund_id:uuid}/reopen", guards=[DECIDERS], status_code=204)
def reopen(once: Once, actor: CurrentActor, request: HubRequest, fund_id: FromPath[Key]) -> None:
    """Take grants from it again."""
    once.do(lambda session: reopen_fund(session, fund_id=fund_id, by=actor, at=request.now))


@acts("/applications", guards=[DECIDERS])
def apply(
    once: Once, hub: CurrentHub, actor: CurrentActor, request: HubRequest, data: JSONBody[NewApplication]
) -> Made:
    """Enter an application that came to the caller's organisation itself."""
    application = application_of(data, today=local_date(request.now), demo=hub.settings.demo)
    return once.answer(
        lambda session: Made(
            record_application(
                session, organisation_id=own_organisation(actor), application=application, by=actor, at=request.now
            )
        ),
        Made,
    )


@acts("/applications/{application_id:uuid}/decision", guards=[DECIDERS])
def give_decision(
    once: Once,
    actor: CurrentActor,
    request: HubRequest,
    application_id: FromPath[Key],
    data: JSONBody[NewDecision],
) -> Made:
    """Decide on an application. A grant reserves its amount of the fund; above what is free it is refused."""
    decision = Decision(**msgspec.structs.asdict(data))
    return once.answer(
        lambda session: Made(
            decide(session, application_id=application_id, decision=decision, by=actor, at=request.now)
        ),
        Made,
    )


@acts("/decisions/{decision_id:uuid}/payments", guards=[DECIDERS])
def pay(
    once: Once, actor: CurrentActor, request: HubRequest, decision_id: FromPath[Key], data: JSONBody[NewPayment]
) -> Made:
    """Enter a payment of a grant; it uses the money the grant reserved."""
    return once.answer(
        lambda session: Made(
            record_payment(session, decision_id=decision_id, **msgspec.structs.asdict(data), by=actor, at=request.now)
        ),
        Made,
    )


@reads("/ledger", guards=[DECIDERS])
def show_ledger(
    hub: CurrentHub,
    actor: CurrentActor,
    request: HubRequest,
    since: FromQuery[date | None] = None,
    until: FromQuery[date | None] = None,
    view: FromQuery[str] = "decisions",
    after: FromQuery[str | None] = None,
) -> LedgerPage:
    """The caller's own ledger, masked, of this month by default.

    `view`: decisions, granted, refused, pending, payments, corrections.
    """
    if view not in VIEWS:
        choices = "、".join(VIEWS)
        raise Invalid(
            field="view", message=Label(zh=f"可选：{choices}。", en=f"Choose one of {', '.join(VIEWS)}.")
        )  # fmt: skip
    today = local_date(request.now)
    wanted = LedgerFilter(since=since or today.replace(day=1), until=until or today, view=view)
    with hub.transaction(actor) as session:
        return read_ledger(session, wanted=wanted, after=after, by=actor, at=request.now)


ROUTES = (list_funds, open_fund, change, close, reopen, apply, give_decision, pay, show_ledger)
