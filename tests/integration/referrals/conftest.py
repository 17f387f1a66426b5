from __future__ import annotations

import psycopg
import pytest
from tests.loop import Loop
from tests.shared_modules import SharedModules
from tests.world import World

from referral_hub.hub import Hub


@pytest.fixture
def loop(hub: Hub, owner: psycopg.Connection, world: World, built_in_modules: SharedModules) -> Loop:
    """The loop with the built-in modules enabled."""
    return Loop(hub, owner, world)
