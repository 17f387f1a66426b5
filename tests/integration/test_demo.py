from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from referral_hub.demo.seed import SHOWN, is_seeded, seed_demo
from referral_hub.demo.story import ENDINGS
from referral_hub.hub import Hub
from referral_hub.schedule.clock import FixedClock


@pytest.mark.slow
def test_the_demo_district_has_half_a_year_of_every_state(
    hub: Hub, owner: psycopg.Connection, clock: FixedClock
) -> None:
    clock.set(datetime(2026, 9, 16, 3, 0, tzinfo=UTC))
    assert not is_seeded(hub)
    seed_demo(hub, "correct horse battery")
    assert is_seeded(hub)

    def count(query: str) -> int:
        row = owner.execute(query).fetchone()
        assert row is not None
        return int(row[0])

    assert count("SELECT count(*) FROM client_case") == 60
    assert count("SELECT count(*) FROM organisation") == 12
    assert count("SELECT count(*) FROM offering") == 25
    assert count("SELECT count(*) FROM referral") == sum(ENDINGS.values()) == 150
    states: dict[str, int] = dict(owner.execute("SELECT state, count(*) FROM referral GROUP BY 1").fetchall())
    assert set(states) == set(ENDINGS)
    assert {key for (key,) in owner.execute("SELECT DISTINCT module_key FROM referral").fetchall()} == {
        "employment",
        "living",
        "counselling",
        "house",
    }
    assert count("SELECT count(DISTINCT date_trunc('month', sent_at)) FROM referral") >= 6
    assert count("SELECT count(*) FROM assistance_entry") > 12
    assert count("SELECT count(*) FROM form_entry WHERE state <> 'applied'") == 0
    assert count("SELECT count(*) FROM referral WHERE overdue_since IS NOT NULL AND state = 'received'") > 0
    logins = {login for (login,) in owner.execute("SELECT login FROM account").fetchall()}
    assert set(SHOWN) <= logins
