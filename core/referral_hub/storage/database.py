"""Which database an installation uses, made ready for work: the user's own server, or the embedded one."""

from __future__ import annotations

import psycopg
from sqlalchemy import URL

from referral_hub.settings import Settings
from referral_hub.storage import migrate, roles
from referral_hub.storage.cipher import FieldCipher
from referral_hub.storage.embedded import EmbeddedServer
from referral_hub.storage.engine import connect_owner, conninfo, parse_url
from referral_hub.storage.errors import DatabaseNotReady, ProgramTooOld
from referral_hub.storage.files import private_folder
from referral_hub.storage.key_probes import record_keys


def embedded_server(settings: Settings) -> EmbeddedServer:
    """The server of this installation when it has no other; not started."""
    return EmbeddedServer(settings.data / "postgres", settings.secrets_file)


class Database:
    """The addresses of one installation's database.

    Starts the embedded server if that is the one in use; with `start=False` it must run, and nothing is changed.
    """

    def __init__(self, settings: Settings, *, start: bool = True) -> None:
        self.settings = settings
        self.server: EmbeddedServer | None = None
        if settings.database_url is None:
            self.server = embedded_server(settings)
            if start:
                private_folder(settings.data)
                self.server.start()
            self.owner_url = self.server.owner_url()
        else:
            self.owner_url = parse_url(settings.database_url.get_secret_value())

    def app_url(self) -> URL:
        """Where the application connects. Raises `DatabaseNotReady` before `prepare` made its login."""
        if self.settings.database_app_url is not None:
            return parse_url(self.settings.database_app_url.get_secret_value())
        found = roles.app_url(self.owner_url, self.settings.secrets_file)
        if found is None:
            raise DatabaseNotReady(found="-", needed=migrate.head())
        return found

    def prepare(self) -> None:
        """Make the roles and bring the tables up to date. Safe to repeat, and from several machines at once.

        Raises `ProgramTooOld` before anything is changed.
        """
        _refuse_newer(migrate.current(self.owner_url))
        self.make_roles()
        migrate.upgrade(self.owner_url)

    def make_roles(self) -> None:
        """Make the application's roles, or only the group where `DATABASE_APP_URL` names a login. Safe to repeat."""
        with connect_owner(self.owner_url) as connection:
            if self.settings.database_app_url is None:
                roles.make_roles(connection, self.owner_url.database or "", self.settings.secrets_file)
            else:
                roles.make_group(connection)

    def empty(self) -> None:
        """Drop every table and everything in them, for good. For demonstrations only."""
        with connect_owner(self.owner_url) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")

    def check_ready(self) -> None:
        """Raise `DatabaseNotReady` or `ProgramTooOld` unless the tables fit this program."""
        found, needed = migrate.current(self.app_url()), migrate.head()
        _refuse_newer(found)
        if found != needed:
            raise DatabaseNotReady(found=found or "-", needed=needed)

    def accept_keys(self, cipher: FieldCipher) -> None:
        """Refuse keys that do not fit what the database holds, and remember those that do. Raises `KeysDoNotFit`."""
        with psycopg.connect(conninfo(self.app_url()), autocommit=True, connect_timeout=10) as connection:
            record_keys(connection, cipher)

    def close(self) -> None:
        """Leave the embedded server; the last process to leave stops it."""
        if self.server is not None:
            self.server.stop()


def _refuse_newer(found: str | None) -> None:
    if found is not None and not migrate.knows(found):
        raise ProgramTooOld(found=found, needed=migrate.head())
