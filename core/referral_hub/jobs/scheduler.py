"""The clockwork of one hub process: it ticks, and the jobs decide by themselves what is due."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import STATE_STOPPED
from sqlalchemy.exc import SQLAlchemyError

from referral_hub.calendar.clock import ZONE
from referral_hub.jobs.jobs import JOBS, Job, run_job

if TYPE_CHECKING:
    from referral_hub.hub import Hub

log = structlog.get_logger()

_THREADS = 4
_LOOK_UP_SECONDS = 5.0


class _Ticks(BackgroundScheduler):  # type: ignore[misc]
    """APScheduler plans by the machine's clock. Set back a day, it would sleep that long: this wakes it."""

    def _main_loop(self) -> None:
        wait = 0.0
        ahead = _ahead()
        while self.state != STATE_STOPPED:
            self._event.wait(wait)
            self._event.clear()
            before, ahead = ahead, _ahead()
            if ahead < before - 1:
                self._plan_anew()
            wait = min(self._process_jobs() or _LOOK_UP_SECONDS, _LOOK_UP_SECONDS)

    def _plan_anew(self) -> None:
        now = datetime.now(ZONE)
        for job in self.get_jobs():
            job.modify(next_run_time=now)


class Scheduler:
    """Runs the jobs of a hub in threads of this process until it is stopped."""

    def __init__(self, hub: Hub, jobs: Iterable[Job] = JOBS) -> None:
        self._hub = hub
        self._ticks = _Ticks(
            timezone=ZONE,
            executors={"default": ThreadPoolExecutor(_THREADS, pool_kwargs={"thread_name_prefix": "job"})},
            # Late is not too late, and being late ten times is one run.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        for number, job in enumerate(jobs):
            first = datetime.now(ZONE) + timedelta(seconds=0.1 * number)
            self._ticks.add_job(self._tick, "interval", [job], id=job.name, seconds=job.every, next_run_time=first)

    def start(self) -> None:
        """Begin ticking, in the background."""
        self._ticks.start()

    def stop(self) -> None:
        """Tick no more, and wait for what is running. Safe to call twice."""
        if self._ticks.running:
            self._ticks.shutdown(wait=True)

    def _tick(self, job: Job) -> None:
        try:
            run_job(self._hub, job)
        except SQLAlchemyError as error:
            # The database is away: nothing can be noted there either. The next tick tries again.
            log.warning("job could not run", job=job.name, error=type(error).__name__)


def _ahead() -> float:
    """How far the machine's clock is ahead of one that nobody sets."""
    return time.time() - time.monotonic()
