"""What the hub does by itself, and how often.

A job is a function of the hub that says how many things it did. Any number of hub processes may run it: a job that
is to run alone holds an advisory lock meanwhile, which ends with its connection, and what a job works on is rows it
claims, so that a process killed half-way leaves them for the next run.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import structlog
from sqlalchemy import func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from referral_hub.access.sessions import purge_sessions
from referral_hub.actor import system_actor
from referral_hub.audit.sealing import seal_entries
from referral_hub.directory.places import lapse_holds
from referral_hub.errors import HubError
from referral_hub.hub import Transaction
from referral_hub.i18n import Label
from referral_hub.ids import new_id
from referral_hub.module_admin.lifecycle_actions import register_installed
from referral_hub.modules.breaker import record_observations
from referral_hub.modules.settings import check_all_settings
from referral_hub.referrals.delivery import deliver_due
from referral_hub.referrals.overdue import ask_for_results, end_expired_consents, escalate_unanswered, expire_drafts
from referral_hub.referrals.polling import poll_modules
from referral_hub.referrals.retention import end_access, erase_for_absent_modules
from referral_hub.referrals.waiting import offer_free_places
from referral_hub.tables.jobs import JobRun

if TYPE_CHECKING:
    from referral_hub.hub import Hub

log = structlog.get_logger()

_ALONE = text("SELECT pg_try_advisory_xact_lock(hashtext('referral_hub_jobs'), hashtext(:name))")
# A little early is due: two processes tick at different moments.
_EARLY = 0.9
# How often a job that runs in every process, and had nothing to do, says that it still runs.
_QUIET = timedelta(minutes=1)
_MAX_BATCHES = 50


class Job(msgspec.Struct, frozen=True):
    """One thing done again and again: `work` returns how many it did. `alone`: in one process at a time."""

    name: str
    label: Label
    every: int
    work: Callable[[Hub], int]
    alone: bool = True


class Ran(msgspec.Struct, frozen=True):
    """How a run went. `problem` is the error's code, or its kind: messages may hold what nobody should read."""

    job: str
    done: int
    problem: str | None = None


def run_job(hub: Hub, job: Job) -> Ran | None:
    """Run a job if it is due; None when it is not, or another process is at it. An error is noted, never raised."""
    if not job.alone:
        started_at = hub.clock.now()
        ran = _work(hub, job)
        with hub.transaction(system_actor()) as session:
            _note_end(session, ran, started_at=started_at, finished_at=hub.clock.now())
        return ran
    with hub.transaction(system_actor()) as lock:
        if not lock.execute(_ALONE, {"name": job.name}).scalar_one():
            return None
        started_at = hub.clock.now()
        with hub.transaction(system_actor()) as session:
            if not _is_due(session, job, started_at):
                return None
            _note_start(session, job.name, started_at)
        ran = _work(hub, job)
        with hub.transaction(system_actor()) as session:
            _note_end(session, ran, started_at=started_at, finished_at=hub.clock.now())
        return ran


def _work(hub: Hub, job: Job) -> Ran:
    try:
        return Ran(job.name, job.work(hub))
    except HubError as error:
        log.warning("job failed", job=job.name, error=error.code)
        return Ran(job.name, 0, error.code)
    except Exception as error:  # noqa: BLE001 - the other jobs go on
        # Not the message: the database's may quote the row.
        place = traceback.extract_tb(error.__traceback__)[-1]
        log.error("job failed", job=job.name, error=type(error).__name__, file=place.filename, line=place.lineno)  # noqa: TRY400
        return Ran(job.name, 0, type(error).__name__)


def _is_due(session: Transaction, job: Job, at: datetime) -> bool:
    last = session.execute(select(JobRun).where(col(JobRun.job) == job.name)).scalar_one_or_none()
    if last is None or last.finished_at is None or last.problem is not None:
        # Never run, died on the way, or failed: at once.
        return True
    # A run in the future was before the clock was set back.
    return not last.started_at <= at < last.started_at + timedelta(seconds=job.every * _EARLY)


def _note_start(session: Transaction, name: str, at: datetime) -> None:
    started = insert(JobRun).values(id=new_id(), created_at=at, job=name, started_at=at, done=0)
    session.execute(started.on_conflict_do_update(index_elements=["job"], set_={"started_at": at, "finished_at": None}))


def _note_end(session: Transaction, ran: Ran, *, started_at: datetime, finished_at: datetime) -> None:
    """Write down how it went; a run with nothing to tell only once a minute, to leave the disk alone."""
    values = {"started_at": started_at, "finished_at": finished_at, "done": ran.done, "problem": ran.problem}
    noted = insert(JobRun).values(id=new_id(), created_at=started_at, job=ran.job, **values)
    session.execute(
        noted.on_conflict_do_update(
            index_elements=["job"],
            set_=values,
            where=or_(
                noted.excluded.done > 0,
                col(JobRun.finished_at).is_(None),
                col(JobRun.problem).is_distinct_from(noted.excluded.problem),
                func.abs(func.extract("epoch", noted.excluded.started_at - col(JobRun.started_at)))
                >= _QUIET.total_seconds(),
            ),
        )
    )


def _seal(hub: Hub) -> int:
    sealed = 0
    for _ in range(_MAX_BATCHES):
        with hub.transaction(system_actor()) as session:
            number = seal_entries(session, at=hub.clock.now())
        sealed += number
        if not number:
            break
    return sealed


def _lapse_holds(hub: Hub) -> int:
    with hub.transaction(system_actor()) as session:
        return lapse_holds(session, hub.clock.now())


def _purge_sessions(hub: Hub) -> int:
    with hub.transaction(system_actor()) as session:
        return purge_sessions(session, at=hub.clock.now())


JOBS: tuple[Job, ...] = (
    Job("deliver", Label(zh="向模块投递", en="Deliver to modules"), 2, deliver_due, alone=False),
    Job("observations", Label(zh="登记模块故障", en="Record module faults"), 10, record_observations, alone=False),
    Job("poll", Label(zh="向模块查询进展", en="Poll modules for updates"), 60, poll_modules),
    Job("consents", Label(zh="到期的同意", en="End expired consents"), 600, end_expired_consents),
    Job("access", Label(zh="收回已无依据的信息", en="End access without grounds"), 600, end_access),
    Job(
        "erasure",
        Label(zh="删除停用模块保存的信息", en="Erase data of disabled modules"),
        600,
        erase_for_absent_modules,
    ),
    Job("waiting", Label(zh="把空出的名额给轮候的人", en="Offer free places to those who wait"), 20, offer_free_places),
    Job("holds", Label(zh="到期的预留", en="Release lapsed reservations"), 60, _lapse_holds),
    Job("escalation", Label(zh="逐级催办", en="Escalate unanswered referrals"), 300, escalate_unanswered),
    Job("results", Label(zh="计划到期的服务", en="Request outcomes when due"), 3600, ask_for_results),
    Job("drafts", Label(zh="过期草稿", en="Expire old drafts"), 3600, expire_drafts),
    Job("seal", Label(zh="封存操作记录", en="Seal the audit log"), 60, _seal),
    Job("modules", Label(zh="查看已安装的模块", en="Scan installed modules"), 3600, register_installed),
    Job("settings", Label(zh="核对模块设置", en="Check module settings"), 86400, check_all_settings),
    Job("sessions", Label(zh="清理登录会话", en="Remove ended sessions"), 3600, _purge_sessions),
)
