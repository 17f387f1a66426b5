"""Signing in, with a code from the phone where the account asks for one, and signing out."""

from __future__ import annotations

import base64
import hmac
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.datastructures import Cookie

from referral_hub.access.actions import (
    LOCK_PERIOD,
    WRONG_TRIES,
    check_code,
    check_password,
    note_sign_in,
    note_sign_out,
)
from referral_hub.access.errors import CodeWrong, SignInRefused, StepExpired
from referral_hub.access.sessions import close_all_sessions, close_session, open_session
from referral_hub.actor import Actor, system_actor
from referral_hub.hub import Hub
from referral_hub.i18n import Label, Language
from referral_ui.forms import Form
from referral_ui.guards import public, signed_in
from referral_ui.identity import SESSION_COOKIE
from referral_ui.kept_form import open_sealed
from referral_ui.rendering import page, redirect, safe_path
from referral_ui.requests import LANGUAGE_COOKIE, CurrentActor, CurrentHub, HubRequest, TheForm
from referral_ui.signing_in import (
    CODE_FIELDS,
    FIELDS,
    KEPT,
    NOT_YOURS,
    page_before,
    review_page,
    sealed_form,
    sign_in_page,
)

STEP_COOKIE = "hub_step"
_STEP_PERIOD = timedelta(minutes=5)
_STEP_KIND = "web.sign-in-step"
_YEAR = 365 * 24 * 3600


class Step(msgspec.Struct, frozen=True):
    """Between password and code: whose password was right, and until when that counts."""

    account_id: UUID
    until: datetime


@get("/sign-in", guards=[public], sync_to_thread=False)
def show_sign_in(request: HubRequest) -> Response[Any]:
    """Someone already signed in goes on to their own first page."""
    goes_to = safe_path(request.query_params.get("next"), "/")
    if request.sender:
        return redirect(request, goes_to)
    values = {"next": goes_to, "login": request.query_params.get("login", "")}
    return sign_in_page(request, values, idle="idle" in request.query_params)


