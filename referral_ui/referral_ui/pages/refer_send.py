"""The last step: what the recipient will see, exactly, and sending it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from referral_hub.calendar.clock import local_date
from referral_hub.i18n import Label
from referral_hub.referrals.actions import preview_release, send_referral
from referral_hub.referrals.presentation import field_category, field_label, released_lines
from referral_hub.views.worker.consents import consent_in_force
from referral_hub.views.worker.referral import referral_for_office
from referral_hub.views.worker.referral_drafts import Draft, draft_for_page
from referral_hub.workflow.errors import ConsentMissing, ModuleUnknown
from referral_hub.workflow.release import Released, wanted_fields
from referral_ui.actions import run_action
from referral_ui.forms import Form
from referral_ui.guards import requires
from referral_ui.pages.refer_details import DETAILS
from referral_ui.pages.refer_steps import step_path
from referral_ui.pages.shown import worker_page
from referral_ui.rendering import redirect
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

_TEMPLATE = "worker/refer_preview.html"
_FROM_DETAILS = frozenset(field.key for field in DETAILS)


@get(
    "/cases/{case_id:uuid}/refer/{referral_id:uuid}/preview",
    guards=[requires("worker", "supervisor")],
    sync_to_thread=True,
)
def show_preview(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, case_id: FromPath[UUID], referral_id: FromPath[UUID]
) -> Response[Any]:
    """Without a consent in force there is nothing to preview: back to asking for it."""
    with hub.transaction(actor) as session:
        draft = draft_for_page(session, referral_id)
        if draft.state != "draft":
            return redirect(request, f"/referrals/{referral_id}")
        try:
            released = preview_release(session, referral_id)
        except ConsentMissing as missing:
            return redirect(request, step_path(draft, "consent"), done=missing.label, tone="note")
        consent = consent_in_force(
            session,
            case_id=draft.case_id,
            recipient_id=draft.recipient_id,
            purpose=draft.service_key,
            on=local_date(request.now),
        )
    return worker_page(request, _TEMPLATE, form=Form(()), consent=consent, **_shown(draft, released))


@post(
    "/cases/{case_id:uuid}/refer/{referral_id:uuid}/send",
    guards=[requires("worker", "supervisor")],
    sync_to_thread=True,
)
def send(
    request: HubRequest,
    hub: CurrentHub,
    actor: CurrentActor,
    form: TheForm,
    case_id: FromPath[UUID],
    referral_id: FromPath[UUID],
) -> Response[Any]:
    """Send once, however often the button is pressed: the form carries its key."""
    here = f"/cases/{case_id}/refer/{referral_id}"
    return run_action(
        request,
        hub,
        actor,
        lambda session: send_referral(
            session, referral_id=referral_id, by=actor, at=request.now, key=form.text("_once") or None
        ),
        to=f"{here}/sent",
        done=lambda sent: Label(zh=f"已发出，编号 {sent.number}。", en=f"Sent. Number {sent.number}."),
        refused_to=f"{here}/preview",
    )


@get(
    "/cases/{case_id:uuid}/refer/{referral_id:uuid}/sent",
    guards=[requires("worker", "supervisor")],
    sync_to_thread=True,
)
def show_sent(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, case_id: FromPath[UUID], referral_id: FromPath[UUID]
) -> Response[Any]:
    with hub.transaction(actor) as session:
        referral = referral_for_office(session, referral_id)
    held = any(event.action == "place.hold" for event in referral.events)
    return worker_page(request, "worker/refer_sent.html", referral=referral, held=held)


def _shown(draft: Draft, released: Released) -> dict[str, Any]:
    """What is given and what is not, and where to fix what the service cannot do without."""
    if draft.service is None:
        raise ModuleUnknown
    wanted = wanted_fields(draft.service)
    missing = {field.name for field in released.missing(wanted)}
    withheld = [
        {
            "label": field_label(draft.service, name),
            "why": why,
            "required": name in missing,
            "fix": _fix(draft, name, why),
            "category": field_category(draft.service, name),
        }
        for name, why in released.withheld.items()
    ]
    return {
        "draft": draft,
        "lines": released_lines(draft.service, released.fields),
        "withheld": withheld,
        "missing": [item for item in withheld if item["required"]],
    }


def _fix(draft: Draft, name: str, why: str) -> str:
    """Where a missing field is put right: the consent, the request details, or the case itself."""
    if why == "not_agreed":
        return step_path(draft, "consent")
    asked = {field.key for field in draft.service.intake} if draft.service else set()
    if name in _FROM_DETAILS or name in asked:
        return f"{step_path(draft, 'details')}#field-{name}"
    return f"/cases/{draft.case_id}/person?back={step_path(draft, 'preview')}#field-{name}"
