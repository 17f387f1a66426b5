"""The JSON API: every route with who may call it and what it is sent."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import msgspec
from litestar import Litestar
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from tests.reference.text import fields_table, first_paragraph, prose, table

from referral_ui.api import router
from referral_ui.bodies.base import Body, inputs_of
from referral_ui.forms import Input
from referral_ui.guards import Guard
from referral_ui.requests import HubRequest, give_actor, provide_hub, read_form

_INTRODUCTION = """\
The actions of the pages, as JSON. A running hub describes itself at `/api/openapi.json`, and says at `/readyz` whether
it can take work (200 or 503). A 503 of any route is an outage: wait as `Retry-After` says, then send the same again.

Send `Authorization: Bearer TOKEN`. A token belongs to an account and sees what that account sees; it is issued on the
account's own page, for reading only or for writing too, and ends on a day. Errors are problem documents (RFC 9457)
whose `detail` is one sentence for a person in English, and `detail_zh` the same in Chinese.

Every route that changes something takes an `Idempotency-Key` header: the same request with the same key again changes
nothing and is answered as before; with the same key, another address or another body is refused (409). What was refused
left nothing behind and may be sent again under its key.

`/api/openapi.json` describes every route with its body, its answer and the problems it may answer with; a client can be
generated from it. A problem about a value names the value's place in `errors`.
"""


def render() -> str:
    handlers = list(_handlers())
    sent = {body.__name__: body for _, handler in handlers if (body := _body(handler)) is not None}
    return "\n".join(
        [
            "# HTTP API · 接口\n",
            _INTRODUCTION,
            table(("Route", "Who", "Body", "What it does"), (_row(path, handler) for path, handler in handlers)),
            "## Bodies · 请求内容\n",
            *(f"### {n}\n\n{prose(b.__doc__)}\n\n{fields_table(b, _meanings(b))}" for n, b in sorted(sent.items())),
        ]
    )


def _handlers() -> Iterator[tuple[str, HTTPRouteHandler]]:
    dependencies = {
        "hub": Provide(provide_hub, sync_to_thread=False),
        "actor": Provide(give_actor, sync_to_thread=False),
        "form": Provide(read_form),
    }
    app = Litestar([router], request_class=HubRequest, dependencies=dependencies, openapi_config=None)
    for route in app.routes:
        # Litestar keeps the handlers of one path in no order of its own.
        for handler in sorted(getattr(route, "route_handlers", ()), key=lambda each: sorted(each.http_methods)):
            if set(handler.http_methods) != {"OPTIONS"}:
                yield route.path_format, handler


def _row(path: str, handler: HTTPRouteHandler) -> tuple[str, str, str, str]:
    method = "/".join(sorted(set(handler.http_methods) - {"OPTIONS", "HEAD"}))
    body = _body(handler)
    linked = f"[{body.__name__}](#{body.__name__.lower()})" if body else "—"
    return f"`{method} {path}`", ", ".join(_roles(handler)), linked, first_paragraph(_docstring(handler))


def _roles(handler: HTTPRouteHandler) -> list[str]:
    # Litestar wraps guards like handlers.
    guards = [getattr(guard, "func", guard) for guard in handler.resolve_guards()]
    return sorted({role for guard in guards if isinstance(guard, Guard) for role in guard.roles})


def _body(handler: HTTPRouteHandler) -> type[Body] | None:
    field = handler.parsed_data_field
    found = field.annotation if field else None
    return found if inspect.isclass(found) and issubclass(found, Body) else None


def _meanings(body: type[Body]) -> dict[str, str]:
    """What each field of a body is, and which values are taken; nothing for what no page asks."""
    asked = {one.key: one for one in inputs_of(body)}
    names = [field.name for field in msgspec.structs.fields(body)]
    return {f"{body.__name__}.{name}": _meaning(asked[name]) if name in asked else "" for name in names}


def _meaning(asked: Input) -> str:
    said = [asked.label.en]
    if asked.choices:
        said.append("one of " + ", ".join(f"`{choice.code}`" for choice in asked.choices))
    elif asked.type in ("text", "long") and asked.max:
        said.append(f"at most {asked.max} characters")
    elif asked.type in ("integer", "number", "money"):
        said += [f"at least {asked.min}"] if asked.min is not None else []
        said += [f"at most {asked.max}"] if asked.max is not None else []
    return "; ".join(said)


def _docstring(handler: HTTPRouteHandler) -> str | None:
    # Litestar wraps a handler that runs in a thread, and keeps it as `func`.
    return inspect.getdoc(getattr(handler.fn, "func", handler.fn))
