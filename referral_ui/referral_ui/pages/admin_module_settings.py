"""A module's settings, asked by its manifest. Secrets are typed once, never shown; left empty they stay as they are."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from referral_hub.api import Field
from referral_hub.hub import Hub
from referral_hub.i18n import Label
from referral_hub.module_admin.pages import module_for_page
from referral_hub.modules.settings import merged_settings, problems_of, save_settings, shown_settings
from referral_ui.forms import FieldsInvalid, Form
from referral_ui.guards import requires
from referral_ui.rendering import page, redirect
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

_TEMPLATE = "admin/module_settings.html"
_KEPT = Label(zh="已设置，不再显示。不改就留空。", en="Set, and not shown again. Leave empty to keep it.")


@get("/admin/modules/{key:str}/settings", guards=[requires("admin")], sync_to_thread=True)
def show_settings(request: HubRequest, hub: CurrentHub, actor: CurrentActor, key: FromPath[str]) -> Response[str]:
    with hub.transaction(actor) as session:
        module = module_for_page(session, key)
        values, secrets = shown_settings(session, key)
    fields = _questions(hub, key, secrets)
    return page(request, _TEMPLATE, module=module, form=Form(fields, _as_typed(fields, values)))


@post("/admin/modules/{key:str}/settings", guards=[requires("admin")], sync_to_thread=True)
def write_settings(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, key: FromPath[str]
) -> Response[Any]:
    """Ask the module whether they are usable, then keep them."""
    with hub.transaction(actor) as session:
        module = module_for_page(session, key)
        _, secrets = shown_settings(session, key)
    typed = Form(_questions(hub, key, secrets), form)
    with typed.shown_again(_TEMPLATE, module=module):
        clean = typed.clean()
        with hub.transaction(actor) as session:
            settings = merged_settings(session, key, clean)
        problems = problems_of(hub, key, settings)
        if problems:
            raise FieldsInvalid(problems)
        with hub.transaction(actor) as session:
            save_settings(session, key=key, settings=settings, by=actor, at=request.now)
    return redirect(request, f"/admin/modules/{key}", done=Label(zh="设置已保存。", en="Settings saved."))


def _questions(hub: Hub, key: str, secrets: frozenset[str]) -> list[Field]:
    """The manifest's questions; a secret that is set need not be typed again."""
    return [
        msgspec.structs.replace(field, required=False, help=_KEPT) if field.key in secrets else field
        for field in hub.modules.manifest(key).settings
    ]


def _as_typed(fields: list[Field], values: dict[str, Any]) -> dict[str, Any]:
    money = {field.key for field in fields if field.type == "money"}
    return {key: f"{value / 100:.2f}" if key in money else value for key, value in values.items()}


handlers = (show_settings, write_settings)
