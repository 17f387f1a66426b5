"""Modules: what is installed, what each asks to know and why, how it is, and whether it takes referrals."""

from __future__ import annotations

from datetime import date
from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath

from referral_hub.actor import Actor
from referral_hub.errors import HubError
from referral_hub.hub import Hub, Transaction
from referral_hub.i18n import Label
from referral_hub.module_admin.conformance import check_module
from referral_hub.module_admin.install_actions import approve_upgrade, remove_module
from referral_hub.module_admin.lifecycle_actions import (
    approve_module,
    disable_module,
    drain_module,
    enable_module,
    register_modules,
    request_module_reassignment,
)
from referral_hub.module_admin.open_referrals import open_referrals_of
from referral_hub.module_admin.pages import module_for_page, modules_for_list
from referral_hub.registry.lifecycle import possible_actions
from referral_hub.workflow.tasks import REASSIGNMENT_REQUESTS
from referral_ui.actions import refusal_shown
from referral_ui.guards import requires
from referral_ui.pages import admin_module_install, admin_module_settings
from referral_ui.pages.admin_words import ADMIN_WORDS
from referral_ui.rendering import page, redirect, with_query
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, SubmittedForm, TheForm


class NothingChosen(HubError):
    status = 422
    zh = "请先勾选转介，并选择要转出机构怎样做。"
    en = "First tick referrals and choose what the sending offices should do."


_TOLD = frozenset({409, 422, 503})
_ACTIONS = {
    "enable": enable_module,
    "drain": drain_module,
    "disable": disable_module,
}
_DONE = {
    "approve": Label(
        zh="模块已核准，启用后开始接收转介。", en="The module has been approved. Enable it to receive referrals."
    ),
    "upgrade": Label(zh="升级已核准并开始使用。", en="The upgrade has been approved and is in use."),
    "enable": Label(zh="模块已启用。", en="The module has been enabled."),
    "drain": Label(zh="模块已停收新转介。", en="The module no longer accepts new referrals."),
    "disable": Label(zh="模块已停用。", en="The module has been disabled."),
    "request_reassignment": Label(
        zh="已转告转出机构，由他们决定。", en="The sending offices have been notified; they decide."
    ),
    "remove": Label(
        zh="模块已卸载，以前的记录仍可查看。", en="The module has been uninstalled; its past entries remain readable."
    ),
}


@get("/admin/modules", guards=[requires("admin")], sync_to_thread=True)
def list_modules(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    with hub.transaction(actor) as session:
        modules = modules_for_list(session)
    return page(request, "admin/modules.html", modules=modules, words=ADMIN_WORDS, safe_mode=hub.settings.safe_mode)


@post("/admin/modules/look", guards=[requires("admin")], sync_to_thread=True)
def look_again(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[Any]:
    """Look at what is installed now."""
    hub.modules.discover()
    with hub.transaction(actor) as session:
        changed = register_modules(session, by=actor, at=request.now)
    if changed:
        done = Label(zh=f"已更新：{'、'.join(changed)}。", en=f"Updated: {', '.join(changed)}.")
    else:
        done = Label(zh="没有变化。", en="Nothing has changed.")
    return redirect(request, "/admin/modules", done=done)


@get("/admin/modules/{key:str}", guards=[requires("admin")], sync_to_thread=True)
def show_module(request: HubRequest, hub: CurrentHub, actor: CurrentActor, key: FromPath[str]) -> Response[str]:
    """The approval sheet and how the module is."""
    with hub.transaction(actor) as session:
        module = module_for_page(session, key)
        after = request.query_params.get("after")
        leaving = "request_reassignment" in possible_actions(module.line.state)
        open_ones = open_referrals_of(session, key, after=after) if leaving else None
    return page(
        request,
        "admin/module.html",
        module=module,
        words=ADMIN_WORDS,
        open_ones=open_ones,
        ask_choices=REASSIGNMENT_REQUESTS,
        following=with_query(request, after=open_ones.next) if open_ones and open_ones.next else None,
        first=with_query(request, after=None) if after else None,
    )


@post("/admin/modules/{key:str}/check", guards=[requires("admin")], sync_to_thread=True)
def check(request: HubRequest, hub: CurrentHub, actor: CurrentActor, key: FromPath[str]) -> Response[Any]:
    """Run the author's checks on the module as it is installed."""
    to = f"/admin/modules/{key}"

    def run_checks() -> Response[Any]:
        if check_module(hub, key, by=actor).passed:
            return redirect(request, to, done=Label(zh="检查通过。", en="The module passed its checks."))
        failed = Label(
            zh="没有通过检查，原因见“检查”。", en="The module did not pass its checks; see “Checks” for the reasons."
        )
        return redirect(request, to, done=failed, tone="problem")

    return refusal_shown(request, run_checks, at=to, statuses=_TOLD)


@post("/admin/modules/{key:str}/{action:str}", guards=[requires("admin")], sync_to_thread=True)
def change_module(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, key: FromPath[str], action: FromPath[str]
) -> Response[Any]:
    """Approve, enable, drain, disable or remove, with a reason that is recorded."""
    to = f"/admin/modules/{key}"
    if action not in _DONE:
        return redirect(request, to)

    def change() -> Response[Any]:
        _change(request, hub, actor, form, key, action)
        return redirect(request, to, done=_DONE[action])

    return refusal_shown(request, change, at=to, statuses=_TOLD)


def _change(request: HubRequest, hub: Hub, actor: Actor, form: SubmittedForm, key: str, action: str) -> None:
    reason = form.text("reason")
    approval: dict[str, Any] = {
        "key": key,
        "reason": reason,
        "digest": form.text("digest") or None,
        "files": form.text("files") or None,
        "assessment_reference": form.text("assessment_reference"),
        "assessment_on": _day(form.text("assessment_on")),
        "by": actor,
    }
    if action == "upgrade":
        approve_upgrade(hub, **approval)
    elif action == "remove":
        remove_module(hub, key=key, reason=reason, by=actor)
    else:
        with hub.transaction(actor) as session:
            if action == "approve":
                approve_module(session, **approval, at=request.now)
            elif action == "disable":
                force = form.ticked("force")
                disable_module(session, key=key, reason=reason, force=force, by=actor, at=request.now)
            elif action == "request_reassignment":
                _request_reassignment(request, session, actor, form, key)
            else:
                _ACTIONS[action](session, key=key, reason=reason, by=actor, at=request.now)  # type: ignore[operator]


def _request_reassignment(
    request: HubRequest, session: Transaction, actor: Actor, form: SubmittedForm, key: str
) -> None:
    """Ask the senders of the ticked referrals, or of all, to redirect or to end them, or to wait."""
    ask = next((code for code in REASSIGNMENT_REQUESTS if code == form.text("ask")), None)
    numbers = None if form.ticked("all") else form.many("number")
    if ask is None or numbers == []:
        raise NothingChosen
    request_module_reassignment(
        session, key=key, reason=form.text("reason"), numbers=numbers, ask=ask, by=actor, at=request.now
    )


def _day(typed: str) -> date | None:
    """A date as a browser sends it; anything else counts as not given."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


router = Router(
    "/",
    route_handlers=[
        list_modules,
        look_again,
        show_module,
        check,
        change_module,
        *admin_module_install.handlers,
        *admin_module_settings.handlers,
    ],
    include_in_schema=False,
)
