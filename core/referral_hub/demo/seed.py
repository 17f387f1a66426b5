"""Filling an empty installation with the made-up district."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlmodel import select

from referral_hub.access.passwords import hash_password
from referral_hub.actor import system_actor
from referral_hub.audit.sealing import seal_entries
from referral_hub.calendar.clock import FixedClock
from referral_hub.demo.district import make_district
from referral_hub.demo.story import DAYS, Story
from referral_hub.hub import Hub
from referral_hub.tables.access import Account

SHOWN = (
    "worker",
    "supervisor",
    "partner-training",
    "partner-relief",
    "partner-counselling",
    "partner-house",
    "civil",
    "admin",
    "auditor",
)
"""The accounts a visitor is told of; the others belong to the story."""


def set_passwords(hub: Hub, password: str) -> None:
    """Give every account of the demonstration this password, however weak: its people are made up."""
    with hub.transaction(system_actor(via="cli", name="demo")) as session:
        for account in session.exec(select(Account)):
            account.password_hash = hash_password(password)


def seed_demo(hub: Hub, password: str, *, progress: Callable[[int, int], None] | None = None) -> None:
    """Make the district and live through half a year of it, ending now. Takes about a minute.

    `progress` receives how many actions are done and how many there are. The hub's clock is put back at the end.
    """
    clock, end = hub.clock, hub.clock.now()
    told = FixedClock(end - timedelta(days=DAYS + 1))
    hub.clock = told
    try:
        district = make_district(hub, password, by=system_actor(via="cli", name="demo"))
        story = Story(hub, told, district, end)
        total = story.plan()
        for done in story.tell():
            total = max(total, done)
            if progress is not None:
                progress(done, total)
        with hub.transaction(system_actor()) as session:
            seal_entries(session, at=end)
    finally:
        hub.clock = clock
