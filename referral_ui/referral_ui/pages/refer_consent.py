"""The consent step: the notice in plain words, each category ticked by itself, and two answers of the same size."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from referral_hub.actor import Actor
from referral_hub.api import Choice
from referral_hub.api.manifest import Service
from referral_hub.calendar.clock import local_date
from referral_hub.codes.declines import CLIENT_ASKED
from referral_hub.consent import rules
from referral_hub.consent.actions import refuse_consent
from referral_hub.consent.notice import NoticeText, build_notice
from referral_hub.hub import Hub
from referral_hub.i18n import Label, untranslated
from referral_hub.referrals.actions import withdraw_referral
from referral_hub.referrals.before_consent import check_before_asking, check_before_signing
from referral_hub.referrals.consents import give_consent, record_other_basis
from referral_hub.views.worker.consents import (
    ConsentLine,
    NoticeParties,
    bases_allowed,
    consent_in_force,
    parties_of_notice,
    refused_on,
)
from referral_hub.views.worker.referral_drafts import Draft, draft_for_page
from referral_hub.workflow.errors import ModuleUnknown
from referral_ui.actions import refusal_shown
from referral_ui.bodies.base import inputs_of
from referral_ui.bodies.consents import ConsentQuestion, NewConsent, consent_request, signature
from referral_ui.forms import Form, Input, choices
from referral_ui.guards import requires
from referral_ui.pages.refer_steps import step_path
from referral_ui.pages.shown import WORDS, worker_page
from referral_ui.pages.ways_out import refused
from referral_ui.rendering import redirect
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

VALID: dict[str, Label] = {
    "30": Label(zh="30 天", en="30 days"),
    "90": Label(zh="90 天", en="90 days"),
    "180": Label(zh="半年", en="Half a year"),
}
"""None longer than the day the notice on the same page names: what was read out is the most that may be kept."""
_OTHER_BASIS = (
    Input("basis", "text", Label(zh="依据", en="Basis")),
    Input("article", "text", Label(zh="法律条款", en="Article of law")),
    Input("reason", "text", Label(zh="理由", en="Reason")),
)
_TEMPLATE = "worker/refer_consent.html"


class ConsentStep(msgspec.Struct, frozen=True):
    """All that the step shows."""

    draft: Draft
    parties: NoticeParties
    notice: NoticeText
    standing: ConsentLine | None
    refused: tuple[Any, Any] | None
    guardian_needed: bool
    bases: tuple[str, ...]


@get(
    "/cases/{case_id:uuid}/refer/{referral_id:uuid}/consent",
    guards=[requires("worker", "supervisor")],
    sync_to_thread=True,
)
def show_consent_step(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, case_id: FromPath[UUID], referral_id: FromPath[UUID]
) -> Response[Any]:
    step = _step(request, hub, actor, referral_id)
    if step.draft.state != "draft":
        return redirect(request, f"/referrals/{referral_id}")
    return refusal_shown(
        request,
        lambda: _ask(request, hub, actor, step),
        at=lambda refusal: refused(
            request, refusal, to=step_path(step.draft, "details"), case_id=case_id, draft=step.draft
        ),
    )


def _ask(request: HubRequest, hub: Hub, actor: Actor, step: ConsentStep) -> Response[Any]:
    """Nobody is asked to sign for what could not be sent all the same."""
    with hub.transaction(actor) as session:
        check_before_asking(session, step.draft.id, at=request.now)
    offered = valid_days(_longest(request, step))
    values: dict[str, Any] = {
        "signer": "guardian" if step.guardian_needed else "self",
        "valid_days": offered[-1].code,
        "asked_by_client": step.draft.asked_again == CLIENT_ASKED,
    }
    form = Form(_inputs(request, step), values)
    return worker_page(request, _TEMPLATE, step=step, draft=step.draft, form=form)


@post(
    "/cases/{case_id:uuid}/refer/{referral_id:uuid}/consent",
    guards=[requires("worker", "supervisor")],
    sync_to_thread=True,
)
def answer_consent(
    request: HubRequest,
    hub: CurrentHub,
    actor: CurrentActor,
    form: TheForm,
    case_id: FromPath[UUID],
    referral_id: FromPath[UUID],
) -> Response[Any]:
    """The client's answer. A refusal is written down privately and ends here, without any disadvantage (R8)."""
    step = _step(request, hub, actor, referral_id)
    typed = Form(_inputs(request, step), form)
    with typed.shown_again(_TEMPLATE, words=WORDS, step=step, draft=step.draft), hub.transaction(actor) as session:
        if form.text("answer") == "refuse":
            everything = [item.category for item in step.notice.items]
            declined = typed.read(ConsentQuestion, **_known(request, step), categories=everything, valid_days=None)
            refuse_consent(session, consent_request(declined, _service(step)), by=actor, at=request.now)
            withdraw_referral(session, referral_id=referral_id, reason_code="client_refused", by=actor, at=request.now)
            done = Label(
                zh="已登记：服务对象不同意。只有本单位看得到；不影响其他服务。",
                en="Recorded: the client does not agree. Only this office can see this; other services are not "
                "affected.",
            )
            to = f"/cases/{case_id}#needs"
        else:
            told = typed.read(NewConsent, **_known(request, step))
            check_before_signing(
                session, referral_id, categories=told.categories, excluded=told.excluded_fields, at=request.now
            )
            given = give_consent(
                session, consent_request(told, _service(step)), signature(told), by=actor, at=request.now
            )
            done = Label(
                zh=f"已登记同意（编号 {given.number}），有效至 {given.valid_until.isoformat()}。",
                en=f"Consent {given.number} has been recorded and is valid until {given.valid_until.isoformat()}.",
            )
            to = step_path(step.draft, "preview")
    return redirect(request, to, done=done)


