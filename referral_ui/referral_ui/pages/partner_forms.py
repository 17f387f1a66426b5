"""A stage form, drawn from the manifest. Filled in, it is kept, and its module's answer is in the same response.

A form that the module sends back is shown again with what it says is wrong. While the module is away the form is kept
and the page says since when it waits: nobody loses what they typed, and nobody sees an error.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from referral_hub.actor import Actor
from referral_hub.api import Field, Problem
from referral_hub.api.manifest import Form as StageForm
from referral_hub.calendar.clock import local_date
from referral_hub.errors import Invalid
from referral_hub.hub import Hub
from referral_hub.i18n import Label
from referral_hub.referrals.actions import fill_form
from referral_hub.referrals.delivery import deliver_one
from referral_hub.referrals.forms import questions
from referral_hub.views.partner.form_entries import (
    EntryView,
    answers_typed,
    entry_for_partner,
    returned_entry,
    waiting_deliveries,
)
from referral_hub.views.partner.referral import PartnerReferral, referral_for_partner
from referral_hub.workflow.errors import FormInvalid, FormNotHere
from referral_ui.bodies.answers import FilledForm
from referral_ui.bodies.base import inputs_of
from referral_ui.forms import FieldsInvalid, Form
from referral_ui.guards import requires
from referral_ui.pages.partner_words import PARTNER_WORDS
from referral_ui.rendering import page, redirect
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, SubmittedForm, TheForm

_TEMPLATE = "partner/form.html"
_ON = "_on"
# A module may ask for a day of its own under the name that the body has for it.
_DAY = msgspec.structs.replace(*inputs_of(FilledForm, "on"), key=_ON)


@get("/inbox/{referral_id:uuid}/forms/{key:str}", guards=[requires("partner")], sync_to_thread=True)
def show_form(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, referral_id: FromPath[UUID], key: FromPath[str]
) -> Response[str]:
    """The form, empty; or, when the module sent it back, as it was filled in with what is wrong."""
    with hub.transaction(actor) as session:
        referral = referral_for_partner(session, referral_id)
        stage_form = _stage_form(referral, key)
        entry = returned_entry(session, referral_id, key)
        answers = answers_typed(session, entry.id) if entry else {}
    fields = _questions(referral, stage_form)
    form = Form((_DAY, *fields), _as_typed(fields, answers) | {_ON: entry.on if entry else local_date(request.now)})
    if entry:
        form.problems = _known(entry.problems, form)
    return page(request, _TEMPLATE, form=form, **_shown(referral, stage_form))


@post("/inbox/{referral_id:uuid}/forms/{key:str}", guards=[requires("partner")], sync_to_thread=True)
def save_form(
    request: HubRequest,
    hub: CurrentHub,
    actor: CurrentActor,
    form: TheForm,
    referral_id: FromPath[UUID],
    key: FromPath[str],
) -> Response[Any]:
    with hub.transaction(actor) as session:
        referral = referral_for_partner(session, referral_id)
    stage_form = _stage_form(referral, key)
    fields = _questions(referral, stage_form)
    typed = Form((_DAY, *fields), form)
    with typed.shown_again(_TEMPLATE, **_shown(referral, stage_form)):
        on = date.fromisoformat(typed.clean()[_ON])
        entry_id, waiting = _keep(request, hub, actor, referral_id, stage_form, fields, form, on)
        for delivery_id in waiting:
            # In order, and not past one that did not get through: its turn comes again with the job.
            if not deliver_one(hub, delivery_id):
                break
        with hub.transaction(actor) as session:
            entry = entry_for_partner(session, entry_id)
        if entry.state == "returned":
            raise FieldsInvalid(_known(entry.problems, typed))
    return redirect(
        request, f"/inbox/{referral_id}", done=_said(entry), tone="done" if entry.state == "applied" else "note"
    )


def _keep(
    request: HubRequest,
    hub: Hub,
    actor: Actor,
    referral_id: UUID,
    stage_form: StageForm,
    fields: list[Field],
    form: SubmittedForm,
    on: date,
) -> tuple[UUID, list[UUID]]:
    """Keep the form; its key, and what the module has yet to receive about this referral."""
    try:
        with hub.transaction(actor) as session:
            entry_id = fill_form(
                session,
                referral_id=referral_id,
                form=stage_form.key,
                values={f.key: form.many(f.key) if f.type == "choices" else form.text(f.key) for f in fields},
                on=on,
                by=actor,
                at=request.now,
                key=form.text("_once") or None,
            )
            return entry_id, waiting_deliveries(session, referral_id)
    except FormInvalid as faulty:
        raise FieldsInvalid(msgspec.convert(faulty.details["problems"], list[Problem])) from faulty
    except Invalid as invalid:
        if invalid.field == "on":
            raise FieldsInvalid([Problem(field=_ON, message=invalid.label)]) from invalid
        raise


def _stage_form(referral: PartnerReferral, key: str) -> StageForm:
    found = next((form for form in referral.forms if form.key == key), None)
    if found is None:
        raise FormNotHere
    return found


def _questions(referral: PartnerReferral, stage_form: StageForm) -> list[Field]:
    return questions(referral.service, stage_form) if referral.service else []


def _as_typed(fields: list[Field], answers: Any) -> dict[str, Any]:
    """Kept answers as a person types them: money in yuan."""
    money = {field.key for field in fields if field.type == "money"}
    return {key: f"{value / 100:.2f}" if key in money else value for key, value in answers.items()}


def _known(problems: list[Problem], form: Form) -> list[Problem]:
    """Problems at fields of this form; any other stands above it."""
    keys = {field.key for field in form.inputs}
    return [p if p.field in keys else Problem(field=None, message=p.message) for p in problems]


def _said(entry: EntryView) -> Label:
    if entry.state == "applied":
        return Label(zh=f"“{entry.title.zh}”已登记。", en=f"“{entry.title.en}” has been recorded.")
    return Label(
        zh=f"“{entry.title.zh}”已保存，正在等服务系统回应，内容不会丢失。",
        en=f"“{entry.title.en}” has been saved and is waiting for the service's system. Nothing will be lost.",
    )


def _shown(referral: PartnerReferral, stage_form: StageForm) -> dict[str, Any]:
    return {"referral": referral, "stage_form": stage_form, "words": PARTNER_WORDS}


handlers = (show_form, save_form)
