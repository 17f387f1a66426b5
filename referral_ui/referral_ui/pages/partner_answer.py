"""The recipient's answer to a referral: accept, put on the waiting list, or decline with a reason (R26, R27)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from referral_hub.actor import Actor
from referral_hub.calendar.clock import local_date
from referral_hub.codes import DECLINE_REASONS, SEX
from referral_hub.directory.places import groups_of_offerings
from referral_hub.hub import Hub
from referral_hub.i18n import Label, untranslated
from referral_hub.referrals.actions import accept_referral, decline_referral, waitlist_referral
from referral_hub.text_limits import MAX_ANSWER_NOTE
from referral_hub.views.colleagues import colleagues
from referral_hub.views.partner.referral import PartnerReferral, referral_for_partner
from referral_ui.forms import Form, Input, choices
from referral_ui.guards import requires
from referral_ui.pages.partner_words import PARTNER_WORDS
from referral_ui.pages.values import day_of
from referral_ui.rendering import page, redirect
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

_TEMPLATE = "partner/answer.html"
_NOTE = Input(
    "note",
    "long",
    Label(zh="给转出机构的留言", en="Message to the referring office"),
    help=Label(
        zh="例如报到时间、地点和要带的东西。请不要写健康等敏感情况。",
        en="For example when and where to report and what to bring. Do not write about health or other sensitive "
        "matters.",
    ),
    max=MAX_ANSWER_NOTE,
)
WAITLIST = (
    Input(
        "expected_on",
        "date",
        Label(zh="预计何时有名额", en="Place expected on"),
        help=Label(zh="不确定的可以不填。", en="Leave empty if unknown."),
    ),
    _NOTE,
)
DECLINE = (
    Input("reason_code", "choice", Label(zh="原因", en="Reason"), required=True, choices=choices(DECLINE_REASONS)),
    _NOTE,
)


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
        values = typed.clean()
        owner = values.get("owner_id")
        with hub.transaction(actor) as session:
            accept_referral(
                session,
                referral_id=referral_id,
                note=values.get("note"),
                owner_id=UUID(owner) if owner else None,
                group_label=values.get("group_label"),
                sex=values.get("sex"),
                starts_on=day_of(values, "starts_on"),
                by=actor,
                at=request.now,
            )
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
        values = typed.clean()
        with hub.transaction(actor) as session:
            waitlist_referral(
                session,
                referral_id=referral_id,
                note=values.get("note"),
                expected_on=day_of(values, "expected_on"),
                by=actor,
                at=request.now,
            )
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
        values = typed.clean()
        with hub.transaction(actor) as session:
            decline_referral(
                session,
                referral_id=referral_id,
                reason_code=values["reason_code"],
                note=values.get("note"),
                by=actor,
                at=request.now,
            )
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
    owner = Input(
        "owner_id",
        "choice",
        Label(zh="承办人", en="Person responsible"),
        required=True,
        choices=choices({str(person.id): untranslated(person.name) for person in staff}),
    )
    if not groups or referral.place is not None:
        return referral, (owner, _NOTE)
    fields = [owner]
    named = {group.group_label: group.group_label for group in groups if group.group_label and group.free}
    if named:
        label = Label(zh="班次或房间", en="Class or room")
        fields.append(Input("group_label", "choice", label, choices=choices({key: untranslated(key) for key in named})))
    if any(group.sex for group in groups):
        fields.append(
            Input("sex", "choice", Label(zh="床位类别", en="Kind of bed"), choices=choices(SEX, keys=("1", "2")))
        )
    today = local_date(request.now)
    help_text = Label(zh=f"不填即从今天（{today}）开始。", en=f"From today ({today}) if left empty.")
    fields.append(Input("starts_on", "date", Label(zh="开始日期", en="Start date"), help=help_text))
    return referral, (*fields, _NOTE)


def _shown(referral: PartnerReferral, action: str) -> dict[str, Any]:
    return {"referral": referral, "action": action, "words": PARTNER_WORDS}


handlers = (show_accept, accept, show_waitlist, waitlist, show_decline, decline)
