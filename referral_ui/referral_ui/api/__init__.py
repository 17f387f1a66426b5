"""The same actions as the pages, as JSON under `/api/v1`, for programs that act for an account.

Bodies are checked by their types; errors are problem documents (RFC 9457) made in `referral_ui.errors`.
"""

from litestar import Router

from referral_ui.api import elsewhere, office, recipient, statistics

router = Router("/api/v1", route_handlers=[*office.ROUTES, *elsewhere.ROUTES, *recipient.ROUTES, *statistics.ROUTES])