@post("/sign-in", guards=[public], sync_to_thread=True)
def sign_in(request: HubRequest, hub: CurrentHub, form: TheForm) -> Response[Any]:
    typed = Form(FIELDS, form)
    with typed.shown_again("sign_in/sign_in.html", idle=False, note=None):
        values = typed.clean()
        with hub.transaction(_door()) as session:
            # Wrong tries are counted in this transaction, so the refusal comes after it.
            checked = check_password(session, login=values["login"], password=values["password"], at=request.now)
        if checked is None:
            raise SignInRefused(tries=WRONG_TRIES, minutes=int(LOCK_PERIOD.total_seconds() // 60))
    goes_to = safe_path(values["next"], "/")
    if checked.second_factor:
        step = _step_cookie(hub, Step(checked.account_id, request.now + _STEP_PERIOD))
        if values["kept"]:
            # It would not fit into an address.
            code = Form(CODE_FIELDS, {"next": goes_to, "kept": values["kept"]})
            return page(request, "sign_in/code.html", cookies=(step,), form=code)
        return redirect(request, f"/sign-in/code?next={quote(goes_to, safe='')}", cookies=(step,))
    return _let_in(request, hub, checked.account_id, goes_to, kept=values["kept"])


@get("/sign-in/code", guards=[public], sync_to_thread=False)
def show_code(request: HubRequest, hub: CurrentHub) -> Response[Any]:
    if _read_step(request, hub) is None:
        return redirect(request, "/sign-in")
    goes_to = safe_path(request.query_params.get("next"), "/")
    return page(request, "sign_in/code.html", form=Form(CODE_FIELDS, {"next": goes_to}))


@post("/sign-in/code", guards=[public], sync_to_thread=True)
def send_code(request: HubRequest, hub: CurrentHub, form: TheForm) -> Response[Any]:
    typed = Form(CODE_FIELDS, form)
    with typed.shown_again("sign_in/code.html"):
        step = _read_step(request, hub)
        if step is None:
            raise StepExpired
        values = typed.clean()
        with hub.transaction(_door()) as session:
            fits = check_code(
                session, account_id=step.account_id, code=values["code"], cipher=hub.cipher, at=request.now
            )
        if not fits:
            raise CodeWrong(field="code")
    return _let_in(request, hub, step.account_id, safe_path(values["next"], "/"), kept=values["kept"])


@post("/sign-in/keep", guards=[public], status_code=200, sync_to_thread=True)
def keep_form(request: HubRequest, hub: CurrentHub, form: TheForm) -> Response[Any]:
    """Sign out of a page left alone, or begin again to sign in; what was typed goes along."""
    if request.signed_in:
        with hub.transaction(_door()) as session:
            close_session(session, request.signed_in.session_id)
    values = {"next": page_before(request), "kept": form.text("kept")}
    if not values["kept"]:
        values["kept"] = sealed_form(request, path=safe_path(form.text("_path"), "/")) or ""
    gone = (_no_session(),) if request.signed_in else ()
    kept = bool(values["kept"])
    return sign_in_page(request, values, idle=not kept, note=KEPT if kept else None, cookies=gone)


@post("/sign-out", guards=[signed_in], sync_to_thread=True)
def sign_out(request: HubRequest, hub: CurrentHub, actor: CurrentActor, form: TheForm) -> Response[Any]:
    """Out of this browser, or with `everywhere` out of all."""
    found = request.signed_in
    everywhere = form.ticked("everywhere")
    with hub.transaction(actor) as session:
        if everywhere and actor.account_id:
            close_all_sessions(session, actor.account_id)
        elif found:
            close_session(session, found.session_id)
        note_sign_out(session, by=actor, at=request.now, everywhere=everywhere)
    done = Label(zh="已退出。", en="You are signed out.")
    return redirect(request, "/sign-in", done=done, cookies=(_no_session(),))


@post("/still-here", guards=[signed_in], status_code=204, sync_to_thread=False)
def stay(request: HubRequest) -> None:
    """Someone is typing: being looked up is what keeps the session from falling asleep."""


def _let_in(request: HubRequest, hub: Hub, account_id: UUID, goes_to: str, *, kept: str) -> Response[Any]:
    """A new secret at each sign-in; the browser's old session ends. On to the page, or to the form that was kept."""
    secure = hub.settings.secure_cookies
    with hub.transaction(_door()) as session:
        language = note_sign_in(session, account_id=account_id, at=request.now)
        if request.signed_in:
            close_session(session, request.signed_in.session_id)
        secret = open_session(session, account_id, at=request.now)
    session_cookie = Cookie(key=SESSION_COOKIE, value=secret, httponly=True, secure=secure, samesite="lax")
    step = Cookie(key=STEP_COOKIE, value="", max_age=0, httponly=True, samesite="lax")
    cookies = [session_cookie, step]
    if LANGUAGE_COOKIE not in request.cookies:
        cookies.append(_language_cookie(cast("Language", language)))
    if not kept:
        return redirect(request, goes_to, cookies=tuple(cookies))
    found = open_sealed(hub.cipher, account_id, kept, at=request.now)
    if found is None:
        return redirect(request, goes_to, done=NOT_YOURS, tone="note", cookies=tuple(cookies))
    return review_page(request, found, cookies=tuple(cookies))


def _no_session() -> Cookie:
    return Cookie(key=SESSION_COOKIE, value="", max_age=0, httponly=True, samesite="lax")


def _language_cookie(language: Language) -> Cookie:
    return Cookie(key=LANGUAGE_COOKIE, value=language, max_age=_YEAR, httponly=True, samesite="lax")


def _door() -> Actor:
    """Nobody in particular: before sign-in only accounts and sessions are touched, no client's data."""
    return system_actor(via="page", name="sign-in")


def _step_cookie(hub: Hub, step: Step) -> Cookie:
    body = base64.urlsafe_b64encode(msgspec.json.encode(step)).decode()
    signature = hub.cipher.index(body, _STEP_KIND).hex()
    return Cookie(
        key=STEP_COOKIE,
        value=f"{body}.{signature}",
        max_age=int(_STEP_PERIOD.total_seconds()),
        httponly=True,
        secure=hub.settings.secure_cookies,
        samesite="strict",
        path="/sign-in",
    )


def _read_step(request: HubRequest, hub: Hub) -> Step | None:
    """The step, if we signed it and it is not over."""
    body, _, signature = request.cookies.get(STEP_COOKIE, "").rpartition(".")
    if not body or not hmac.compare_digest(signature, hub.cipher.index(body, _STEP_KIND).hex()):
        return None
    step = msgspec.json.decode(base64.urlsafe_b64decode(body), type=Step)
    return step if step.until > request.now else None


router = Router(
    "/",
    route_handlers=[show_sign_in, sign_in, show_code, send_code, keep_form, sign_out, stay],
    include_in_schema=False,
)
