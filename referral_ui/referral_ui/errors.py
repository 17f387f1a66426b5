"""The one place where an error becomes an answer: a page for people, a problem document for programs (RFC 9457)."""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import msgspec
import structlog
from litestar import Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap

from referral_hub.access.errors import NotSignedIn, PasswordNotChosen
from referral_hub.errors import HubError
from referral_hub.i18n import Label
from referral_hub.storage.outage import outage_of
from referral_ui.forms import FormRejected
from referral_ui.rendering import page, part
from referral_ui.requests import HubRequest
from referral_ui.resending import sent_again
from referral_ui.signing_in import ask_for_own_password, ask_to_sign_in

PROBLEM_JSON = "application/problem+json"
_log = structlog.get_logger("hub.web")
_UNAVAILABLE = 503
# Long enough for a database to start again, short enough to wait for.
_LATER = {"retry-after": "10"}
_PLACE = re.compile(r"`(?P<place>[^`]+)`")

_FORM_TOKEN = Label(
    zh="页面打开得太久，或者浏览器没有保存 Cookie，所以没有提交成功。请返回上一页，刷新后再提交。",
    en="The page was open for too long, or the browser does not accept cookies, so nothing was submitted. Go back, "
    "reload the page and try again.",
)
_BY_STATUS = {
    400: Label(zh="请求的内容不完整或格式不对。", en="The request is incomplete or malformed."),
    404: Label(
        zh="没有这个页面。地址可能写错了，或者页面已经移走。",
        en="There is no such page. The address may be wrong, or the page has moved.",
    ),
    405: Label(zh="这个地址不支持这种操作。", en="This address does not support that operation."),
    413: Label(zh="文件或内容太大，请减小后再试。", en="The file or content is too large. Reduce it and try again."),
}
_OTHER = Label(zh="请求没有成功，请返回重试。", en="The request failed. Please go back and try again.")


class FieldProblem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is wrong with one field of a request."""

    field: str | None
    message: str
    message_zh: str | None = None


class ProblemDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457. `code` is stable, for programs; `detail` is English, `detail_zh` the same in Chinese."""

    type: str
    title: str
    status: int
    detail: str
    detail_zh: str
    code: str
    request_id: str
    errors: list[FieldProblem] = []


def answer_hub_error(request: HubRequest, error: HubError) -> Response[Any]:
    """Our own refusals and failures."""
    if request.for_program:
        fields = [FieldProblem(field, label.en, label.zh) for field, label in error.field_problems]
        return _problem(request, error.status, error.code, error.label, fields)
    if isinstance(error, NotSignedIn):
        return ask_to_sign_in(request)
    if isinstance(error, PasswordNotChosen):
        return ask_for_own_password(request)
    return _error_page(request, error.status, error.label)


def answer_rejected_form(request: HubRequest, error: FormRejected) -> Response[Any]:
    """The same page again, with what was typed and what is wrong."""
    show = part if request.by_htmx else page
    return show(request, error.template, status=error.status, form=error.form, **error.context)


def answer_framework_error(request: HubRequest, error: HTTPException) -> Response[Any]:
    """What Litestar refuses by itself: unknown addresses, broken bodies, a missing form token."""
    status = error.status_code
    label = _FORM_TOKEN if "CSRF" in error.detail else _BY_STATUS.get(status, _OTHER)
    if not request.for_program:
        return _error_page(request, status, label)
    fields = []
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        fields = [_field_problem(item) for item in error.extra]
    # Which methods an address takes, for one (RFC 9110).
    return _problem(request, status, _slug(error), label, fields, headers=error.headers)


def _field_problem(item: Mapping[str, Any]) -> FieldProblem:
    """A body that refuses itself (`bodies.base.Body`) is named as a whole; the place stands first in its sentence."""
    message = item.get("message", "")
    place = _PLACE.match(message) if item.get("key") == "data" else None
    return FieldProblem(place["place"] if place else item.get("key"), message)


def answer_unexpected(request: HubRequest, error: Exception) -> Response[Any]:
    """A mistake of ours, unless the database or the disk fails us.

    The log gets the place in the code but not the message, which may hold personal data.
    """
    if (outage := outage_of(error)) is not None:
        _log.warning("outage", request_id=request.scope["state"].get("request_id"), kind=outage.code)
        return answer_hub_error(request, outage)
    _log.error(
        "unexpected error",
        request_id=request.scope["state"].get("request_id"),
        kind=type(error).__name__,
        at=_places(error),
    )
    label = HubError().label
    if request.for_program:
        return _problem(request, 500, "unexpected", label, [])
    return _error_page(request, 500, label)


EXCEPTION_HANDLERS = cast(
    "ExceptionHandlersMap",
    {
        HubError: answer_hub_error,
        FormRejected: answer_rejected_form,
        HTTPException: answer_framework_error,
        Exception: answer_unexpected,
    },
)


def _error_page(request: HubRequest, status: int, label: Label) -> Response[Any]:
    """Under htmx the message alone, put into the place for messages: an error is never swallowed."""
    if request.by_htmx:
        headers = {"hx-retarget": "#messages", "hx-reswap": "innerHTML show:top"}
        if status == _UNAVAILABLE:
            headers |= _LATER
        return part(request, "partials/message.html", status=status, headers=headers, message=label, tone="problem")
    if status == _UNAVAILABLE:
        return page(
            request, "errors/unavailable.html", status=status, headers=_LATER, message=label, **sent_again(request)
        )
    return page(request, "errors/error.html", status=status, code=status, message=label)


def _problem(
    request: HubRequest,
    status: int,
    code: str,
    label: Label,
    errors: list[FieldProblem],
    *,
    headers: Mapping[str, str] | None = None,
) -> Response[ProblemDocument]:
    sent = dict(headers or {}) | ({"www-authenticate": "Bearer"} if status == 401 else {})
    if status == _UNAVAILABLE:
        sent |= _LATER
    return Response(
        ProblemDocument(
            type=f"urn:referral-hub:problem:{code}",
            title=code.replace("-", " ").capitalize(),
            status=status,
            detail=label.en,
            detail_zh=label.zh,
            code=code,
            request_id=str(request.scope["state"].get("request_id", "")),
            errors=errors,
        ),
        status_code=status,
        media_type=PROBLEM_JSON,
        headers=sent,
    )


def _slug(error: HTTPException) -> str:
    """`NotFoundException` → `not-found`, in the manner of `HubError.code`."""
    words = "".join(f"-{c.lower()}" if c.isupper() else c for c in type(error).__name__)
    return words.strip("-").removesuffix("-exception")


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]


__all__ = ["EXCEPTION_HANDLERS", "PROBLEM_JSON", "FieldProblem", "ProblemDocument"]
