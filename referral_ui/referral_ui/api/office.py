"""The API of the referring office: cases, needs, consents, referrals. The actions are those of the pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar.params import FromPath, FromQuery, JSONBody

from referral_hub.calendar.clock import local_date
from referral_hub.cases.actions import OpenedCase, add_need, open_case
from referral_hub.cases.facts import searcher_for_case
from referral_hub.consent.actions import refuse_consent
from referral_hub.consent.values import ConsentGiven
from referral_hub.consent.values import Request as ConsentRequest
from referral_hub.errors import NotAllowed, NotFound
from referral_hub.hub import Hub
from referral_hub.referrals.actions import (
    close_with_referrals,
    draft_referral,
    mark_error,
    preview_release,
    send_referral,
    withdraw_consent,
    withdraw_referral,
)
from referral_hub.referrals.consents import give_consent
from referral_hub.referrals.drafts import Drafted
from referral_hub.referrals.leaving import Closed
from referral_hub.referrals.sending import Sent
from referral_hub.referrals.withdrawal import Withdrawn
from referral_hub.views.directory.search import SearchResult, search_offerings
from referral_hub.views.worker.consents import ConsentLine, consents_for_case
from referral_hub.views.worker.referral import OfficeReferral, ReferralListItem, attempts_for_case, referral_for_office
from referral_hub.workflow.release import Released
from referral_ui.api import office_follow_up
from referral_ui.api.routes import Key, Made, Once, acts, reads
from referral_ui.bodies.cases import CaseEnd, NewCase, NewNeed
from referral_ui.bodies.consents import ConsentQuestion, EndConsent, NewConsent, consent_request, signature
from referral_ui.bodies.referrals import NewReferral, Withdrawal
from referral_ui.guards import requires
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest

OFFICE = requires("worker", "supervisor")


@acts("/cases", guards=[OFFICE])
def create_case(once: Once, actor: CurrentActor, request: HubRequest, data: JSONBody[NewCase]) -> OpenedCase:
    """Open a case at the caller's office."""
    office_id = actor.organisation_id
    if office_id is None or actor.account_id is None:
        raise NotAllowed
    values = msgspec.structs.asdict(data)
    values["responsible_id"] = data.responsible_id or actor.account_id
    values["opened_on"] = data.opened_on or local_date(request.now)
    return once.answer(
        lambda session: open_case(session, office_id=office_id, **values, by=actor, at=request.now),
        OpenedCase,
    )


@acts("/cases/{case_id:uuid}/needs", guards=[OFFICE])
def create_need(
    once: Once, actor: CurrentActor, request: HubRequest, case_id: FromPath[Key], data: JSONBody[NewNeed]
) -> Made:
    """Record a need."""
    return once.answer(
        lambda session: Made(
            add_need(session, case_id=case_id, **msgspec.structs.asdict(data), by=actor, at=request.now)
        ),
        Made,
    )


@acts("/cases/{case_id:uuid}/close", guards=[OFFICE], status_code=200)
def close(
    once: Once, actor: CurrentActor, request: HubRequest, case_id: FromPath[Key], data: JSONBody[CaseEnd]
) -> Closed:
    """Close a case. Where the client died, is in custody, moved away or is discharged, its referrals end with it."""
    return once.answer(
        lambda session: close_with_referrals(session, case_id=case_id, reason=data.reason, by=actor, at=request.now),
        Closed,
    )


@reads("/cases/{case_id:uuid}/consents", guards=[OFFICE])
def list_consents(hub: CurrentHub, actor: CurrentActor, case_id: FromPath[Key]) -> list[ConsentLine]:
    """Every consent of a case, those in force first."""
    with hub.transaction(actor) as session:
        return consents_for_case(session, case_id)


@reads("/cases/{case_id:uuid}/referrals", guards=[OFFICE])
def list_referrals(hub: CurrentHub, actor: CurrentActor, case_id: FromPath[Key]) -> list[ReferralListItem]:
    """Every referral of a case, the newest first."""
    with hub.transaction(actor) as session:
        return attempts_for_case(session, case_id)


@reads("/offerings", guards=[OFFICE], asks_for="case")
def find_offerings(
    hub: CurrentHub,
    actor: CurrentActor,
    request: HubRequest,
    *,
    service: FromQuery[str | None] = None,
    need: FromQuery[str | None] = None,
    area: FromQuery[str | None] = None,
    sex: FromQuery[str | None] = None,
    age: FromQuery[int | None] = None,
    case: FromQuery[UUID | None] = None,
) -> list[SearchResult]:
    """Offerings of a service, or for a kind of need, in an area: places, typical answer time, and whether they could
    serve the client: yes, unknown (with what is missing) or no (with what would have to change).

    With a `case` the client's own sex, age, area and facts are asked about, as on the page, and each says in `rest`
    whether it must not be asked about this client for now.
    """
    with hub.transaction(actor) as session:
        client = searcher_for_case(session, case) if case is not None else None
        return search_offerings(
            session,
            hub.modules,
            service_key=service,
            need_kind=need,
            area_code=area,
            facts=client.facts if client else None,
            sex=client.sex if client else sex,
            age=client.age if client else age,
            lives_in=client.area_code if client else None,
            case_id=case,
            at=request.now,
        )


