"""The administrator's page of a module: nothing stands on top of what is above it, wide or on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from referral_hub.hub import Hub
from referral_hub.module_admin.lifecycle_actions import register_installed

pytestmark = pytest.mark.browser

_GAP = "(part) => part.getBoundingClientRect().top - part.previousElementSibling.getBoundingClientRect().bottom"


@pytest.mark.parametrize("width", [1280, 390])
def test_words_and_buttons_keep_their_distance_from_what_is_above(
    hub: Hub, signed_in_as: Callable[..., Page], width: int
) -> None:
    register_installed(hub)
    page = signed_in_as("admin", viewport={"width": width, "height": 900})
    page.goto("/admin/modules/living")
    below_tables, settings = page.locator(".table-frame ~ .part-lead"), page.locator(".facts + .part-foot")
    assert settings.count() == 1
    assert below_tables.count() >= 1
    assert settings.evaluate(_GAP) >= 12
    assert all(one.evaluate(_GAP) >= 8 for one in below_tables.all())
