"""The web application: puts pages, the API, guards, headers and errors together.

`create_app()` opens the hub of the environment's settings when the server starts; a test passes its own. To add an
audience's pages, write `pages/<audience>.py` with a `router` and add it to `PAGES`; for the API the same in `API`.
How to write a page is explained at the top of `rendering.py`, how to write a form at the top of `forms.py`.

Every route names its guard (`guards.py`). Handlers are plain functions with `sync_to_thread=True`; they parse, call an
action or a query inside `hub.transaction(actor)`, and render after it. Errors become answers in `errors.py` alone.
Dependencies a handler may ask for: `hub: CurrentHub`, `actor: CurrentActor`, `form: TheForm` (`requests.py`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar, Router
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from referral_hub.hub import Hub, open_hub, warm_up
from referral_hub.preparation import prepare_types
from referral_hub.process import begin_process
from referral_hub.settings import Settings
from referral_ui import api, i18n
from referral_ui.assets import assets
from referral_ui.errors import EXCEPTION_HANDLERS
from referral_ui.guards import public
from referral_ui.headers import add_security_headers
from referral_ui.identity import IdentifySender
from referral_ui.log import log_request
from referral_ui.pages import (
    account,
    admin_accounts,
    admin_contracts,
    admin_health,
    admin_modules,
    admin_offerings,
    admin_organisations,
    applications,
    auditor,
    caseload,
    cases,
    civil,
    consents,
    contracts,
    directory,
    funds,
    health,
    home,
    ledger,
    partner,
    places,
    refer,
    referrals,
    releases,
    sheets,
    sign_in,
    static,
    statistics,
    today,
)
from referral_ui.rendering import environment
from referral_ui.requests import HubRequest, give_actor, provide_hub, read_form

PAGES: tuple[Router, ...] = (
    home.router,
    sign_in.router,
    account.router,
    health.router,
    static.router,
    today.router,
    cases.router,
    caseload.router,
    refer.router,
    referrals.router,
    releases.router,
    consents.router,
    directory.router,
    sheets.router,
    partner.router,
    places.router,
    admin_health.router,
    admin_organisations.router,
    admin_contracts.router,
    admin_offerings.router,
    admin_accounts.router,
    admin_modules.router,
    auditor.router,
    civil.router,
    contracts.router,
    statistics.router,
    ledger.router,
    applications.router,
    funds.router,
)
API: tuple[Router, ...] = (api.router,)

MAX_BODY_BYTES = 20_000_000
"""Bytes. An office's register as Excel is well under it."""


def create_app(hub: Hub | None = None) -> Litestar:
    """The application. Without `hub` it opens the one of the environment at start-up and closes it at the end."""
    opened = hub or _open()
    app = Litestar(
        route_handlers=[*PAGES, *API],
        request_class=HubRequest,
        dependencies={
            "hub": Provide(provide_hub, sync_to_thread=False),
            "actor": Provide(give_actor, sync_to_thread=False),
            "form": Provide(read_form),
        },
        middleware=[IdentifySender()],
        csrf_config=CSRFConfig(
            secret=opened.cipher.index("csrf", "web.secret").hex(),
            cookie_name="hub_form",
            cookie_httponly=True,
            cookie_secure=opened.settings.secure_cookies,
            exclude="^/api/",
        ),
        exception_handlers=EXCEPTION_HANDLERS,
        before_send=[add_security_headers, log_request],
        openapi_config=_openapi(),
        logging_config=None,
        request_max_body_size=MAX_BODY_BYTES,
        state=State({"hub": opened}),
        lifespan=[] if hub else [_closing],
    )
    if opened.settings.metrics_token is not None:
        # Not at the top: an installation without metrics neither loads the library nor counts.
        from referral_ui.metrics import count

        app.state.count = count
    app.state.mounted = frozenset(route.path for route in app.routes)
    environment()
    i18n.english()
    assets()
    # The routes have made types of their own, from what their handlers take.
    prepare_types()
    return app


def _open() -> Hub:
    """The hub of the environment's settings, in a process that does nothing else."""
    settings = Settings()
    begin_process(settings)
    hub = open_hub(settings)
    warm_up(hub)
    return hub


@asynccontextmanager
async def _closing(app: Litestar) -> AsyncIterator[None]:
    try:
        yield
    finally:
        app.state.hub.close()


def _openapi() -> OpenAPIConfig:
    """`/api/openapi.json`: what programs may call. It lists paths and shapes, no data, and is open to all."""
    return OpenAPIConfig(
        title="Referral hub",
        version="1.0.0",
        description="The actions of the pages, for programs. Send `Authorization: Bearer <token>`.",
        openapi_router=Router(path="/api", route_handlers=[], guards=[public], include_in_schema=False),
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}),
        security=[{"token": []}],
        use_handler_docstrings=True,
    )
