"""The hub as one value: settings, keys, clock and database, opened once in a process and handed to whoever works."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, QueuePool
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import configure_mappers
from sqlmodel import Session

from referral_hub.actor import Actor, system_actor
from referral_hub.audit.looks import Looks
from referral_hub.calendar.clock import Clock, SystemClock, local_date
from referral_hub.preparation import prepare_types
from referral_hub.registry.approved_files import ApprovedFiles
from referral_hub.registry.registry import ModuleRegistry
from referral_hub.settings import Settings
from referral_hub.storage.cipher import FieldCipher
from referral_hub.storage.database import Database
from referral_hub.storage.engine import TimeLimits, make_engine, set_scope
from referral_hub.storage.keys import read_keys
from referral_hub.storage.loaded_days import LoadedDays
from referral_hub.storage.migrations.metadata import gather
from referral_hub.storage.personal_fields import refuse_clients
from referral_hub.storage.restoring import refuse_half_restored
from referral_hub.workflow.deadlines import EscalationDays, WorkCalendar


class Transaction(Session):
    """A database session in which one actor works, with what its work needs beside its arguments."""

    def __init__(self, hub: Hub, actor: Actor) -> None:
        super().__init__(hub.engine, expire_on_commit=False)
        self.hub = hub
        self.actor = actor
        self.looks = Looks(actor)
        self.cipher: FieldCipher = hub.cipher.telling(self.looks.note)
        """The field cipher of the installation; what it decrypts of a client is recorded as a look of the actor."""

    def commit(self) -> None:
        """Record the looks of this transaction and end it."""
        self.looks.record(self, at=self.hub.clock.now())
        super().commit()

    def scope_to(self, actor: Actor) -> None:
        """Show and take only what `actor` may see, as of today."""
        hub = self.hub
        set_scope(
            self,
            actor,
            today=local_date(hub.clock.now()),
            access_days=hub.settings.access_days,
            limits=hub.time_limits,
        )

    @property
    def work_calendar(self) -> WorkCalendar:
        """Working days, by the official calendar and by the days that this office loaded itself."""
        return WorkCalendar(self.hub.loaded_days.get(self), self.hub.escalation)


@contextmanager
def as_system(session: Transaction) -> Iterator[None]:
    """Act for a moment as the hub itself, for consequences of an action that lie outside the actor's own scope.

    A partner that declines may not see the need behind the referral, yet the need must be open again. Within the block
    the database shows and takes what the hub itself may see: referrals, never persons; nothing is read back to the
    actor. On an exception the scope is left alone: the transaction is lost anyway, and with it the scope.
    """
    session.flush()
    session.scope_to(system_actor())
    yield
    session.flush()
    session.scope_to(session.actor)


class Hub:
    """One installation at work. Threads may share it; processes each open their own."""

    def __init__(self, settings: Settings, *, database: Database, cipher: FieldCipher, clock: Clock) -> None:
        # A flush sorts tables by their foreign keys, so all must be known, whichever part of the hub is in use.
        gather()
        prepare_types()
        self.settings = settings
        self.database = database
        self.engine: Engine = make_engine(database.app_url(), pool_size=settings.pool_size)
        self.time_limits = TimeLimits(statement=settings.statement_seconds, lock=settings.lock_seconds)
        self.cipher = cipher.telling(refuse_clients)
        self.clock = clock
        self.loaded_days = LoadedDays(clock)
        self.escalation = EscalationDays(
            remind=settings.remind_days,
            overdue=settings.overdue_days,
            escalate=settings.escalate_days,
            expire=settings.expire_days,
        )
        self.modules = ModuleRegistry.from_settings(settings, ApprovedFiles(database.app_url()))

    @contextmanager
    def transaction(self, actor: Actor) -> Iterator[Transaction]:
        """One transaction in which `actor` acts: committed at the end, undone by any exception.

        The database shows and takes only rows within the actor's scope.
        """
        with self._begin(actor) as session:
            yield session
            session.commit()

    @property
    def connections_in_use(self) -> int:
        """Database connections that threads of this process hold now."""
        pool = self.engine.pool
        assert isinstance(pool, QueuePool)
        return pool.checkedout()

    def close(self) -> None:
        """End the modules' workers, give back connections and the embedded server. Safe to call twice."""
        self.modules.close()
        self.engine.dispose()
        self.database.close()

    def _begin(self, actor: Actor) -> Transaction:
        """A session with its scope set. That first statement also finds a connection the database has dropped."""
        session = Transaction(self, actor)
        try:
            session.scope_to(actor)
        except OperationalError as error:
            session.close()
            if not error.connection_invalidated:
                raise
            # The pool has thrown its old connections away with this one; a new one is made.
            session = Transaction(self, actor)
            session.scope_to(actor)
        except BaseException:
            session.close()
            raise
        return session


def warm_up(hub: Hub) -> None:
    """Build what the hub would otherwise build at its first use: types, table mappings, the list of modules.

    For the start of a process, while it still has one thread.
    """
    configure_mappers()
    prepare_types()
    hub.modules.modules()


def open_hub(settings: Settings, *, clock: Clock | None = None) -> Hub:
    """Open the installation of `settings`, starting the embedded server if it is the one in use.

    Raises `KeysMissing`, `KeysDoNotFit`, `FileDamaged`, `RestoreUnfinished`, `DatabaseUnreachable`, `DatabaseTooOld`,
    `DatabaseNotReady` or `ProgramTooOld`.
    """
    cipher = FieldCipher(read_keys(settings.keys_file))
    refuse_half_restored(settings)
    database = Database(settings)
    try:
        database.check_ready()
        database.accept_keys(cipher)
        return Hub(settings, database=database, cipher=cipher, clock=clock or SystemClock())
    except BaseException:
        database.close()
        raise