@acts("/consents", guards=[OFFICE])
def create_consent(
    hub: CurrentHub, once: Once, actor: CurrentActor, request: HubRequest, data: JSONBody[NewConsent]
) -> ConsentGiven:
    """The client agrees."""
    return once.answer(
        lambda session: give_consent(session, _question(hub, data), signature(data), by=actor, at=request.now),
        ConsentGiven,
    )


@acts("/consents/refusals", guards=[OFFICE])
def create_refusal(
    hub: CurrentHub, once: Once, actor: CurrentActor, request: HubRequest, data: JSONBody[ConsentQuestion]
) -> Made:
    """The client does not agree. Private to the office; no other request is touched by it."""
    return once.answer(
        lambda session: Made(refuse_consent(session, _question(hub, data), by=actor, at=request.now)), Made
    )


@acts("/consents/{consent_id:uuid}/withdraw", guards=[OFFICE], status_code=200)
def end_consent(
    once: Once, actor: CurrentActor, request: HubRequest, consent_id: FromPath[Key], data: JSONBody[EndConsent]
) -> Withdrawn:
    """The client takes the consent back: everything that went out under it is recalled."""
    return once.answer(
        lambda session: withdraw_consent(session, consent_id=consent_id, how=data.how, by=actor, at=request.now),
        Withdrawn,
    )


@acts("/referrals", guards=[OFFICE])
def create_referral(once: Once, actor: CurrentActor, request: HubRequest, data: JSONBody[NewReferral]) -> Drafted:
    """Begin a referral as a draft."""
    return once.answer(
        lambda session: draft_referral(session, **msgspec.structs.asdict(data), by=actor, at=request.now), Drafted
    )


@reads("/referrals/{referral_id:uuid}", guards=[OFFICE])
def show_referral(hub: CurrentHub, actor: CurrentActor, referral_id: FromPath[Key]) -> OfficeReferral:
    """Where a referral stands, as the sending office sees it."""
    with hub.transaction(actor) as session:
        return referral_for_office(session, referral_id)


@reads("/referrals/{referral_id:uuid}/preview", guards=[OFFICE])
def show_preview(hub: CurrentHub, actor: CurrentActor, referral_id: FromPath[Key]) -> Released:
    """What the recipient would get if the draft were sent now, and what is withheld."""
    with hub.transaction(actor) as session:
        return preview_release(session, referral_id)


@acts("/referrals/{referral_id:uuid}/send", guards=[OFFICE], status_code=200)
def send(
    once: Once,
    actor: CurrentActor,
    request: HubRequest,
    referral_id: FromPath[Key],
) -> Sent:
    """Send a draft under the consent in force."""
    return once.answer(lambda session: send_referral(session, referral_id=referral_id, by=actor, at=request.now), Sent)


@acts("/referrals/{referral_id:uuid}/withdraw", guards=[OFFICE], status_code=204)
def withdraw(
    once: Once, actor: CurrentActor, request: HubRequest, referral_id: FromPath[Key], data: JSONBody[Withdrawal]
) -> None:
    """Take a referral back before service starts."""
    once.do(
        lambda session: withdraw_referral(
            session, referral_id=referral_id, reason_code=data.reason_code, by=actor, at=request.now
        )
    )


@acts("/referrals/{referral_id:uuid}/mark-error", guards=[OFFICE], status_code=204)
def cross_out(
    once: Once, actor: CurrentActor, request: HubRequest, referral_id: FromPath[Key], data: JSONBody[Withdrawal]
) -> None:
    """Cross out a referral that should never have been."""
    once.do(
        lambda session: mark_error(
            session, referral_id=referral_id, reason_code=data.reason_code, by=actor, at=request.now
        )
    )


def _question(hub: Hub, data: ConsentQuestion) -> ConsentRequest:
    found = hub.modules.find_service(data.service)
    if found is None:
        raise NotFound
    return consent_request(data, found.service)


ROUTES: list[Any] = [
    create_case,
    create_need,
    close,
    list_consents,
    list_referrals,
    find_offerings,
    create_consent,
    create_refusal,
    end_consent,
    create_referral,
    show_referral,
    show_preview,
    send,
    withdraw,
    cross_out,
    *office_follow_up.ROUTES,
]
