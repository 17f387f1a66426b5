"""The consents of a case: what stands, what has ended, withdrawal in one step with a receipt; who received what."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath
from msgspec.structs import asdict

from referral_hub.i18n import Label
from referral_hub.referrals.actions import withdraw_consent
from referral_hub.referrals.withdrawal import Withdrawn
from referral_hub.views.worker.case_head import case_head
from referral_hub.views.worker.consents import consent_for_page, consents_for_case
from referral_hub.views.worker.disclosures import received_for_case
from referral_ui.actions import run_asked
from referral_ui.bodies.base import inputs_of
from referral_ui.bodies.consents import EndConsent
from referral_ui.forms import Form
from referral_ui.guards import requires
from referral_ui.pages.shown import worker_page
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm


@get("/cases/{case_id:uuid}/consents", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def show_consents(request: HubRequest, hub: CurrentHub, actor: CurrentActor, case_id: FromPath[UUID]) -> Response[str]:
    with hub.transaction(actor) as session:
        case = case_head(session, case_id)
        consents = consents_for_case(session, case_id)
        received = received_for_case(session, case_id)
    return worker_page(request, "worker/consents.html", case=case, consents=consents, received=received)


@post("/consents/{consent_id:uuid}/withdraw", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def withdraw(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, consent_id: FromPath[UUID]
) -> Response[Any]:
    """One step: the consent ends, what was sent under it stops, and the receipt is there to be printed (R9)."""
    typed = Form(inputs_of(EndConsent), form)
    with hub.transaction(actor) as session:
        case_id = consent_for_page(session, consent_id).case_id
    return run_asked(
        request,
        hub,
        actor,
        typed,
        lambda session: withdraw_consent(
            session, consent_id=consent_id, **asdict(typed.read(EndConsent)), by=actor, at=request.now
        ),
        title=Label(zh="撤回同意", en="Withdraw consent"),
        back=f"/cases/{case_id}/consents",
        to=f"/print/consents/{consent_id}/withdrawal",
        done=_receipt,
    )


def _receipt(withdrawn: Withdrawn) -> Label:
    stopped, asked = len(withdrawn.stopped), len(withdrawn.asked_to_delete)
    return Label(
        zh=f"同意已撤回。停止了 {stopped} 张转介单，已要求对方删除 {asked} 份信息。请把这张回执交给服务对象。",
        en=f"Consent withdrawn. {stopped} referral(s) stopped; deletion of {asked} disclosure(s) requested. Please "
        "hand this receipt to the client.",
    )


router = Router("/", route_handlers=[show_consents, withdraw], include_in_schema=False)
