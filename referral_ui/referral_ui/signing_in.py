"""The way back: a page or a form is asked for without a session, and is there again after signing in."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

from litestar import Response
from litestar.datastructures import Cookie

from referral_hub.access.errors import PasswordNotChosen
from referral_hub.i18n import Label, untranslated
from referral_ui.forms import Form, Input
from referral_ui.kept_form import BY, NOT_KEPT, KeptForm, account_of, seal, what_was_typed
from referral_ui.rendering import page, redirect, safe_path
from referral_ui.requests import HubRequest

_NEXT = Input("next", "hidden", untranslated(""))
_KEPT = Input("kept", "hidden", untranslated(""))
FIELDS = (
    Input("login", "text", Label(zh="账号", en="Account"), required=True, autocomplete="username"),
    Input("password", "password", Label(zh="密码", en="Password"), required=True, autocomplete="current-password"),
    _NEXT,
    _KEPT,
)
CODE_FIELDS = (
    Input(
        "code",
        "text",
        Label(zh="验证码", en="Code"),
        help=Label(zh="手机验证器上现在显示的 6 位数字", en="The 6 digits your authenticator shows now"),
        required=True,
        autocomplete="one-time-code",
    ),
    _NEXT,
    _KEPT,
)
KEPT = Label(
    zh="登录已结束，刚才没有提交。请用原来的账号重新登录，您填写的内容会原样显示，核对后再提交。",
    en="The session had ended, so nothing was sent. Sign in again with the same account: what you typed is shown as "
    "it was, to check and send.",
)
TOO_LONG = Label(
    zh="登录已结束，刚才没有提交；内容太长，不能代为保留。请用浏览器返回上一页，把内容复制下来，再重新登录。",
    en="The session had ended, so nothing was sent, and the text is too long to be kept. Go back with the browser, "
    "copy it, then sign in again.",
)
NOT_YOURS = Label(
    zh="登录前填写的内容没有带过来：已超过 12 小时，或者不是用这个账号填写的。",
    en="What was typed before signing in did not come along: it is older than 12 hours, or another account typed it.",
)


def sign_in_page(
    request: HubRequest,
    values: dict[str, str],
    *,
    idle: bool = False,
    note: Label | None = None,
    status: int = 200,
    cookies: tuple[Cookie, ...] = (),
) -> Response[str]:
    form = Form(FIELDS, values)
    return page(request, "sign_in/sign_in.html", status=status, cookies=cookies, form=form, idle=idle, note=note)


def ask_to_sign_in(request: HubRequest) -> Response[Any]:
    """To the door: from there back to the page, or to the form with everything typed."""
    if request.method == "POST" and not request.by_htmx and _is_kept(request):
        sealed = sealed_form(request, path=_address(request))
        if sealed is not None:
            back = page_before(request)
            note = KEPT if sealed else TOO_LONG
            return sign_in_page(request, {"next": back, "kept": sealed}, note=note, status=401)
    back = _address(request) if request.method == "GET" else page_before(request)
    to = "/sign-in" if back == "/" else f"/sign-in?next={quote(back, safe='')}"
    if request.headers.get("hx-request") == "true":
        return Response("", status_code=401, headers={"hx-redirect": to})
    return Response("", status_code=303, headers={"location": to})


def sealed_form(request: HubRequest, *, path: str) -> str | None:
    """The form sent, for its account's eyes only; empty where it is too long, None where it names no account."""
    texts = request.submitted.texts
    account_id = account_of(request.hub.cipher, texts.get(BY, [""])[-1])
    if account_id is None:
        return None
    return seal(request.hub.cipher, account_id, path=path, texts=texts, at=request.now)


def review_page(
    request: HubRequest, kept: KeptForm, *, password_first: bool = False, cookies: tuple[Cookie, ...] = ()
) -> Response[str]:
    """One button that leads back to the form. Nothing is done by it: the form is shown (`Form.shown_again`)."""
    return page(request, "sign_in/review.html", cookies=cookies, kept=kept, password_first=password_first)


def ask_for_own_password(request: HubRequest) -> Response[Any]:
    """To the page where it is chosen; from a form, in a window beside it."""
    if request.method == "POST" and not request.by_htmx and _is_kept(request):
        kept = KeptForm(_address(request), what_was_typed(request.submitted.texts), request.now)
        return review_page(request, kept, password_first=True)
    return redirect(request, "/account/password", done=PasswordNotChosen().label, tone="note")


def page_before(request: HubRequest) -> str:
    """The page of ours on which a button was pressed; the first page where that is not known."""
    asked = urlsplit(request.headers.get("referer", ""))
    if asked.netloc != request.url.netloc or asked.path.startswith("/sign-in"):
        return "/"
    return safe_path(f"{asked.path}?{asked.query}" if asked.query else asked.path, "/")


def _address(request: HubRequest) -> str:
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


def _is_kept(request: HubRequest) -> bool:
    """Whether the page takes a form that `Form.shown_again` can show."""
    takes = request.route_handler.parsed_fn_signature.parameters
    return "form" in takes and request.scope["path_template"] not in NOT_KEPT
