"""Templates to pages. How to add a page:

1.  Write a handler in `pages/<audience>.py` and put it in that module's `router`; add the module to `app.PAGES`.

        @get("/cases/{case_id:uuid}", guards=[requires("worker", "supervisor")], sync_to_thread=True)
        def show_case(request: HubRequest, hub: CurrentHub, actor: CurrentActor, case_id: FromPath[UUID]) ->
        Response[str]:
            with hub.transaction(actor) as session:
                case = case_for_page(session, case_id)
            return page(request, "worker/case.html", case=case)

    `CurrentHub`, `CurrentActor`, `TheForm` come from `requests.py`, `FromPath` and `FromQuery` from `litestar.params`.
    A parameter without one of these marks is a warning, and a warning fails the tests.

2.  Write the template under `templates/<audience>/`. It extends the layout, names itself and says whose eyes see it:

        {% extends "layout.html" %}
        {% from "macros/page.html" import header %}
        {% set title = _("个案") %}
        {% set crumbs = [(_("个案"), "/cases"), (case.number, none)] %}
        {% block content %}{{ header(title) }} …{% endblock %}
        {% block eyes %}{{ _("责任社工、督导和个案小组成员能看到本页。") }}{% endblock %}

    Message ids are the Chinese text; the English of each goes into `locale/en/<audience>.po`. Values that carry both
    languages are written `{{ service.title|t }}`. See `macros/` for headers, lists, forms, deadlines, timelines.

3.  A form: build a `Form` (see `forms.py`), show it with `macros/form.html`, and on the way back

        form = Form(FIELDS, submitted)
        with form.shown_again("worker/need.html", case=case):
            values = form.clean()
            with hub.transaction(actor) as session:
                add_need(session, …, by=actor, at=request.now)
        return redirect(request, f"/cases/{case_id}", done=Label(zh="已添加需求。", en="The need is added."))

    Any `HubError` inside the block shows the same page again with what was typed and what is wrong.

4.  Parts for htmx: `part(request, "worker/_places.html", …)` renders a template without the layout. Everything must
    also work without JavaScript: a partial swap is an enhancement of a link or form that works by itself.

5.  Name the guard; `tests/policy/test_routes.py` refuses a route without one. Look at the page:
    `python -m tests.e2e.screens --as worker /cases`.

A page is rendered in the handler's own thread, after its transaction has ended.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from litestar import Response
from litestar.datastructures import Cookie
from litestar.enums import MediaType
from litestar.utils import url_quote

from referral_hub.codes.states import STATE_SETS
from referral_hub.i18n import Label
from referral_hub.text_limits import SHOWN_LIMITS
from referral_ui import formats, i18n
from referral_ui.assets import asset_url, icon
from referral_ui.charts import bar_chart, line_chart
from referral_ui.deadlines import deadline, deadline_shown
from referral_ui.flash import FLASH_COOKIE, Flash, Link, Tone, flash_cookie, read_flash
from referral_ui.forms import Form
from referral_ui.navigation import current_entry, entries_for
from referral_ui.requests import LANGUAGE_COOKIE, HubRequest

TEMPLATE_FOLDER = Path(__file__).parent / "templates"
_YEAR = 365 * 24 * 3600


def page(
    request: HubRequest,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    cookies: Sequence[Cookie] = (),
    **context: Any,
) -> Response[str]:
    """A whole page in the reader's language; shows the message left by the form before it, once."""
    sent = list(cookies)
    flash = read_flash(request.hub.cipher, request.cookies.get(FLASH_COOKIE))
    if FLASH_COOKIE in request.cookies:
        sent.append(Cookie(key=FLASH_COOKIE, value="", max_age=0, httponly=True, samesite="lax"))
    if request.asked_language and request.asked_language != request.cookies.get(LANGUAGE_COOKIE):
        sent.append(
            Cookie(key=LANGUAGE_COOKIE, value=request.asked_language, max_age=_YEAR, httponly=True, samesite="lax")
        )
    return Response(
        render(request, template, flash=flash, **context),
        status_code=status,
        media_type=MediaType.HTML,
        headers=dict(headers or {}),
        cookies=sent,
    )


