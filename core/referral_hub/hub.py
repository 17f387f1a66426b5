"""The hub as one value: settings, keys, clock and database, opened once in a process and handed to whoever works."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from referral_hub.access.actor import Actor
from referral_hub.modules.approved import ApprovedFiles
from referral_hub.modules.registry import ModuleRegistry
from referral_hub.schedule.clock import Clock, SystemClock
from referral_hub.schedule.loaded_days import LoadedDays
from referral_hub.settings import Settings
from referral_hub.storage.database import Database
from referral_hub.storage.engine import make_engine, set_scope
from referral_hub.storage.keys import read_keys
from referral_hub.storage.migrations.metadata import gather
from referral_hub.storage.vault import Vault


class Hub:
    """One installation at work. Threads may share it; processes each open their own."""

    def __init__(self, settings: Settings, *, database: Database, vault: Vault, clock: Clock) -> None:
        # A flush sorts tables by their foreign keys, so all must be known, whichever part of the hub is in use.
        gather()
        self.settings = settings
        self.database = database
        self.engine: Engine = make_engine(database.app_url(), pool_size=settings.pool_size)
        self.vault = vault
        self.clock = clock
        self.loaded_days = LoadedDays(clock)
        self.modules = ModuleRegistry.from_settings(settings, ApprovedFiles(database.app_url()))

    @contextmanager
    def transaction(self, actor: Actor) -> Iterator[Session]:
        """One transaction in which `actor` acts: committed at the end, undone by any exception.

        The database shows and takes only rows within the actor's scope.
        """
        with self._begin(actor) as session:
            yield session
            session.commit()

    def close(self) -> None:
        """End the modules' workers, give back connections and the embedded server. Safe to call twice."""
        self.modules.close()
        self.engine.dispose()
        self.database.close()

    def _begin(self, actor: Actor) -> Session:
        """A session with its scope set. That first statement also finds a connection the database has dropped."""
        session = self._session(actor)
        try:
            set_scope(session, actor)
        except OperationalError as error:
            session.close()
            if not error.connection_invalidated:
                raise
            # The pool has thrown its old connections away with this one; a new one is made.
            session = self._session(actor)
            set_scope(session, actor)
        except BaseException:
            session.close()
            raise
        return session

    def _session(self, actor: Actor) -> Session:
        session = Session(self.engine, expire_on_commit=False)
        session.info.update(hub=self, vault=self.vault, actor=actor)
        return session


def open_hub(settings: Settings, *, clock: Clock | None = None) -> Hub:
    """Open the installation of `settings`, starting the embedded server if it is the one in use.

    Raises `KeysMissing`, `DatabaseUnreachable`, `DatabaseTooOld` or `DatabaseNotReady`.
    """
    vault = Vault(read_keys(settings.keys_file))
    database = Database(settings)
    try:
        database.check_ready()
        return Hub(settings, database=database, vault=vault, clock=clock or SystemClock())
    except BaseException:
        database.close()
        raise
