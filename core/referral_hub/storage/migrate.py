"""The structure of the database: which revision it has, which this program needs, and how it gets there."""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, NullPool, create_engine, text

from referral_hub.storage.engine import conninfo

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = "SELECT pg_advisory_lock(hashtext('referral_hub_migrations'))"


def head() -> str:
    """The revision this program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head() or "-"


def knows(revision: str) -> bool:
    """Whether this program has heard of the revision; a newer program made the others."""
    return any(script.revision == revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def current(url: URL) -> str | None:
    """The revision of the database, or None when it is empty. The application role may ask."""
    with psycopg.connect(conninfo(url), autocommit=True, connect_timeout=10) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except psycopg.errors.UndefinedTable:
            return None
    return str(row[0]) if row else None


def upgrade(owner_url: URL, revision: str = "head") -> None:
    """Bring the tables to `revision`, in one transaction; a second process waits and finds the work done."""
    engine = create_engine(owner_url, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            connection.execute(text(_LOCK))
            connection.commit()
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    finally:
        engine.dispose()


def _config() -> Config:
    # Alembic expands % in its options; a folder may be named with one.
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
