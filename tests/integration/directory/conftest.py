"""An offering with places, and referrals that ask for one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.dialects.postgresql import Range
from tests.factories import client_case
from tests.world import MONDAY, World

from referral_hub.actor import Actor
from referral_hub.calendar.clock import FixedClock, local_date
from referral_hub.directory.actions import hold_place, release_places, take_place
from referral_hub.hub import Hub
from referral_hub.ids import new_id, public_number

TODAY = local_date(MONDAY)


class Places:
    """Referrals of one office that hold, take and free places, each in a transaction of its own."""

    def __init__(self, hub: Hub, owner: psycopg.Connection, world: World) -> None:
        self.hub, self.owner, self.world = hub, owner, world
        self._serial = 0

    def referral(self, offering_id: UUID, *, worker: Actor | None = None, sex: str = "1", state: str = "draft") -> UUID:
        """A referral of a new client; only its row, since places do not look at how it came about."""
        worker = worker or self.world.worker
        self._serial += 1
        case = client_case(self.hub, worker, serial=self._serial, sex=sex, id_number=None)
        key = new_id()
        self.owner.execute(
            "INSERT INTO referral (id, created_at, number, case_id, office_id, need_id, offering_id, recipient_id,"
            " module_key, service_key, state, urgency, sender_id, flags, excepted, offers_missed,"
            " version)"
            " SELECT %s, %s, %s, %s, %s, %s, id, organisation_id, module_key, service_key, %s, 'normal', %s, '{}',"
            " '{}', 0, 1"
            " FROM offering WHERE id = %s",
            [key, MONDAY, public_number(), case.id, worker.organisation_id, case.need_id, state, worker.account_id,
             offering_id],
        )  # fmt: skip
        return key

    def hold(
        self,
        referral_id: UUID,
        offering_id: UUID,
        *,
        by: Actor | None = None,
        days: int = 30,
        first: date = TODAY,
        hours: int = 72,
        group_label: str | None = None,
    ) -> int | None:
        by = by or self.world.worker
        at = self.hub.clock.now()
        with self.hub.transaction(by) as session:
            return hold_place(
                session,
                referral_id=referral_id,
                offering_id=offering_id,
                office_id=self.world.office_id,
                recipient_id=self.world.partner_id,
                during=Range(first, first + timedelta(days=days)),
                group_label=group_label,
                until=at + timedelta(hours=hours),
                by=by,
                at=at,
            )

    def take(self, referral_id: UUID, *, by: Actor | None = None) -> int | None:
        by = by or self.world.partner
        with self.hub.transaction(by) as session:
            return take_place(session, referral_id=referral_id, by=by, at=self.hub.clock.now())

    def release(self, referral_id: UUID, *, by: Actor | None = None) -> int | None:
        by = by or self.world.worker
        with self.hub.transaction(by) as session:
            return release_places(session, referral_id, by=by, at=self.hub.clock.now())


def set_module(owner: psycopg.Connection, key: str, state: str) -> None:
    """Put the module of that key in this state, as one that the hub knows."""
    owner.execute(
        "INSERT INTO module (id, created_at, key, state, reason, failures, open_seconds, changed_at)"
        " VALUES (%s, %s, %s, %s, '{}', 0, 0, %s) ON CONFLICT (key) DO UPDATE SET state = excluded.state",
        [new_id(), MONDAY, key, state, MONDAY],
    )


@pytest.fixture(autouse=True)
def modules_in_use(hub: Hub, owner: psycopg.Connection) -> None:
    for module in hub.modules.modules():
        set_module(owner, module.key, "enabled")


@pytest.fixture
def desk(hub: Hub, owner: psycopg.Connection, world: World) -> Places:
    return Places(hub, owner, world)


@pytest.fixture
def later(clock: FixedClock) -> Callable[[int], None]:
    """Let so many hours pass."""

    def move(hours: int) -> None:
        clock.advance(timedelta(hours=hours))

    return move
