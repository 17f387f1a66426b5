"""The same actions as the pages, as JSON under `/api/v1`, for programs that act for an account.

Bodies are checked by their types; errors are problem documents (RFC 9457) made in `referral_ui.errors`.
"""

from litestar import Router
from litestar.di import Provide

from referral_ui.api import assistance, contracts, elsewhere, office, places, recipient, releases, statistics
from referral_ui.api.routes import provide_once

router = Router(
    "/api/v1",
    route_handlers=[
        *office.ROUTES,
        *elsewhere.ROUTES,
        *recipient.ROUTES,
        *releases.ROUTES,
        *places.ROUTES,
        *assistance.ROUTES,
        *contracts.ROUTES,
        *statistics.ROUTES,
    ],
    dependencies={"once": Provide(provide_once)},
)
