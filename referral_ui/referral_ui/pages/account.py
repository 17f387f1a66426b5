"""One's own account: password, second factor, language, open browsers, access tokens."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.params import FromPath

from referral_hub.access.actions import (
    change_password,
    enrol_totp,
    new_totp_secret,
    remove_totp,
    set_language,
    totp_address,
)
from referral_hub.access.errors import PasswordsDiffer, StepExpired
from referral_hub.access.passwords import MINIMUM_LENGTH
from referral_hub.access.tokens import SCOPES, create_token, revoke_token, tokens_of_account
from referral_hub.actor import Actor
from referral_hub.hub import Hub
from referral_hub.i18n import Label, untranslated
from referral_hub.text_limits import MAX_TOKEN_NAME
from referral_hub.views.admin.accounts import account_for_page, open_sessions
from referral_ui.forms import Form, Input, choices
from referral_ui.guards import signed_in
from referral_ui.rendering import page, redirect
from referral_ui.requests import CurrentActor, CurrentHub, HubRequest, TheForm

_TOTP_KIND = "web.totp-offer"

PASSWORD_FIELDS = (
    Input(
        "current",
        "password",
        Label(zh="当前密码", en="Current password"),
        required=True,
        autocomplete="current-password",
    ),
    Input(
        "password",
        "password",
        Label(zh="新密码", en="New password"),
        help=Label(
            zh=f"至少 {MINIMUM_LENGTH} 个字符。几个词连成一句，好记又难猜。",
            en=f"At least {MINIMUM_LENGTH} characters. Several words together are easy to remember and hard to guess.",
        ),
        required=True,
        autocomplete="new-password",
    ),
    Input(
        "again",
        "password",
        Label(zh="再输一次", en="Repeat the new password"),
        required=True,
        autocomplete="new-password",
    ),
)
ENROL_FIELDS = (
    Input("code", "text", Label(zh="验证码", en="Code"), required=True, autocomplete="one-time-code"),
    Input("secret", "hidden", untranslated("")),
    Input("signature", "hidden", untranslated("")),
)
REMOVE_FIELDS = (
    Input(
        "password",
        "password",
        Label(zh="当前密码", en="Current password"),
        required=True,
        autocomplete="current-password",
    ),
)
TOKEN_FIELDS = (
    Input("name", "text", Label(zh="用途", en="Purpose"), required=True, max=MAX_TOKEN_NAME),
    Input("scope", "choices", Label(zh="可以做什么", en="Scope"), required=True, choices=choices(SCOPES)),
    Input(
        "days",
        "choice",
        Label(zh="有效期", en="Valid for"),
        required=True,
        choices=choices(
            {
                "30": Label(zh="30 天", en="30 days"),
                "90": Label(zh="90 天", en="90 days"),
                "365": Label(zh="一年", en="one year"),
            }
        ),
    ),
)


@get("/account", guards=[signed_in], sync_to_thread=True)
def show_account(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    account_id = _own(actor)
    with hub.transaction(actor) as session:
        account = account_for_page(session, account_id)
        browsers = open_sessions(session, account_id)
        tokens = tokens_of_account(session, account_id)
    return page(request, "account/account.html", account=account, browsers=browsers, tokens=tokens)


@get("/account/password", guards=[signed_in], sync_to_thread=False)
def show_password(request: HubRequest) -> Response[str]:
    return page(request, "account/password.html", form=Form(PASSWORD_FIELDS))


@post("/account/password", guards=[signed_in], sync_to_thread=True)
def save_password(request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm) -> Response[Any]:
    typed = Form(PASSWORD_FIELDS, form)
    with typed.shown_again("account/password.html"):
        values = typed.clean()
        if values["password"] != values["again"]:
            raise PasswordsDiffer(field="again")
        with hub.transaction(actor) as session:
            change_password(
                session,
                account_id=_own(actor),
                current=values["current"],
                new=values["password"],
                keep=request.signed_in.session_id if request.signed_in else None,
                by=actor,
                at=request.now,
            )
    done = Label(zh="密码已更换，其他浏览器已退出。", en="Password changed; other browsers have been signed out.")
    return redirect(request, "/account", done=done)


@post("/account/language", guards=[signed_in], sync_to_thread=True)
def save_language(request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm) -> Response[Any]:
    language = "en" if form.text("language") == "en" else "zh"
    with hub.transaction(actor) as session:
        set_language(session, account_id=_own(actor), language=language)
    return redirect(request, f"/account?lang={language}")


@get("/account/second-factor", guards=[signed_in], sync_to_thread=True)
def show_second_factor(request: HubRequest, hub: CurrentHub, actor: CurrentActor) -> Response[str]:
    """A fresh secret is offered; it counts only once a code proves that the phone has it."""
    with hub.transaction(actor) as session:
        account = account_for_page(session, _own(actor))
    if account.second_factor:
        return page(request, "account/second_factor_off.html", form=Form(REMOVE_FIELDS))
    secret = new_totp_secret()
    form = Form(ENROL_FIELDS, {"secret": secret, "signature": _sign(hub, actor, secret)})
    return page(request, "account/second_factor.html", form=form, **_offer(request, secret))


@post("/account/second-factor", guards=[signed_in], sync_to_thread=True)
def turn_second_factor_on(request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm) -> Response[Any]:
    typed = Form(ENROL_FIELDS, form)
    secret = form.text("secret")
    with typed.shown_again("account/second_factor.html", **_offer(request, secret)):
        if not hmac.compare_digest(form.text("signature"), _sign(hub, actor, secret)):
            raise StepExpired
        values = typed.clean()
        with hub.transaction(actor) as session:
            enrol_totp(
                session,
                account_id=_own(actor),
                secret=secret,
                code=values["code"],
                cipher=hub.cipher,
                by=actor,
                at=request.now,
            )
    done = Label(zh="两步验证已开启。", en="Two-step sign-in has been turned on.")
    return redirect(request, "/account", done=done)


@post("/account/second-factor/off", guards=[signed_in], sync_to_thread=True)
def turn_second_factor_off(request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm) -> Response[Any]:
    typed = Form(REMOVE_FIELDS, form)
    with typed.shown_again("account/second_factor_off.html"):
        values = typed.clean()
        with hub.transaction(actor) as session:
            remove_totp(session, account_id=_own(actor), password=values["password"], by=actor, at=request.now)
    done = Label(zh="两步验证已关闭。", en="Two-step sign-in has been turned off.")
    return redirect(request, "/account", done=done)


@get("/account/tokens/new", guards=[signed_in], sync_to_thread=False)
def show_new_token(request: HubRequest) -> Response[str]:
    return page(request, "account/token.html", form=Form(TOKEN_FIELDS, {"scope": ["read"], "days": "90"}), token=None)


@post("/account/tokens/new", guards=[signed_in], sync_to_thread=True)
def issue_token(request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm) -> Response[str]:
    """The token is shown on this one page and never again."""
    typed = Form(TOKEN_FIELDS, form)
    with typed.shown_again("account/token.html", token=None):
        values = typed.clean()
        with hub.transaction(actor) as session:
            token = create_token(
                session,
                account_id=_own(actor),
                name=values["name"],
                scope=tuple(values["scope"]),
                ends_at=request.now + timedelta(days=int(values["days"])),
                by=actor,
                at=request.now,
            )
    return page(request, "account/token.html", form=typed, token=token)


@post("/account/tokens/{token_id:uuid}/revoke", guards=[signed_in], sync_to_thread=True)
def end_token(request: HubRequest, hub: CurrentHub, actor: CurrentActor, token_id: FromPath[UUID]) -> Response[Any]:
    with hub.transaction(actor) as session:
        revoke_token(session, account_id=_own(actor), token_id=token_id, by=actor, at=request.now)
    return redirect(request, "/account", done=Label(zh="令牌已停用。", en="The token has been revoked."))


def _own(actor: Actor) -> UUID:
    return cast("UUID", actor.account_id)


def _sign(hub: Hub, actor: Actor, secret: str) -> str:
    """Only a secret we offered to this account can be enrolled."""
    return hub.cipher.index(f"{actor.account_id}:{secret}", _TOTP_KIND).hex()


def _offer(request: HubRequest, secret: str) -> dict[str, Any]:
    login = request.signed_in.login if request.signed_in else ""
    groups = [secret[i : i + 4] for i in range(0, len(secret), 4)]
    return {"secret_groups": groups, "address": totp_address(secret, login=login)}


router = Router(
    "/",
    route_handlers=[
        show_account,
        show_password,
        save_password,
        save_language,
        show_second_factor,
        turn_second_factor_on,
        turn_second_factor_off,
        show_new_token,
        issue_token,
        end_token,
    ],
    include_in_schema=False,
)