def part(
    request: HubRequest,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response[str]:
    """A part of a page, for htmx to put in."""
    return Response(
        render(request, template, **context),
        status_code=status,
        media_type=MediaType.HTML,
        headers={"vary": "hx-request", **(headers or {})},
    )


def redirect(
    request: HubRequest,
    to: str,
    *,
    done: Label | None = None,
    tone: Tone = "done",
    link: Link | None = None,
    cookies: tuple[Cookie, ...] = (),
) -> Response[str]:
    """Go on to another page after a form, with a message there. `done` and `link` name no person: a cookie holds them.

    `to` is an address of ours, never one taken from the request unchecked (see `safe_path`).
    """
    sent = list(cookies)
    if done:
        secure = request.hub.settings.secure_cookies
        sent.append(flash_cookie(request.hub.cipher, Flash(done, tone, link), secure=secure))
    to = url_quote(to)
    if request.by_htmx:
        return Response("", status_code=200, media_type=MediaType.HTML, headers={"hx-redirect": to}, cookies=sent)
    return Response("", status_code=303, media_type=MediaType.HTML, headers={"location": to}, cookies=sent)


def safe_path(path: str | None, otherwise: str) -> str:
    """The path if it is one of this site's own, so that a link cannot make us send people elsewhere."""
    if path and path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable():
        return path
    return otherwise


def render(request: HubRequest, template: str, **context: Any) -> str:
    """The template's text, in the language of the request."""
    actor = request.sender
    mounted: frozenset[str] = request.app.state.mounted
    entries = entries_for(actor.role, mounted) if actor else ()
    with i18n.use_locale(request.language, request.now):
        return (
            environment()
            .get_template(template)
            .render(
                request=request,
                language=request.language,
                actor=actor,
                now=request.now,
                today=formats.today(),
                entries=entries,
                current=current_entry(entries, request.url.path),
                form_token=request.form_token,
                request_id=request.scope["state"].get("request_id", ""),
                holds_form=any(isinstance(value, Form) for value in context.values()),
                **{"flash": None, **context},
            )
        )


@cache
def environment() -> Environment:
    """The Jinja environment. An undefined name in a template is an error, never an empty place."""
    env = Environment(
        loader=FileSystemLoader(TEMPLATE_FOLDER),
        autoescape=select_autoescape(default=True, default_for_string=True),
        extensions=["jinja2.ext.i18n", "jinja2.ext.loopcontrols", "jinja2.ext.do"],
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=i18n.gettext, ngettext=i18n.ngettext, newstyle=True
    )
    env.filters.update(
        t=i18n.text_of,
        date=formats.format_date,
        day=formats.format_day,
        month=formats.format_month,
        when=formats.format_when,
        due_day=deadline_shown,
        since=formats.format_since,
        ago=formats.format_ago,
        number=formats.format_number,
        percent=formats.format_percent,
        yuan=formats.format_yuan,
    )
    env.globals.update(
        asset=asset_url,
        icon=icon,
        deadline=deadline,
        bar_chart=bar_chart,
        line_chart=line_chart,
        with_query=with_query,
        once_key=once_key,
        languages=i18n.LANGUAGES,
        state_sets=STATE_SETS,
        limits=SHOWN_LIMITS,
    )
    return env


def with_query(request: HubRequest, **changes: Any) -> str:
    """The page's address with some of its query changed; None or an empty text takes one out.

    Filters and paging are kept in the address: `{{ with_query(request, after=page.next) }}`.
    """
    query = [(key, value) for key, value in request.query_params.multi_items() if key not in changes]
    query += [(key, str(value)) for key, value in changes.items() if value not in (None, "")]
    path = request.url.path
    return f"{path}?{urlencode(query)}" if query else path


def once_key() -> str:
    """A random key for a hidden field: the same form sent twice counts once (idempotency)."""
    return secrets.token_urlsafe(16)
