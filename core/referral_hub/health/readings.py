"""What a running hub tells monitoring: states, counts and ages. No names of people, no addresses, no client's data."""

from __future__ import annotations

import shutil
from datetime import datetime
from typing import Literal

import msgspec
import psycopg
import structlog
from sqlalchemy import text

from referral_hub.actor import system_actor
from referral_hub.audit.waiting import unsealed_entries
from referral_hub.health.contents import RECORDS_MAY_LIE_AHEAD
from referral_hub.hub import Hub, Transaction
from referral_hub.jobs.health import JobLine, jobs_for_page, note_write_check
from referral_hub.module_admin.pages import ModuleLine, modules_for_list
from referral_hub.storage.backup import last_backup_at
from referral_hub.storage.errors import KeysDoNotFit
from referral_hub.storage.key_probes import check_keys
from referral_hub.storage.outage import outage_of

_log = structlog.get_logger("hub.health")
_QUICK = text("SELECT set_config('statement_timeout', '3s', true), set_config('lock_timeout', '2s', true)")

DatabaseState = Literal["ok", "unreachable", "busy", "disk-full", "failing"]
KeysState = Literal["ok", "do-not-fit", "unknown"]
_STATES: dict[str, DatabaseState] = {
    "database-away": "unreachable",
    "database-busy": "busy",
    "disk-full": "disk-full",
}


class Readiness(msgspec.Struct, frozen=True):
    """Whether a form that is sent now would be taken: the database takes a row, and the keys are those of its data."""

    ready: bool
    database: DatabaseState
    keys: KeysState


class Readings(msgspec.Struct, frozen=True):
    """What the database tells of the hub at work."""

    keys: KeysState
    clock_behind: bool
    modules: list[ModuleLine]
    jobs: list[JobLine]
    unsealed: int
    backup_at: datetime | None

    @property
    def unwell(self) -> bool:
        """Whether something needs an administrator."""
        return (
            self.keys != "ok"
            or self.clock_behind
            or any(module.problem or module.resting_until for module in self.modules)
            or any(job.state in {"failed", "late"} for job in self.jobs)
        )


def readiness(hub: Hub) -> Readiness:
    """Write one row, and commit it."""
    try:
        with hub.transaction(system_actor(via="page", name="readyz")) as session:
            session.execute(_QUICK)
            keys = _keys(session)
            note_write_check(session, at=hub.clock.now())
    except Exception as error:  # noqa: BLE001 - whatever it is, nothing can be written; the log says what
        return Readiness(ready=False, database=state_of(error), keys="unknown")
    return Readiness(ready=keys == "ok", database="ok", keys=keys)


def readings(hub: Hub, *, at: datetime) -> Readings:
    """Ask the database. Raises what the database raises."""
    with hub.transaction(system_actor(via="page", name="healthz")) as session:
        session.execute(_QUICK)
        newest: datetime | None = session.execute(text("SELECT hub_newest_entry()")).scalar_one()
        return Readings(
            keys=_keys(session),
            clock_behind=newest is not None and newest > at + RECORDS_MAY_LIE_AHEAD,
            modules=modules_for_list(session),
            jobs=jobs_for_page(session, at=at),
            unsealed=unsealed_entries(session).count,
            backup_at=last_backup_at(_driver(session)),
        )


def state_of(error: Exception) -> DatabaseState:
    """What an error says of the database; logged without its message, which may hold what nobody should read."""
    outage = outage_of(error)
    _log.warning("the database fails", kind=outage.code if outage else type(error).__name__)
    return _STATES.get(outage.code, "failing") if outage else "failing"


def disk(hub: Hub) -> tuple[int, int]:
    """Free and total bytes of the disk that the data folder is on."""
    usage = shutil.disk_usage(hub.settings.data)
    return usage.free, usage.total


def _keys(session: Transaction) -> KeysState:
    try:
        check_keys(_driver(session), session.hub.cipher)
    except KeysDoNotFit:
        return "do-not-fit"
    return "ok"


def _driver(session: Transaction) -> psycopg.Connection:
    """The driver's own connection, within the transaction of the session."""
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    return connection
