"""What is due on a day is due until its midnight."""

from __future__ import annotations

from datetime import timedelta

from tests.factories import client_case
from tests.world import World

from referral_hub.calendar.clock import FixedClock, end_of, local_date
from referral_hub.cases.actions import add_plan_item
from referral_hub.hub import Hub
from referral_hub.views.worker.due import DueItem, my_due_list


def test_a_plan_item_has_the_whole_of_its_day(hub: Hub, world: World, clock: FixedClock) -> None:
    case = client_case(hub, world.worker)
    today = local_date(clock.now())
    with hub.transaction(world.worker) as session:
        add_plan_item(session, case_id=case.id, goal="办好低保申请", due_on=today, by=world.worker, at=clock.now())

    def listed() -> DueItem:
        with hub.transaction(world.worker) as session:
            (item,) = my_due_list(session, account_id=world.worker.account_id, at=clock.now()).items
        return item

    assert (listed().due_on, listed().due_at, listed().late) == (today, end_of(today), False)
    clock.set(end_of(today) - timedelta(minutes=1))
    assert not listed().late
    clock.advance(timedelta(minutes=2))
    assert listed().late
