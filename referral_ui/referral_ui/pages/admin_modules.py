"""Modules: what is installed, what each asks to know and why, how it is, and whether it takes referrals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath

from referral_hub.errors import HubError
from referral_hub.modules.actions import approve_module, disable_module, enable_module, register_modules
from referral_hub.modules.queries import module_for_page, modules_for_list
from referral_hub.words import Label
from referral_ui.guards import requires
from referral_ui.pages import admin_module_install
from referral_ui.pages.admin_words import ADMIN_WORDS
from referral_ui.rendering import page, redirect
from referral_ui.requests import HubRequest, TheActor, TheForm, TheHub

_ACTS: dict[str, Callable[..., object]] = {
    "approve": approve_module,
    "enable": enable_module,
    "disable": disable_module,
}
_DONE = {
    "approve": Label(zh="模块已核准，启用后开始接收转介。", en="Approved. Enable it to take referrals."),
    "enable": Label(zh="模块已启用。", en="The module is enabled."),
    "disable": Label(zh="模块已停收新转介。", en="The module takes no new referrals."),
}


@get("/admin/modules", guards=[requires("admin")], sync_to_thread=True)
def list_modules(request: HubRequest, hub: TheHub, actor: TheActor) -> Response[str]:
    with hub.transaction(actor) as session:
        modules = modules_for_list(session)
    return page(request, "admin/modules.html", modules=modules, words=ADMIN_WORDS, safe_mode=hub.settings.safe_mode)


@post("/admin/modules/look", guards=[requires("admin")], sync_to_thread=True)
def look_again(request: HubRequest, hub: TheHub, actor: TheActor) -> Response[Any]:
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
def show_module(request: HubRequest, hub: TheHub, actor: TheActor, key: FromPath[str]) -> Response[str]:
    with hub.transaction(actor) as session:
        module = module_for_page(session, key)
    return page(request, "admin/module.html", module=module, words=ADMIN_WORDS)


@post("/admin/modules/{key:str}/{act:str}", guards=[requires("admin")], sync_to_thread=True)
def change_module(
    request: HubRequest, hub: TheHub, actor: TheActor, form: TheForm, key: FromPath[str], act: FromPath[str]
) -> Response[Any]:
    """Approve, enable or disable, with a reason that goes on record."""
    to = f"/admin/modules/{key}"
    if act not in _ACTS:
        return redirect(request, to)
    try:
        with hub.transaction(actor) as session:
            _ACTS[act](session, key=key, reason=form.text("reason"), by=actor, at=request.now)
    except HubError as refusal:
        if refusal.status not in (409, 422):
            raise
        return redirect(request, to, done=refusal.label, tone="problem")
    return redirect(request, to, done=_DONE[act])


router = Router(
    "/",
    route_handlers=[list_modules, look_again, show_module, change_module, *admin_module_install.handlers],
    include_in_schema=False,
)
