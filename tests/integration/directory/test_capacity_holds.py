"""Whatever is done in whatever order: no place has two at once, and what is free plus what is used is what there is."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import ClassVar, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from tests.chance import examples
from tests.factories import offering, places
from tests.integration.directory.conftest import Places

from referral_hub.actor import system_actor
from referral_hub.calendar.clock import FixedClock, local_date
from referral_hub.directory.actions import lapse_holds, set_out_of_service
from referral_hub.directory.errors import PlaceInUse
from referral_hub.directory.place_counts import use_of_offerings


class Beds(RuleBasedStateMachine):
    referrals: Bundle[object] = Bundle("referrals")
    desk: ClassVar[Places]

    def __init__(self) -> None:
        super().__init__()
        self.house = offering(self.desk.hub, self.desk.world.admin, organisation_id=self.desk.world.partner_id)
        self.numbers = places(self.desk.hub, self.desk.world.admin, self.house, 2) + places(
            self.desk.hub, self.desk.world.admin, self.house, 1, group_label="女寝", sex="2"
        )

    @initialize(target=referrals)
    def begin(self) -> MultipleResults[object]:
        """Enough clients that they compete for the three beds."""
        return multiple(*(self.desk.referral(self.house, sex=sex, state="sent") for sex in "1122"))

    @rule(target=referrals, sex=st.sampled_from(["1", "2"]))
    def send(self, sex: str) -> object:
        return self.desk.referral(self.house, sex=sex, state="sent")

    @rule(referral=referrals, days=st.integers(1, 5), hours=st.integers(1, 48), ahead=st.integers(0, 3))
    def hold(self, referral: object, days: int, hours: int, ahead: int) -> None:
        first = local_date(self.desk.hub.clock.now()) + timedelta(days=ahead)
        self.desk.hold(referral, self.house, days=days, hours=hours, first=first)  # type: ignore[arg-type]

    @rule(referral=referrals)
    def take(self, referral: object) -> None:
        self.desk.take(referral)  # type: ignore[arg-type]

    @rule(referral=referrals)
    def free(self, referral: object) -> None:
        self.desk.release(referral)  # type: ignore[arg-type]

    @rule(index=st.integers(0, 2), out=st.booleans())
    def fix(self, index: int, out: bool) -> None:
        with contextlib.suppress(PlaceInUse), self.desk.hub.transaction(self.desk.world.admin) as session:
            set_out_of_service(
                session,
                place_number=self.numbers[index],
                out=out,
                by=self.desk.world.admin,
                at=self.desk.hub.clock.now(),
                on=local_date(self.desk.hub.clock.now()),
            )

    @rule(hours=st.integers(1, 40))
    def wait(self, hours: int) -> None:
        cast("FixedClock", self.desk.hub.clock).advance(timedelta(hours=hours))

    @rule()
    def tidy(self) -> None:
        with self.desk.hub.transaction(system_actor()) as session:
            lapse_holds(session, self.desk.hub.clock.now())

    @invariant()
    def the_numbers_add_up(self) -> None:
        with self.desk.hub.transaction(self.desk.world.stranger) as session:
            use = use_of_offerings(session, [self.house], at=self.desk.hub.clock.now())[self.house]
        (usable,) = self.desk.owner.execute(
            "SELECT count(*) FROM place WHERE offering_id = %s AND NOT out_of_service", [self.house]
        ).fetchone() or (0,)
        assert use.total == usable
        assert 0 <= use.free <= use.total
        assert 0 <= use.held <= use.total - use.free

    @invariant()
    def no_place_has_two(self) -> None:
        clashes = self.desk.owner.execute(
            "SELECT count(*) FROM reservation a JOIN reservation b ON a.place_number = b.place_number"
            " AND a.id < b.id AND a.during && b.during"
            " WHERE a.state IN ('held', 'taken') AND b.state IN ('held', 'taken')"
        ).fetchone()
        assert clashes == (0,)
        wrong_sex = self.desk.owner.execute(
            "SELECT count(*) FROM reservation r JOIN place p ON p.number = r.place_number"
            " JOIN referral f ON f.id = r.referral_id JOIN client_case c ON c.id = f.case_id"
            " JOIN person e ON e.id = c.person_id WHERE p.sex IS NOT NULL AND p.sex <> e.sex"
        ).fetchone()
        assert wrong_sex == (0,)


@pytest.mark.parametrize("count", [6, pytest.param(60, marks=pytest.mark.slow)])
def test_capacity_is_never_negative_and_no_bed_has_two(desk: Places, count: int) -> None:
    Beds.desk = desk
    run_state_machine_as_test(
        Beds,
        settings=settings(
            max_examples=examples(count), stateful_step_count=40, suppress_health_check=list(HealthCheck)
        ),
    )
