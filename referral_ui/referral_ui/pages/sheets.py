"""Sheets for paper (A4, black and white): 转介单, 知情同意书, a withdrawal's receipt, who received my information.

What could be seen from outside (through an envelope's window, on top of a folded sheet) is a number and the
recipient's name, never the client's (R20, R21).
"""

from __future__ import annotations

from uuid import UUID

from litestar import Response, Router, get
from litestar.params import FromPath

from referral_hub.calendar.clock import local_date
from referral_hub.consent import rules
from referral_hub.consent.notice import build_notice
from referral_hub.errors import NotFound
from referral_hub.views.worker.case_head import case_head
from referral_hub.views.worker.consents import consent_for_page, parties_of_notice
from referral_hub.views.worker.disclosures import received_for_case
from referral_hub.views.worker.looks import looks_by_account
from referral_hub.views.worker.referral import attempts_for_case, referral_for_office
from referral_hub.views.worker.referral_drafts import draft_for_page
from referral_ui.guards import requires
from referral_ui.pages.shown import worker_page
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest


@get("/print/referrals/{referral_id:uuid}", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def print_referral(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, referral_id: FromPath[UUID]
) -> Response[str]:
    """转介单 with 回执: exactly what was disclosed, no more. After a recall there is nothing left to print."""
    with hub.transaction(actor) as session:
        referral = referral_for_office(session, referral_id)
        if referral.released_at is None or referral.access_ended_at is not None:
            raise NotFound
        parties = parties_of_notice(session, case_id=referral.attempt.case_id, offering_id=referral.attempt.offering_id)
    return worker_page(request, "print/referral.html", referral=referral, one=referral.attempt, parties=parties)


@get("/print/referrals/{referral_id:uuid}/notice", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def print_blank_consent(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, referral_id: FromPath[UUID]
) -> Response[str]:
    """The 知情同意书 before it is answered, with boxes to tick by hand."""
    with hub.transaction(actor) as session:
        draft = draft_for_page(session, referral_id)
        parties = parties_of_notice(session, case_id=draft.case_id, offering_id=draft.offering_id)
    if draft.service is None:
        raise NotFound
    notice = build_notice(
        draft.service,
        recipient=parties.recipient,
        recipient_phone=parties.recipient_phone,
        office=parties.office,
        office_phone=parties.office_phone,
        keep_until=rules.valid_until(local_date(request.now), None, draft.service),
    )
    return worker_page(
        request,
        "print/consent.html",
        notice=notice,
        paper=None,
        number=draft.number,
        case_id=draft.case_id,
        referral_id=draft.id,
    )


@get("/print/consents/{consent_id:uuid}", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def print_consent(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, consent_id: FromPath[UUID]
) -> Response[str]:
    """The 知情同意书 as it was answered."""
    with hub.transaction(actor) as session:
        paper = consent_for_page(session, consent_id)
    return worker_page(
        request,
        "print/consent.html",
        notice=paper.notice,
        paper=paper,
        number=paper.line.number,
        case_id=paper.case_id,
    )


@get("/print/consents/{consent_id:uuid}/withdrawal", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def print_withdrawal(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, consent_id: FromPath[UUID]
) -> Response[str]:
    """The receipt a client is handed after taking a consent back (R9)."""
    with hub.transaction(actor) as session:
        paper = consent_for_page(session, consent_id)
        if paper.line.state != "withdrawn":
            raise NotFound
        received = [
            line for line in received_for_case(session, paper.case_id) if line.consent_number == paper.line.number
        ]
        stopped = {
            attempt.number: attempt
            for attempt in attempts_for_case(session, paper.case_id)
            if attempt.state == "consent_withdrawn"
        }
    return worker_page(request, "print/withdrawal.html", paper=paper, received=received, stopped=stopped)


@get("/print/cases/{case_id:uuid}/received", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def print_received(request: HubRequest, hub: CurrentHub, actor: CurrentActor, case_id: FromPath[UUID]) -> Response[str]:
    """谁收到过、看过我的信息: the client's own sheet."""
    with hub.transaction(actor) as session:
        case = case_head(session, case_id)
        received = received_for_case(session, case_id)
        looks = looks_by_account(session, case_id)
    return worker_page(request, "print/received.html", case=case, received=received, looks=looks)


router = Router(
    "/",
    route_handlers=[print_referral, print_blank_consent, print_consent, print_withdrawal, print_received],
    include_in_schema=False,
)
