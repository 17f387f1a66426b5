"""Organisations: entered, corrected, activated once assessed (R41), suspended."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath

from referral_hub.codes import ORGANISATION_KINDS, ORGANISATION_STATUS, PROCESSOR_ROLES
from referral_hub.directory.actions import (
    activate_organisation,
    add_organisation,
    change_organisation,
    suspend_organisation,
)
from referral_hub.i18n import Label
from referral_hub.text_limits import MAX_ASSESSMENT_REFERENCE, MAX_CONTACT_NAME, MAX_LINE, MAX_SHORT_NAME
from referral_hub.views.directory.lists import organisations_for_list
from referral_hub.views.directory.pages import organisation_for_page
from referral_ui.actions import run_asked
from referral_ui.forms import REASON, Form, Input, choices
from referral_ui.guards import requires
from referral_ui.pages.admin_words import ADMIN_WORDS
from referral_ui.pages.values import day_of
from referral_ui.rendering import page, redirect
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

PAGE = 50
_FACTS = (
    Input("name", "text", Label(zh="全称", en="Full name"), required=True, max=MAX_LINE),
    Input(
        "short_name",
        "text",
        Label(zh="简称", en="Short name"),
        help=Label(
            zh="服务对象和其他机构看到的名字，请用中性的说法。",
            en="The name that clients and other organisations see; use neutral words.",
        ),
        required=True,
        max=MAX_SHORT_NAME,
    ),
    Input(
        "processor_role",
        "choice",
        Label(zh="处理个人信息的身份", en="Role under data law"),
        help=Label(
            zh="依法履职：政府部门和街道。受委托处理：按合同替街道办事，须有合同。独立处理：为自己的目的处理。",
            en="Statutory: government departments and subdistrict offices. Entrusted: acts for an office under a "
            "contract, which is required. Independent: processes for its own purposes.",
        ),
        required=True,
        choices=choices(PROCESSOR_ROLES),
    ),
    Input(
        "credit_code",
        "text",
        Label(zh="统一社会信用代码", en="Social credit code"),
        help=Label(zh="18 位，会自动核对校验位。", en="18 characters; the check character is verified."),
    ),
    Input(
        "area_code",
        "text",
        Label(zh="行政区划代码", en="Area code"),
        help=Label(zh="6 位、9 位或 12 位。", en="6, 9 or 12 digits."),
    ),
    Input("contact_name", "text", Label(zh="联系人", en="Contact person"), max=MAX_CONTACT_NAME),
    Input("phone", "phone", Label(zh="电话", en="Telephone")),
)
_KIND = Input("kind", "choice", Label(zh="类别", en="Kind"), required=True, choices=choices(ORGANISATION_KINDS))
ASSESSMENT = (
    Input(
        "assessment_reference",
        "text",
        Label(zh="影响评估编号", en="Number of the impact assessment"),
        help=Label(
            zh="个人信息保护影响评估报告的编号，报告至少保存三年。",
            en="Number of the personal information impact assessment report, which is kept for at least three years.",
        ),
        required=True,
        max=MAX_ASSESSMENT_REFERENCE,
    ),
    Input("assessment_on", "date", Label(zh="评估日期", en="Date of the assessment"), required=True),
)


@get("/admin/organisations", guards=[requires("admin")], sync_to_thread=True)
def list_organisations(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    query = request.query_params
    asked = {name: query.get(name, "").strip() for name in ("kind", "status", "words")}
    with hub.transaction(actor) as session:
        found = organisations_for_list(session, **asked, after=query.get("after"), limit=PAGE, at=request.now)
    return page(
        request,
        "admin/organisations.html",
        organisations=found.lines,
        next=found.next,
        paged=bool(query.get("after")),
        asked=asked,
        kinds=ORGANISATION_KINDS,
        states=ORGANISATION_STATUS,
        words=ADMIN_WORDS,
    )


@get("/admin/organisations/new", guards=[requires("admin")], sync_to_thread=False)
def show_new(request: HubRequest) -> Response[str]:
    return page(
        request, "admin/organisation_form.html", form=Form((_KIND, *_FACTS), {"kind": "provider"}), organisation=None
    )


@post("/admin/organisations/new", guards=[requires("admin")], sync_to_thread=True)
def save_new(request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm) -> Response[Any]:
    typed = Form((_KIND, *_FACTS), form)
    with typed.shown_again("admin/organisation_form.html", organisation=None):
        values = typed.clean()
        with hub.transaction(actor) as session:
            key = add_organisation(session, **_all(values, (_KIND, *_FACTS)), by=actor, at=request.now)
    done = Label(zh="机构已登记。", en="The organisation has been entered.")
    return redirect(request, f"/admin/organisations/{key}", done=done)


@get("/admin/organisations/{organisation_id:uuid}", guards=[requires("admin")], sync_to_thread=True)
def show_organisation(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, organisation_id: FromPath[UUID]
) -> Response[str]:
    shown = shown_organisation(request, hub, actor, organisation_id)
    return page(request, "admin/organisation.html", form=Form(ASSESSMENT), **shown)


@get("/admin/organisations/{organisation_id:uuid}/edit", guards=[requires("admin")], sync_to_thread=True)
def show_edit(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, organisation_id: FromPath[UUID]
) -> Response[str]:
    organisation = shown_organisation(request, hub, actor, organisation_id)["organisation"]
    values = {field.key: getattr(organisation, field.key) for field in _FACTS}
    return page(request, "admin/organisation_form.html", form=Form(_FACTS, values), organisation=organisation)


@post("/admin/organisations/{organisation_id:uuid}/edit", guards=[requires("admin")], sync_to_thread=True)
def save_edit(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, organisation_id: FromPath[UUID]
) -> Response[Any]:
    organisation = shown_organisation(request, hub, actor, organisation_id)["organisation"]
    typed = Form(_FACTS, form)
    with typed.shown_again("admin/organisation_form.html", organisation=organisation):
        values = typed.clean()
        with hub.transaction(actor) as session:
            change_organisation(
                session, organisation_id=organisation_id, values=_all(values, _FACTS), by=actor, at=request.now
            )
    return redirect(request, f"/admin/organisations/{organisation_id}", done=Label(zh="已保存。", en="Saved."))


@post("/admin/organisations/{organisation_id:uuid}/activate", guards=[requires("admin")], sync_to_thread=True)
def activate(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, organisation_id: FromPath[UUID]
) -> Response[Any]:
    """A provider gives its assessment here, once; anyone else is activated as it is."""
    shown = shown_organisation(request, hub, actor, organisation_id)
    organisation = shown["organisation"]
    needed = ASSESSMENT if organisation.kind == "provider" and not organisation.assessment_reference else ()
    typed = Form(needed, form)
    with typed.shown_again("admin/organisation.html", **shown):
        values = typed.clean()
        with hub.transaction(actor) as session:
            activate_organisation(
                session,
                organisation_id=organisation_id,
                assessment_reference=values.get("assessment_reference"),
                assessment_on=day_of(values, "assessment_on"),
                by=actor,
                at=request.now,
            )
    done = Label(zh="机构已启用，可以接收转介。", en="The organisation has been activated and can receive referrals.")
    return redirect(request, f"/admin/organisations/{organisation_id}", done=done)


@post("/admin/organisations/{organisation_id:uuid}/suspend", guards=[requires("admin")], sync_to_thread=True)
def suspend(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, organisation_id: FromPath[UUID]
) -> Response[Any]:
    typed = Form([REASON], form)
    return run_asked(
        request,
        hub,
        actor,
        typed,
        lambda session: suspend_organisation(
            session, organisation_id=organisation_id, **typed.clean(), by=actor, at=request.now
        ),
        title=Label(zh="暂停机构", en="Suspend the organisation"),
        back=f"/admin/organisations/{organisation_id}",
        to=f"/admin/organisations/{organisation_id}",
        done=Label(
            zh="机构已暂停，不再收到新转介。", en="The organisation has been suspended and receives no new referrals."
        ),
    )


def shown_organisation(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, organisation_id: UUID
) -> dict[str, Any]:
    with hub.transaction(actor) as session:
        organisation = organisation_for_page(session, organisation_id, at=request.now)
    return {"organisation": organisation, "words": ADMIN_WORDS}


def _all(values: dict[str, Any], fields: tuple[Input, ...]) -> dict[str, Any]:
    """Every field, so that one emptied on purpose is emptied."""
    return {field.key: values.get(field.key) for field in fields}


router = Router(
    "/",
    route_handlers=[
        list_organisations,
        show_new,
        save_new,
        show_organisation,
        show_edit,
        save_edit,
        activate,
        suspend,
    ],
    include_in_schema=False,
)
