"""The recipient's buttons on one referral that need no form: place, undo, pause, person in charge."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath

from referral_hub.i18n import Label
from referral_hub.referrals.actions import (
    give_place,
    hold_referral,
    name_owner,
    pass_offer,
    resume_referral,
    undo_last_step,
)
from referral_ui.actions import run_action
from referral_ui.guards import requires
from referral_ui.pages.undone import undone
from referral_ui.pages.values import key_in
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm


@post("/inbox/{referral_id:uuid}/place", guards=[requires("partner")], sync_to_thread=True)
def find_place(request: HubRequest, hub: CurrentHub, actor: CurrentActor, referral_id: FromPath[UUID]) -> Response[Any]:
    """Whoever was reopened and found the place taken gets another."""
    return run_action(
        request,
        hub,
        actor,
        lambda session: give_place(session, referral_id=referral_id, by=actor, at=request.now),
        to=f"/inbox/{referral_id}#place",
        done=Label(zh="已安排名额。", en="A place has been given."),
    )


@post("/inbox/{referral_id:uuid}/undo", guards=[requires("partner")], sync_to_thread=True)
def take_back(request: HubRequest, hub: CurrentHub, actor: CurrentActor, referral_id: FromPath[UUID]) -> Response[Any]:
    """The last step was a mistake."""
    return run_action(
        request,
        hub,
        actor,
        lambda session: undo_last_step(session, referral_id=referral_id, by=actor, at=request.now),
        to=f"/inbox/{referral_id}",
        done=undone,
    )


@post("/inbox/{referral_id:uuid}/pass-place", guards=[requires("partner")], sync_to_thread=True)
def pass_place(request: HubRequest, hub: CurrentHub, actor: CurrentActor, referral_id: FromPath[UUID]) -> Response[Any]:
    """The place kept for this client goes to the next."""
    return run_action(
        request,
        hub,
        actor,
        lambda session: pass_offer(session, referral_id=referral_id, by=actor, at=request.now),
        to=f"/inbox/{referral_id}",
        done=Label(
            zh="名额给下一位，这位服务对象继续轮候。", en="The place goes to the next. This client goes on waiting."
        ),
    )


@post("/inbox/{referral_id:uuid}/hold", guards=[requires("partner")], sync_to_thread=True)
def pause(request: HubRequest, hub: CurrentHub, actor: CurrentActor, referral_id: FromPath[UUID]) -> Response[Any]:
    done = Label(zh="服务已暂停，随时可以恢复。", en="The service is on hold. You can resume it at any time.")
    return run_action(
        request,
        hub,
        actor,
        lambda session: hold_referral(session, referral_id=referral_id, by=actor, at=request.now),
        to=f"/inbox/{referral_id}",
        done=done,
    )


@post("/inbox/{referral_id:uuid}/resume", guards=[requires("partner")], sync_to_thread=True)
def resume(request: HubRequest, hub: CurrentHub, actor: CurrentActor, referral_id: FromPath[UUID]) -> Response[Any]:
    return run_action(
        request,
        hub,
        actor,
        lambda session: resume_referral(session, referral_id=referral_id, by=actor, at=request.now),
        to=f"/inbox/{referral_id}",
        done=Label(zh="服务已恢复。", en="The service has resumed."),
    )


@post("/inbox/{referral_id:uuid}/owner", guards=[requires("partner")], sync_to_thread=True)
def change_owner(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, referral_id: FromPath[UUID]
) -> Response[Any]:
    owner_id = key_in(form.text("owner_id"))
    return run_action(
        request,
        hub,
        actor,
        lambda session: name_owner(session, referral_id=referral_id, owner_id=owner_id, by=actor, at=request.now),
        to=f"/inbox/{referral_id}",
        done=Label(zh="已更换承办人。", en="The person in charge has been changed."),
    )


handlers = (find_place, take_back, pass_place, pause, resume, change_owner)