@post(
    "/cases/{case_id:uuid}/refer/{referral_id:uuid}/other-basis",
    guards=[requires("supervisor")],
    sync_to_thread=True,
)
def use_other_basis(
    request: HubRequest,
    hub: CurrentHub,
    actor: CurrentActor,
    form: TheForm,
    case_id: FromPath[UUID],
    referral_id: FromPath[UUID],
) -> Response[Any]:
    """A supervisor releases on another basis than consent (R10)."""
    step = _step(request, hub, actor, referral_id)
    typed = Form(_inputs(request, step), form)
    with typed.shown_again(_TEMPLATE, words=WORDS, step=step, draft=step.draft), hub.transaction(actor) as session:
        told = typed.read(ConsentQuestion, **_known(request, step), valid_days=None)
        record_other_basis(
            session,
            consent_request(told, _service(step)),
            basis=form.text("basis"),
            article=form.text("article"),
            reason=form.text("reason"),
            by=actor,
            at=request.now,
        )
    done = Label(
        zh="已登记依据和理由，列入“团队”页的每月复核。",
        en="Basis and reason have been recorded and are listed for the monthly review on the Team page.",
    )
    return redirect(request, step_path(step.draft, "preview"), done=done)


def valid_days(longest: int) -> tuple[Choice, ...]:
    """For how long the client may agree, the longest last: as far as the day that the notice names."""
    shorter = {days: label for days, label in VALID.items() if int(days) < longest}
    words = Label(zh=f"{longest} 天", en=f"{longest} days")
    return choices({**shorter, str(longest): VALID.get(str(longest), words)})


def _longest(request: HubRequest, step: ConsentStep) -> int:
    return (step.notice.keep_until - local_date(request.now)).days


def _inputs(request: HubRequest, step: ConsentStep) -> tuple[Input, ...]:
    asked = [Choice(code=item.category, label=item.label) for item in step.notice.items]
    single = [Choice(code=name, label=untranslated(name)) for item in step.notice.items for name in item.names]
    answer = inputs_of(
        NewConsent,
        categories={"choices": asked, "required": False},
        excluded_fields={"choices": single},
        valid_days={"choices": valid_days(_longest(request, step)), "required": True},
    )
    return (*answer, *_OTHER_BASIS)


def _step(request: HubRequest, hub: Hub, actor: Actor, referral_id: UUID) -> ConsentStep:
    today = local_date(request.now)
    with hub.transaction(actor) as session:
        draft = draft_for_page(session, referral_id)
        asked = {"case_id": draft.case_id, "recipient_id": draft.recipient_id, "purpose": draft.service_key}
        parties = parties_of_notice(session, case_id=draft.case_id, offering_id=draft.offering_id)
        standing = consent_in_force(session, **asked, on=today)  # type: ignore[arg-type]
        refused = refused_on(session, **asked, at=request.now)  # type: ignore[arg-type]
    if draft.service is None:
        raise ModuleUnknown
    notice = build_notice(
        draft.service,
        recipient=parties.recipient,
        recipient_phone=parties.recipient_phone,
        office=parties.office,
        office_phone=parties.office_phone,
        keep_until=rules.valid_until(today, None, draft.service),
    )
    young = parties.birth_year is not None and today.year - parties.birth_year <= rules.GUARDIAN_UNDER
    return ConsentStep(
        draft=draft,
        parties=parties,
        notice=notice,
        standing=standing,
        refused=refused,
        guardian_needed=young,
        bases=tuple(bases_allowed(parties.office_role)) if actor.role == "supervisor" else (),
    )


def _service(step: ConsentStep) -> Service:
    if step.draft.service is None:
        raise ModuleUnknown
    return step.draft.service


def _known(request: HubRequest, step: ConsentStep) -> dict[str, Any]:
    """What is not asked: it stands in the draft."""
    return {
        "case_id": step.draft.case_id,
        "recipient_id": step.draft.recipient_id,
        "service": _service(step).key,
        "language": request.language,
    }
