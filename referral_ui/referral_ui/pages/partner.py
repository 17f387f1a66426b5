"""The recipient's inbox and the page of one referral: what was released, where it stands, what to do next.

Opening a referral signs for it and is recorded. The answers are in `partner_answer`, the stage forms in
`partner_forms`, the printed sheets in `partner_print`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath
from msgspec.structs import asdict

from referral_hub.actor import Actor
from referral_hub.assistance.facts import LOOKED_BACK
from referral_hub.assistance.queries import earlier_aid_for_case, entries_for_referral, funds_for_organisation
from referral_hub.calendar.clock import local_date
from referral_hub.errors import NotFound
from referral_hub.i18n import Label, untranslated
from referral_hub.outcomes.queries import events_for_referral, outcome_for_referral
from referral_hub.referrals.actions import (
    record_first_contact,
)
from referral_hub.referrals.answers import open_referral, reveal_released
from referral_hub.referrals.presentation import field_label, value_words
from referral_hub.tasks.actions import complete_task
from referral_hub.views.colleagues import colleagues
from referral_hub.views.directory.lists import contracts_for_list
from referral_hub.views.partner.form_entries import entries_for_partner
from referral_hub.views.partner.inbox import VIEWS, inbox_counts, inbox_for_partner, own_offerings, tasks_for_partner
from referral_hub.views.partner.referral import PartnerReferral, case_of_referral, referral_for_partner
from referral_ui.actions import run_action, run_asked
from referral_ui.bodies.answers import OnDay
from referral_ui.bodies.base import inputs_of
from referral_ui.forms import Form
from referral_ui.guards import requires
from referral_ui.pages import partner_answer, partner_events, partner_forms, partner_print, partner_steps
from referral_ui.pages.partner_words import PARTNER_WORDS
from referral_ui.pages.values import own_organisation, uuid_in
from referral_ui.rendering import page, part
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

_TASK_DONE = {
    "deleted": Label(zh="已删除", en="deleted"),
    "returned": Label(zh="已退回", en="returned"),
}


@get("/inbox", guards=[requires("partner")], sync_to_thread=True)
def show_inbox(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    query = request.query_params
    view = query.get("view", "")
    view = view if view in VIEWS else "answer"
    number = query.get("number", "").strip()
    organisation_id = own_organisation(actor)
    with hub.transaction(actor) as session:
        inbox = inbox_for_partner(
            session,
            view=view,
            offering_id=uuid_in(query.get("offering")),
            owner_id=actor.account_id if query.get("mine") == "1" else None,
            number=number,
            after=query.get("after"),
        )
        counts = inbox_counts(session, at=request.now)
        tasks = tasks_for_partner(session, organisation_id)
        offerings = own_offerings(session, organisation_id)
        contracts = contracts_for_list(session, provider_id=organisation_id, at=request.now).lines
    return page(
        request,
        "partner/inbox.html",
        words=PARTNER_WORDS,
        view=view,
        views=VIEWS,
        number=number,
        inbox=inbox,
        counts=counts,
        tasks=tasks,
        offerings=offerings,
        ended_contracts=[one for one in contracts if one.receipt_due_on],
        offering=query.get("offering", ""),
        mine=query.get("mine") == "1",
        paged=bool(query.get("after")),
    )


@get("/inbox/{referral_id:uuid}", guards=[requires("partner")], sync_to_thread=True)
def show_referral(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, referral_id: FromPath[UUID]
) -> Response[str]:
    with hub.transaction(actor) as session:
        open_referral(session, referral_id=referral_id, by=actor, at=request.now)
        referral = referral_for_partner(session, referral_id)
        if referral.released is None:
            shown: dict[str, Any] = {}
        else:
            shown = {
                "filled": entries_for_partner(session, referral_id),
                "events": events_for_referral(session, referral_id),
                "outcome": outcome_for_referral(session, referral_id),
                "staff": colleagues(session),
                "fund": _fund_facts(session, referral, actor, request) if _pays(referral) else None,
            }
    template = "partner/referral.html" if referral.released else "partner/ended.html"
    return page(
        request,
        template,
        words=PARTNER_WORDS,
        referral=referral,
        unit_word=_unit_word(referral),
        measure_lines=_measure_lines(referral, shown.get("outcome")),
        **shown,
    )


@post("/inbox/{referral_id:uuid}/reveal/{name:str}", guards=[requires("partner")], sync_to_thread=True)
def reveal(
    request: HubRequest,
    hub: CurrentHub,
    actor: CurrentActor,
    form: TheForm,
    referral_id: FromPath[UUID],
    name: FromPath[str],
) -> Response[str]:
    """A released number in full, for a reason that is kept (R23); the page hides it again after a minute."""
    with hub.transaction(actor) as session:
        value = reveal_released(
            session, referral_id=referral_id, name=name, reason=form.text("reason"), by=actor, at=request.now
        )
        referral = referral_for_partner(session, referral_id)
    show = part if request.by_htmx else page
    template = "partner/_revealed.html" if request.by_htmx else "partner/revealed.html"
    return show(request, template, referral=referral, name=name, value=value)


@get("/inbox/{referral_id:uuid}/masked/{name:str}", guards=[requires("partner")], sync_to_thread=True)
def mask_again(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, referral_id: FromPath[UUID], name: FromPath[str]
) -> Response[str]:
    """The number by its ends, put back in place of the revealed one."""
    with hub.transaction(actor) as session:
        referral = referral_for_partner(session, referral_id)
    value = referral.released.value(name) if referral.released else None
    if value is None:
        raise NotFound
    return part(request, "partner/_masked.html", referral=referral, name=name, value=value)


@post("/inbox/{referral_id:uuid}/contact", guards=[requires("partner")], sync_to_thread=True)
def note_contact(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, referral_id: FromPath[UUID]
) -> Response[Any]:
    typed = Form(inputs_of(OnDay), form)
    done = Label(zh="已登记首次联系。", en="The first contact has been recorded.")
    return run_asked(
        request,
        hub,
        actor,
        typed,
        lambda session: record_first_contact(
            session, referral_id=referral_id, **asdict(typed.read(OnDay)), by=actor, at=request.now
        ),
        title=Label(zh="已首次联系", en="First contact made"),
        back=f"/inbox/{referral_id}",
        to=f"/inbox/{referral_id}",
        done=done,
    )


@post("/inbox/{referral_id:uuid}/task/{task_id:uuid}", guards=[requires("partner")], sync_to_thread=True)
def report_deleted(
    request: HubRequest,
    hub: CurrentHub,
    actor: CurrentActor,
    form: TheForm,
    referral_id: FromPath[UUID],
    task_id: FromPath[UUID],
) -> Response[Any]:
    """The organisation says that it deleted or returned what it had been given (R9)."""
    how = _TASK_DONE.get(form.text("how"), _TASK_DONE["deleted"])
    done = Label(zh="已回报，谢谢。转出机构会看到。", en="Reported, thank you. The referring office will see it.")
    return run_action(
        request,
        hub,
        actor,
        lambda session: complete_task(session, task_id, how=how.zh, by=actor, at=request.now),
        to=f"/inbox/{referral_id}",
        done=done,
    )


def _pays(referral: PartnerReferral) -> bool:
    return referral.service is not None and referral.service.capacity == "fund"


def _fund_facts(session: Any, referral: PartnerReferral, actor: Actor, request: HubRequest) -> dict[str, Any]:
    """What the organisation's own funds have left, earlier aid by month, and what was granted here."""
    today = local_date(request.now)
    case_id = case_of_referral(session, referral.id)
    return {
        "funds": funds_for_organisation(session, own_organisation(actor), year=today.year),
        "earlier": earlier_aid_for_case(session, case_id, type="", period=(today - LOOKED_BACK, today)),
        "granted": entries_for_referral(session, referral.id),
    }


def _unit_word(referral: PartnerReferral) -> Callable[[str], Label]:
    """What a unit of the service is called: as its module says, or as the hub does."""
    own = {unit.key: unit.title for unit in referral.remembered.units} if referral.remembered else {}
    return lambda unit: own.get(unit) or PARTNER_WORDS.units.get(unit) or untranslated(unit)


def _measure_lines(referral: PartnerReferral, outcome: Any) -> list[tuple[Label, Label]]:
    """The module's own measures of an outcome, by their names in the manifest."""
    if outcome is None:
        return []
    measured = referral.service_with_measures()
    return [(field_label(measured, key), value_words(measured, key, value)) for key, value in outcome.measures.items()]


router = Router(
    "/",
    route_handlers=[
        show_inbox,
        show_referral,
        reveal,
        mask_again,
        note_contact,
        report_deleted,
        *partner_answer.handlers,
        *partner_events.handlers,
        *partner_forms.handlers,
        *partner_print.handlers,
        *partner_steps.handlers,
    ],
    include_in_schema=False,
)
