"""Accounts: made with a one-time password, unlocked, reset, closed; and the tokens that act for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath

from referral_hub.access.actions import (
    change_account,
    close_account,
    create_account,
    reopen_account,
    reset_password,
    unlock_account,
)
from referral_hub.access.passwords import new_password
from referral_hub.access.tokens import SCOPES, create_token, revoke_token, tokens_of_account
from referral_hub.directory.names import organisation_name
from referral_hub.i18n import Label, untranslated
from referral_hub.text_limits import MAX_ACCOUNT_NAME, MAX_LOGIN, MAX_TOKEN_NAME
from referral_hub.views.admin.accounts import account_for_page, accounts_for_list, open_sessions
from referral_hub.views.directory.lists import organisations_for_list
from referral_ui.forms import Form, Input, choices
from referral_ui.guards import requires
from referral_ui.pages.admin_words import ADMIN_WORDS, ROLES
from referral_ui.pages.values import uuid_in
from referral_ui.rendering import page, redirect
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

PAGE = 50
_PERSON = (
    Input("name", "text", Label(zh="姓名", en="Name"), required=True, max=MAX_ACCOUNT_NAME),
    Input("phone", "phone", Label(zh="电话", en="Telephone")),
    Input(
        "statutory",
        "yes_no",
        Label(zh="承担法定职责", en="Has statutory duties"),
        help=Label(
            zh="选“是”的社工能看到限制信息一栏。请只给确有法定职责的人。",
            en="A worker with statutory duties can see the restricted section. Choose “yes” only for people who "
            "have such duties by law.",
        ),
    ),
)
TOKEN = (
    Input("name", "text", Label(zh="用途", en="Purpose"), required=True, max=MAX_TOKEN_NAME),
    Input("scope", "choices", Label(zh="可以做什么", en="Scope"), required=True, choices=choices(SCOPES)),
    Input(
        "days",
        "integer",
        Label(zh="有效天数", en="Valid for (days)"),
        help=Label(zh="最多 366 天。", en="At most 366 days."),
        required=True,
        min=1,
        max=366,
    ),
)


@get("/admin/accounts", guards=[requires("admin")], sync_to_thread=True)
def list_accounts(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    query = request.query_params
    asked = {"role": query.get("role", ""), "words": query.get("words", "").strip()}
    organisation_id = uuid_in(query.get("organisation"))
    with hub.transaction(actor) as session:
        found = accounts_for_list(
            session, organisation_id=organisation_id, after=query.get("after"), limit=PAGE, **asked
        )
        organisations = {
            one.id: one.short_name for one in organisations_for_list(session, limit=500, at=request.now).lines
        }
    return page(
        request,
        "admin/accounts.html",
        accounts=found.lines,
        next=found.next,
        paged=bool(query.get("after")),
        asked=asked,
        organisation=str(organisation_id or ""),
        organisations=organisations,
        words=ADMIN_WORDS,
    )


@get("/admin/accounts/new", guards=[requires("admin")], sync_to_thread=True)
def show_new(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    start = {"organisation_id": request.query_params.get("organisation"), "statutory": False}
    return page(request, "admin/account_new.html", form=Form(_new_fields(request, hub, actor), start), made=None)


@post("/admin/accounts/new", guards=[requires("admin")], sync_to_thread=True)
def save_new(request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm) -> Response[str]:
    """The first password is shown on this one page and never again."""
    typed = Form(_new_fields(request, hub, actor), form)
    password = new_password()
    with typed.shown_again("admin/account_new.html", made=None):
        values = typed.clean()
        with hub.transaction(actor) as session:
            key = create_account(
                session,
                organisation_id=UUID(values["organisation_id"]),
                login=values["login"],
                name=values["name"],
                role=values["role"],
                password=password,
                statutory=values.get("statutory", False),
                phone=values.get("phone"),
                by=actor,
                at=request.now,
            )
    made = {"id": key, "login": values["login"].lower(), "password": password}
    return page(request, "admin/account_new.html", form=typed, made=made)


@get("/admin/accounts/{account_id:uuid}", guards=[requires("admin")], sync_to_thread=True)
def show_account(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, account_id: FromPath[UUID]
) -> Response[str]:
    return page(request, "admin/account.html", **_shown(hub, actor, account_id), secret=None)


@post("/admin/accounts/{account_id:uuid}", guards=[requires("admin")], sync_to_thread=True)
def save_account(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, account_id: FromPath[UUID]
) -> Response[Any]:
    shown = _shown(hub, actor, account_id)
    typed = Form(_PERSON, form)
    shown.pop("form")
    with typed.shown_again("admin/account.html", **shown, secret=None):
        values = typed.clean()
        with hub.transaction(actor) as session:
            change_account(
                session,
                account_id=account_id,
                name=values["name"],
                phone=values.get("phone"),
                statutory=values.get("statutory", False),
                by=actor,
                at=request.now,
            )
    return redirect(request, f"/admin/accounts/{account_id}", done=Label(zh="已保存。", en="Saved."))


@post("/admin/accounts/{account_id:uuid}/password", guards=[requires("admin")], sync_to_thread=True)
def give_password(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, account_id: FromPath[UUID]
) -> Response[str]:
    """A new one-time password, shown once; a lock ends with it and every browser is signed out."""
    password = new_password()
    with hub.transaction(actor) as session:
        reset_password(session, account_id=account_id, new=password, by=actor, at=request.now)
    return page(request, "admin/account.html", **_shown(hub, actor, account_id), secret=password)


@post("/admin/accounts/{account_id:uuid}/unlock", guards=[requires("admin")], sync_to_thread=True)
def unlock(request: HubRequest, hub: CurrentHub, actor: CurrentActor, account_id: FromPath[UUID]) -> Response[Any]:
    with hub.transaction(actor) as session:
        unlock_account(session, account_id=account_id, by=actor, at=request.now)
    done = Label(zh="已解除锁定，原密码仍可用。", en="Unlocked. The current password remains valid.")
    return redirect(request, f"/admin/accounts/{account_id}", done=done)


@post("/admin/accounts/{account_id:uuid}/close", guards=[requires("admin")], sync_to_thread=True)
def close(request: HubRequest, hub: CurrentHub, actor: CurrentActor, account_id: FromPath[UUID]) -> Response[Any]:
    to = f"/admin/accounts/{account_id}"
    if account_id == actor.account_id:
        own = Label(zh="不能停用自己的账号。", en="You cannot close your own account.")
        return redirect(request, to, done=own, tone="problem")
    with hub.transaction(actor) as session:
        close_account(session, account_id=account_id, by=actor, at=request.now)
    return redirect(
        request,
        to,
        done=Label(zh="账号已停用，记录保留姓名。", en="The account has been closed; past entries keep the name."),
    )


@post("/admin/accounts/{account_id:uuid}/reopen", guards=[requires("admin")], sync_to_thread=True)
def reopen(request: HubRequest, hub: CurrentHub, actor: CurrentActor, account_id: FromPath[UUID]) -> Response[Any]:
    with hub.transaction(actor) as session:
        reopen_account(session, account_id=account_id, by=actor, at=request.now)
    return redirect(
        request, f"/admin/accounts/{account_id}", done=Label(zh="账号已恢复。", en="The account has been reopened.")
    )


@get("/admin/accounts/{account_id:uuid}/token", guards=[requires("admin")], sync_to_thread=True)
def show_token(request: HubRequest, hub: CurrentHub, actor: CurrentActor, account_id: FromPath[UUID]) -> Response[str]:
    shown = _shown(hub, actor, account_id) | {"form": Form(TOKEN, {"scope": ["read"], "days": 90})}
    return page(request, "admin/token.html", **shown, token=None)


@post("/admin/accounts/{account_id:uuid}/token", guards=[requires("admin")], sync_to_thread=True)
def issue_token(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm, account_id: FromPath[UUID]
) -> Response[str]:
    """A token acts as the account and within its scope; it is shown on this one page."""
    shown = _shown(hub, actor, account_id)
    shown.pop("form")
    typed = Form(TOKEN, form)
    with typed.shown_again("admin/token.html", **shown, token=None):
        values = typed.clean()
        with hub.transaction(actor) as session:
            token = create_token(
                session,
                account_id=account_id,
                name=values["name"],
                scope=tuple(values["scope"]),
                ends_at=request.now + timedelta(days=values["days"]),
                by=actor,
                at=request.now,
            )
    return page(request, "admin/token.html", **shown, form=typed, token=token)


@post("/admin/accounts/{account_id:uuid}/token/{token_id:uuid}", guards=[requires("admin")], sync_to_thread=True)
def end_token(
    request: HubRequest, hub: CurrentHub, actor: CurrentActor, account_id: FromPath[UUID], token_id: FromPath[UUID]
) -> Response[Any]:
    with hub.transaction(actor) as session:
        revoke_token(session, account_id=account_id, token_id=token_id, by=actor, at=request.now)
    return redirect(
        request, f"/admin/accounts/{account_id}", done=Label(zh="令牌已停用。", en="The token has been revoked.")
    )


def _new_fields(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> tuple[Input, ...]:
    with hub.transaction(actor) as session:
        found = organisations_for_list(session, limit=500, at=request.now).lines
    named = {str(one.id): untranslated(one.name) for one in found}
    return (
        Input("organisation_id", "choice", Label(zh="机构", en="Organisation"), required=True, choices=choices(named)),
        Input("role", "choice", Label(zh="角色", en="Role"), required=True, choices=choices(ROLES)),
        Input(
            "login",
            "text",
            Label(zh="登录名", en="Login"),
            help=Label(
                zh="小写字母、数字、点和横线，3 到 40 个。", en="3 to 40 lower-case letters, digits, dots or hyphens."
            ),
            required=True,
            max=MAX_LOGIN,
        ),
        *_PERSON,
    )


def _shown(hub: CurrentHub, actor: CurrentActor, account_id: UUID) -> dict[str, Any]:
    with hub.transaction(actor) as session:
        account = account_for_page(session, account_id)
        organisation = organisation_name(session, account.organisation_id)
        browsers = open_sessions(session, account_id)
        tokens = tokens_of_account(session, account_id)
    start = {"name": account.name, "phone": account.phone, "statutory": account.statutory}
    return {
        "account": account,
        "organisation": organisation,
        "browsers": browsers,
        "tokens": tokens,
        "form": Form(_PERSON, start),
        "words": ADMIN_WORDS,
    }


router = Router(
    "/",
    route_handlers=[
        list_accounts,
        show_new,
        save_new,
        show_account,
        save_account,
        give_password,
        unlock,
        close,
        reopen,
        show_token,
        issue_token,
        end_token,
    ],
    include_in_schema=False,
)
