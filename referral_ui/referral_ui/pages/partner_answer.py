"""The recipient's answer to a referral: accept, put on the waiting list, or decline with a reason (R26, R27)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec.structs import asdict

from referral_hub.actor import Actor
from referral_hub.calendar.clock import local_date
from referral_hub.directory.place_counts import groups_of_offerings
from referral_hub.hub import Hub
from referral_hub.i18n import Label, untranslated
from referral_hub.referrals.actions import accept_referral, decline_referral, waitlist_referral
from referral_hub.views.colleagues import colleagues
from referral_hub.views.partner.referral import PartnerReferral, referral_for_partner
from referral_ui.bodies.answers import Acceptance, Decline, Waiting
from referral_ui.bodies.base import inputs_of
from referral_ui.forms import Form, Input, choices
from referral_ui.guards import requires
from referral_ui.pages.partner_words import PARTNER_WORDS
from referral_ui.rendering import page, redirect
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

_TEMPLATE = "partner/answer.html"
WAITLIST = inputs_of(Waiting)
DECLINE = inputs_of(Decline)


@get("/inbox/{referral_id:uuid}/accept", guards=[requires("partner")], sync_to_thread=True)
def show_accept(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, referral_id: FromPath[UUID]
) -> Response[str]:
    referral, fields = _accept_fields(request, hub, actor, referral_id)
    return page(request, _TEMPLATE, form=Form(fields, {"owner_id": actor.account_id}), **_shown(referral, "accept"))


@post("/inbox/{referral_id:uuid}/accept", guards=[requires("partner")], sync_to_thread=True)
def accept(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, referral_id: FromPath[UUID]
) -> Response[Any]:
    referral, fields = _accept_fields(request, hub, actor, referral_id)
    typed = Form(fields, form)
    with typed.shown_again(_TEMPLATE, **_shown(referral, "accept")):
        told = typed.read(Acceptance)
        with hub.transaction(actor) as session:
            accept_referral(session, referral_id=referral_id, **asdict(told), by=actor, at=request.now)
    done = Label(zh="已受理，请尽快首次联系服务对象。", en="Accepted. Please make first contact with the client soon.")
    return redirect(request, f"/inbox/{referral_id}", done=done)


@get("/inbox/{referral_id:uuid}/waitlist", guards=[requires("partner")], sync_to_thread=True)
def show_waitlist(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, referral_id: FromPath[UUID]
) -> Response[str]:
    referral = _referral(hub, actor, referral_id)
    return page(request, _TEMPLATE, form=Form(WAITLIST), **_shown(referral, "waitlist"))


@post("/inbox/{referral_id:uuid}/waitlist", guards=[requires("partner")], sync_to_thread=True)
def waitlist(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, referral_id: FromPath[UUID]
) -> Response[Any]:
    referral = _referral(hub, actor, referral_id)
    typed = Form(WAITLIST, form)
    with typed.shown_again(_TEMPLATE, **_shown(referral, "waitlist")):
        told = typed.read(Waiting)
        with hub.transaction(actor) as session:
            waitlist_referral(session, referral_id=referral_id, **asdict(told), by=actor, at=request.now)
    done = Label(zh="已列入轮候，转出机构会看到。", en="Wait-listed. The referring office will see it.")
    return redirect(request, f"/inbox/{referral_id}", done=done)


@get("/inbox/{referral_id:uuid}/decline", guards=[requires("partner")], sync_to_thread=True)
def show_decline(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, referral_id: FromPath[UUID]
) -> Response[str]:
    referral = _referral(hub, actor, referral_id)
    return page(request, _TEMPLATE, form=Form(DECLINE), **_shown(referral, "decline"))


@post("/inbox/{referral_id:uuid}/decline", guards=[requires("partner")], sync_to_thread=True)
def decline(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, referral_id: FromPath[UUID]
) -> Response[Any]:
    referral = _referral(hub, actor, referral_id)
    typed = Form(DECLINE, form)
    with typed.shown_again(_TEMPLATE, **_shown(referral, "decline")):
        told = typed.read(Decline)
        with hub.transaction(actor) as session:
            decline_referral(session, referral_id=referral_id, **asdict(told), by=actor, at=request.now)
    done = Label(
        zh="已答复不受理，转出机构会为服务对象另找服务。",
        en="Declined. The referring office will look for another service for the client.",
    )
    return redirect(request, f"/inbox/{referral_id}", done=done)


def _referral(hub: Hub, actor: Actor, referral_id: UUID) -> PartnerReferral:
    with hub.transaction(actor) as session:
        return referral_for_partner(session, referral_id)


def _accept_fields(
    request: HubRequest, hub: Hub, actor: Actor, referral_id: UUID
) -> tuple[PartnerReferral, tuple[Input, ...]]:
    """The person in charge; where the service counts places and none is held yet, also which kind and from when."""
    with hub.transaction(actor) as session:
        referral = referral_for_partner(session, referral_id)
        staff = colleagues(session)
        found = groups_of_offerings(session, [referral.offering_id], at=request.now) if referral.counts_places else {}
    groups = found.get(referral.offering_id, [])
    changes: dict[str, Any] = {"owner_id": {"choices": choices({str(one.id): untranslated(one.name) for one in staff})}}
    asked = ["owner_id"]
    if groups and referral.place is None:
        named = {
            group.group_label: untranslated(group.group_label) for group in groups if group.group_label and group.free
        }
        if named:
            asked.append("group_label")
            changes["group_label"] = {"choices": choices(named)}
        if any(group.sex for group in groups):
            asked.append("sex")
        asked.append("starts_on")
        today = local_date(request.now)
        help_text = Label(zh=f"不填即从今天（{today}）开始。", en=f"From today ({today}) if left empty.")
        changes["starts_on"] = {"help": help_text}
    return referral, inputs_of(Acceptance, *asked, "note", **changes)


def _shown(referral: PartnerReferral, action: str) -> dict[str, Any]:
    return {"referral": referral, "action": action, "words": PARTNER_WORDS}


handlers = (show_accept, accept, show_waitlist, waitlist, show_decline, decline)
