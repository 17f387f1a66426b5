"""Jobs on a real database: one process at a time, none lost, whatever the clock does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from tests.loop import Loop
from tests.world import World

from referral_hub.calendar.clock import FixedClock
from referral_hub.errors import NotFound
from referral_hub.hub import Hub, open_hub
from referral_hub.i18n import Label
from referral_hub.jobs.health import JobState, jobs_for_page
from referral_hub.jobs.jobs import JOBS, Job, Ran, run_job
from referral_hub.jobs.scheduler import Scheduler

LABEL = Label(zh="试", en="test")


def run_due(hub: Hub) -> list[Ran]:
    """Run every job that is due, once, one after the other."""
    return [ran for job in JOBS if (ran := run_job(hub, job)) is not None]


def job(work: Callable[[Hub], int], *, every: int = 60, alone: bool = True) -> Job:
    return Job("test", LABEL, every, work, alone)


class Counting:
    """Work that counts its runs and says how many there were."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, hub: Hub) -> int:
        self.runs += 1
        return self.runs


def wait_for(happened: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def state_of(hub: Hub, world: World, name: str) -> JobState:
    with hub.transaction(world.admin) as session:
        return next(line.state for line in jobs_for_page(session, at=hub.clock.now()) if line.name == name)


def test_a_job_runs_when_due_and_not_before(hub: Hub, clock: FixedClock) -> None:
    counted = job(Counting())
    assert run_job(hub, counted) == Ran("test", 1)
    assert run_job(hub, counted) is None
    clock.advance(timedelta(seconds=53))
    assert run_job(hub, counted) is None
    clock.advance(timedelta(seconds=2))
    assert run_job(hub, counted) == Ran("test", 2)


@pytest.mark.parametrize("jump", [timedelta(days=400), timedelta(days=-400)])
def test_a_clock_that_jumps_either_way_stops_no_job(hub: Hub, clock: FixedClock, jump: timedelta) -> None:
    steady = job(lambda _: 1)
    assert run_job(hub, steady) is not None
    clock.advance(jump)
    assert run_job(hub, steady) is not None
    assert run_job(hub, steady) is None
    clock.advance(timedelta(seconds=60))
    assert run_job(hub, steady) is not None


def test_two_hubs_never_run_a_job_at_once_and_one_period_is_one_run(hub: Hub, clock: FixedClock) -> None:
    inside, most, runs = 0, 0, 0
    lock = threading.Lock()

    def slow(_: Hub) -> int:
        nonlocal inside, most, runs
        with lock:
            inside += 1
            runs += 1
            most = max(most, inside)
        time.sleep(0.05)
        with lock:
            inside -= 1
        return 1

    other = open_hub(hub.settings, clock=clock)
    try:
        for _ in range(3):
            threads = [threading.Thread(target=run_job, args=[each, job(slow)]) for each in (hub, other) * 3]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            clock.advance(timedelta(seconds=60))
    finally:
        other.close()
    assert (most, runs) == (1, 3)


def test_a_job_that_fails_is_shown_and_tried_again_at_the_next_tick(
    hub: Hub, world: World, owner: psycopg.Connection
) -> None:
    troubles: list[Exception] = [NotFound(), ValueError("张伟 13800000000")]

    def failing(_: Hub) -> int:
        if troubles:
            raise troubles.pop(0)
        return 3

    assert run_job(hub, job(failing)) == Ran("test", 0, "not-found")
    assert run_job(hub, job(failing)) == Ran("test", 0, "ValueError")
    assert owner.execute("SELECT problem FROM job_run").fetchone() == ("ValueError",)
    assert run_job(hub, job(failing)) == Ran("test", 3)
    assert owner.execute("SELECT problem, done FROM job_run").fetchone() == (None, 3)


def test_the_health_of_jobs_is_reported(hub: Hub, world: World, clock: FixedClock) -> None:
    assert state_of(hub, world, "seal") == "never"
    assert [ran.job for ran in run_due(hub)] == [job.name for job in JOBS]
    assert state_of(hub, world, "seal") == "fine"
    clock.advance(timedelta(hours=1))
    assert state_of(hub, world, "seal") == "late"


def test_a_job_of_every_process_writes_little_when_it_has_nothing_to_do(
    hub: Hub, clock: FixedClock, owner: psycopg.Connection
) -> None:
    did = [0, 0, 5, 0]
    busy = job(lambda _: did.pop(0), alone=False)
    seen = []
    for _ in range(4):
        run_job(hub, busy)
        seen.append(owner.execute("SELECT done, started_at FROM job_run").fetchone())
        clock.advance(timedelta(seconds=2))
    assert seen[0] == seen[1]
    assert seen[2] is not None
    assert seen[2][0] == 5
    assert seen[3] == seen[2]


def test_two_schedulers_deliver_every_referral_once(hub: Hub, world: World, owner: psycopg.Connection) -> None:
    loop = Loop(hub, owner, world)
    offering = loop.offering()
    referrals = [loop.sent(serial=serial, offering_id=offering)[1].id for serial in range(1, 7)]
    other = open_hub(hub.settings, clock=hub.clock)
    schedulers = [Scheduler(hub), Scheduler(other)]
    try:
        for scheduler in schedulers:
            scheduler.start()
        wait_for(lambda: loop.one("SELECT count(*) FROM delivery WHERE state = 'done'") == (6,))
        wait_for(lambda: loop.one("SELECT count(*) FROM job_run WHERE finished_at IS NOT NULL") == (len(JOBS),))
    finally:
        for scheduler in schedulers:
            scheduler.stop()
            scheduler.stop()
        other.close()
    assert {loop.referral(key)["state"] for key in referrals} == {"received"}
    assert loop.one("SELECT count(*) FROM audit_entry WHERE action = 'referral.receive'") == (6,)
    assert loop.one("SELECT count(*) FROM job_run WHERE problem IS NOT NULL") == (0,)


_KILLED = """
import sys, time
from pathlib import Path
from referral_hub.hub import open_hub
from referral_hub.jobs.jobs import Job, run_job
from referral_hub.settings import Settings
from referral_hub.i18n import Label

def work(hub):
    Path(sys.argv[1]).touch()
    time.sleep(600)

hub = open_hub(Settings())
run_job(hub, Job("test", Label(zh="x", en="x"), 3600, work))
"""


def test_a_process_killed_in_the_middle_leaves_the_job_to_the_next_at_once(hub: Hub, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    urls = {"DATABASE_URL": hub.settings.database_url, "DATABASE_APP_URL": hub.settings.database_app_url}
    environment = {name: url.get_secret_value() for name, url in urls.items() if url is not None}
    process = subprocess.Popen(
        [sys.executable, "-c", _KILLED, begun],
        env={"HUB_DATA": str(hub.settings.data), "PATH": os.environ["PATH"], **environment},
    )
    try:
        wait_for(begun.exists)
        taken_over = job(lambda _: 1, every=3600)
        assert run_job(hub, taken_over) is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_for(lambda: run_job(hub, taken_over) is not None)
    finally:
        process.kill()
        process.wait()


def test_a_machine_clock_set_back_does_not_put_the_scheduler_to_sleep(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """APScheduler plans by the machine's clock; what it planned for is then far away."""
    from referral_hub.jobs import scheduler as module

    work = Counting()
    counted = job(work, every=3600, alone=False)
    monkeypatch.setattr(module, "_LOOK_UP_SECONDS", 0.1)
    scheduler = Scheduler(hub, [counted])
    scheduler.start()
    try:
        wait_for(lambda: work.runs == 1)
        real = time.time
        monkeypatch.setattr("time.time", lambda: real() - 86_400)
        wait_for(lambda: work.runs == 2)
    finally:
        scheduler.stop()


def test_a_database_that_is_away_is_waited_for(hub: Hub, owner: psycopg.Connection) -> None:
    work = Counting()
    counted = job(work, every=1, alone=False)
    scheduler = Scheduler(hub, [counted])
    scheduler.start()
    try:
        wait_for(lambda: work.runs > 0)
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND usename <> current_user AND backend_type = 'client backend'"
        )
        before = work.runs
        wait_for(lambda: work.runs > before + 1)
    finally:
        scheduler.stop()


def test_time_itself_is_done_by_the_jobs(hub: Hub, world: World, owner: psycopg.Connection, clock: FixedClock) -> None:
    loop = Loop(hub, owner, world)
    case, sent = loop.sent()
    draft = loop.draft(loop.case(serial=2), loop.offering())
    clock.advance(timedelta(days=42))
    done = {ran.job: ran.done for ran in run_due(hub)}
    assert done["deliver"] == 1
    assert done["escalation"] == 3
    assert done["drafts"] == 1
    assert done["seal"] > 0
    assert loop.referral(draft.id)["state"] == "expired"
    assert loop.referral(sent.id)["overdue_since"] is not None
    clock.advance(timedelta(days=1))
    assert {ran.job: ran.done for ran in run_due(hub)}["escalation"] == 1
    assert loop.referral(sent.id)["state"] == "expired"
    clock.advance(timedelta(days=400))
    assert {ran.job: ran.done for ran in run_due(hub)}["consents"] == 1
    assert loop.one("SELECT state FROM consent WHERE case_id = %s", case.id) == ("expired",)
