from __future__ import annotations

from datetime import date, timedelta

import psycopg
from tests.world import World

from referral_hub.calendar.clock import FixedClock
from referral_hub.hub import Hub


def test_days_are_read_once_an_hour_and_at_once_when_new_ones_were_loaded(
    hub: Hub, owner: psycopg.Connection, world: World, clock: FixedClock
) -> None:
    with hub.transaction(world.worker) as session:
        assert hub.loaded_days.get(session) == {}
        owner.execute("INSERT INTO calendar_day (day, working) VALUES ('2027-02-05', false)")
        assert hub.loaded_days.get(session) == {}
        clock.advance(timedelta(minutes=61))
        assert hub.loaded_days.get(session) == {date(2027, 2, 5): False}
        owner.execute("INSERT INTO calendar_day (day, working) VALUES ('2027-02-07', true)")
        hub.loaded_days.forget()
        assert hub.loaded_days.get(session)[date(2027, 2, 7)]
