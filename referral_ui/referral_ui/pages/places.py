"""A recipient's own offerings: places and who has them by number, the waiting list, capacity confirmed, its figures."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath

from referral_hub.actor import Actor
from referral_hub.calendar.clock import local_date
from referral_hub.codes import SEX
from referral_hub.directory.actions import (
    add_places,
    confirm_capacity,
    confirm_entry,
    open_offering,
    pause_offering,
    set_out_of_service,
)
from referral_hub.errors import NotFound
from referral_hub.hub import Hub
from referral_hub.i18n import Label
from referral_hub.modules.history import remembered_services
from referral_hub.modules.titles import service_of
from referral_hub.text_limits import MAX_GROUP_LABEL
from referral_hub.views.directory.lists import offerings_for_list
from referral_hub.views.directory.pages import OfferingPage, offering_for_page
from referral_hub.views.partner.figures import figures_for_partner
from referral_hub.views.partner.holders import holders_of_offering, waiting_of_offering
from referral_ui.actions import run_action, run_asked
from referral_ui.forms import REASON, Form, Input, choices
from referral_ui.guards import requires
from referral_ui.pages import census
from referral_ui.pages.partner_words import PARTNER_WORDS
from referral_ui.pages.values import date_in, day_of, own_organisation
from referral_ui.rendering import page, redirect
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

_MAX_PLACES = 200
PLACES = (
    Input(
        "group_label",
        "text",
        Label(zh="班次或房间", en="Class or room"),
        help=Label(
            zh="例如“6月电工班”“201室”。没有可以不填。",
            en="For example “June electricians' class” or “Room 201”. Leave empty if there is none.",
        ),
        max=MAX_GROUP_LABEL,
    ),
    Input(
        "count",
        "integer",
        Label(zh="几个名额", en="Number of places"),
        help=Label(
            zh="自动编号，接着已有的编下去。", en="Numbered automatically, continuing from the existing places."
        ),
        required=True,
        min=1,
        max=_MAX_PLACES,
    ),
    Input(
        "sex",
        "choice",
        Label(zh="只给", en="Only for"),
        help=Label(zh="不限性别就不选。", en="Leave empty for anyone."),
        choices=choices(SEX, keys=("1", "2")),
    ),
    Input(
        "starts_on",
        "date",
        Label(zh="开始日期", en="Start date"),
        help=Label(
            zh="班次填开班日期；床位等长期名额不用填。",
            en="For a class, its first day; permanent places such as beds need none.",
        ),
    ),
    Input("ends_on", "date", Label(zh="结束日期", en="End date")),
)
PERIODS: dict[str, Label] = {
    "month": Label(zh="本月", en="This month"),
    "quarter": Label(zh="近三个月", en="Last three months"),
    "year": Label(zh="今年", en="This year"),
}


@get("/places", guards=[requires("partner")], sync_to_thread=True)
def list_offerings(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    with hub.transaction(actor) as session:
        offerings = offerings_for_list(
            session, organisation_id=own_organisation(actor), limit=200, at=request.now
        ).lines
        services = {one.service_key: service_of(session, one.service_key) for one in offerings}
    return page(request, "partner/offerings.html", offerings=offerings, services=services, words=PARTNER_WORDS)


@get("/places/{offering_id:uuid}", guards=[requires("partner")], sync_to_thread=True)
def show_places(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, offering_id: FromPath[UUID]
) -> Response[str]:
    return page(request, "partner/places.html", form=Form(PLACES), **_shown(request, hub, actor, offering_id))


@post("/places/{offering_id:uuid}/add", guards=[requires("partner")], sync_to_thread=True)
def write_places(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, offering_id: FromPath[UUID]
) -> Response[Any]:
    shown = _shown(request, hub, actor, offering_id)
    typed = Form(PLACES, form)
    with typed.shown_again("partner/places.html", **shown):
        values = typed.clean()
        group = values.get("group_label", "")
        labels = _next_labels(shown["offering"], group, values["count"])
        with hub.transaction(actor) as session:
            add_places(
                session,
                offering_id=offering_id,
                labels=labels,
                group_label=group,
                sex=values.get("sex"),
                starts_on=day_of(values, "starts_on"),
                ends_on=day_of(values, "ends_on"),
                by=actor,
                at=request.now,
            )
    done = Label(zh=f"已添加 {len(labels)} 个名额。", en=f"{len(labels)} places added.")
    return redirect(request, f"/places/{offering_id}", done=done)


@post("/places/{offering_id:uuid}/confirm", guards=[requires("partner")], sync_to_thread=True)
def confirm(request: HubRequest, hub: CurrentHub, actor: CurrentActor, offering_id: FromPath[UUID]) -> Response[Any]:
    with hub.transaction(actor) as session:
        confirm_capacity(session, offering_id=offering_id, by=actor, at=request.now)
    done = Label(
        zh="已确认，社工会看到名额是今天核对过的。",
        en="Confirmed. Workers will see that the places were checked today.",
    )
    return redirect(request, f"/places/{offering_id}", done=done)


@post("/places/{offering_id:uuid}/checked", guards=[requires("partner")], sync_to_thread=True)
def confirm_description(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, offering_id: FromPath[UUID]
) -> Response[Any]:
    """A decline said that this is no service of theirs; they have looked at what the directory says."""
    with hub.transaction(actor) as session:
        confirm_entry(session, offering_id=offering_id, by=actor, at=request.now)
    done = Label(zh="已保存：目录里的介绍核对过了。", en="Saved: the directory entry has been checked.")
    return redirect(request, "/inbox", done=done)


@post("/places/{offering_id:uuid}/pause", guards=[requires("partner")], sync_to_thread=True)
def pause(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, offering_id: FromPath[UUID]
) -> Response[Any]:
    typed = Form([REASON], form)
    return run_asked(
        request,
        hub,
        actor,
        typed,
        lambda session: pause_offering(session, offering_id=offering_id, **typed.clean(), by=actor, at=request.now),
        title=Label(zh="暂停接收", en="Pause"),
        back=f"/places/{offering_id}",
        to=f"/places/{offering_id}",
        done=Label(zh="已暂停接收新转介。", en="New referrals have been paused."),
    )


@post("/places/{offering_id:uuid}/open", guards=[requires("partner")], sync_to_thread=True)
def reopen(request: HubRequest, hub: CurrentHub, actor: CurrentActor, offering_id: FromPath[UUID]) -> Response[Any]:
    with hub.transaction(actor) as session:
        open_offering(session, offering_id=offering_id, by=actor, at=request.now)
    return redirect(
        request, f"/places/{offering_id}", done=Label(zh="已恢复接收转介。", en="Referrals are accepted again.")
    )


@post(
    "/places/{offering_id:uuid}/out/{number:int}",
    guards=[requires("partner")],
    sync_to_thread=True,
)
def take_out(
    request: HubRequest,
    hub: CurrentHub,
    actor: CurrentActor,
    form: TheForm,
    offering_id: FromPath[UUID],
    number: FromPath[int],
) -> Response[Any]:
    """Out of service, or back: a broken bed is not offered."""
    out = form.text("out") == "1"
    stopped = Label(zh="名额已停用。", en="The place is out of service.")
    return run_action(
        request,
        hub,
        actor,
        lambda session: set_out_of_service(
            session, place_number=number, out=out, by=actor, at=request.now, on=local_date(request.now)
        ),
        to=f"/places/{offering_id}",
        done=stopped if out else Label(zh="名额已恢复。", en="The place is back in service."),
    )


@get("/figures", guards=[requires("partner")], sync_to_thread=True)
def show_figures(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    query = request.query_params
    today = local_date(request.now)
    period = query.get("period", "")
    since, until = _period(period, today)
    typed = (date_in(query.get("since")), date_in(query.get("until")))
    if typed[0] and typed[1] and typed[0] <= typed[1]:
        since, until, period = typed[0], typed[1], "own"
    with hub.transaction(actor) as session:
        figures = figures_for_partner(session, since=since, until=until, at=request.now)
        units = {unit.key: unit.title for service in remembered_services(session).values() for unit in service.units}
    return page(
        request,
        "partner/figures.html",
        figures=figures,
        period=period or "month",
        periods=PERIODS,
        units=units,
        words=PARTNER_WORDS,
    )


def _shown(request: HubRequest, hub: Hub, actor: Actor, offering_id: UUID) -> dict[str, Any]:
    """The offering's page. Raises `NotFound` for another organisation's."""
    with hub.transaction(actor) as session:
        offering = offering_for_page(session, offering_id, at=request.now)
        if offering.organisation_id != own_organisation(actor):
            raise NotFound
        holders = holders_of_offering(session, offering_id, at=request.now)
        waiting = waiting_of_offering(session, offering_id, at=request.now)
        service = service_of(session, offering.service_key)
    return {
        "offering": offering,
        "service": service,
        "holders": holders,
        "waiting": waiting,
        "words": PARTNER_WORDS,
    }


def _next_labels(offering: OfferingPage, group: str, count: int) -> list[str]:
    """`1号`, `2号` …, on from the highest number there is in the group."""
    there = [place.label for place in offering.places if place.group_label == group]
    numbers = [int(digits) for label in there if (digits := label.removesuffix("号")).isdecimal()]
    first = max(numbers, default=0) + 1
    return [f"{number}号" for number in range(first, first + count)]


def _period(period: str, today: date) -> tuple[date, date]:
    if period == "quarter":
        return today - timedelta(days=91), today
    if period == "year":
        return today.replace(month=1, day=1), today
    return today.replace(day=1), today


router = Router(
    "/",
    route_handlers=[
        list_offerings,
        show_places,
        write_places,
        confirm,
        confirm_description,
        pause,
        reopen,
        take_out,
        show_figures,
        *census.handlers,
    ],
    include_in_schema=False,
)
