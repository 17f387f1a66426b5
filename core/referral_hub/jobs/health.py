"""How the jobs are doing, for the administrator's page and for monitoring."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.ids import new_id
from referral_hub.jobs.jobs import JOBS, Job
from referral_hub.tables.jobs import JobRun

# So many periods without a run, and at least so long, is late: something is wrong with the scheduler.
_PERIODS = 3
_MIN_DELAY = timedelta(minutes=5)

_WRITE_CHECK = "write-check"

JobState = Literal["never", "fine", "running", "failed", "late"]


class JobLine(msgspec.Struct, frozen=True):
    """One job: when it last ran, how many things it did, and whether that is as it should be."""

    name: str
    label: Label
    every: int
    state: JobState
    started_at: datetime | None
    finished_at: datetime | None
    done: int
    problem: str | None


def jobs_for_page(session: Transaction, *, at: datetime) -> list[JobLine]:
    """Every job in the order of the table."""
    runs = {run.job: run for run in session.execute(select(JobRun)).scalars()}
    return [_line(job, runs.get(job.name), at) for job in JOBS]


def note_write_check(session: Transaction, *, at: datetime) -> None:
    """Write one row, which a later check writes again: the database takes rows, or this fails."""
    values = {"started_at": at, "finished_at": at}
    row = insert(JobRun).values(id=new_id(), created_at=at, job=_WRITE_CHECK, done=0, **values)
    session.execute(row.on_conflict_do_update(index_elements=["job"], set_=values))


def _line(job: Job, run: JobRun | None, at: datetime) -> JobLine:
    if run is None:
        return JobLine(job.name, job.label, job.every, "never", None, None, 0, None)
    return JobLine(
        name=job.name,
        label=job.label,
        every=job.every,
        state=_state(job, run, at),
        started_at=run.started_at,
        finished_at=run.finished_at,
        done=run.done,
        problem=run.problem,
    )


def _state(job: Job, run: JobRun, at: datetime) -> JobState:
    if at - run.started_at > max(timedelta(seconds=job.every * _PERIODS), _MIN_DELAY):
        return "late"
    if run.problem is not None:
        return "failed"
    return "running" if run.finished_at is None else "fine"
