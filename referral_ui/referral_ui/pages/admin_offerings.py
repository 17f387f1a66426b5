"""Offerings: which organisation offers which service of a module, where, to whom, with which settings."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath

from referral_hub.actor import Actor
from referral_hub.api.manifest import Service
from referral_hub.codes import LANGUAGES, OFFERING_STATUS, SEX
from referral_hub.directory.actions import (
    add_offering,
    change_offering,
    close_offering,
    open_offering,
    pause_offering,
)
from referral_hub.errors import NotFound
from referral_hub.hub import Transaction
from referral_hub.i18n import Label, untranslated
from referral_hub.modules.breaker import closed_modules
from referral_hub.modules.titles import known_services
from referral_hub.text_limits import MAX_AREA_CODES, MAX_LINE, MAX_OFFERING_DESCRIPTION
from referral_hub.views.directory.lists import offerings_for_list
from referral_hub.views.directory.lists import organisations_for_list as organisations
from referral_hub.views.directory.pages import OfferingPage, offering_for_page, organisation_for_page
from referral_ui.actions import run_asked
from referral_ui.forms import REASON, Form, Input, as_input, choices
from referral_ui.guards import requires
from referral_ui.pages.admin_words import ADMIN_WORDS
from referral_ui.pages.values import uuid_in
from referral_ui.rendering import page, redirect
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

PAGE = 50
_PREFIX = "settings."
_WHO = Label(
    zh="准入条件（可以比服务本身更窄，不能更宽）", en="Eligibility (narrower than the service's own, never wider)"
)
_WHERE = Label(zh="地区与联系", en="Area and contact")
_TIMES = Label(zh="时限（不填用服务自带的）", en="Deadlines (the service's defaults if left empty)")
_OWN = Label(zh="本项服务的设置", en="Settings of this service")
_FACTS = (
    Input(
        "title",
        "text",
        Label(zh="名称", en="Title"),
        help=Label(
            zh="社工和服务对象看到的名字，请用中性的说法。",
            en="The name that workers and clients see; use neutral words.",
        ),
        required=True,
        max=MAX_LINE,
    ),
    Input("description", "long", Label(zh="介绍", en="Description"), max=MAX_OFFERING_DESCRIPTION),
    Input(
        "area_codes",
        "text",
        Label(zh="服务地区", en="Areas served"),
        help=Label(
            zh="行政区划代码，用空格隔开；不填表示不限。",
            en="Area codes separated by spaces; leave empty for no restriction.",
        ),
        max=MAX_AREA_CODES,
        group=_WHERE,
    ),
    Input("hours", "text", Label(zh="服务时间", en="Hours"), max=MAX_LINE, group=_WHERE),
    Input("phone", "phone", Label(zh="电话", en="Telephone"), group=_WHERE),
    Input("languages", "choices", Label(zh="语言", en="Languages"), choices=choices(LANGUAGES), group=_WHERE),
    Input("min_age", "integer", Label(zh="最小年龄", en="Minimum age"), min=0, max=120, group=_WHO),
    Input("max_age", "integer", Label(zh="最大年龄", en="Maximum age"), min=0, max=120, group=_WHO),
    Input("sexes", "choices", Label(zh="只收", en="Only"), choices=choices(SEX, keys=("1", "2")), group=_WHO),
    Input(
        "answer_days", "integer", Label(zh="答复（工作日）", en="Answer (working days)"), min=1, max=60, group=_TIMES
    ),
    Input(
        "contact_days",
        "integer",
        Label(zh="首次联系（工作日）", en="First contact (working days)"),
        min=1,
        max=60,
        group=_TIMES,
    ),
    Input(
        "offer_hours",
        "integer",
        Label(zh="轮候到了，名额保留（小时）", en="Keep a place for the next on the waiting list (hours)"),
        min=1,
        max=336,
        group=_TIMES,
    ),
)
_STATUS = Input("status", "hidden", untranslated(""))
_PAUSE = Label(zh="暂停", en="Pause")


@get("/admin/offerings", guards=[requires("admin")], sync_to_thread=True)
def list_offerings(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    query = request.query_params
    asked = {name: query.get(name, "").strip() for name in ("service_key", "status", "words")}
    with hub.transaction(actor) as session:
        found = offerings_for_list(
            session,
            service_key=asked["service_key"],
            status=asked["status"],
            words=asked["words"],
            after=query.get("after"),
            limit=PAGE,
            at=request.now,
        )
        services = {key: service.title for key, service in known_services(session).items()}
    return page(
        request,
        "admin/offerings.html",
        offerings=found.lines,
        next=found.next,
        paged=bool(query.get("after")),
        asked=asked,
        services=services,
        states=OFFERING_STATUS,
        words=ADMIN_WORDS,
    )


@get("/admin/offerings/new", guards=[requires("admin")], sync_to_thread=True)
def show_new(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    """First who offers which service; then its form, with the questions of that service."""
    query = request.query_params
    organisation_id, service = uuid_in(query.get("organisation")), _service(hub, query.get("service"))
    if organisation_id is None or service is None:
        with hub.transaction(actor) as session:
            closed = closed_modules(session)
            found = organisations(session, kind="provider", limit=500, at=request.now).lines
        open_services = {key: title for key, title in _services(hub).items() if key.partition(".")[0] not in closed}
        return page(
            request,
            "admin/offering_choose.html",
            organisations=found,
            services=open_services,
            organisation=str(organisation_id or ""),
        )
    fields, shown = _new_form(request, hub, actor, organisation_id, service)
    return page(request, "admin/offering_form.html", form=Form(fields, {"title": service.title.zh}), **shown)


@post("/admin/offerings/new", guards=[requires("admin")], sync_to_thread=True)
def save_new(request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm) -> Response[Any]:
    chosen = Form((), form)
    organisation_id, service = uuid_in(chosen.text("organisation")), _service(hub, chosen.text("service"))
    if organisation_id is None or service is None:
        raise NotFound
    fields, shown = _new_form(request, hub, actor, organisation_id, service)
    typed = Form(fields, form)
    with typed.shown_again("admin/offering_form.html", **shown):
        values = _values(typed.clean())
        with hub.transaction(actor) as session:
            key = add_offering(
                session,
                organisation_id=organisation_id,
                service_key=service.key,
                **values,
                by=actor,
                at=request.now,
            )
    done = Label(
        zh="服务已登记。有名额的请再登记名额。", en="The offering has been entered. If it has places, add them next."
    )
    return redirect(request, f"/admin/offerings/{key}", done=done)


@get("/admin/offerings/{offering_id:uuid}", guards=[requires("admin")], sync_to_thread=True)
def show_offering(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, offering_id: FromPath[UUID]
) -> Response[str]:
    fields, shown = _edit_form(request, hub, actor, offering_id)
    return page(request, "admin/offering_form.html", form=Form(fields, _start(shown["offering"])), **shown)


@post("/admin/offerings/{offering_id:uuid}", guards=[requires("admin")], sync_to_thread=True)
def save_offering(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, offering_id: FromPath[UUID]
) -> Response[Any]:
    fields, shown = _edit_form(request, hub, actor, offering_id)
    typed = Form(fields, form)
    with typed.shown_again("admin/offering_form.html", **shown):
        values = _values(typed.clean())
        if shown["service"] is None:
            values.pop("settings")
        notes = shown["offering"].eligibility.get("notes")
        if notes:
            values["eligibility"]["notes"] = notes
        with hub.transaction(actor) as session:
            change_offering(session, offering_id=offering_id, values=values, by=actor, at=request.now)
    return redirect(request, f"/admin/offerings/{offering_id}", done=Label(zh="已保存。", en="Saved."))


@post("/admin/offerings/{offering_id:uuid}/status", guards=[requires("admin")], sync_to_thread=True)
def set_status(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, offering_id: FromPath[UUID]
) -> Response[Any]:
    typed = Form([_STATUS, REASON], form)
    here = f"/admin/offerings/{offering_id}"
    return run_asked(
        request,
        hub,
        actor,
        typed,
        lambda session: _set_status(session, offering_id, typed, by=actor, at=request.now),
        title=Label(zh="关闭服务", en="Close the service") if typed.text("status") == "closed" else _PAUSE,
        back=here,
        to=here,
        done=Label(zh="状态已更新。", en="The status has been updated."),
    )


def _set_status(session: Transaction, offering_id: UUID, typed: Form, *, by: Actor, at: datetime) -> None:
    """Opening asks for no reason."""
    if typed.text("status") == "open":
        open_offering(session, offering_id=offering_id, by=by, at=at)
        return
    values = typed.clean()
    end = close_offering if values.pop("status") == "closed" else pause_offering
    end(session, offering_id=offering_id, **values, by=by, at=at)


def _service(hub: CurrentHub, key: str | None) -> Service | None:
    found = hub.modules.find_service(key) if key else None
    return found.service if found else None


def _services(hub: CurrentHub) -> dict[str, Label]:
    return {found.service.key: found.service.title for found in hub.modules.services()}


def _new_form(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, organisation_id: UUID, service: Service
) -> tuple[tuple[Input, ...], dict[str, Any]]:
    with hub.transaction(actor) as session:
        organisation = organisation_for_page(session, organisation_id, at=request.now)
    shown = {"organisation": organisation, "service": service, "offering": None, "words": ADMIN_WORDS}
    return _fields(service), shown


def _edit_form(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, offering_id: UUID
) -> tuple[tuple[Input, ...], dict[str, Any]]:
    with hub.transaction(actor) as session:
        offering = offering_for_page(session, offering_id, at=request.now)
        organisation = organisation_for_page(session, offering.organisation_id, at=request.now)
        service = known_services(session).get(offering.service_key)
    shown = {"organisation": organisation, "service": service, "offering": offering, "words": ADMIN_WORDS}
    return _fields(service), shown


def _fields(service: Service | None) -> tuple[Input, ...]:
    """The hub's own questions and the service's settings."""
    asked = [as_input(field) for field in service.settings if field.type != "secret"] if service else []
    settings = [_setting(field) for field in asked]
    return (*_FACTS, *settings)


def _setting(field: Input) -> Input:
    return Input(
        key=_PREFIX + field.key,
        type=field.type,
        label=field.label,
        help=field.help,
        required=field.required,
        choices=field.choices,
        min=field.min,
        max=field.max,
        group=_OWN,
    )


def _values(typed: dict[str, Any]) -> dict[str, Any]:
    """The form's answers as the directory takes them."""
    eligibility = {name: typed[name] for name in ("min_age", "max_age", "sexes") if name in typed}
    return {
        "title": typed["title"],
        "description": typed.get("description"),
        "area_codes": typed.get("area_codes", "").replace("，", " ").replace("、", " ").replace(",", " ").split(),
        "hours": typed.get("hours"),
        "phone": typed.get("phone"),
        "languages": typed.get("languages", []),
        "eligibility": eligibility,
        "answer_days": typed.get("answer_days"),
        "contact_days": typed.get("contact_days"),
        "offer_hours": typed.get("offer_hours"),
        "settings": {key.removeprefix(_PREFIX): value for key, value in typed.items() if key.startswith(_PREFIX)},
    }


def _start(offering: OfferingPage) -> dict[str, Any]:
    """What stands in the form of an offering that is there."""
    return {
        "title": offering.title,
        "description": offering.description,
        "area_codes": " ".join(offering.area_codes),
        "hours": offering.hours,
        "phone": offering.phone,
        "languages": offering.languages,
        "answer_days": offering.answer_days,
        "contact_days": offering.contact_days,
        "offer_hours": offering.offer_hours,
        **{name: offering.eligibility.get(name) for name in ("min_age", "max_age", "sexes")},
        **{_PREFIX + key: value for key, value in offering.settings.items()},
    }


router = Router(
    "/",
    route_handlers=[list_offerings, show_new, save_new, show_offering, save_offering, set_status],
    include_in_schema=False,
)
