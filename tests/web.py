"""The web application of a test."""

from __future__ import annotations

from litestar import Litestar

from referral_hub.hub import Hub
from referral_ui.app import create_app

_made: list[Litestar] = []


def app_of(hub: Hub) -> Litestar:
    """The application, at work on this test's hub.

    Putting its routes together takes longer than most tests, so a test process does that once; nothing of the first
    hub stays in it but the secret that forms are signed with.
    """
    if not _made:
        _made.append(create_app(hub))
    _made[0].state.hub = hub
    return _made[0]
