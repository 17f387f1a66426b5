"""The caseload, a new case, and the case itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath
from msgspec.structs import asdict

from referral_hub.actor import Actor
from referral_hub.api import Choice, Problem
from referral_hub.calendar.clock import local_date
from referral_hub.cases.actions import open_case, reveal_id_number
from referral_hub.cases.errors import DuplicatePerson
from referral_hub.errors import NotAllowed
from referral_hub.hub import Hub
from referral_hub.i18n import Label, untranslated
from referral_hub.importing.queries import area_of_office
from referral_hub.outcomes.queries import follow_ups_for_case
from referral_hub.views.colleagues import colleagues
from referral_hub.views.worker.case import case_for_page
from referral_hub.views.worker.case_head import case_head
from referral_hub.views.worker.caseload import caseload, find_person
from referral_hub.views.worker.looks import opened_words
from referral_hub.views.worker.timeline import timeline_for_case
from referral_ui.bodies.base import inputs_of
from referral_ui.bodies.cases import NewCase
from referral_ui.forms import Form, Input
from referral_ui.guards import requires
from referral_ui.pages import case_edit, case_work
from referral_ui.pages.case_fields import AREA, IDENTITY, MEASURE, RELEASE, as_days
from referral_ui.pages.case_work import NOTE
from referral_ui.pages.shown import WORDS, worker_page
from referral_ui.pages.values import uuid_in
from referral_ui.rendering import page, part, redirect, with_query
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

_NEW = "worker/case_new.html"


@get("/cases", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def list_cases(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    query = request.query_params
    search = query.get("q", "").strip()
    status = query.get("status", "served")
    whose = query.get("whose", "mine" if actor.role == "worker" else "all")
    with hub.transaction(actor) as session:
        people = colleagues(session)
        found = caseload(
            session,
            responsible_id=_responsible(whose, actor) if not search else None,
            search=search,
            status="" if search or status == "all" else status,
            after=query.get("after"),
        )
    return worker_page(
        request,
        "worker/cases.html",
        found=found,
        people=people,
        search=search,
        wanted=status,
        whose=whose,
        following=with_query(request, after=found.next) if found.next else None,
        first=with_query(request, after=None) if "after" in query else None,
    )


@get("/cases/new", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def show_new_case(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    with hub.transaction(actor) as session:
        people = colleagues(session)
        area = area_of_office(session, _office(actor))
    form = Form(_new_fields(actor, people), {"responsible_id": actor.account_id, "area_code": area or "", "sex": "0"})
    return worker_page(request, _NEW, form=form, known=None)


@post("/cases/new", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def save_new_case(request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm) -> Response[Any]:
    """Open a case. Someone who has one here already is named, with the way to it."""
    with hub.transaction(actor) as session:
        people = colleagues(session)
    typed = Form(_new_fields(actor, people), form)
    with typed.shown_again(_NEW, words=WORDS, known=None):
        values = as_days(typed.clean())
        measure = {key: values[key] for key in (field.key for field in MEASURE) if values.get(key)}
        told = typed.read(NewCase, opened_on=local_date(request.now), allow_duplicate=form.ticked("allow_duplicate"))
        try:
            with hub.transaction(actor) as session:
                opened = open_case(
                    session,
                    **asdict(told),
                    office_id=_office(actor),
                    measure=measure if measure.get("kind") and actor.statutory else None,
                    by=actor,
                    at=request.now,
                )
        except DuplicatePerson as duplicate:
            return _show_duplicate(request, hub, actor, typed, duplicate)
    warnings = opened.warnings
    done = Label(
        zh="个案已建立。" + "".join(warning.zh for warning in warnings),
        en="The case has been opened. " + " ".join(warning.en for warning in warnings),
    )
    return redirect(request, f"/cases/{opened.id}", done=done, tone="note" if warnings else "done")


@get("/cases/{case_id:uuid}", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def show_case(request: HubRequest, hub: CurrentHub, actor: CurrentActor, case_id: FromPath[UUID]) -> Response[str]:
    with hub.transaction(actor) as session:
        case = case_for_page(session, case_id)
        follow_ups = follow_ups_for_case(session, case_id)
    return worker_page(
        request,
        "worker/case.html",
        case=case,
        head=case.head,
        follow_ups=follow_ups,
        note_form=Form(NOTE, {"happened_on": local_date(request.now), "kind": "phone"}),
    )


@get("/cases/{case_id:uuid}/history", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def show_history(request: HubRequest, hub: CurrentHub, actor: CurrentActor, case_id: FromPath[UUID]) -> Response[str]:
    """All that happened, or with `looks` who looked at it: what a client may ask at any time."""
    looks = request.query_params.get("looks") == "1"
    after = request.query_params.get("after")
    with hub.transaction(actor) as session:
        head = case_head(session, case_id)
        timeline = timeline_for_case(session, case_id, after=after, limit=50, looks=looks)
    return worker_page(
        request,
        "worker/case_history.html",
        head=head,
        timeline=timeline,
        looks=looks,
        opened=opened_words,
        following=with_query(request, after=timeline.next) if timeline.next else None,
        first=with_query(request, after=None) if after else None,
    )


@post("/cases/{case_id:uuid}/reveal", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def reveal(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, case_id: FromPath[UUID]
) -> Response[str]:
    """The full ID number, for a reason that is kept (R23); the page hides it again after a minute."""
    with hub.transaction(actor) as session:
        number = reveal_id_number(session, case_id=case_id, reason=form.text("reason"), by=actor, at=request.now)
    headers = {"cache-control": "no-store"}
    if request.by_htmx:
        return part(request, "worker/_revealed.html", headers=headers, number=number, case_id=case_id)
    return page(request, "worker/revealed.html", headers=headers, number=number, case_id=case_id)


@get("/cases/{case_id:uuid}/masked", guards=[requires("worker", "supervisor")], sync_to_thread=True)
def mask_again(request: HubRequest, hub: CurrentHub, actor: CurrentActor, case_id: FromPath[UUID]) -> Response[str]:
    """The masked number, put back in place of the revealed one."""
    with hub.transaction(actor) as session:
        masked_number = case_for_page(session, case_id).person.id_masked
    return part(request, "worker/_masked.html", masked_number=masked_number, case_id=case_id)


def _show_duplicate(
    request: HubRequest, hub: Hub, actor: Actor, typed: Form, duplicate: DuplicatePerson
) -> Response[str]:
    with hub.transaction(actor) as session:
        known = find_person(session, str(duplicate.details["number"]))
    typed.problems = [Problem(field=None, message=duplicate.label)]
    return worker_page(request, _NEW, status=duplicate.status, form=typed, known=known[0] if known else None)


def _new_fields(actor: Actor, people: list[Any]) -> list[Input]:
    workers = [Choice(code=str(person.id), label=untranslated(person.name)) for person in people]
    responsible = inputs_of(NewCase, "responsible_id", responsible_id={"choices": workers})
    return [*IDENTITY, AREA, RELEASE, *responsible, *(MEASURE if actor.statutory else ())]


def _responsible(whose: str, actor: Actor) -> UUID | None:
    if whose == "mine":
        return actor.account_id
    return uuid_in(whose)


def _office(actor: Actor) -> UUID:
    if actor.organisation_id is None:
        raise NotAllowed
    return actor.organisation_id


router = Router(
    "/",
    route_handlers=[
        list_cases,
        show_new_case,
        save_new_case,
        show_case,
        show_history,
        reveal,
        mask_again,
        *case_edit.HANDLERS,
        *case_work.HANDLERS,
    ],
    include_in_schema=False,
)
